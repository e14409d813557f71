import RouterCore
import Testing
import VenueAdapters
import Wire

struct KrakenTradeTests {
  private func decoder() -> KrakenMarketData {
    KrakenMarketData(
      listings: [KrakenFixtures.binding(), KrakenFixtures.binding(8, symbol: "MATIC/USD")],
      bookDepth: 10)
  }

  private static func row(
    _ price: String, _ quantity: String = "0.5", symbol: String = "BTC/USD"
  ) -> String {
    #"{"symbol":"\#(symbol)","side":"sell","price":\#(price),"qty":\#(quantity),"#
      + #""ord_type":"limit","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"}"#
  }

  private static func message(_ rows: [String], type: String = "update") -> String {
    #"{"channel":"trade","type":"\#(type)","data":[\#(rows.joined(separator: ","))]}"#
  }

  private func prices(_ rows: [String]) -> [Int64] {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(Self.message(rows), into: &output)
    return output.marketTrades.map(\.price.mantissa)
  }

  @Test func `a trade comes at the instrument's scales with its time`() throws {
    var decoder = decoder()
    var output = AdapterOutput()
    #expect(decoder.decode(Self.message([Self.row("45283.5", "0.1")]), into: &output) == .trade)
    let time = try #require(RFC3339.parse("2023-09-25T07:49:37.708706Z"))
    #expect(
      output.marketTrades == [
        MarketTrade(
          listing: ListingID(7), price: Price(mantissa: 45_283_500),
          quantity: Quantity(mantissa: 1_000_000_000), venueTime: Timestamp(nanoseconds: time),
          receivedAt: Timestamp(nanoseconds: 1))
      ])
  }

  /// One listing's trades of a message shrink to how far it went and where it ended.
  @Test(arguments: [
    ([10, 11, 12], [10, 12]), ([12, 11, 10], [12, 10]), ([11, 10, 12, 11], [10, 12, 11]),
    ([11, 12, 10, 11], [12, 10, 11]), ([10, 10, 10], [10]), ([10, 12, 10], [12, 10]),
    ([12, 10, 12], [10, 12]),
  ])
  func `of many trades the highest, the lowest and the last are told`(
    _ made: [Int64], _ told: [Int64]
  ) {
    #expect(prices(made.map { Self.row("\($0).0") }) == told.map { $0 * 1000 })
  }

  @Test func `trades of two pairs in one message are both told`() {
    var decoder = decoder()
    var output = AdapterOutput()
    let rows = [
      Self.row("10.0"), Self.row("0.5", symbol: "MATIC/USD"), Self.row("9", symbol: "XRP/USD"),
      Self.row("11.0"),
    ]
    decoder.decode(Self.message(rows), into: &output)
    #expect(output.marketTrades.map(\.listing) == [ListingID(7), ListingID(8), ListingID(7)])
    #expect(decoder.statistics.map(\.trades) == [2, 1])
  }

  @Test func `a snapshot of former trades is not told`() {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(Self.message([Self.row("10.0")], type: "snapshot"), into: &output)
    #expect(output.marketTrades.isEmpty)
  }

  @Test(arguments: ["0", "-1", "1.00000001", "\"x\"", "99999999999999999999"])
  func `a trade that can not be read leaves the book as it is`(_ price: String) {
    var decoder = decoder()
    var output = AdapterOutput()
    decoder.decode(KrakenFixtures.bitcoinSnapshot, into: &output)
    output.removeAll()
    decoder.decode(Self.message([Self.row(price)]), into: &output)
    decoder.decode(Self.message([Self.row(price)]), into: &output)
    #expect(output.batch.isEmpty && output.actions.count == 1)
    #expect(decoder.statistics[0].malformedTrades == 2)
  }

  @Test func `a message cut anywhere never traps`() {
    var decoder = decoder()
    let message = Self.message([Self.row("10.0"), Self.row("11.0")])
    for count in 0..<message.utf8.count {
      var output = AdapterOutput()
      decoder.decode(String(message.prefix(count)), into: &output)
      #expect(output.batch.levels.isEmpty)
    }
  }

  @Test func `trades are subscribed without their snapshot`() throws {
    let harness = KrakenHarness(listings: [KrakenFixtures.binding()])
    harness.open(.marketData)
    let parameters = harness.sent("subscribe").compactMap { $0.message["params"] }
    let trades = try #require(parameters.first { $0["channel"]?.string == "trade" })
    #expect(trades["symbol"] == .array([.string("BTC/USD")]))
    #expect(trades["snapshot"]?.bool == false)
  }
}
