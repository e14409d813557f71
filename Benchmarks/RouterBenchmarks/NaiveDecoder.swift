import Foundation
import RouterCore

/// What a first version does with a message: Foundation's decoder, `Decimal` and a dictionary.
struct NaiveDecoder {
  private struct BinanceFrame: Decodable {
    struct Payload: Decodable {
      var U: Int
      var u: Int
      var s: String
      var b: [[String]]
      var a: [[String]]
    }
    var data: Payload
  }

  private struct CoinbaseFrame: Decodable {
    var type: String
    var product_id: String
    var changes: [[String]]
  }

  private struct KrakenFrame: Decodable {
    struct Row: Decodable {
      var price: Decimal
      var qty: Decimal
    }
    struct Book: Decodable {
      var symbol: String
      var bids: [Row]
      var asks: [Row]
      var checksum: UInt32
    }
    var data: [Book]
  }

  private let decoder = JSONDecoder()
  private var book = DictionaryBook()

  mutating func binance(_ message: [UInt8]) -> UInt64 {
    guard let frame = try? decoder.decode(BinanceFrame.self, from: Data(message)) else { return 0 }
    for level in frame.data.b { apply(.buy, level[0], level[1]) }
    for level in frame.data.a { apply(.sell, level[0], level[1]) }
    return touch
  }

  mutating func coinbaseExchange(_ message: [UInt8]) -> UInt64 {
    guard let frame = try? decoder.decode(CoinbaseFrame.self, from: Data(message)) else { return 0 }
    for change in frame.changes { apply(change[0] == "buy" ? .buy : .sell, change[1], change[2]) }
    return touch
  }

  /// Without the checksum, which a first version leaves out.
  mutating func kraken(_ message: [UInt8]) -> UInt64 {
    guard let frame = try? decoder.decode(KrakenFrame.self, from: Data(message)) else { return 0 }
    for book in frame.data {
      for row in book.bids { apply(.buy, row.price, row.qty) }
      for row in book.asks { apply(.sell, row.price, row.qty) }
    }
    return touch
  }

  private var touch: UInt64 { UInt64(truncatingIfNeeded: book.bestBid ?? 0) }

  private mutating func apply(_ side: Side, _ price: String, _ quantity: String) {
    guard let price = Decimal(string: price), let quantity = Decimal(string: quantity) else {
      return
    }
    apply(side, price, quantity)
  }

  private mutating func apply(_ side: Side, _ price: Decimal, _ quantity: Decimal) {
    let level = BookLevel(
      price: Price(mantissa: Self.mantissa(price, 4)),
      quantity: Quantity(mantissa: Self.mantissa(quantity, 10)))
    book.set(side, level)
  }

  private static func mantissa(_ value: Decimal, _ scale: Int) -> Int64 {
    NSDecimalNumber(decimal: value * pow(10, scale)).int64Value
  }
}
