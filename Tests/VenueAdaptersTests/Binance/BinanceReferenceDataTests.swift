import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct BinanceReferenceDataTests {
  private let dialect = BinanceDialect()
  private let signer = BinanceTestSigner()
  private let stamp = RequestStamp(
    time: Timestamp(nanoseconds: 0), venueNanoseconds: 1_700_000_000_000_000_000, nonce: 0)
  private let bitcoin = PairName(base: "BTC", quote: "USDT")

  private func request(_ query: VenueQuery) -> HTTPRequest {
    dialect.request(for: query, at: stamp, signer: signer)
  }

  private func answer(
    _ query: VenueQuery, _ body: String, status: Int = 200, headers: HTTPHeaders = []
  ) throws(VenueFault) -> VenueAnswer {
    try dialect.answer(
      to: query,
      from: HTTPResponse(status: status, reason: "", headers: headers, body: Array(body.utf8)))
  }

  private static func symbol(
    status: String = "TRADING", spot: Bool = true, filters: String = Self.filters
  ) -> String {
    #"{"timezone":"UTC","serverTime":1,"rateLimits":[],"exchangeFilters":[],"symbols":[{"symbol":"BTCUSDT","#
      + #""status":"\#(status)","baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT","#
      + #""quotePrecision":8,"quoteAssetPrecision":8,"isSpotTradingAllowed":\#(spot),"#
      + #""filters":[\#(filters)]}]}"#
  }

  private static let filters =
    #"{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},"#
    + #"{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},"#
    + #"{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}"#

  @Test func `the time is read in nanoseconds`() throws {
    #expect(request(.serverTime).target == "/api/v3/time")
    #expect(
      try answer(.serverTime, #"{"serverTime":1700000000123}"#)
        == .serverTime(nanoseconds: 1_700_000_000_123_000_000))
  }

  @Test func `pairs are asked for by a percent-encoded list`() {
    let target = request(
      .listings([bitcoin, PairName(base: "ETH", quote: "USDT")])
    ).target
    #expect(
      target == "/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D")
  }

  @Test func `a listing has the filters' increments and minima`() throws {
    guard case .listings(let listings) = try answer(.listings([bitcoin]), Self.symbol()) else {
      Issue.record("not listings")
      return
    }
    let listing = try #require(listings.first)
    #expect(listing.symbol == "BTCUSDT" && listing.streamSymbol == "btcusdt")
    #expect(listing.priceIncrement == WrittenDecimal(mantissa: 1, scale: 2))
    #expect(listing.quantityIncrement == WrittenDecimal(mantissa: 1, scale: 5))
    #expect(listing.minimumQuantity == WrittenDecimal(mantissa: 1, scale: 5))
    #expect(listing.maximumQuantity == WrittenDecimal(mantissa: 9000, scale: 0))
    #expect(listing.minimumNotional == WrittenDecimal(mantissa: 5, scale: 0))
    #expect(listing.status == .trading && listing.feeAsset == .received)
  }

  @Test func `without a filter the asset's precision is the increment`() throws {
    guard case .listings(let listings) = try answer(.listings([bitcoin]), Self.symbol(filters: ""))
    else {
      Issue.record("not listings")
      return
    }
    #expect(listings.first?.priceIncrement == WrittenDecimal(mantissa: 1, scale: 8))
    #expect(listings.first?.maximumQuantity == nil)
  }

  @Test(arguments: [
    ("TRADING", true, ListingStatus.trading), ("TRADING", false, .halted), ("HALT", true, .halted),
    ("BREAK", true, .halted), ("END_OF_DAY", true, .halted), ("CANCEL_ONLY", true, .cancelOnly),
    ("SOMETHING_NEW", true, .halted),
  ])
  func `each status has its meaning`(_ text: String, _ spot: Bool, _ status: ListingStatus) throws {
    guard
      case .listings(let listings) = try answer(
        .listings([bitcoin]), Self.symbol(status: text, spot: spot))
    else {
      Issue.record("not listings")
      return
    }
    #expect(listings.first?.status == status)
  }

  private var definition: ListingDefinition { BinanceHarness.setup().listings[0].definition }

  @Test func `fee rates add up commission and side over their parts`() throws {
    #expect(request(.feeRates([definition])).path == "/api/v3/account/commission")
    let rates = try answer(
      .feeRates([definition]),
      #"{"symbol":"BTCUSDT","standardCommission":{"maker":"0.00080000","taker":"0.00100000","buyer":"0.00000000","seller":"0.00010000"},"specialCommission":{"maker":"0.0","taker":"0.0001","buyer":"0","seller":"0"},"taxCommission":{"maker":"0","taker":"0","buyer":"0","seller":"0"},"discount":{"enabledForAccount":true,"enabledForSymbol":true,"discountAsset":"BNB","discount":"0.75000000"}}"#
    )
    #expect(
      rates
        == .feeRates([
          FeeRates(
            pair: bitcoin, taker: FeeRate(partsPerHundredMillion: 120_000),
            maker: FeeRate(partsPerHundredMillion: 90_000))
        ]))
  }

  @Test func `several pairs take the account's rates`() throws {
    let query = VenueQuery.feeRates([definition, BinanceHarness.setup().listings[1].definition])
    #expect(request(query).path == "/api/v3/account")
    let rates = try answer(
      query,
      #"{"commissionRates":{"maker":"0.0010","taker":"0.0015","buyer":"0","seller":"0"},"balances":[]}"#
    )
    guard case .feeRates(let list) = rates else {
      Issue.record("not rates")
      return
    }
    #expect(list.map(\.taker.partsPerHundredMillion) == [150_000, 150_000])
  }

  @Test func `balances and open orders are read`() throws {
    #expect(
      try answer(.balances, #"{"balances":[{"asset":"BTC","free":"1.5","locked":"0.5"}]}"#)
        == .balances([
          NamedBalance(
            asset: "BTC", available: Amount(mantissa: 15_000_000_000_000_000),
            total: Amount(mantissa: 20_000_000_000_000_000))
        ]))
    let child = BinanceHarness.child()
    let orders = try answer(
      .openOrders([definition]),
      #"[{"symbol":"BTCUSDT","orderId":5,"clientOrderId":"\#(child.short.string)"},{"symbol":"BTCUSDT","orderId":6,"clientOrderId":"web"}]"#
    )
    #expect(
      orders
        == .openOrders([
          OpenOrder(
            child: child, clientOrderID: child.short.string, venueOrderID: "5", symbol: "BTCUSDT"),
          OpenOrder(child: nil, clientOrderID: "web", venueOrderID: "6", symbol: "BTCUSDT"),
        ]))
  }

  @Test(arguments: [
    (
      429, #"{"code":-1003,"msg":"x"}"#,
      VenueFault.rateLimited(retryAfterMilliseconds: 9000, "-1003 x")
    ),
    (418, #"{"code":-1003,"msg":"x"}"#, .rateLimited(retryAfterMilliseconds: 9000, "-1003 x")),
    (429, "busy", .rateLimited(retryAfterMilliseconds: 9000, "HTTP 429, not JSON")),
    (401, #"{"code":-2015,"msg":"x"}"#, .unauthorized("-2015 x")),
    (400, #"{"code":-1022,"msg":"x"}"#, .unauthorized("-1022 x")),
    (400, #"{"code":-1021,"msg":"x"}"#, .clockSkew("-1021 x")),
    (400, #"{"code":-1121,"msg":"x"}"#, .refused("-1121 x")),
    (503, "<html>", .unavailable("HTTP 503, not JSON")),
    (500, #"{"code":-1000,"msg":"x"}"#, .unavailable("-1000 x")),
    (200, "<html>", .malformed("HTTP 200, not JSON")), (200, "{}", .malformed("serverTime")),
  ])
  func `a fault is sorted by what can be done`(_ status: Int, _ body: String, _ fault: VenueFault) {
    #expect(throws: fault) {
      try answer(.serverTime, body, status: status, headers: [("Retry-After", "9")])
    }
  }

  @Test func `a pair that is not in the answer is refused`() {
    #expect(throws: VenueFault.refused("XRPUSDT is not listed")) {
      try answer(.listings([PairName(base: "XRP", quote: "USDT")]), Self.symbol())
    }
  }

  @Test func `the catalog knows the venue by its name`() {
    #expect(VenueCatalog.dialect(named: "binance")?.name == "binance")
    #expect(VenueCatalog.dialect(named: "mtgox") == nil)
  }
}
