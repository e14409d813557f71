import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct BinanceTradeTests {
  private static func trade(
    _ price: String = "61737.64", _ quantity: String = "0.00150", symbol: String = "BTCUSDT"
  ) -> String {
    #"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1700000000200,"s":"\#(symbol)","#
      + #""a":26129,"p":"\#(price)","q":"\#(quantity)","f":100,"l":105,"T":1700000000123,"#
      + #""m":true,"M":true}}"#
  }

  private func live() throws -> BinanceHarness {
    var harness = BinanceHarness(pairs: 1)
    let tags = try harness.start()
    harness.answer(try #require(tags.first), 200, BinanceMarketDataTests.snapshot(100))
    return harness
  }

  private static func expected(_ harness: BinanceHarness, price: Int64, quantity: Int64)
    -> MarketTrade
  {
    MarketTrade(
      listing: BinanceHarness.setup().listings[0].listing, price: Price(mantissa: price),
      quantity: Quantity(mantissa: quantity),
      venueTime: Timestamp(nanoseconds: 1_700_000_000_123_000_000),
      receivedAt: harness.stamp.time)
  }

  @Test func `a trade comes at the instrument's scales with the venue's time of it`() throws {
    var harness = try live()
    let outcome = harness.receive(Self.trade(), on: .marketData)
    let binding = BinanceHarness.setup().listings[0]
    let price = try #require(
      DecimalText.parse("61737.64", scale: Int(binding.instrument.priceScale)))
    let quantity = try #require(
      DecimalText.parse("0.00150", scale: Int(binding.instrument.quantityScale)))
    #expect(outcome.trades == [Self.expected(harness, price: price, quantity: quantity)])
    #expect(outcome.levels.isEmpty && outcome.incidents.isEmpty)
  }

  @Test func `a trade may name its fields in any order`() throws {
    var harness = try live()
    let usual = harness.receive(Self.trade(), on: .marketData).trades
    let text =
      #"{"data":{"T":1700000000123,"q":"0.00150","p":"61737.64","a":1,"s":"BTCUSDT","#
      + #""E":1700000000200,"e":"aggTrade"},"stream":"btcusdt@aggTrade"}"#
    #expect(harness.receive(text, on: .marketData).trades == usual)
    #expect(usual.count == 1)
  }

  @Test(arguments: [
    trade("0", "1"), trade("1", "0"), trade("-1", "1"), trade("1e3", "1"), trade("1.123456789012"),
    trade("99999999999999999999", "1"),
    #"{"data":{"e":"aggTrade","s":"BTCUSDT","q":"1"}}"#,
    #"{"data":{"e":"aggTrade","s":"BTCUSDT","p":"1","p":"2","q":"1"}}"#,
  ])
  func `a trade that can not be read leaves the book as it is`(_ text: String) throws {
    var harness = try live()
    let outcome = harness.receive(text, on: .marketData)
    #expect(outcome.events.isEmpty && outcome.levels.isEmpty && outcome.reconnects.isEmpty)
    #expect(outcome.incidents.count == 1)
    #expect(harness.receive(text, on: .marketData).incidents.isEmpty)
    #expect(harness.adapter.marketData.statistics[0].malformedTrades == 2)
    let update = harness.receive(BinanceMarketDataTests.diff(101, 102), on: .marketData)
    #expect(update.books.count == 1 && update.faults.isEmpty)
  }

  @Test func `a trade of a pair that is not ours is ignored`() throws {
    var harness = try live()
    let outcome = harness.receive(Self.trade(symbol: "XRPUSDT"), on: .marketData)
    #expect(outcome.events.isEmpty && outcome.incidents.isEmpty)
  }

  @Test func `truncated and mutated trades never trap`() throws {
    var harness = try live()
    let bytes = Array(Self.trade().utf8)
    for count in 0..<bytes.count {
      #expect(harness.receive(Array(bytes[..<count]), on: .marketData).trades.isEmpty)
    }
    var random = SplitMix(state: 7)
    for _ in 0..<2000 {
      var mutated = bytes
      mutated[random.below(mutated.count)] = UInt8(truncatingIfNeeded: random.next())
      for trade in harness.receive(mutated, on: .marketData).trades {
        #expect(trade.price > .zero && trade.quantity > .zero)
      }
    }
  }
}

/// A small seeded generator.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
