internal import RouterCore
internal import Simulation

/// What the venue says: on its stream, in answers, and when it is asked.
extension ModelVenue {
  /// A report outside the stream.
  func report(
    _ id: ChildOrderID, _ kind: VenueExecutionReport.Kind, after microseconds: Int64,
    _ fill: (inout VenueExecutionReport) -> Void = { _ in }
  ) {
    guard isRunning else { return }
    var report = VenueExecutionReport(venue: venue, child: id, kind: kind)
    fill(&report)
    reports.append(report)
    // What the router's own end says of a request does not wait for the venue.
    let isOwn = kind == .notSent || kind == .sent || kind == .outcomeUnknown
    let wait = isOwn ? microseconds : microseconds + slowness
    queue.add(.report(reports.count - 1), at: later(wait))
  }

  // The stream.

  /// Tells a change of an order on the stream.
  func tell(_ index: Int, _ kind: VenueExecutionReport.Kind) {
    var report = make(index, kind)
    let isEnd = kind == .canceled || kind == .expired || kind == .filled
    if isEnd && !strikes(.silentTotal) {
      report.cumulativeQuantity = Quantity(mantissa: orders[index].filled)
    }
    if kind == .rejected { report.rejectReason = .venueRule }
    stream(report)
  }

  func tellFill(_ index: Int) {
    guard let execution = orders[index].executions.last else { return }
    stream(makeFill(index, execution), isSure: orders[index].isLie)
  }

  private func stream(_ report: VenueExecutionReport, isSure: Bool = false) {
    reports.append(report)
    let number = reports.count - 1
    recent.append(number)
    if recent.count > 8 { recent.removeFirst() }
    // Nobody asks about an order that is over: a lie must be told, or it is never known.
    guard isStreamUp, isSure || !strikes(.reportLoss) else { return }
    queue.add(.report(number), at: streamArrival())
    if strikes(.duplicate) {
      queue.add(.report(number), at: later(Int64(random.below(2_000_000))))
    }
  }

  /// With a new connection an adapter asks for the trades since the last that it knows.
  func repeatLies() {
    for index in orders.indices where orders[index].isLie {
      for execution in orders[index].executions {
        stream(makeFill(index, execution), isSure: true)
      }
    }
  }

  private func streamArrival() -> Timestamp {
    if strikes(.reorder) { return later(Int64(random.below(400_000))) }
    streamTime = max(streamTime, later(latency + slowness))
    return streamTime
  }

  private func make(_ index: Int, _ kind: VenueExecutionReport.Kind) -> VenueExecutionReport {
    var report = VenueExecutionReport(venue: venue, child: orders[index].order.id, kind: kind)
    report.venueOrderID = ShortText(truncating: "V\(index + 1)")
    report.venueTime = now
    return report
  }

  private func makeFill(
    _ index: Int, _ execution: ModelOrder.Execution
  ) -> VenueExecutionReport {
    var report = make(index, .fill)
    report.executionID = Self.executionID(execution.number)
    report.lastQuantity = Quantity(mantissa: execution.quantity)
    report.lastPrice = Price(mantissa: execution.price)
    report.fee = Amount(mantissa: execution.fee)
    report.feeAsset = execution.feeAsset
    report.liquidity = execution.isMaker ? .maker : .taker
    report.venueTime = execution.at
    return report
  }

  // Queries.

  /// Answers from a copy of the books that may be old, and of the trades that may be older.
  func answerQuery(_ id: ChildOrderID, _ askedAt: Timestamp) {
    guard !isDown, !refuses else { return report(id, .queryFailed, after: latency) }
    let bookAge = strikes(.queryLag) ? Int64(random.below(2_000_000)) : 0
    let tradeAge = strikes(.tradeLag) ? bookAge + Int64(random.below(1_000_000)) : bookAge
    let (books, trades) = (earlier(bookAge), earlier(min(tradeAge, 2_000_000)))
    let delay = latency + slowness
    guard let index = orders.firstIndex(where: { $0.order.id == id && $0.acceptedAt <= books })
    else { return report(id, .notFound, after: delay) { $0.queriedAt = askedAt } }
    for execution in orders[index].executions where execution.at <= trades {
      send(makeFill(index, execution), askedAt, delay)
    }
    var state = make(index, kind(of: orders[index], at: books))
    if trades < books || !strikes(.silentTotal) {
      state.cumulativeQuantity = Quantity(mantissa: orders[index].filled(by: books))
    }
    if state.kind == .rejected { state.cumulativeQuantity = nil }
    send(state, askedAt, delay)
  }

  private func send(_ answer: VenueExecutionReport, _ askedAt: Timestamp, _ delay: Int64) {
    var answer = answer
    answer.queriedAt = askedAt
    reports.append(answer)
    queue.add(.report(reports.count - 1), at: later(delay))
  }

  private func kind(
    of order: ModelOrder, at time: Timestamp
  ) -> VenueExecutionReport.Kind {
    guard order.endedAt <= time else { return .stillOpen }
    switch order.state {
    case .open: return .stillOpen
    case .filled: return .filled
    case .canceled: return .canceled
    case .expired: return .expired
    case .rejected: return .rejected
    }
  }

  private func earlier(_ microseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: now.nanoseconds - microseconds * 1000)
  }

  /// Every order that is open at the moment, under whatever id.
  func answerOrderList(_ askedAt: Timestamp) {
    guard !isDown, !refuses else { return }
    let delay = latency + slowness
    for order in orders where order.state == .open {
      add(
        OpenOrderObservation(
          venue: venue, child: order.order.id,
          venueOrderID: ShortText(truncating: "V\(order.number + 1)"),
          listing: order.order.listing, side: order.order.side, quantity: order.order.quantity,
          limitPrice: order.order.limitPrice,
          cumulativeQuantity: Quantity(mantissa: order.filled), askedAt: askedAt), delay)
    }
    for stranger in strangers {
      var listed = stranger
      listed.askedAt = askedAt
      add(listed, delay)
    }
    queue.add(.endOfList, at: later(delay))
  }

  private func add(_ order: OpenOrderObservation, _ delay: Int64) {
    queue.add(.openOrder(order), at: later(delay))
  }

  // Balances.

  func answerBalanceQuery(_ askedAt: Timestamp) {
    guard !isDown, !refuses else { return }
    let delay = latency + slowness
    for asset in Universe.assets {
      let total = account.totals[asset.index]
      let observation = BalanceObservation(
        venue: venue, asset: asset, available: Amount(mantissa: total - held(asset)),
        total: Amount(mantissa: total), observedAt: askedAt)
      queue.add(.balance(observation), at: later(delay))
    }
  }
}
