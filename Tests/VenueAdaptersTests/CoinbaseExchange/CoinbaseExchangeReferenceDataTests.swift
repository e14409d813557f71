import RouterCore
import Testing
import VenueAdapters
import Wire

struct CoinbaseExchangeReferenceDataTests {
  private let dialect = CoinbaseExchangeDialect()
  private let pair = PairName(base: "BTC", quote: "USD")

  private func product(_ more: String = "") -> String {
    """
    [{"id":"ETH-USD","base_currency":"ETH","quote_currency":"USD"},
     {"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01000000",
      "base_increment":"0.00000001","min_market_funds":"1","status":"online"\(more)}]
    """
  }

  private func answer(_ query: VenueQuery, _ body: String, status: Int = 200) throws -> VenueAnswer
  {
    try dialect.answer(to: query, from: HTTPResponse(status: status, body: Array(body.utf8)))
  }

  private func listing(_ body: String) throws -> ListingDefinition? {
    guard case .listings(let listings) = try answer(.listings([pair]), body) else { return nil }
    return listings.first
  }

  @Test func `a product gives its increments and its notional minimum`() throws {
    let listing = try #require(try listing(product()))
    #expect(listing.symbol == "BTC-USD")
    #expect(listing.priceIncrement == WrittenDecimal(mantissa: 1, scale: 2))
    #expect(listing.quantityIncrement == WrittenDecimal(mantissa: 1, scale: 8))
    #expect(listing.minimumNotional == WrittenDecimal(mantissa: 1, scale: 0))
    #expect(listing.status == .trading)
    #expect(listing.feeAsset == .quote)
  }

  @Test(arguments: [
    ("trading_disabled", ListingStatus.halted), ("cancel_only", .cancelOnly),
    ("post_only", .postOnly), ("limit_only", .limitOnly), ("auction_mode", .halted),
  ])
  func `a flag of the product decides what it takes`(flag: String, status: ListingStatus) throws {
    #expect(try listing(product(#","\#(flag)":true"#))?.status == status)
  }

  @Test func `a status that is not online is not trading`() throws {
    #expect(try listing(product().replacing("online", with: "delisted"))?.status == .halted)
  }

  @Test func `a pair that is not listed is refused by name`() {
    #expect(throws: VenueFault.refused("product SOL-USD is not listed")) {
      try answer(.listings([PairName(base: "SOL", quote: "USD")]), product())
    }
  }

  @Test func `a product without an increment names the field`() {
    let body = product().replacing("base_increment", with: "other")
    #expect(throws: VenueFault.malformed("product BTC-USD: base_increment")) {
      try answer(.listings([pair]), body)
    }
  }

  @Test func `time, fees, balances and open orders are read`() throws {
    #expect(
      try answer(.serverTime, #"{"iso":"2025-06-15T15:06:40.123Z","epoch":1750000000.123}"#)
        == .serverTime(nanoseconds: 1_750_000_000_123_000_000))
    let definition = try #require(try listing(product()))
    #expect(
      try answer(
        .feeRates([definition]),
        #"{"maker_fee_rate":"0.0040","taker_fee_rate":"0.0060","usd_volume":"1"}"#)
        == .feeRates([
          FeeRates(
            pair: pair, taker: FeeRate(partsPerHundredMillion: 600_000),
            maker: FeeRate(partsPerHundredMillion: 400_000))
        ]))
    #expect(
      try answer(
        .balances,
        #"[{"currency":"USD","balance":"1.5","hold":"0.5","available":"1.0000000000000000"}]"#)
        == .balances([
          NamedBalance(
            asset: "USD", available: Amount(mantissa: 10_000_000_000_000_000),
            total: Amount(mantissa: 15_000_000_000_000_000))
        ]))
    let child = CoinbaseExchangeHarness.child()
    let orders =
      #"[{"id":"a","client_oid":"\#(child.uuid)","product_id":"BTC-USD"},{"id":"b","product_id":"BTC-USD"}]"#
    #expect(
      try answer(.openOrders([definition]), orders)
        == .openOrders([
          OpenOrder(
            child: child, clientOrderID: child.uuid.string, venueOrderID: "a", symbol: "BTC-USD"),
          OpenOrder(child: nil, clientOrderID: "", venueOrderID: "b", symbol: "BTC-USD"),
        ]))
  }

  @Test func `refusals are sorted by what the caller can do`() {
    func fault(_ status: Int, _ body: String) -> VenueFault? {
      do throws(VenueFault) {
        _ = try dialect.answer(
          to: .balances, from: HTTPResponse(status: status, body: Array(body.utf8)))
        return nil
      } catch { return error }
    }
    #expect(
      fault(401, #"{"message":"invalid signature"}"#) == .unauthorized("invalid signature"))
    #expect(
      fault(400, #"{"message":"request timestamp expired"}"#)
        == .clockSkew("request timestamp expired"))
    #expect(
      fault(429, #"{"message":"Public rate limit exceeded"}"#)
        == .rateLimited(retryAfterMilliseconds: 1000, "Public rate limit exceeded"))
    #expect(fault(503, "<html>") == .unavailable("HTTP 503"))
    #expect(fault(200, "<html>") == .malformed("answer is not JSON"))
    #expect(fault(404, #"{"message":"NotFound"}"#) == .refused("NotFound"))
  }

  @Test func `the catalogue knows the dialect by name`() {
    #expect(VenueCatalog.names.contains("coinbase-exchange"))
    #expect(VenueCatalog.dialect(named: "coinbase-exchange")?.needsPassphrase == true)
    #expect(VenueCatalog.dialect(named: "nowhere") == nil)
  }
}
