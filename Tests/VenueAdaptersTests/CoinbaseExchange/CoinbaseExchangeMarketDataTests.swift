import RouterCore
import Testing
import VenueAdapters
import Wire

struct CoinbaseExchangeMarketDataTests {
  static let snapshot = """
    {"type":"snapshot","product_id":"BTC-USD","asks":[["25000.01","0.7"],["25000.10","2"]],\
    "bids":[["25000.00","1.5"],["24999.5","0.25"]]}
    """
  static let update = """
    {"type":"l2update","product_id":"BTC-USD","time":"2026-01-05T10:00:00.123456Z",\
    "changes":[["buy","25000.00","0.00000000"],["sell","25000.01","0.9"],["buy","24999.50","0"]]}
    """

  private func started() -> CoinbaseExchangeHarness {
    let harness = CoinbaseExchangeHarness()
    harness.connect()
    harness.receive(Self.snapshot)
    harness.output.removeAll()
    return harness
  }

  @Test func `a snapshot gives both sides best first`() throws {
    let harness = CoinbaseExchangeHarness()
    harness.connect()
    harness.receive(Self.snapshot)
    let update = try #require(harness.books.first)
    #expect(update.kind == .snapshot)
    #expect(update.listing == ListingID(0))
    #expect(harness.levels(update, .buy) == [[2_500_000, 150_000_000], [2_499_950, 25_000_000]])
    #expect(harness.levels(update, .sell) == [[2_500_001, 70_000_000], [2_500_010, 200_000_000]])
  }

  @Test func `a snapshot out of order is sorted`() throws {
    let harness = CoinbaseExchangeHarness()
    harness.connect()
    harness.receive(
      #"{"type":"snapshot","product_id":"BTC-USD","bids":[["1","1"],["3","3"],["2","2"]],"asks":[]}"#
    )
    let update = try #require(harness.books.first)
    #expect(harness.levels(update, .buy).map { $0[0] } == [300, 200, 100])
  }

  @Test func `an update keeps the order of changes within a side`() throws {
    let harness = started()
    harness.receive(Self.update)
    let update = try #require(harness.books.first)
    #expect(update.kind == .delta)
    #expect(harness.levels(update, .buy) == [[2_500_000, 0], [2_499_950, 0]])
    #expect(harness.levels(update, .sell) == [[2_500_001, 90_000_000]])
    #expect(update.venueTime.nanoseconds == RFC3339.parse("2026-01-05T10:00:00.123456Z"))
  }

