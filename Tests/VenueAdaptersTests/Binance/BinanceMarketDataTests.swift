import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct BinanceMarketDataTests {
  /// A diff as the combined stream wraps it.
  static func diff(
    _ first: Int64, _ last: Int64, symbol: String = "BTCUSDT",
    bids: String = #"["100.00000000","1.00000000"]"#, asks: String = ""
  ) -> String {
    #"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1700000000123,"#
      + #""s":"\#(symbol)","U":\#(first),"u":\#(last),"b":[\#(bids)],"a":[\#(asks)]}}"#
  }

  static func snapshot(
    _ lastID: Int64, bids: String = #"["99.50","2"],["99.40","1"]"#,
    asks: String = #"["100.50","3"],["100.60","4"]"#
  ) -> String {
    #"{"lastUpdateId":\#(lastID),"bids":[\#(bids)],"asks":[\#(asks)]}"#
  }

  static func level(_ price: Int64, _ quantity: Int64) -> BookLevel {
    BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity))
  }

  private func live(at lastID: Int64 = 100) throws -> BinanceHarness {
    var harness = BinanceHarness(pairs: 1)
    let tags = try harness.start()
    harness.answer(try #require(tags.first), 200, Self.snapshot(lastID))
    return harness
  }

  // MARK: Subscription

  @Test func `one message subscribes to every pair`() {
    var harness = BinanceHarness()
    let outcome = harness.open(.marketData)
    #expect(outcome.sent.count == 1)
    #expect(outcome.sent.first?.json["method"]?.string == "SUBSCRIBE")
    #expect(
      outcome.sent.first?.json["params"]?.array
        == [
          "btcusdt@depth@100ms", "ethusdt@depth@100ms", "btcusdt@aggTrade", "ethusdt@aggTrade",
        ].map(JSONValue.string))
  }

  @Test func `the link is up and snapshots are fetched once the subscription is confirmed`() throws
  {
    var harness = BinanceHarness()
    let number = try #require(harness.open(.marketData).sent.first?.json["id"]?.int64)
    let outcome = harness.receive("{\"result\":null,\"id\":\(number)}", on: .marketData)
    #expect(outcome.links == ["marketData up"])
    #expect(
      outcome.fetched.map(\.request.target) == [
        "/api/v3/depth?symbol=BTCUSDT&limit=1000", "/api/v3/depth?symbol=ETHUSDT&limit=1000",
      ])
  }

  @Test func `a refused subscription raises an alarm and reconnects`() throws {
    var harness = BinanceHarness()
    let number = try #require(harness.open(.marketData).sent.first?.json["id"]?.int64)
    let outcome = harness.receive(
      #"{"error":{"code":2,"msg":"Invalid request"},"id":\#(number)}"#, on: .marketData)
    #expect(outcome.reconnects == [.marketData])
    #expect(outcome.incidents.first?.severity == .alarm)
  }

  @Test func `a subscription without an answer reconnects`() {
    var harness = BinanceHarness()
    harness.open(.marketData)
    #expect(harness.wait(milliseconds: 11_000).reconnects == [.marketData])
  }

  // MARK: Levels

  @Test func `levels come at the instrument's scales`() throws {
    var harness = try live()
    let outcome = harness.receive(
      Self.diff(
        101, 103, bids: #"["61737.63000000","0.00000000"],["61730.17000000","1.54698000"]"#,
        asks: #"["61837.64000000","0.00001000"]"#), on: .marketData)
    let update = try #require(outcome.books.first)
    #expect(update.kind == .delta)
    #expect(update.listing == ListingID(0))
    #expect(update.venueTime == Timestamp(nanoseconds: 1_700_000_000_123_000_000))
    #expect(
      outcome.bids(update) == [Self.level(617_376_300, 0), Self.level(617_301_700, 154_698_000)])
    #expect(outcome.asks(update) == [Self.level(618_376_400, 1000)])
  }

  @Test func `a raw message without the stream's wrapping is read as well`() throws {
    var harness = try live()
    let raw = #"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":101,"u":102,"b":[["1","2"]],"a":[]}"#
    #expect(harness.receive(raw, on: .marketData).books.count == 1)
  }

  @Test func `levels before the symbol are read with the symbol's scales`() throws {
    var harness = try live()
    let text =
      #"{"data":{"a":[["9.5","1"]],"b":[["9.4","2"]],"u":102,"U":101,"e":"depthUpdate","s":"BTCUSDT"}}"#
    let outcome = harness.receive(text, on: .marketData)
    let update = try #require(outcome.books.first)
    #expect(outcome.bids(update) == [Self.level(94_000, 200_000_000)])
    #expect(outcome.asks(update) == [Self.level(95_000, 100_000_000)])
  }

  @Test(arguments: [
    ("a third digit beyond the scale", #"["1.00001","1"]"#),
    ("an exponent", #"["1e3","1"]"#), ("a negative price", #"["-1","1"]"#),
    ("a price of zero", #"["0.0","1"]"#), ("a negative quantity", #"["1","-1"]"#),
    ("a price beyond 64 bits", #"["99999999999999999999","1"]"#), ("a missing quantity", #"["1"]"#),
    ("a word", #"["abc","1"]"#), ("a bare level", #""1""#), ("null", "null"),
  ])
  func `a level that makes no sense costs the book`(_ what: String, _ level: String) throws {
    var harness = try live()
    let outcome = harness.receive(Self.diff(101, 101, bids: level), on: .marketData)
    #expect(outcome.faults == [.malformedMessage])
    #expect(outcome.books.isEmpty)
    #expect(outcome.levels.isEmpty)
    #expect(outcome.fetched.count == 1)
    #expect(outcome.incidents.first?.message.hasPrefix("BTCUSDT: ") == true)
  }

  @Test(arguments: [
    #"{"e":"depthUpdate","s":"BTCUSDT","u":101,"b":[],"a":[]}"#,
    #"{"e":"depthUpdate","s":"BTCUSDT","U":101,"b":[],"a":[]}"#,
    #"{"e":"depthUpdate","s":"BTCUSDT","U":101,"u":101,"a":[]}"#,
    #"{"e":"depthUpdate","s":"BTCUSDT","U":101,"u":101,"b":[]}"#,
    #"{"e":"depthUpdate","s":"BTCUSDT","U":102,"u":101,"b":[],"a":[]}"#,
    #"{"e":"depthUpdate","s":"BTCUSDT","U":"x","u":101,"b":[],"a":[]}"#,
    #"{"e":"depthUpdate","s":"BTCUSDT","U":101,"u":101,"b":[],"a":[],"b":[]}"#,
  ])
  func `a depth update without its fields costs the book`(_ text: String) throws {
    var harness = try live()
    #expect(harness.receive(text, on: .marketData).faults == [.malformedMessage])
  }

  @Test func `a depth update without a symbol reconnects`() throws {
    var harness = try live()
    let outcome = harness.receive(
      #"{"e":"depthUpdate","U":101,"u":101,"b":[],"a":[]}"#, on: .marketData)
    #expect(outcome.reconnects == [.marketData])
  }

  @Test func `streams that are not ours are ignored`() throws {
    var harness = try live()
    for text in [
      #"{"data":{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}}"#,
      #"{"data":{"lastUpdateId":1,"bids":[["1","1"]],"asks":[]}}"#,
      #"{"data":{"e":"kline","s":"BTCUSDT","k":{"t":1,"b":"x"}}}"#,
    ] {
      let outcome = harness.receive(text, on: .marketData)
      #expect(outcome.events.isEmpty && outcome.incidents.isEmpty && outcome.levels.isEmpty)
    }
  }

  @Test func `a depth update for a pair of others is ignored`() throws {
    var harness = try live()
    let outcome = harness.receive(Self.diff(101, 101, symbol: "XRPUSDT"), on: .marketData)
    #expect(outcome.events.isEmpty && outcome.levels.isEmpty)
  }

  // MARK: Synchronization

  @Test func `diffs that the snapshot holds are dropped and the straddling one applied`() throws {
    var harness = BinanceHarness(pairs: 1)
    let tags = try harness.start()
    for (first, last) in [(90, 95), (96, 99), (100, 104), (105, 106)] {
      let kept = harness.receive(Self.diff(Int64(first), Int64(last)), on: .marketData)
      #expect(kept.books.isEmpty && kept.levels.isEmpty)
    }
    let outcome = harness.answer(try #require(tags.first), 200, Self.snapshot(101))
    #expect(outcome.books.map(\.kind) == [.snapshot, .delta, .delta])
    #expect(outcome.bids(outcome.books[0]).map(\.price.mantissa) == [995_000, 994_000])
    #expect(outcome.asks(outcome.books[0]).map(\.price.mantissa) == [1_005_000, 1_006_000])
    #expect(outcome.bids(outcome.books[1]) == [Self.level(1_000_000, 100_000_000)])
    let next = harness.receive(Self.diff(107, 107), on: .marketData)
    #expect(next.books.map(\.kind) == [.delta])
  }

  @Test func `a snapshot older than the first diff is fetched again after a pause`() throws {
    var harness = BinanceHarness(pairs: 1)
    let tags = try harness.start()
    harness.receive(Self.diff(200, 210), on: .marketData)
    let outcome = harness.answer(try #require(tags.first), 200, Self.snapshot(150))
    #expect(outcome.books.isEmpty && outcome.levels.isEmpty && outcome.fetched.isEmpty)
    let retry = harness.wait(milliseconds: 600)
    #expect(retry.fetched.count == 1)
    let second = harness.answer(try #require(retry.fetched.first?.tag), 200, Self.snapshot(205))
    #expect(second.books.map(\.kind) == [.snapshot, .delta])
  }

  @Test func `a snapshot that ends right before the first diff is good`() throws {
    var harness = BinanceHarness(pairs: 1)
    let tags = try harness.start()
    harness.receive(Self.diff(200, 210), on: .marketData)
    let outcome = harness.answer(try #require(tags.first), 200, Self.snapshot(199))
    #expect(outcome.books.map(\.kind) == [.snapshot, .delta])
  }

  @Test func `a gap invalidates the book, and the diff after it waits for the new snapshot`() throws
  {
    var harness = try live(at: 100)
    harness.receive(Self.diff(101, 105), on: .marketData)
    let gap = harness.receive(Self.diff(107, 109), on: .marketData)
    #expect(gap.faults == [.sequenceGap])
    #expect(gap.books.isEmpty && gap.levels.isEmpty)
    #expect(gap.incidents.count == 1)
    let tag = try #require(gap.fetched.first?.tag)
    let outcome = harness.answer(tag, 200, Self.snapshot(108))
    #expect(outcome.books.map(\.kind) == [.snapshot, .delta])
    #expect(harness.adapter.marketData.statistics[0].gaps == 1)
  }

  @Test func `a gap on one pair leaves the other alone`() throws {
    var harness = BinanceHarness()
    for tag in try harness.start() { harness.answer(tag, 200, Self.snapshot(100)) }
    harness.receive(Self.diff(110, 111), on: .marketData)
    let other = harness.receive(Self.diff(101, 102, symbol: "ETHUSDT"), on: .marketData)
    #expect(other.books.map(\.listing) == [ListingID(1)])
  }

  @Test func `an old diff is ignored`() throws {
    var harness = try live(at: 100)
    let outcome = harness.receive(Self.diff(90, 100), on: .marketData)
    #expect(outcome.events.isEmpty && outcome.levels.isEmpty)
    #expect(harness.adapter.marketData.statistics[0].staleUpdates == 1)
  }

  @Test func `a gap between waiting diffs needs a snapshot beyond it`() throws {
    var harness = BinanceHarness(pairs: 1)
    let tags = try harness.start()
    harness.receive(Self.diff(100, 110), on: .marketData)
    harness.receive(Self.diff(120, 125), on: .marketData)
    #expect(harness.answer(try #require(tags.first), 200, Self.snapshot(105)).books.isEmpty)
    let retry = harness.wait(milliseconds: 600)
    let tag = try #require(retry.fetched.first?.tag)
    #expect(harness.answer(tag, 200, Self.snapshot(122)).books.map(\.kind) == [.snapshot, .delta])
  }

  @Test func `a refresh keeps the book live and loses no diff`() throws {
    var harness = try live(at: 100)
    harness.adapter.refreshBook(
      ListingID(0), at: harness.stamp, signer: harness.signer, into: &harness.output)
    let tag = try #require(harness.take().fetched.first?.tag)
    let during = harness.receive(Self.diff(101, 105), on: .marketData)
    #expect(during.books.map(\.kind) == [.delta])
    harness.receive(Self.diff(106, 107), on: .marketData)
    let outcome = harness.answer(tag, 200, Self.snapshot(103))
    #expect(outcome.books.map(\.kind) == [.snapshot, .delta, .delta])
    #expect(outcome.faults.isEmpty)
    #expect(harness.receive(Self.diff(108, 108), on: .marketData).books.count == 1)
  }

  @Test func `a market that reaches the snapshot's edge asks for a new one`() throws {
    var harness = BinanceHarness(bookDepth: 100, pairs: 1)
    let tags = try harness.start()
    let bids = (0..<100).map { "[\"\(1000 - $0)\",\"1\"]" }.joined(separator: ",")
    harness.answer(
      try #require(tags.first), 200, Self.snapshot(1, bids: bids, asks: #"["1001","1"]"#))
    let inside = harness.receive(Self.diff(2, 2, bids: "", asks: #"["902","1"]"#), on: .marketData)
    #expect(inside.fetched.isEmpty)
    let beyond = harness.receive(Self.diff(3, 3, bids: "", asks: #"["901","1"]"#), on: .marketData)
    #expect(beyond.fetched.count == 1)
    #expect(beyond.books.count == 1)
  }

  @Test(arguments: [
    "", "[]", "{", #"{"lastUpdateId":5}"#, #"{"lastUpdateId":-1,"bids":[],"asks":[]}"#,
    #"{"lastUpdateId":101,"bids":[["1","1"],["2","1"]],"asks":[]}"#,
    #"{"lastUpdateId":101,"bids":[],"asks":[["2","1"],["2","1"]]}"#,
    #"{"lastUpdateId":101,"bids":[["3","1"]],"asks":[["3","1"]]}"#,
    #"{"lastUpdateId":101,"bids":[["3","0"]],"asks":[["4","1"]]}"#,
    #"{"lastUpdateId":101,"bids":[["3","1"]],"asks":[["4","1"]]} x"#,
  ])
  func `a snapshot that makes no sense is fetched again`(_ body: String) throws {
    var harness = BinanceHarness(pairs: 1)
    let tags = try harness.start()
    let outcome = harness.answer(try #require(tags.first), 200, body)
    #expect(outcome.books.isEmpty && outcome.levels.isEmpty)
    #expect(outcome.incidents.count == 1)
    #expect(harness.wait(milliseconds: 600).fetched.count == 1)
  }

  @Test func `snapshots that fail are asked for less and less often`() throws {
    var harness = BinanceHarness(pairs: 1)
    var tag = try #require(try harness.start().first)
    var waits: [Int64] = []
    for _ in 0..<8 {
      harness.receive(#"{"result":null,"id":99}"#, on: .marketData)
      harness.fail(tag, .unknown("timed out"))
      let before = harness.milliseconds
      harness.milliseconds = harness.adapter.marketData.nextDeadline.nanoseconds / 1_000_000
      waits.append(harness.milliseconds - before)
      tag = try #require(harness.wait(milliseconds: 0).fetched.first?.tag)
    }
    #expect(waits == [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  }

  @Test func `a rate limit silences snapshots of every pair until it ends`() throws {
    var harness = BinanceHarness()
    let tags = try harness.start()
    let throttled = harness.answer(
      try #require(tags.first), 429, #"{"code":-1003,"msg":"Too many requests"}"#,
      [("Retry-After", "7")])
    #expect(throttled.incidents.isEmpty == false)
    harness.fail(tags[1], .unknown("timed out"))
    #expect(harness.wait(milliseconds: 6900).fetched.isEmpty)
    #expect(harness.wait(milliseconds: 200).fetched.count == 2)
  }

  @Test func `the answer to a request of the connection before is ignored`() throws {
    var harness = BinanceHarness(pairs: 1)
    let old = try #require(try harness.start().first)
    let closed = harness.close(.marketData)
    #expect(closed.faults == [.disconnected])
    #expect(closed.links == ["marketData down"])
    let number = try #require(harness.open(.marketData).sent.first?.json["id"]?.int64)
    #expect(harness.answer(old, 200, Self.snapshot(100)).books.isEmpty)
    let outcome = harness.receive("{\"result\":null,\"id\":\(number)}", on: .marketData)
    #expect(outcome.fetched.count == 1)
  }

  @Test func `at most four snapshots are in flight`() {
    let listings = (0..<10).map { index in
      BinanceHarness.binding(UInt16(index), BinanceHarness.bitcoin, "C\(index)")
    }
    var data = BinanceMarketData(listings: listings)
    var output = AdapterOutput()
    data.subscribed(at: Timestamp(nanoseconds: 0), into: &output)
    #expect(BinanceOutcome(output).fetched.count == 4)
  }

  // MARK: Watching

  @Test func `a silent socket is asked, then closed`() throws {
    var harness = try live()
    let probe = harness.wait(milliseconds: 31_000)
    #expect(probe.sent.contains { $0.json["method"]?.string == "LIST_SUBSCRIPTIONS" })
    #expect(probe.reconnects.isEmpty)
    #expect(harness.wait(milliseconds: 10_000).reconnects.contains(.marketData))
  }

  @Test func `an answer to the question keeps a silent socket`() throws {
    var harness = try live()
    harness.wait(milliseconds: 31_000)
    harness.receive(#"{"result":["btcusdt@depth@100ms"],"id":99}"#, on: .marketData)
    #expect(!harness.wait(milliseconds: 15_000).reconnects.contains(.marketData))
  }

  @Test(arguments: [
    #"{"e":"serverShutdown","E":1}"#,
    #"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}"#,
  ])
  func `a server about to shut down is left at once`(_ text: String) throws {
    var harness = try live()
    #expect(harness.receive(text, on: .marketData).reconnects == [.marketData])
    #expect(harness.receive(text, on: .marketData).reconnects.isEmpty)
  }

  @Test func `the socket is renewed before the venue's 24 hours`() throws {
    var harness = try live()
    var hours = 0
    while hours < 23 {
      hours += 1
      for minute in 0..<120 {
        harness.receive(Self.diff(1, 1), on: .marketData)
        let outcome = harness.wait(milliseconds: 30_000)
        if outcome.reconnects.contains(.marketData) {
          Issue.record("renewed after only \(hours) h \(minute / 2) min")
          return
        }
      }
    }
    for _ in 0..<60 {
      harness.receive(Self.diff(1, 1), on: .marketData)
      if harness.wait(milliseconds: 30_000).reconnects.contains(.marketData) { return }
    }
    Issue.record("never renewed")
  }

  // MARK: Broken bytes

  @Test func `no truncation of any message traps or yields a book`() throws {
    let text = Array(
      Self.diff(101, 103, bids: #"["1.5","2"],["1.4","0"]"#, asks: #"["1.6","1"]"#).utf8)
    for count in 0..<text.count {
      var harness = try live()
      #expect(harness.receive(Array(text[0..<count]), on: .marketData).books.isEmpty)
    }
  }

  @Test func `no mutation of a message or snapshot traps`() throws {
    var random = BinanceTestRandom(seed: 7)
    let diff = Array(
      Self.diff(101, 103, bids: #"["1.5","2"],["1.4","0"]"#, asks: #"["1.6","1"]"#).utf8)
    let snapshot = Array(Self.snapshot(100).utf8)
    var data = BinanceMarketData(listings: BinanceHarness.setup().listings)
    var output = AdapterOutput()
    for _ in 0..<20_000 {
      let broken = random.mutate(random.next() % 4 == 0 ? snapshot : diff)
      broken.withUnsafeBytes {
        data.decode($0, at: Timestamp(nanoseconds: 1), into: &output)
        data.snapshot(
          $0, number: 0, for: ListingID(0), at: Timestamp(nanoseconds: 1), into: &output)
      }
      for update in BinanceOutcome(output).books {
        #expect(Int(update.bidStart + update.bidCount) <= output.batch.levels.count)
        #expect(Int(update.askStart + update.askCount) <= output.batch.levels.count)
      }
      output.removeAll()
    }
  }
}

/// A small seeded generator, so that a failure can be repeated.
struct BinanceTestRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// The bytes with one to four of them changed, dropped, doubled or replaced by JSON's own marks.
  mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...next() % 4 where !bytes.isEmpty {
      let index = Int(next() % UInt64(bytes.count))
      switch next() % 4 {
      case 0: bytes[index] = UInt8(truncatingIfNeeded: next())
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(bytes[index], at: index)
      default: bytes[index] = Array("\"{}[],:-0123456789.ntf".utf8)[Int(next() % 22)]
      }
    }
    return bytes
  }
}
