import Simulation
import Wire

/// A pair's book at one depth, as the subscribers of that depth have it.
struct KrakenBook {
  static let depths = [10, 25, 100, 500, 1000]

  let pair: KrakenPair
  let depth: Int
  private(set) var bids: [BookLevel]
  private(set) var asks: [BookLevel]

  init(_ pair: KrakenPair, depth: Int, _ exchange: SimulatedExchange) {
    self.init(
      pair, depth: depth, bids: exchange.levels(pair.instrument, .buy, depth: depth),
      asks: exchange.levels(pair.instrument, .sell, depth: depth))
  }

  init(_ pair: KrakenPair, depth: Int, bids: [BookLevel], asks: [BookLevel]) {
    self.pair = pair
    self.depth = depth
    self.bids = bids
    self.asks = asks
  }

  /// The message that gives a new subscriber the book.
  func snapshot(at now: Int64) -> [UInt8] {
    message("snapshot", bids, asks, checksum: checksum, at: now)
  }

  /// Takes over the present book; the message with the difference, nil if there is none.
  ///
  /// A level that is only pushed out of the depth is not deleted: the client cuts its book itself.
  mutating func update(
    _ exchange: SimulatedExchange, checksumError: UInt32, at now: Int64
  ) -> [UInt8]? {
    let newBids = exchange.levels(pair.instrument, .buy, depth: depth)
    let newAsks = exchange.levels(pair.instrument, .sell, depth: depth)
    let bidChanges = changes(from: bids, to: newBids) { $0 > $1 }
    let askChanges = changes(from: asks, to: newAsks) { $0 < $1 }
    bids = newBids
    asks = newAsks
    guard !bidChanges.isEmpty || !askChanges.isEmpty else { return nil }
    return message(
      "update", bidChanges, askChanges, checksum: checksum &+ checksumError, at: now)
  }

  private func changes(
    from old: [BookLevel], to new: [BookLevel], isBetter: (Int64, Int64) -> Bool
  ) -> [BookLevel] {
    var changes: [BookLevel] = []
    var position = 0
    for level in old {
      while position < new.count, isBetter(new[position].price, level.price) {
        changes.append(new[position])
        position += 1
      }
      if position < new.count, new[position].price == level.price {
        if new[position].quantity != level.quantity { changes.append(new[position]) }
        position += 1
      } else if position < new.count || new.count < depth {
        changes.append(BookLevel(price: level.price, quantity: 0))
      }
    }
    return changes + new[position...]
  }

  /// CRC32 over the digits of the ten best asks, then of the ten best bids.
  var checksum: UInt32 {
    var digits: [UInt8] = []
    for level in asks.prefix(10) + bids.prefix(10) {
      Self.appendDigits(pair.price(level.price), to: &digits)
      Self.appendDigits(pair.quantity(level.quantity), to: &digits)
    }
    return CRC32.checksum(digits)
  }

  /// The digits of a decimal without its point and its leading zeros.
  static func appendDigits(_ text: String, to digits: inout [UInt8]) {
    var isLeading = true
    for byte in text.utf8 where byte != UInt8(ascii: ".") {
      if isLeading, byte == UInt8(ascii: "0") { continue }
      isLeading = false
      digits.append(byte)
    }
  }

  private func message(
    _ type: String, _ bids: [BookLevel], _ asks: [BookLevel], checksum: UInt32, at now: Int64
  ) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 256 + 48 * (bids.count + asks.count))
    writer.beginObject()
    writer.field("channel", "book")
    writer.field("type", type)
    writer.key("data")
    writer.beginArray()
    writer.beginObject()
    writer.field("symbol", pair.symbol)
    write("bids", bids, &writer)
    write("asks", asks, &writer)
    writer.field("checksum", integer: Int64(checksum))
    writer.field("timestamp", KrakenTime.text(now))
    writer.endObject()
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  private func write(_ name: String, _ levels: [BookLevel], _ writer: inout JSONWriter) {
    writer.key(name)
    writer.beginArray()
    for level in levels {
      writer.beginObject()
      writer.field("price", number: pair.price(level.price))
      writer.field("qty", number: pair.quantity(level.quantity))
      writer.endObject()
    }
    writer.endArray()
  }
}
