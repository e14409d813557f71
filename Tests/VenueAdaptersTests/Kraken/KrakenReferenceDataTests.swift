import RouterCore
import Testing
import VenueAdapters
import Wire

struct KrakenReferenceDataTests {
  private let dialect = KrakenDialect()
  private let bitcoin = PairName(base: "BTC", quote: "USD")

  private func answer(_ query: VenueQuery, _ result: String) throws(VenueFault) -> VenueAnswer {
    let body = "{\"error\":[],\"result\":\(result)}"
    return try dialect.answer(
      to: query, from: HTTPResponse(status: 200, reason: "OK", headers: [], body: Array(body.utf8)))
  }

  private let pairs = """
    {"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","aclass_base":"currency","base":"XXBT",\
    "aclass_quote":"currency","quote":"ZUSD","execution_venue":"international","pair_decimals":1,\
    "cost_decimals":5,"lot_decimals":8,"lot_multiplier":1,"fees":[[0,0.40],[10000,0.35]],\
    "fees_maker":[[0,0.25],[10000,0.20]],"fee_volume_currency":"ZUSD","ordermin":"0.00005",\
    "costmin":"0.5","tick_size":"0.1","status":"online"},\
    "XDGUSD":{"altname":"XDGUSD","wsname":"XDG/USD","pair_decimals":7,"lot_decimals":8,\
    "ordermin":"20","status":"post_only"}}
    """

  @Test func `pairs are found by their websocket name under our asset names`() throws {
    let doge = PairName(base: "DOGE", quote: "USD")
    guard case .listings(let listings) = try answer(.listings([bitcoin, doge]), pairs) else {
      return #expect(Bool(false))
    }
    #expect(listings[0].symbol == "XBTUSD")
    #expect(listings[0].streamSymbol == "BTC/USD")
    #expect(listings[0].internalSymbol == "XXBTZUSD")
    #expect(listings[0].priceIncrement == WrittenDecimal(mantissa: 1, scale: 1))
    #expect(listings[0].quantityIncrement == WrittenDecimal(mantissa: 1, scale: 8))
    #expect(listings[0].minimumQuantity == WrittenDecimal(mantissa: 5, scale: 5))
    #expect(listings[0].minimumNotional == WrittenDecimal(mantissa: 5, scale: 1))
    #expect(listings[0].status == .trading)
    #expect(listings[0].feeAsset == .quote)
    #expect(listings[1].streamSymbol == "DOGE/USD")
    #expect(listings[1].status == .postOnly)
    #expect(listings[1].priceIncrement == WrittenDecimal(mantissa: 1, scale: 7))
  }

  @Test func `a pair that is not listed is named`() {
    #expect(throws: VenueFault.refused("Kraken lists no ZZZ-USD")) {
      try answer(.listings([PairName(base: "ZZZ", quote: "USD")]), pairs)
    }
    #expect(throws: VenueFault.malformed("AssetPairs BTC-USD: pair_decimals")) {
      try answer(.listings([bitcoin]), "{\"A\":{\"wsname\":\"XBT/USD\",\"pair_decimals\":\"x\"}}")
    }
  }

  @Test func `fee percentages become parts per hundred million`() throws {
    let listing = KrakenFixtures.binding().definition
    let taker = "\"fees\":{\"XXBTZUSD\":{\"fee\":\"0.2500\",\"min_fee\":\"0.1\"}}"
    let maker = "\"fees_maker\":{\"XXBTZUSD\":{\"fee\":\"0.1600\"}}"
    #expect(
      try answer(.feeRates([listing]), "{\(taker),\(maker)}")
        == .feeRates([
          FeeRates(
            pair: bitcoin, taker: FeeRate(partsPerHundredMillion: 250_000),
            maker: FeeRate(partsPerHundredMillion: 160_000))
        ]))
    #expect(throws: VenueFault.self) { try answer(.feeRates([listing]), "{\(maker)}") }
  }

  @Test func `available is what credit adds and holds and used credit take`() throws {
    let result = """
      {"XXBT":{"balance":"1.5","credit":"0.25","credit_used":"0.1","hold_trade":"0.5"},\
      "USD.F":{"balance":"10.0000","hold_trade":"0"},"ZUSD":{"balance":"5.00","hold_trade":"1.0"},\
      "ETH2.S":{"balance":"3"}}
      """
    guard case .balances(let balances) = try answer(.balances, result) else {
      return #expect(Bool(false))
    }
    #expect(balances.map(\.asset) == ["BTC", "USD"])
    #expect(balances[0].available == Amount(mantissa: 11_500_000_000_000_000))
    #expect(balances[0].total == Amount(mantissa: 15_000_000_000_000_000))
    #expect(balances[1].available == Amount(mantissa: 140_000_000_000_000_000))
    #expect(throws: VenueFault.malformed("BalanceEx: XXBT")) {
      try answer(.balances, "{\"XXBT\":{\"balance\":\"1,5\"}}")
    }
  }

  @Test func `server time is the middle of the second that it names`() throws {
    #expect(
      try answer(.serverTime, "{\"unixtime\":1700000000,\"rfc1123\":\"x\"}")
        == .serverTime(nanoseconds: 1_700_000_000_500_000_000))
    #expect(throws: VenueFault.self) { try answer(.serverTime, "{\"unixtime\":-1}") }
    #expect(throws: VenueFault.self) { try answer(.serverTime, "[]") }
  }

  @Test func `open orders of anyone are listed and ours are recognised`() throws {
    let listing = KrakenFixtures.binding().definition
    let ours = KrakenHarness.child(9)
    let result = """
      {"open":{"OABCDE-FGHIJ-KLMNOP":{"cl_ord_id":"\(ours.uuid)","status":"open",\
      "descr":{"pair":"XBTUSD"}},"OZZZZZ-FGHIJ-KLMNOP":{"userref":7,"descr":{"pair":"ETHUSD"}}}}
      """
    guard case .openOrders(let orders) = try answer(.openOrders([listing]), result) else {
      return #expect(Bool(false))
    }
    #expect(orders.map(\.child) == [ours, nil])
    #expect(orders.map(\.symbol) == ["XBTUSD", "ETHUSD"])
  }

  @Test func `faults are sorted by what can be done about them`() {
    func fault(_ body: String, _ status: Int = 200) -> VenueFault? {
      do {
        _ = try dialect.answer(
          to: .balances,
          from: HTTPResponse(status: status, reason: "", headers: [], body: Array(body.utf8)))
        return nil
      } catch { return error }
    }
    #expect(fault("", 520) == .unavailable("HTTP status 520"))
    #expect(
      fault("{\"error\":[\"EAPI:Invalid key\"]}") == .unauthorized("EAPI:Invalid key"))
    #expect(
      fault("{\"error\":[\"EAPI:Rate limit exceeded\"]}")
        == .rateLimited(retryAfterMilliseconds: 15_000, "EAPI:Rate limit exceeded"))
    #expect(
      fault("{\"error\":[\"EAPI:Invalid nonce\"]}") == .clockSkew("EAPI:Invalid nonce"))
  }
}
