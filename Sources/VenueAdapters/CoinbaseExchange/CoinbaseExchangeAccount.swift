import RouterCore
import Wire

/// Whose orders these are and in which numbers, for the parts that report about them.
struct CoinbaseExchangeAccount {
  let venue: VenueID
  let name: String
  let instance: UInt32
  let products: CoinbaseExchangeProducts
  let assets: [AssetBinding]

  init(_ setup: AdapterSetup) {
    venue = setup.venue
    name = setup.venueName
    instance = setup.instance
    products = CoinbaseExchangeProducts(setup.listings)
    assets = setup.assets
  }

  /// The child in a client id, if it is one of this instance's.
  func child(_ clientOrderID: String?) -> ChildOrderID? {
    guard let clientOrderID, let id = ChildOrderID(uuid: Array(clientOrderID.utf8)),
      id.instance == instance
    else { return nil }
    return id
  }

  func report(
    _ child: ChildOrderID, _ kind: VenueExecutionReport.Kind, reason: RejectReason = .none,
    text: String = ""
  ) -> VenueExecutionReport {
    var report = VenueExecutionReport(venue: venue, child: child, kind: kind)
    report.rejectReason = reason
    report.text = ShortText(truncating: text)
    return report
  }

  func price(_ text: String?, _ product: Int) -> Price? {
    guard let text,
      let mantissa = DecimalText.parse(
        text, scale: Int(products[product].instrument.priceScale))
    else { return nil }
    return Price(mantissa: mantissa)
  }

  func quantity(_ text: String?, _ product: Int) -> Quantity? {
    guard let text,
      let mantissa = DecimalText.parse(
        text, scale: Int(products[product].instrument.quantityScale)), mantissa >= 0
    else { return nil }
    return Quantity(mantissa: mantissa)
  }

  func time(_ value: JSONValue?) -> Timestamp? {
    guard let text = value?.string, let nanoseconds = RFC3339.parse(text) else { return nil }
    return Timestamp(nanoseconds: nanoseconds)
  }

  func incident(_ text: String, _ product: Int) -> String {
    "\(name) \(products.symbol(product)): \(text)"
  }
}

/// One execution of ours, from the stream or from `/fills`.
struct CoinbaseExchangeFill {
  var orderID: ShortText
  var tradeID: Int64
  var quantity: Quantity
  var price: Price
  var fee: Amount
  var side: Side
  var liquidity: Liquidity
  var time: Timestamp
}

extension CoinbaseExchangeAccount {
  /// The report of a fill; its execution id is the same from the stream and from `/fills`.
  ///
  /// Trade ids are unique per product only, and with orders of ours on both sides one trade is two
  /// fills: hence product, trade id and our side.
  func report(
    _ fill: CoinbaseExchangeFill, of child: ChildOrderID, product: Int
  ) -> VenueExecutionReport? {
    let side = fill.side == .buy ? "B" : "S"
    guard let id = ShortText("\(products.symbol(product))-\(fill.tradeID)-\(side)") else {
      return nil
    }
    var report = report(child, .fill)
    report.venueOrderID = fill.orderID
    report.executionID = id
    report.lastQuantity = fill.quantity
    report.lastPrice = fill.price
    report.fee = fill.fee
    report.feeAsset = products[product].instrument.quote
    report.liquidity = fill.liquidity
    report.venueTime = fill.time
    return report
  }

  /// `price x quantity x rate`, exact or rounded away from us; `nil` if it does not fit.
  func fee(_ price: Price, _ quantity: Quantity, rate text: String, _ product: Int) -> Amount? {
    guard let rate = DecimalText.parse(text) else { return nil }
    let notional = price * quantity
    let (mantissa, overflow) = notional.mantissa.multipliedReportingOverflow(
      by: Int128(rate.mantissa))
    guard !overflow else { return nil }
    let scale = products[product].instrument.notionalScale + rate.scale
    guard scale > Amount.scale else {
      let (whole, isTooLarge) = mantissa.multipliedReportingOverflow(
        by: powerOfTen(Amount.scale - scale))
      return isTooLarge ? nil : Amount(mantissa: whole)
    }
    guard scale - Amount.scale <= 38 else { return nil }
    let (quotient, remainder) = mantissa.quotientAndRemainder(
      dividingBy: powerOfTen(scale - Amount.scale))
    return Amount(mantissa: remainder > 0 ? quotient + 1 : quotient)
  }
}
