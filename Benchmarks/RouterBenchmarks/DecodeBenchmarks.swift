import RouterCore
import VenueAdapters

/// One message of a venue's depth stream, from its bytes to the changed book.
enum DecodeBenchmarks {
  private static let calls = 200_000
  private static let naiveCalls = 1000

  static func run(_ benchmarker: inout Benchmarker) {
    binance(&benchmarker)
    coinbaseExchange(&benchmarker)
    kraken(&benchmarker)
  }

  private static func binance(_ benchmarker: inout Benchmarker) {
    let name = "decode/binance/depth-20x20"
    guard benchmarker.wants(name) || benchmarker.wants("naive/\(name)") else { return }
    let feed = MessageFeed.binance()
    var decoder = BinanceMarketData(listings: [MessageFeed.binding("BTCUSDT")])
    var output = AdapterOutput()
    var book = OrderBook(capacity: 1024)
    benchmarker.measure(
      name, calls: calls,
      prepare: { call in
        // The ids of the feed begin anew.
        guard call % feed.messages.count == 0 else { return }
        unsafe feed.withSnapshot {
          unsafe decoder.snapshot(
            $0, number: 0, for: ListingID(0), at: .distantPast, into: &output)
        }
        apply(&output, to: &book)
      },
      { call in
        unsafe feed.withMessage(call) {
          unsafe decoder.decode($0, at: Timestamp(nanoseconds: 1), into: &output)
        }
        return apply(&output, to: &book)
      })
    ReferenceDecoder(feed).run("c/\(name)", calls: calls, &benchmarker)
    var naive = NaiveDecoder()
    benchmarker.measure("naive/\(name)", calls: naiveCalls) { call in
      naive.binance(feed.messages[call % feed.messages.count])
    }
  }

  private static func coinbaseExchange(_ benchmarker: inout Benchmarker) {
    let name = "decode/coinbase-exchange/l2update"
    guard benchmarker.wants(name) || benchmarker.wants("naive/\(name)") else { return }
    let feed = MessageFeed.coinbaseExchange()
    var decoder = CoinbaseExchangeMarketData(listings: [MessageFeed.binding("BTC-USD")])
    var output = AdapterOutput()
    var book = OrderBook(capacity: 1024)
    unsafe feed.withSnapshot {
      _ = unsafe decoder.decode($0, at: Timestamp(nanoseconds: 0), into: &output)
    }
    apply(&output, to: &book)
    benchmarker.measure(name, calls: calls) { call in
      unsafe feed.withMessage(call) {
        _ = unsafe decoder.decode($0, at: Timestamp(nanoseconds: 1), into: &output)
      }
      return apply(&output, to: &book)
    }
    var naive = NaiveDecoder()
    benchmarker.measure("naive/\(name)", calls: naiveCalls) { call in
      naive.coinbaseExchange(feed.messages[call % feed.messages.count])
    }
  }

  private static func kraken(_ benchmarker: inout Benchmarker) {
    let name = "decode/kraken/book-checksum"
    guard benchmarker.wants(name) || benchmarker.wants("naive/\(name)") else { return }
    let feed = MessageFeed.kraken()
    var decoder = KrakenMarketData(listings: [MessageFeed.binding("BTC/USD")], bookDepth: 100)
    var output = AdapterOutput()
    var book = OrderBook(capacity: 1024)
    benchmarker.measure(
      name, calls: calls,
      prepare: { call in
        guard call % feed.messages.count == 0 else { return }
        unsafe feed.withSnapshot {
          unsafe decoder.decode($0, at: Timestamp(nanoseconds: 0), into: &output)
        }
        apply(&output, to: &book)
      },
      { call in
        unsafe feed.withMessage(call) {
          unsafe decoder.decode($0, at: Timestamp(nanoseconds: 1), into: &output)
        }
        return apply(&output, to: &book)
      })
    precondition(decoder.statistics[0].checksumsFailed == 0, "the feed's checksums are wrong")
    var naive = NaiveDecoder()
    benchmarker.measure("naive/\(name)", calls: naiveCalls) { call in
      naive.kraken(feed.messages[call % feed.messages.count])
    }
  }

  /// Applies what was decoded, as the core does.
  @discardableResult
  private static func apply(_ output: inout AdapterOutput, to book: inout OrderBook) -> UInt64 {
    for event in output.batch.events {
      if case .book(let update) = event {
        _ = book.apply(update, levels: output.batch.levels.span)
      }
    }
    precondition(!output.batch.isEmpty && output.actions.isEmpty)
    output.removeAll()
    return UInt64(truncatingIfNeeded: book.bestBid?.price.mantissa ?? 0)
  }
}
