import RouterCore
import Wire

/// One element of a book message's `data`, decoded into a feed's book and the output's levels.
struct KrakenBookRow {
  private(set) var checksum: UInt32?
  private(set) var venueTime = Timestamp.distantPast
  /// The field that was read last: where a broken message broke.
  private(set) var field: StaticString = "data"
  private var bids = 0..<0
  private var asks = 0..<0

  /// Applies every level in order, since one price may occur twice in one message.
  mutating func decode(
    _ scanner: inout JSONScanner, into feed: inout KrakenBookFeed, output: inout AdapterOutput
  ) {
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      switch key.count {
      case 4 where key == "bids":
        field = "bids"
        bids = levels(&scanner, isBid: true, into: &feed, output: &output)
      case 4 where key == "asks":
        field = "asks"
        asks = levels(&scanner, isBid: false, into: &feed, output: &output)
      case 8 where key == "checksum":
        field = "checksum"
        checksum = scanner.integer().flatMap { UInt32(exactly: $0) }
      case 9 where key == "timestamp":
        field = "timestamp"
        venueTime = Self.time(&scanner)
      default: scanner.skipValue()
      }
    }
  }

  func delta(_ listing: ListingID, depth: Int, at receivedAt: Timestamp) -> BookUpdate {
    BookUpdate(
      listing: listing, kind: .delta, bidStart: Int32(bids.lowerBound),
      bidCount: Int32(bids.count), askStart: Int32(asks.lowerBound), askCount: Int32(asks.count),
      subscribedDepth: Int32(depth), venueTime: venueTime, receivedAt: receivedAt)
  }

  private func levels(
    _ scanner: inout JSONScanner, isBid: Bool, into feed: inout KrakenBookFeed,
    output: inout AdapterOutput
  ) -> Range<Int> {
    let start = output.batch.levelCount
    guard scanner.beginArray() else { return start..<start }
    while scanner.nextElement() {
      guard let (price, quantity) = level(&scanner, feed),
        let level = feed.level(price: price, quantity: quantity)
      else {
        scanner.fail()
        break
      }
      output.batch.append(level)
      let isNear =
        isBid
        ? feed.book.bids.set(price: price, quantity: quantity)
        : feed.book.asks.set(price: price, quantity: quantity)
      if isNear { feed.book.isChecksumStale = true }
    }
    return start..<output.batch.levelCount
  }

  @inline(__always)
  private func level(
    _ scanner: inout JSONScanner, _ feed: KrakenBookFeed
  ) -> (price: Int64, quantity: Int64)? {
    var price: Int64 = 0
    var quantity: Int64 = -1
    guard scanner.beginObject() else { return nil }
    while let key = scanner.nextKey() {
      switch key.count {
      case 5 where key == "price":
        price = KrakenNumber.decimal(&scanner, scale: feed.priceDigits) ?? 0
      case 3 where key == "qty":
        quantity = KrakenNumber.decimal(&scanner, scale: feed.quantityDigits) ?? -1
      default: scanner.skipValue()
      }
    }
    return price > 0 && quantity >= 0 ? (price, quantity) : nil
  }

  /// A time that can not be read is no reason to distrust the levels.
  static func time(_ scanner: inout JSONScanner) -> Timestamp {
    guard let text = unsafe scanner.string(), let nanoseconds = unsafe RFC3339.parse(text) else {
      return .distantPast
    }
    return Timestamp(nanoseconds: nanoseconds)
  }
}
