import RouterCore
import Wire

/// What a round says of the orders that it was asked about.
extension KrakenReconciliation {
  mutating func reportCertain(
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) {
    for index in targets.indices
    where !targets[index].isReported && isCertain(targets[index], account) {
      report(index, &orders, account, into: &output)
    }
  }

  mutating func finish(
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) {
    for index in targets.indices where !targets[index].isReported {
      report(index, &orders, account, into: &output)
    }
    targets.removeAll()
    trades.removeAll()
  }

  private mutating func report(
    _ position: Int, _ orders: inout KrakenOrderTable, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    targets[position].isReported = true
    let target = targets[position]
    guard let binding = account.binding(target.child.listing) else { return }
    let index = orders.add(target.child.id, target.child.listing, sentAt: target.child.sentAt)
    guard let order = target.order else {
      reportAbsence(target, orders[index], account, into: &output)
      orders[index].isMissing = !orders[index].isAcknowledged
      return
    }
    report(order, target, index, binding, &orders, account, into: &output)
    // It was asked again meanwhile, and this is the last word on it.
    if orders[index].isClosed { withdraw(target.child.id) }
  }

  private func reportAbsence(
    _ target: Target, _ order: KrakenOrder, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    // What the venue has acknowledged exists, however far REST lags behind.
    let exists = order.isAcknowledged || !target.child.venueOrderID.isEmpty
    var report = account.report(
      exists || hasUnclear ? .queryFailed : .notFound, target.child.id)
    report.queriedAt = exists || hasUnclear || mayProve(target) ? queriedAt : .distantPast
    if exists {
      report.text = ShortText(truncating: "acknowledged, but REST does not show it")
    } else if hasUnclear {
      report.text = ShortText(truncating: "the owner of a trade is not shown")
    }
    output.append(.childReport(report))
  }

  private func report(
    _ order: KrakenFoundOrder, _ target: Target, _ index: Int, _ binding: ListingBinding,
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) {
    _ = orders.bind(index, to: order.venueOrderID)
    orders[index].isAcknowledged = true
    orders[index].isMissing = false
    var report = account.report(.acknowledged, target.child.id)
    report.venueOrderID = order.venueOrderID
    output.append(.childReport(report))
    let isReadable = reportFills(of: order, index, binding, &orders, account, into: &output)
    output.append(
      .childReport(
        state(of: order, target, isReadable: isReadable, isClosed: orders[index].isClosed, account))
    )
    if order.status.isTerminal { orders[index].isClosed = true }
  }

  /// False if a trade of the order could not be read.
  private func reportFills(
    of order: KrakenFoundOrder, _ index: Int, _ binding: ListingBinding,
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) -> Bool {
    var isReadable = true
    for trade in trades where trade.orderID == order.venueOrderID.string {
      guard
        let execution = try? KrakenExecution(
          trade: trade.row, of: order.venueOrderID, binding)
      else {
        output.incident(.alarm, "\(account.venueName): trade \(trade.id) is unreadable")
        isReadable = false
        continue
      }
      output.append(
        .childReport(execution.report(orders[index].child, order.venueOrderID, account)))
    }
    return isReadable
  }

  private func state(
    of order: KrakenFoundOrder, _ target: Target, isReadable: Bool, isClosed: Bool,
    _ account: KrakenAccount
  ) -> VenueExecutionReport {
    var report = account.report(.queryFailed, target.child.id)
    report.venueOrderID = order.venueOrderID
    report.queriedAt = queriedAt
    report.text = ShortText(truncating: order.reason)
    guard isReadable, let executed = order.executed else { return report }
    report.cumulativeQuantity = executed
    switch order.status {
    // The stream is newer than REST: an order that it ended is not open again.
    case .open: report.kind = isClosed ? .queryFailed : .stillOpen
    case .filled: report.kind = .filled
    case .canceled: report.kind = .canceled
    case .expired: report.kind = .expired
    case .unknown: report.kind = .queryFailed
    }
    return report
  }
}
