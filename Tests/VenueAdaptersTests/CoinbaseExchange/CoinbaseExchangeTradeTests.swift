import RouterCore
import Testing
import VenueAdapters
import Wire

struct CoinbaseExchangeTradeTests {
  private static let match =
    #"{"type":"match","trade_id":10,"maker_order_id":"ac928c66-ca53-498f-9c13-a110027a60e8","#
    + #""taker_order_id":"132fb6ae-456b-4654-b4e0-d681ac05cea1","side":"sell","size":"5.23512","#
    + #""price":"400.23","product_id":"BTC-USD","sequence":50,"#
    + #""time":"2014-11-07T08:19:27.028459Z"}"#

  private func started() -> CoinbaseExchangeHarness {
    let harness = CoinbaseExchangeHarness()
    harness.connect()
    harness.receive(CoinbaseExchangeMarketDataTests.snapshot)
    harness.output.removeAll()
    return harness
  }

  @Test func `a match is a public trade`() throws {
    let harness = started()
    harness.receive(Self.match)
    let time = try #require(RFC3339.parse("2014-11-07T08:19:27.028459Z"))
    #expect(
      harness.trades == [
        MarketTrade(
          listing: ListingID(0), price: Price(mantissa: 40_023),
          quantity: Quantity(mantissa: 523_512_000), venueTime: Timestamp(nanoseconds: time),
          receivedAt: harness.stamp.time)
      ])
  }

  @Test func `a match may name its fields in any order`() {
    let harness = started()
    harness.receive(
      #"{"price":"400.23","size":"5.23512","time":"2014-11-07T08:19:27.028459Z","#
        + #""product_id":"BTC-USD","type":"match"}"#)
    #expect(harness.trades.map(\.price) == [Price(mantissa: 40_023)])
    #expect(harness.trades.map(\.quantity) == [Quantity(mantissa: 523_512_000)])
  }

  @Test func `the last match of before the subscription is no trade of now`() {
    let harness = started()
    harness.receive(
      #"{"type":"last_match","trade_id":9,"size":"1","price":"400.00","product_id":"BTC-USD"}"#)
    #expect(harness.trades.isEmpty)
  }

  @Test(arguments: [
    #"{"type":"match","product_id":"BTC-USD","price":"0","size":"1"}"#,
    #"{"type":"match","product_id":"BTC-USD","price":"1","size":"0"}"#,
    #"{"type":"match","product_id":"BTC-USD","price":"1.234","size":"1"}"#,
    #"{"type":"match","product_id":"BTC-USD","size":"1"}"#,
    #"{"price":"x","type":"match","product_id":"BTC-USD","size":"1"}"#,
  ])
  func `a match that can not be read leaves the book as it is`(_ text: String) {
    let harness = started()
    harness.receive(text)
    harness.receive(text)
    #expect(harness.trades.isEmpty && harness.reconnects.isEmpty && harness.books.isEmpty)
    let incidents = harness.output.actions.filter { if case .incident = $0 { true } else { false } }
    #expect(incidents.count == 1)
    harness.receive(CoinbaseExchangeMarketDataTests.update)
    #expect(harness.books.count == 1)
  }

  @Test func `matches of a ticker or of others tell no trade`() {
    let harness = started()
    harness.receive(
      #"{"type":"ticker","product_id":"BTC-USD","price":"400.23","last_size":"1","time":"x"}"#)
    harness.receive(#"{"type":"match","product_id":"XRP-USD","price":"400.23","size":"1"}"#)
    #expect(harness.trades.isEmpty)
  }
}
