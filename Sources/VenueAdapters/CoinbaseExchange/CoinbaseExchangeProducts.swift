import RouterCore

/// The products of one account by their place, with the names the stream calls them by.
package struct CoinbaseExchangeProducts: Sendable {
  package let bindings: [ListingBinding]
  /// The symbol and its length in one word; zero for a symbol that is too long for that.
  private let keys: [UInt128]
  private let places: ListingPlaces

  package init(_ bindings: [ListingBinding]) {
    self.bindings = bindings
    places = ListingPlaces(bindings)
    keys = bindings.map { binding in
      var symbol = binding.definition.streamSymbol
      return symbol.withUTF8 { unsafe Self.key(UnsafeRawBufferPointer($0)) }
    }
  }

  package var count: Int { bindings.count }
  package var symbols: [String] { bindings.map(\.definition.streamSymbol) }

  package subscript(product: Int) -> ListingBinding { bindings[product] }

  package func symbol(_ product: Int) -> String { bindings[product].definition.streamSymbol }

  /// The place of the product of this name, or `nil` if it is none of ours.
  func index(of symbol: UnsafeRawBufferPointer) -> Int? {
    let key = unsafe Self.key(symbol)
    guard key != 0 else { return unsafe indexOfLong(symbol) }
    var index = 0
    while index < keys.count {
      if keys[index] == key { return index }
      index &+= 1
    }
    return nil
  }

  func index(of symbol: String) -> Int? {
    var symbol = symbol
    return symbol.withUTF8 { unsafe index(of: UnsafeRawBufferPointer($0)) }
  }

  func index(of listing: ListingID) -> Int? {
    places[listing]
  }

  private func indexOfLong(_ symbol: UnsafeRawBufferPointer) -> Int? {
    bindings.firstIndex { unsafe $0.definition.streamSymbol.utf8.elementsEqual(symbol) }
  }

  private static func key(_ symbol: UnsafeRawBufferPointer) -> UInt128 {
    guard symbol.count < 16 else { return 0 }
    var key = UInt128(symbol.count)
    for index in 0..<symbol.count { key = unsafe key << 8 | UInt128(symbol[index]) }
    return key
  }
}
