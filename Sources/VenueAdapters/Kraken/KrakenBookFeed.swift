import RouterCore
import Wire

/// One listing's book feed: its names and digits, the book behind its checksum, and its state.
struct KrakenBookFeed {
  enum State: UInt8 {
    /// A snapshot was asked for; deltas before it belong to an older subscription.
    case synchronizing
    case live
    /// Broken; a new snapshot has yet to be asked for.
    case broken
  }

  let listing: ListingID
  /// The pair's name on the stream, as bytes to compare with.
  let symbol: [UInt8]
  let priceScale: Int
  let quantityScale: Int
  /// Decimals with which the venue writes, and checksums, prices and quantities.
  private(set) var priceDigits: Int
  private(set) var quantityDigits: Int
  private(set) var price: KrakenScaling
  private(set) var quantity: KrakenScaling
  var state = State.synchronizing
  /// Whether the venue has stopped trading here; books of a halted listing are not passed on.
  var isHalted = false
  var book: KrakenBook

  init(_ binding: ListingBinding, symbol: String, depth: Int) {
    listing = binding.listing
    self.symbol = Array(symbol.utf8)
    priceScale = Int(binding.instrument.priceScale)
    quantityScale = Int(binding.instrument.quantityScale)
    priceDigits = binding.definition.priceDigits
    quantityDigits = binding.definition.quantityDigits
    price = KrakenScaling(from: priceDigits, to: priceScale)
    quantity = KrakenScaling(from: quantityDigits, to: quantityScale)
    book = KrakenBook(depth: depth)
  }

  /// Follows the venue when it writes with other digits; the book starts anew.
  mutating func setDigits(price: Int, quantity: Int) {
    priceDigits = price
    quantityDigits = quantity
    self.price = KrakenScaling(from: price, to: priceScale)
    self.quantity = KrakenScaling(from: quantity, to: quantityScale)
    book.removeAll()
  }

  mutating func setDepth(_ depth: Int) {
    guard depth != book.depth else { return }
    book = KrakenBook(depth: depth)
  }

  /// A level in the core's scales, or `nil` if it does not fit there exactly.
  func level(price: Int64, quantity: Int64) -> BookLevel? {
    guard let price = self.price.apply(price), let quantity = self.quantity.apply(quantity) else {
      return nil
    }
    return BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity))
  }

  /// Appends the book best first and says where it lies; `nil` if a level does not fit.
  func snapshot(
    at receivedAt: Timestamp, venueTime: Timestamp, into output: inout AdapterOutput
  ) -> BookUpdate? {
    let bidStart = output.batch.levelCount
    guard append(book.bids, to: &output) else { return nil }
    let askStart = output.batch.levelCount
    guard append(book.asks, to: &output) else { return nil }
    return BookUpdate(
      listing: listing, kind: .snapshot, bidStart: Int32(bidStart),
      bidCount: Int32(askStart - bidStart), askStart: Int32(askStart),
      askCount: Int32(output.batch.levelCount - askStart), subscribedDepth: Int32(book.depth),
      venueTime: venueTime, receivedAt: receivedAt)
  }

  private func append(_ side: KrakenBookSide, to output: inout AdapterOutput) -> Bool {
    for rank in 0..<side.count {
      let (price, quantity) = side[rank]
      guard let level = level(price: price, quantity: quantity) else { return false }
      output.batch.append(level)
    }
    return true
  }
}

/// Turns a mantissa at the venue's digits into one at the core's scale, exactly.
struct KrakenScaling {
  private let multiplier: Int64
  private let divisor: Int64

  init(from digits: Int, to scale: Int) {
    multiplier = Self.powerOfTen(scale - digits)
    divisor = Self.powerOfTen(digits - scale)
  }

  @inline(__always)
  func apply(_ value: Int64) -> Int64? {
    if divisor == 1 {
      let (product, overflow) = value.multipliedReportingOverflow(by: multiplier)
      return overflow ? nil : product
    }
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder == 0 ? quotient : nil
  }

  private static func powerOfTen(_ exponent: Int) -> Int64 {
    guard exponent > 0, let power = KrakenNumber.powerOfTen(min(exponent, 18)) else { return 1 }
    return Int64(power)
  }
}
