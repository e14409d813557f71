import RouterCore
import Wire

/// Turns what the venue says of an order into reports for the core.
extension BinanceContext {
  func acknowledge(
    _ child: ChildOrderID, orderID: Int64, time: Timestamp, queriedAt: Timestamp = .distantPast,
    into output: inout AdapterOutput
  ) {
    var report = report(.acknowledged, child)
    report.venueOrderID = Self.venueOrderID(orderID)
    report.venueTime = time
    report.queriedAt = queriedAt
    output.append(.childReport(report))
  }

  func fill(
    _ child: ChildOrderID, _ fill: BinanceFill, _ binding: ListingBinding,
    cumulative: Quantity? = nil, queriedAt: Timestamp = .distantPast,
    into output: inout AdapterOutput
  ) {
    var report = report(.fill, child)
    report.venueOrderID = Self.venueOrderID(fill.orderID)
    report.executionID = executionID(symbol: binding.definition.symbol, tradeID: fill.tradeID)
    report.lastQuantity = fill.quantity
    report.lastPrice = fill.price
    report.fee = fill.fee
    report.feeAsset = feeAsset(fill, binding, into: &output)
    report.liquidity = fill.liquidity
    report.cumulativeQuantity = cumulative
    report.venueTime = fill.time
    report.queriedAt = queriedAt
    output.append(.childReport(report))
  }

  /// The order's end, or that it works.
  func end(
    _ kind: VenueExecutionReport.Kind, _ child: ChildOrderID, orderID: Int64, executed: Quantity,
    note: String, time: Timestamp, queriedAt: Timestamp = .distantPast,
    into output: inout AdapterOutput
  ) {
    var report = report(kind, child)
    report.venueOrderID = Self.venueOrderID(orderID)
    report.cumulativeQuantity = executed
    report.rejectReason = kind == .rejected ? .venueRule : .none
    report.text = ShortText(truncating: note)
    report.venueTime = time
    report.queriedAt = queriedAt
    output.append(.childReport(report))
  }

  /// The request may have been done: the core keeps its reservation and asks.
  func unknown(
    _ child: ChildOrderID, _ text: String, reason: RejectReason = .none,
    into output: inout AdapterOutput
  ) {
    var report = report(.outcomeUnknown, child)
    report.text = ShortText(truncating: text)
    report.rejectReason = reason
    output.append(.childReport(report))
  }

  func refuse(
    _ kind: VenueExecutionReport.Kind, _ child: ChildOrderID, _ reason: RejectReason,
    _ text: String, into output: inout AdapterOutput
  ) {
    var report = report(kind, child)
    report.rejectReason = reason
    report.text = ShortText(truncating: text)
    output.append(.childReport(report))
  }

  static func venueOrderID(_ orderID: Int64) -> ShortText {
    ShortText(DecimalText.format(orderID, scale: 0)) ?? ShortText()
  }

  private func feeAsset(
    _ fill: BinanceFill, _ binding: ListingBinding, into output: inout AdapterOutput
  ) -> AssetID {
    if let asset = asset(fill.feeAsset) { return asset }
    // Nothing was charged, so it can be nothing of an asset that the settings have.
    if fill.fee == .zero { return binding.instrument.quote }
    output.incident(
      .alarm,
      "\(binding.definition.symbol): trade \(fill.tradeID) was charged in \(fill.feeAsset), "
        + "an asset that the settings do not have")
    return .unlisted
  }
}
