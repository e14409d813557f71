import RouterCore
import Wire

// Answers about the account.
extension BinanceReferenceData {
  static func feeRates(
    _ value: JSONValue, _ listings: [ListingDefinition]
  ) throws(VenueFault) -> VenueAnswer {
    let rates: (taker: FeeRate, maker: FeeRate)
    if let account = value["commissionRates"] {
      rates = try Self.rates([account])
    } else {
      guard let standard = value["standardCommission"] else {
        throw .malformed("standardCommission")
      }
      // The discount for paying in BNB is left out: the sheet could not settle what it means.
      let parts = [standard, value["specialCommission"], value["taxCommission"]]
      rates = try Self.rates(parts.compactMap { $0 })
    }
    return .feeRates(
      listings.map { FeeRates(pair: $0.pair, taker: rates.taker, maker: rates.maker) })
  }

  /// Commission is (maker or taker) + (buyer or seller), summed over its parts.
  ///
  /// A listing has one rate for both sides, so the dearer one counts.
  private static func rates(
    _ parts: [JSONValue]
  ) throws(VenueFault) -> (taker: FeeRate, maker: FeeRate) {
    var taker: Int64 = 0
    var maker: Int64 = 0
    var side: Int64 = 0
    for part in parts {
      taker += try rate(part, "taker")
      maker += try rate(part, "maker")
      side += max(try rate(part, "buyer"), try rate(part, "seller"))
    }
    return (
      FeeRate(partsPerHundredMillion: taker + side), FeeRate(partsPerHundredMillion: maker + side)
    )
  }

  private static func rate(_ value: JSONValue, _ field: String) throws(VenueFault) -> Int64 {
    guard let text = value[field]?.text, let rate = DecimalText.parse(text, scale: 8),
      abs(rate) <= FeeRate.one
    else { throw .malformed(field) }
    return rate
  }

  static func balances(_ value: JSONValue) throws(VenueFault) -> VenueAnswer {
    guard let balances = value["balances"]?.array else { throw .malformed("balances") }
    var named: [NamedBalance] = []
    for balance in balances {
      let fields = BinanceFields(value: balance)
      do throws(BinanceProblem) {
        let free = try fields.amount("free")
        named.append(
          NamedBalance(
            asset: try fields.text("asset"), available: free,
            total: free + (try fields.amount("locked"))))
      } catch {
        throw .malformed("balances.\(error.field)")
      }
    }
    return .balances(named)
  }

  static func openOrders(_ value: JSONValue) throws(VenueFault) -> VenueAnswer {
    guard let orders = value.array else { throw .malformed("open orders") }
    var open: [OpenOrder] = []
    for order in orders {
      guard let symbol = order["symbol"]?.string, let orderID = order["orderId"]?.int64,
        let clientOrderID = order["clientOrderId"]?.string
      else { throw .malformed("symbol, orderId, clientOrderId") }
      open.append(
        OpenOrder(
          child: ChildOrderID(short: Array(clientOrderID.utf8)), clientOrderID: clientOrderID,
          venueOrderID: DecimalText.format(orderID, scale: 0), symbol: symbol,
          side: order["side"]?.string == "SELL" ? .sell : .buy,
          quantity: order["origQty"]?.text ?? "", limitPrice: order["price"]?.text ?? "",
          filled: order["executedQty"]?.text ?? ""))
    }
    return .openOrders(open)
  }
}
