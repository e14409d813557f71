import RouterCore
import Wire

/// One row of the `executions` channel, or one trade of the account's history, read with the
/// scales of its listing.
struct KrakenExecution {
  /// The order's id and the number of the trade, which both sources carry.
  ///
  /// The stream's `exec_id` and the history's key are believed to be the same, but no document says
  /// so; under two names a fill would count twice.
  let executionID: ShortText
  let quantity: Quantity
  let price: Price
  let fee: Amount
  let feeAsset: AssetID
  let liquidity: Liquidity
  let venueTime: Timestamp

  /// Why a row is not a fill; names the field.
  enum Problem: Error {
    case field(String)
  }

  /// A `trade` row of the stream.
  init(
    row: JSONValue, of order: ShortText, _ binding: ListingBinding, _ account: KrakenAccount
  ) throws(Problem) {
    executionID = try Self.identifier(order, row["trade_id"])
    quantity = try Self.quantity(row["last_qty"], binding, "last_qty")
    price = try Self.price(row["last_price"], binding, "last_price")
    liquidity = Self.liquidity(row["liquidity_ind"]?.string)
    venueTime = Self.time(row["timestamp"])
    (fee, feeAsset) = try Self.fee(row["fees"], binding, account)
  }

  /// A trade of `TradesHistory`; its fee is in the quote asset, as orders ask for.
  init(trade: JSONValue, of order: ShortText, _ binding: ListingBinding) throws(Problem) {
    executionID = try Self.identifier(order, trade["trade_id"])
    quantity = try Self.quantity(trade["vol"], binding, "vol")
    price = try Self.price(trade["price"], binding, "price")
    guard let fee = KrakenReferenceData.amount(trade["fee"], orElse: 0) else {
      throw .field("fee")
    }
    self.fee = Amount(mantissa: fee)
    feeAsset = binding.instrument.quote
    liquidity = trade["maker"]?.bool.map { $0 ? .maker : .taker } ?? .unknown
    venueTime = Self.seconds(trade["time"])
  }

  func report(
    _ child: ChildOrderID, _ venueOrderID: ShortText, _ account: KrakenAccount
  ) -> VenueExecutionReport {
    var report = account.report(.fill, child)
    report.venueOrderID = venueOrderID
    report.executionID = executionID
    report.lastQuantity = quantity
    report.lastPrice = price
    report.fee = fee
    report.feeAsset = feeAsset
    report.liquidity = liquidity
    report.venueTime = venueTime
    return report
  }

  // MARK: - Fields

  private static func identifier(
    _ order: ShortText, _ tradeID: JSONValue?
  ) throws(Problem) -> ShortText {
    guard let number = tradeID?.int64, number >= 0 else { throw .field("trade_id") }
    guard let text = ShortText("\(order.string)-\(number)") else { throw .field("order_id") }
    return text
  }

  private static func quantity(
    _ value: JSONValue?, _ binding: ListingBinding, _ field: String
  ) throws(Problem) -> Quantity {
    guard let quantity = Self.quantity(value, binding), quantity > .zero else {
      throw .field(field)
    }
    return quantity
  }

  private static func price(
    _ value: JSONValue?, _ binding: ListingBinding, _ field: String
  ) throws(Problem) -> Price {
    let scale = Int(binding.instrument.priceScale)
    guard let mantissa = value?.text.flatMap({ KrakenNumber.parse($0, scale: scale) }), mantissa > 0
    else { throw .field(field) }
    return Price(mantissa: mantissa)
  }

  /// A quantity that is not negative.
  static func quantity(_ value: JSONValue?, _ binding: ListingBinding) -> Quantity? {
    let scale = Int(binding.instrument.quantityScale)
    guard let mantissa = value?.text.flatMap({ KrakenNumber.parse($0, scale: scale) }),
      mantissa >= 0
    else { return nil }
    return Quantity(mantissa: mantissa)
  }

  /// The sum of the fees; without any the fill was free.
  private static func fee(
    _ value: JSONValue?, _ binding: ListingBinding, _ account: KrakenAccount
  ) throws(Problem) -> (Amount, AssetID) {
    guard let rows = value?.array, let first = rows.first else {
      return (.zero, binding.instrument.quote)
    }
    var total: Int128 = 0
    for row in rows {
      // A report has room for one asset; the venue has never been seen to charge two.
      guard row["asset"] == first["asset"], let amount = KrakenReferenceData.amount(row["qty"])
      else { throw .field("fees") }
      let (sum, overflow) = total.addingReportingOverflow(amount)
      guard !overflow else { throw .field("fees") }
      total = sum
    }
    guard let name = first["asset"]?.string else { throw .field("fees") }
    return (Amount(mantissa: total), account.asset(name) ?? .unlisted)
  }

  private static func liquidity(_ text: String?) -> Liquidity {
    switch text {
    case "m": .maker
    case "t": .taker
    default: .unknown
    }
  }

  static func time(_ value: JSONValue?) -> Timestamp {
    value?.string.flatMap { RFC3339.parse($0) }.map { Timestamp(nanoseconds: $0) } ?? .distantPast
  }

  private static func seconds(_ value: JSONValue?) -> Timestamp {
    value?.text.flatMap { KrakenNumber.parse($0, scale: 9) }.map { Timestamp(nanoseconds: $0) }
      ?? .distantPast
  }
}
