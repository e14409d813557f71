extension RouterCore {
  /// Takes in what a venue says about a child: late, twice and in any order.
  mutating func received(
    _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let child = orders.slot(of: report.child) else {
      return receivedForStranger(report, now, &outbox)
    }
    guard orders.children[child].order.venue == report.venue else { return }
    if let cumulative = report.cumulativeQuantity {
      let known = orders.children[child].tracking.venueCumulative
      orders.children[child].tracking.venueCumulative = max(known, cumulative)
    }
    judgeCall(child, report, now, &outbox)
    switch report.kind {
    case .sent: sent(child, now, &outbox)
    case .notSent: notSent(child, report.rejectReason, now, &outbox)
    case .acknowledged: acknowledged(child, report, now, &outbox)
    case .rejected: rejected(child, report, now, &outbox)
    case .fill: filled(child, report, now, &outbox)
    case .canceled: ended(child, .canceled, report, now, &outbox)
    case .expired: ended(child, .expired, report, now, &outbox)
    case .filled: ended(child, .filled, report, now, &outbox)
    case .outcomeUnknown: outcomeUnknown(child, now, &outbox)
    #if MUTATIONS
      case .cancelRejected where Mutation.cancelRejectIsAnEnd.isActive:
        ended(child, .canceled, report, now, &outbox)
        if orders.children[child].isOpen { end(child, .canceled, .none, report.text, now, &outbox) }
    #endif
    case .cancelRejected: query(child, now, &outbox)
    case .stillOpen: stillOpen(child, report, now, &outbox)
    case .notFound: notFound(child, report, now, &outbox)
    case .queryFailed: break
    }
  }

  // The request.

  private mutating func sent(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    guard orders.children[child].status == .intended else { return }
    orders.children[child].tracking.absenceReference = now
    emit(.childSent(orders.children[child].id, at: now), &outbox)
    callBegan(child, now)
    queryLater(child, at: now.adding(milliseconds: Self.patienceMilliseconds))
  }

  private mutating func notSent(
    _ child: Int, _ reason: RejectReason, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.children[child]
    guard order.status == .intended, order.id.epoch == epoch else { return }
    // The adapter's own count of the venue's budget was ahead of ours.
    let isBudget = reason == .rateLimited
    if isBudget { venueBusy(order.order.venue, until: .distantPast, now, &outbox) }
    emit(.childAbandoned(order.id, isBudget ? .throttled : .linkDown, at: now), &outbox)
    childEnded(child, now, &outbox)
  }

  private mutating func outcomeUnknown(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.children[child]
    guard order.isOpen else { return }
    #if MUTATIONS
      if Mutation.timedOutOrderIsSentAgain.isActive && order.status == .intended {
        orders.children[child].tracking.isReleased = false
        return outbox.append(.newOrder(order.order))
      }
    #endif
    if order.status == .intended || order.status == .sent {
      orders.children[child].tracking.absenceReference = now
      orders.children[child].tracking.queryDelayMilliseconds = 0
      doubt(child, now, &outbox)
    }
    query(child, now, &outbox)
  }

  /// Nobody knows what became of a child: the rest of its parent goes on without its venue.
  mutating func doubt(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.children[child]
    emit(.childUnknown(order.id, at: now), &outbox)
    let parent = Int(order.links.parent)
    if let work = workingSlot(of: parent), !order.order.isPostOnly {
      orders.working[work].note(hit: false, at: order.order.venue, now)
      replanSoon(parent, now)
    }
  }

  // Positive evidence.

  private mutating func acknowledged(
    _ child: Int, _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.children[child]
    guard order.isOpen, !order.isAcknowledged || order.venueOrderID.isEmpty else { return }
    guard !order.isAcknowledged || !report.venueOrderID.isEmpty else { return }
    learnLatency(child, report, now)
    noteAnswer(child, isAccepted: true, now)
    emit(.childAcknowledged(order.id, venueOrderID: report.venueOrderID, at: now), &outbox)
    orders.children[child].tracking.queryDelayMilliseconds = 0
    queryLater(child, at: now.adding(milliseconds: Self.patienceMilliseconds))
    let parent = Int(order.links.parent)
    if orders.parents[parent].status == .cancelPending || isHalted
      || (order.order.isPostOnly && !mayRest(child, now))
    {
      cancelChild(child, now, &outbox)
    }
  }

  /// A query found it working; it is ended unless it is meant to rest.
  private mutating func stillOpen(
    _ child: Int, _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard orders.children[child].isOpen else { return }
    acknowledged(child, report, now, &outbox)
    if !mayRest(child, now) { cancelChild(child, now, &outbox) }
  }

  private mutating func filled(
    _ child: Int, _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.children[child]
    let key = ExecutionKey(venue: report.venue, executionID: report.executionID)
    guard !report.executionID.isEmpty, let instrument = instrument(of: child),
      FillCheck.isWellFormed(report)
    else { return query(child, now, &outbox) }
    #if MUTATIONS
      let isForgotten =
        Mutation.fillIsCountedTwice.isActive
        || (Mutation.fillsAreForgottenAtARestart.isActive && order.id.epoch != epoch)
      guard !orders.contains(key) || isForgotten else { return }
      if Mutation.lateFillIsDropped.isActive && !order.isOpen { return }
    #else
      guard !orders.contains(key) else { return }
    #endif
    guard FillCheck.fits(report, instrument) else {
      haltVenue(report.venue, .venueRule, now, &outbox)
      return query(child, now, &outbox)
    }
    // A fill without a place among the known ones would count again with its next report. It stays
    // with the venue, and the child open, until there is room.
    guard orders.canRemember(of: child) else {
      haltVenue(report.venue, .tooManyOrders, now, &outbox)
      return query(child, now, &outbox)
    }
    noteAnswer(child, isAccepted: true, now)
    if order.isOpen && order.status != .acknowledged {
      emit(.childAcknowledged(order.id, venueOrderID: report.venueOrderID, at: now), &outbox)
    }
    emit(
      .fillRecorded(
        FillRecorded(
          child: order.id, listing: order.order.listing, side: order.order.side,
          executionID: report.executionID, quantity: report.lastQuantity, price: report.lastPrice,
          fee: report.fee, feeAsset: report.feeAsset, liquidity: report.liquidity,
          venueTime: report.venueTime, at: now)), &outbox)
    judgeFill(child, now, &outbox)
    settle(child, now, &outbox)
  }

  /// Stops a venue that filled what it should not have, and a parent that may get too much.
  private mutating func judgeFill(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.children[child]
    let parent = Int(order.links.parent)
    if let work = workingSlot(of: parent) { orders.working[work].hasFilledInWave = true }
    if order.excessQuantity > .zero || (!order.isOpen && order.neverExisted) {
      haltVenue(order.order.venue, .venueRule, now, &outbox)
    }
    if orders.parents[parent].isOverexposed { cancelChildren(of: parent, now, &outbox) }
  }

  // The end.

  private mutating func rejected(
    _ child: Int, _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.children[child]
    guard order.isOpen else { return }
    guard order.cumulativeQuantity == .zero, order.tracking.venueCumulative == .zero else {
      return ended(child, .canceled, report, now, &outbox)
    }
    // It was acknowledged before: one of the two is wrong, and only an answer to a question decides.
    guard order.venueOrderID.isEmpty || report.queriedAt != .distantPast else {
      return query(child, now, &outbox)
    }
    if report.rejectReason == .rateLimited {
      refusedAsTooMany(child, now, &outbox)
    } else {
      noteAnswer(child, isAccepted: true, now)
    }
    end(child, .rejected, report.rejectReason, report.text, now, &outbox)
  }

  /// The venue says it is over; it is once every fill is here.
  private mutating func ended(
    _ child: Int, _ outcome: ChildClosed.Outcome, _ report: VenueExecutionReport,
    _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard orders.children[child].isOpen else { return }
    var cumulative = report.cumulativeQuantity
    if outcome == .filled { cumulative = cumulative ?? orders.children[child].order.quantity }
    // An answer to a query follows the trades, so its silence about the total means no more.
    if cumulative == nil && report.queriedAt != .distantPast {
      cumulative = orders.children[child].tracking.venueCumulative
    }
    orders.children[child].tracking.end = ChildOrder.PendingEnd(
      outcome: outcome, reason: report.rejectReason, text: report.text, cumulative: cumulative)
    settle(child, now, &outbox)
    if orders.children[child].isOpen { query(child, now, &outbox) }
  }

  /// Closes a child that is full or whose end is known together with all of its fills.
  private mutating func settle(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.children[child]
    guard order.isOpen else { return }
    if order.cumulativeQuantity >= order.order.quantity {
      let text = order.tracking.end?.text ?? ShortText()
      return end(child, .filled, .none, text, now, &outbox)
    }
    #if MUTATIONS
      if Mutation.missingFillsAreIgnored.isActive, let pending = order.tracking.end {
        let outcome = pending.outcome == .filled ? .canceled : pending.outcome
        return end(child, outcome, pending.reason, pending.text, now, &outbox)
      }
    #endif
    guard let pending = order.tracking.end, let cumulative = pending.cumulative,
      order.cumulativeQuantity >= max(cumulative, order.tracking.venueCumulative)
    else { return }
    // "Filled", but of less than we asked for: the rest is gone.
    let outcome = pending.outcome == .filled ? .canceled : pending.outcome
    end(child, outcome, pending.reason, pending.text, now, &outbox)
  }

  private mutating func end(
    _ child: Int, _ outcome: ChildClosed.Outcome, _ reason: RejectReason, _ text: ShortText,
    _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let id = orders.children[child].id
    emit(
      .childClosed(
        ChildClosed(child: id, outcome: outcome, reason: reason, text: text, at: now)), &outbox)
    childEnded(child, now, &outbox)
  }

  /// What follows from the end of a child.
  mutating func childEnded(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.children[child]
    let parent = Int(order.links.parent)
    let settled = now.adding(milliseconds: Ledger.settlingMilliseconds + 200)
    timers.setNoLater(venueTimer(order.order.venue), than: settled)
    learnOutcome(child, now)
    if order.role == .residual { noteResidualEnd(child, now) }
    if let work = workingSlot(of: parent), !order.order.isPostOnly {
      let hit = order.cumulativeQuantity > .zero
      orders.working[work].note(hit: hit, at: order.order.venue, now)
      if !order.neverExisted { orders.working[work].touch(order.order.venue, at: now) }
      if !orders.parents[parent].waitsForTaker && !orders.working[work].hasDelayed {
        orders.working[work].noteWaveEnd(at: now)
      }
    }
    advance(parent, now, &outbox)
  }

  private func workingSlot(of parent: Int) -> Int? {
    let work = orders.parents[parent].links.working
    return work < 0 ? nil : Int(work)
  }

  // Absence.

  /// Absence is proved only by a query that began when the request could no longer be on its way,
  /// with the private stream up all that time.
  private mutating func notFound(
    _ child: Int, _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.children[child]
    guard order.isOpen, provesAbsence(order, queriedAt: report.queriedAt),
      order.cumulativeQuantity == .zero, order.tracking.venueCumulative == .zero
    else { return }
    // A venue may forget an order that ended unfilled; one it never knew was never there.
    let outcome: ChildClosed.Outcome = order.isAcknowledged ? .canceled : .neverAccepted
    if outcome == .neverAccepted { callFailed(child, .outcomeUnknown, now, &outbox) }
    end(child, outcome, .none, report.text, now, &outbox)
  }

  private func provesAbsence(_ order: ChildOrder, queriedAt: Timestamp) -> Bool {
    #if MUTATIONS
      if Mutation.oneNotFoundIsProof.isActive { return true }
    #endif
    return queriedAt >= absenceProvableAt(order)
  }

  /// From when on a query that finds nothing proves that a child is not there; `distantFuture` if that
  /// can not be said.
  func absenceProvableAt(_ order: ChildOrder) -> Timestamp {
    guard order.status != .intended, let venue = markets.venue(order.order.venue),
      venue.isDropCopyUp
    else { return .distantFuture }
    var reference = max(order.tracking.absenceReference, venue.dropCopyUpSince)
    if order.isAcknowledged { reference = max(reference, order.acknowledgedAt) }
    return reference.adding(milliseconds: venue.definition.absenceProofMilliseconds)
  }

  // Halts.

  mutating func haltVenue(
    _ venue: VenueID, _ reason: RejectReason, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let state = markets.venue(venue), !state.isHalted else { return }
    emit(.venueHaltChanged(venue, isHalted: true, reason: reason, at: now), &outbox)
    cancelResting(at: venue, now, &outbox)
  }
}

/// Whether a fill's numbers can be added up; no true fill comes near these bounds.
enum FillCheck {
  private static let greatestAmount = powerOfTen(13 + Amount.scale)

  static func isWellFormed(_ report: VenueExecutionReport) -> Bool {
    report.lastQuantity > .zero && report.lastPrice > .zero
  }

  /// Whether billions of such fills still add up in 128 bits.
  static func fits(_ report: VenueExecutionReport, _ instrument: Instrument) -> Bool {
    guard report.lastQuantity.mantissa <= .max / 4,
      report.lastQuantity.amount(of: instrument).mantissa <= greatestAmount
    else { return false }
    let scale = powerOfTen(Amount.scale - instrument.notionalScale)
    let notional = (report.lastPrice * report.lastQuantity).mantissa
    let (amount, overflow) = notional.multipliedReportingOverflow(by: scale)
    return !overflow && amount <= greatestAmount && report.fee.mantissa <= greatestAmount
      && report.fee.mantissa >= -greatestAmount
  }
}
