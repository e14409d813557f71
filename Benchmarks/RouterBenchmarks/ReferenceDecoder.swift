import CReferenceDecoder
import RouterCore
import VenueAdapters
import Wire

/// The plain C version of the work that `decode/binance` measures, on the same messages.
@safe
struct ReferenceDecoder: ~Copyable {
  private let feed: MessageFeed
  private let book: OpaquePointer
  private let bids: [BookLevel]
  private let asks: [BookLevel]

  init(_ feed: MessageFeed) {
    self.feed = feed
    let instrument = MessageFeed.binding("BTCUSDT").instrument
    guard
      let book = unsafe reference_book_create(
        1024, "BTCUSDT", Int32(instrument.priceScale), Int32(instrument.quantityScale)),
      let snapshot = try? JSONValue(parsing: feed.snapshot)
    else { preconditionFailure("no memory, or no snapshot") }
    unsafe self.book = book
    bids = Self.levels(snapshot["bids"], instrument)
    asks = Self.levels(snapshot["asks"], instrument)
    verify(instrument)
  }

  deinit { unsafe reference_book_destroy(book) }

  func run(_ name: String, calls: Int, _ benchmarker: inout Benchmarker) {
    benchmarker.measure(
      name, calls: calls,
      prepare: { call in if call % feed.messages.count == 0 { reset() } },
      { call in
        decode(call)
        return unsafe UInt64(bitPattern: reference_book_best(book, 1))
      })
  }

  private func reset() {
    unsafe reference_book_reset(book, 1000)
    // The worst first, which is where the book begins.
    for level in bids.reversed() {
      unsafe reference_book_set(book, 1, level.price.mantissa, level.quantity.mantissa)
    }
    for level in asks.reversed() {
      unsafe reference_book_set(book, 0, level.price.mantissa, level.quantity.mantissa)
    }
  }

  @inline(__always)
  private func decode(_ call: Int) {
    unsafe feed.withMessage(call) { bytes in
      let first = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      let levels = unsafe reference_book_decode(book, first, bytes.count)
      precondition(levels == 40, "the reference refuses a message")
    }
  }

  /// Both must come to the same book, or they have not done the same work.
  private func verify(_ instrument: Instrument) {
    var decoder = BinanceMarketData(listings: [MessageFeed.binding("BTCUSDT")])
    var output = AdapterOutput()
    var ours = OrderBook(capacity: 1024)
    unsafe feed.withSnapshot {
      unsafe decoder.snapshot($0, number: 0, for: ListingID(0), at: .distantPast, into: &output)
    }
    reset()
    for call in feed.messages.indices {
      unsafe feed.withMessage(call) {
        unsafe decoder.decode($0, at: Timestamp(nanoseconds: 1), into: &output)
      }
      decode(call)
    }
    for event in output.batch.events {
      if case .book(let update) = event {
        _ = ours.apply(update, levels: output.batch.levels.span)
      }
    }
    precondition(
      unsafe Self.digest(ours) == reference_book_digest(book), "the two books differ")
  }

  private static func digest(_ book: borrowing OrderBook) -> UInt64 {
    var digest: UInt64 = 0
    for side in [Side.buy, .sell] {
      for place in (0..<book.count(side)).reversed() {
        let level = book.level(side, place)
        digest = digest &* 31 &+ UInt64(bitPattern: level.price.mantissa)
        digest = digest &* 31 &+ UInt64(bitPattern: level.quantity.mantissa)
      }
    }
    return digest
  }

  private static func levels(_ value: JSONValue?, _ instrument: Instrument) -> [BookLevel] {
    (value?.array ?? []).compactMap { row in
      guard let fields = row.array, fields.count == 2,
        let price = fields[0].string.flatMap({
          DecimalText.parse($0, scale: Int(instrument.priceScale))
        }),
        let quantity = fields[1].string.flatMap({
          DecimalText.parse($0, scale: Int(instrument.quantityScale))
        })
      else { return nil }
      return BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity))
    }
  }
}