  @Test func `members may come in any order`() throws {
    let harness = CoinbaseExchangeHarness()
    harness.connect()
    harness.receive(
      #"{"bids":[["2","1"]],"asks":[["3","1"]],"product_id":"BTC-USD","type":"snapshot"}"#)
    harness.receive(#"{"changes":[["sell","3","0"]],"type":"l2update","product_id":"BTC-USD"}"#)
    #expect(harness.books.map(\.kind) == [.snapshot, .delta])
    #expect(harness.levels(harness.books[0], .buy) == [[200, 100_000_000]])
    #expect(harness.levels(harness.books[1], .sell) == [[300, 0]])
  }

  @Test func `an update before the snapshot is ignored`() {
    let harness = CoinbaseExchangeHarness()
    harness.connect()
    harness.receive(Self.update)
    #expect(harness.books.isEmpty)
    #expect(harness.incidents.isEmpty)
  }

  @Test func `a product that is not ours is ignored`() {
    let harness = started()
    harness.receive(
      #"{"type":"l2update","product_id":"SOL-USD","changes":[["buy","1.123456789","x"]]}"#)
    #expect(harness.events.isEmpty)
    #expect(harness.incidents.isEmpty)
  }

  @Test(arguments: [
    #"[["buy","25000.001","1"]]"#, #"[["buy","25000.00","0.000000001"]]"#,
    #"[["buy","-1","1"]]"#, #"[["buy","1","-1"]]"#, #"[["buy","0","1"]]"#,
    #"[["hold","1","1"]]"#, #"[["buy","1"]]"#, #"[["buy",null,"1"]]"#, #""x""#, "null",
    #"[["buy","99999999999999999999","1"]]"#, #"[["buy","1e5","1"]]"#, #"[{"buy":1}]"#,
  ])
  func `a change that can not be held exactly makes the book invalid`(changes: String) {
    let harness = started()
    harness.receive(#"{"type":"l2update","product_id":"BTC-USD","changes":\#(changes)}"#)
    #expect(harness.books.isEmpty)
    #expect(harness.output.batch.levels.isEmpty)
    #expect(harness.invalidBooks == ["0 malformedMessage"])
    #expect(harness.incidents.first?.message.contains("coinbase BTC-USD: malformed") == true)
    // The product is dropped and taken again, and nothing applies until its snapshot.
    harness.advance(milliseconds: 1100)
    #expect(harness.sends.count == 2)
    #expect(harness.sends[0].contains(#""type":"unsubscribe""#))
    #expect(harness.sends[1].contains(#""product_ids":["BTC-USD"],"channels":["level2"]"#))
    harness.receive(Self.update)
    #expect(harness.books.isEmpty)
    harness.receive(Self.snapshot)
    #expect(harness.books.count == 1)
  }

  @Test func `a broken message leaves the levels of those before it`() throws {
    let harness = started()
    harness.receive(Self.update)
    harness.receive(
      #"{"type":"l2update","product_id":"BTC-USD","changes":[["buy","1","1"],["buy","x","1"]]}"#)
    #expect(harness.output.batch.levels.count == 3)
    #expect(harness.levels(try #require(harness.books.first), .sell) == [[2_500_001, 90_000_000]])
  }

  @Test func `statistics count what was applied`() {
    var decoder = CoinbaseExchangeMarketData(listings: CoinbaseExchangeHarness.setup.listings)
    var output = AdapterOutput()
    let match = #"{"type":"match","product_id":"BTC-USD","trade_id":1,"price":"1","size":"1"}"#
    let last = #"{"type":"last_match","product_id":"BTC-USD","trade_id":0}"#
    for text in [Self.update, Self.snapshot, Self.update, Self.update, match, last, "{"] {
      Array(text.utf8).withUnsafeBytes {
        _ = decoder.decode($0, at: Timestamp(nanoseconds: 0), into: &output)
      }
    }
    let statistics = decoder.statistics[0]
    #expect(statistics.snapshots == 1)
    #expect(statistics.updates == 3)
    #expect(statistics.levelsChanged == 6)
    #expect(statistics.trades == 1)
  }

  /// Whatever is cut off or changed: no trap, and never a level of a message that was refused.
  @Test func `truncated and mutated messages never trap`() {
    let fixtures = [
      Self.snapshot, Self.update,
      #"{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":"2014-11-07T08:19:28.464459Z"}"#,
      #"{"type":"ticker","sequence":1,"product_id":"BTC-USD","price":"1","best_bid":"1","best_ask":"2"}"#,
      #"{"type":"error","message":"Failed to subscribe","reason":"x"}"#,
      #"{"type":"subscriptions","channels":[{"name":"level2","product_ids":["BTC-USD"]}]}"#,
      #"{"type":"match","trade_id":10,"product_id":"BTC-USD","size":"1","price":"1","side":"sell"}"#,
    ]
    var random = CoinbaseExchangeRandom(seed: 1)
    for fixture in fixtures {
      let bytes = Array(fixture.utf8)
      let harness = started()
      for count in 0..<bytes.count { harness.receive(Array(bytes[..<count])) }
      #expect(harness.books.isEmpty)
      for _ in 0..<300 {
        var mutated = bytes
        for _ in 0...random.next(4) {
          mutated[random.next(mutated.count)] = UInt8(random.next(256))
        }
        harness.receive(mutated)
        harness.output.removeAll()
      }
    }
  }
}

/// A small seeded generator (xorshift).
struct CoinbaseExchangeRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(bound))
  }
}
