import RouterCore
import Wire

/// The outline of a v1 data frame, read ahead because its names stand at its end.
@safe struct KrakenV1Frame {
  enum Kind {
    case book(depth: Int)
    case trades(Int)
    case other
  }

  private(set) var kind = Kind.other
  private(set) var pair = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

  init?(_ start: JSONScanner) {
    var scanner = start
    var names = 0
    var rows = 0
    guard scanner.beginArray() else { return nil }
    while scanner.nextElement() {
      switch scanner.peek() {
      case UInt8(ascii: "\""):
        guard let text = unsafe scanner.string() else { return nil }
        if names == 0 { unsafe kind = Self.kind(text, rows: rows) } else { unsafe pair = text }
        names += 1
      case UInt8(ascii: "["): rows += Self.count(&scanner)
      default: scanner.skipValue()
      }
    }
    guard scanner.finish(), names == 2 else { return nil }
  }

  private static func kind(_ name: UnsafeRawBufferPointer, rows: Int) -> Kind {
    if unsafe name.equals("trade") { return .trades(rows) }
    guard name.count > 5,
      unsafe UnsafeRawBufferPointer(rebasing: name[..<5]).equals("book-"),
      let depth = unsafe DecimalText.parse(UnsafeRawBufferPointer(rebasing: name[5...]), scale: 0),
      depth > 0, depth <= 1000
    else { return .other }
    return .book(depth: Int(depth))
  }

  private static func count(_ scanner: inout JSONScanner) -> Int {
    var count = 0
    guard scanner.beginArray() else { return 0 }
    while scanner.nextElement() {
      scanner.skipValue()
      count += 1
    }
    return count
  }
}

/// The objects of a v1 book frame, decoded into a feed's book and the output's levels.
struct KrakenV1BookFrame {
  private(set) var isSnapshot = false
  private(set) var checksum: UInt32?
  private(set) var venueTime = Timestamp.distantPast
  /// Runs of levels of one side, in the order of the message: seldom more than two.
  private var runs: [(isBid: Bool, levels: Range<Int>)] = []

  /// An update may come as two objects, asks and bids, with the checksum in the second only.
  mutating func decode(
    _ scanner: inout JSONScanner, into feed: inout KrakenBookFeed, output: inout AdapterOutput
  ) {
    guard scanner.beginArray() else { return }
    while scanner.nextElement() {
      if scanner.peek() == UInt8(ascii: "{") {
        object(&scanner, into: &feed, output: &output)
      } else {
        scanner.skipValue()
      }
    }
  }

  /// One delta where each side has one run, as nearly always; otherwise one for each run.
  func appendDeltas(
    _ listing: ListingID, depth: Int, at receivedAt: Timestamp, to output: inout AdapterOutput
  ) {
    let nothing = 0..<0
    let bids = runs.filter(\.isBid)
    let asks = runs.filter { !$0.isBid }
    if bids.count <= 1 && asks.count <= 1 {
      return append(
        delta(listing, bids.first?.levels ?? nothing, asks.first?.levels ?? nothing), depth,
        receivedAt, to: &output)
    }
    for run in runs {
      append(
        delta(listing, run.isBid ? run.levels : nothing, run.isBid ? nothing : run.levels), depth,
        receivedAt, to: &output)
    }
  }

  private func delta(_ listing: ListingID, _ bids: Range<Int>, _ asks: Range<Int>) -> BookUpdate {
    BookUpdate(
      listing: listing, kind: .delta, bidStart: Int32(bids.lowerBound),
      bidCount: Int32(bids.count), askStart: Int32(asks.lowerBound), askCount: Int32(asks.count),
      subscribedDepth: 0, venueTime: venueTime, receivedAt: .distantPast)
  }

  private func append(
    _ update: BookUpdate, _ depth: Int, _ receivedAt: Timestamp, to output: inout AdapterOutput
  ) {
    var update = update
    update.subscribedDepth = Int32(depth)
    update.receivedAt = receivedAt
    output.append(.book(update))
  }

  private mutating func object(
    _ scanner: inout JSONScanner, into feed: inout KrakenBookFeed, output: inout AdapterOutput
  ) {
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      if key == "c" {
        checksum = scanner.integer().flatMap { UInt32(exactly: $0) }
        if checksum == nil { scanner.fail() }
        continue
      }
      let isBid = key == "b" || key == "bs"
      guard isBid || key == "a" || key == "as" else {
        scanner.skipValue()
        continue
      }
      if key.count == 2 && !isSnapshot {
        isSnapshot = true
        feed.book.removeAll()
      }
      let start = output.batch.levelCount
      levels(&scanner, isBid: isBid, into: &feed, output: &output)
      runs.append((isBid, start..<output.batch.levelCount))
    }
  }

  private mutating func levels(
    _ scanner: inout JSONScanner, isBid: Bool, into feed: inout KrakenBookFeed,
    output: inout AdapterOutput
  ) {
    guard scanner.beginArray() else { return }
    while scanner.nextElement() {
      guard let (price, quantity) = level(&scanner, &feed),
        let level = feed.level(price: price, quantity: quantity)
      else { return scanner.fail() }
      output.batch.append(level)
      let isNear =
        isBid
        ? feed.book.bids.set(price: price, quantity: quantity)
        : feed.book.asks.set(price: price, quantity: quantity)
      if isNear { feed.book.isChecksumStale = true }
    }
  }

  /// `["price", "quantity", "time"]`, and `"r"` at the end where the venue republishes a level.
  private mutating func level(
    _ scanner: inout JSONScanner, _ feed: inout KrakenBookFeed
  ) -> (price: Int64, quantity: Int64)? {
    guard scanner.beginArray(), scanner.nextElement(),
      let price = unsafe scanner.string(), scanner.nextElement(),
      let quantity = unsafe scanner.string(), scanner.nextElement(),
      let time = scanner.decimal(scale: 9)
    else { return nil }
    venueTime = max(venueTime, Timestamp(nanoseconds: time))
    while scanner.nextElement() { scanner.skipValue() }
    guard !scanner.failed else { return nil }
    unsafe adoptDigits(price: price, quantity: quantity, &feed)
    guard let price = unsafe DecimalText.parse(price, scale: feed.priceDigits), price > 0,
      let quantity = unsafe DecimalText.parse(quantity, scale: feed.quantityDigits), quantity >= 0
    else { return nil }
    return (price, quantity)
  }

  /// The wire's digits are what is checksummed; they are seen first in the snapshot.
  private func adoptDigits(
    price: UnsafeRawBufferPointer, quantity: UnsafeRawBufferPointer, _ feed: inout KrakenBookFeed
  ) {
    guard isSnapshot, feed.book.bids.count + feed.book.asks.count == 0 else { return }
    let priceDigits = unsafe Self.fractionDigits(price)
    let quantityDigits = unsafe Self.fractionDigits(quantity)
    guard priceDigits != feed.priceDigits || quantityDigits != feed.quantityDigits,
      priceDigits <= 18, quantityDigits <= 18
    else { return }
    feed.setDigits(price: priceDigits, quantity: quantityDigits)
  }

  private static func fractionDigits(_ text: UnsafeRawBufferPointer) -> Int {
    guard let point = unsafe text.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
    return text.count - point - 1
  }
}
