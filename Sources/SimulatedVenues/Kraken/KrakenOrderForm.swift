import Simulation
import Wire

/// An order as the REST methods show it.
enum KrakenOrderForm {
  static func write(
    _ order: SimulatedOrder, _ pair: KrakenPair, _ writer: inout JSONWriter,
    extra: (inout JSONWriter) -> Void
  ) {
    let terms = order.terms
    writer.beginObject()
    writer.key("refid")
    writer.null()
    if terms.userReference != 0 {
      writer.field("userref", integer: terms.userReference)
    } else {
      writer.key("userref")
      writer.null()
    }
    if !terms.clientOrderID.isEmpty { writer.field("cl_ord_id", terms.clientOrderID) }
    writer.field("status", status(order))
    if let reason = reason(order) {
      writer.field("reason", reason)
    } else {
      writer.key("reason")
      writer.null()
    }
    writer.field("opentm", number: KrakenTime.seconds(order.createdAt))
    if !order.isOpen { writer.field("closetm", number: KrakenTime.seconds(order.closedAt)) }
    writer.field("starttm", integer: 0)
    writer.field("expiretm", number: expiry(terms))
    writer.key("descr")
    writeDescription(terms, pair, &writer)
    writer.field("vol", volume(order, pair))
    writer.field("vol_exec", pair.quantity(order.executed))
    writer.field("cost", KrakenAsset.text(order.executedNotional, digits: 5))
    writer.field("fee", KrakenAsset.text(order.fees, digits: 5))
    writer.field("price", pair.averagePrice(order))
    writer.field("stopprice", "0.00000")
    writer.field(
      "limitprice",
      KrakenAsset.text(Amount(mantissa: terms.price, scale: pair.terms.priceScale), digits: 5))
    writer.field("misc", order.isAmended ? "amended" : "")
    writer.field("oflags", flags(order))
    extra(&writer)
    writer.endObject()
  }

  private static func writeDescription(
    _ terms: NewOrder, _ pair: KrakenPair, _ writer: inout JSONWriter
  ) {
    writer.beginObject()
    writer.field("pair", pair.altname)
    writer.field("aclass", "forex")
    writer.field("type", terms.side == .buy ? "buy" : "sell")
    writer.field("ordertype", terms.kind == .limit ? "limit" : "market")
    writer.field("price", terms.kind == .limit ? pair.price(terms.price) : "0")
    writer.field("price2", "0")
    writer.field("leverage", "none")
    writer.field("order", description(terms, pair))
    writer.field("close", "")
    writer.endObject()
  }

  /// "buy 0.50000000 XBTUSD @ limit 61000.0".
  static func description(_ terms: NewOrder, _ pair: KrakenPair) -> String {
    let side = terms.side == .buy ? "buy" : "sell"
    let size =
      terms.quoteQuantity > .zero
      ? KrakenAsset.text(terms.quoteQuantity, digits: 5) : pair.quantity(terms.quantity)
    let price = terms.kind == .limit ? "limit \(pair.price(terms.price))" : "market"
    return "\(side) \(size) \(pair.altname) @ \(price)"
  }

  private static func volume(_ order: SimulatedOrder, _ pair: KrakenPair) -> String {
    guard order.terms.quoteQuantity > .zero else { return pair.quantity(order.terms.quantity) }
    return KrakenAsset.text(order.terms.quoteQuantity, digits: 8)
  }

  private static func expiry(_ terms: NewOrder) -> String {
    terms.expiresAt > 0 ? KrakenTime.seconds(terms.expiresAt, digits: 0) : "0"
  }

  static func status(_ order: SimulatedOrder) -> String {
    switch order.status {
    case .open: "open"
    case .filled: "closed"
    case .canceled: "canceled"
    case .expired: "expired"
    }
  }

  /// Why an order ended; nil while it is open and when it was filled.
  static func reason(_ order: SimulatedOrder) -> String? {
    switch order.closeReason {
    case nil, .filled: nil
    case .canceledByUser: "User requested"
    case .immediateOrCancel: "IOC order"
    case .fillOrKill: "FOK order could not be filled"
    case .insufficientLiquidity: "Insufficient liquidity"
    case .priceBound: "Market price protection"
    case .selfTrade: "Self trade prevention"
    case .expired: "Order expired"
    case .canceledByVenue: "Canceled by venue"
    }
  }

  static func flags(_ order: SimulatedOrder) -> String {
    var flags = [feePreference(order)]
    if order.terms.isPostOnly { flags.insert("post", at: 0) }
    if order.terms.quoteQuantity > .zero { flags.append("viqc") }
    return flags.joined(separator: ",")
  }

  static func feePreference(_ order: SimulatedOrder) -> String {
    order.feeAsset == .base ? "fcib" : "fciq"
  }

  static func lifetime(_ terms: NewOrder) -> String {
    switch terms.lifetime {
    case .goodTillCancel: terms.expiresAt > 0 ? "GTD" : "GTC"
    case .immediateOrCancel: "IOC"
    case .fillOrKill: "FOK"
    }
  }
}
