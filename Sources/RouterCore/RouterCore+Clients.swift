extension RouterCore {
  /// A market order for which the client named no deadline is worked this long.
  static var marketOrderMilliseconds: Int64 { 30_000 }

  // New orders.

  mutating func submit(_ order: NewOrderSingle, _ now: Timestamp, _ outbox: inout Outbox) {
    #if MUTATIONS
      let known = orders.requests.find(order.clientOrderID)
      let entry = Mutation.repeatedClientOrderIDIsNew.isActive ? nil : known
    #else
      let entry = orders.requests.find(order.clientOrderID)
    #endif
    if let entry { return outbox.append(answerAgain(entry, to: order)) }
    guard isRunning else { return refuse(order, .notRecovered, &outbox) }
    guard orders.hasRoom(at: now), !orders.hasOverflowed else {
      return refuse(order, .tooManyOrders, &outbox)
    }
    guard let instrument = markets.instrument(order.instrument)?.instrument,
      order.instrument.index < configuration.instrumentCapacity
    else { return refuseForGood(order, .unknownInstrument, now, &outbox) }
    let risk = risk(for: order.instrument, at: now)
    switch risk.check(order, instrument) {
    case .failure(let refusal) where refusal.reason.mayPass:
      refuse(order, refusal.reason, &outbox)
    case .failure(let refusal): refuseForGood(order, refusal.reason, now, &outbox)
    case .success(let limit): accept(order, limit, risk, now, &outbox)
    }
  }

  /// The first answer to a client order id, or a refusal if the request is another one.
  private func answerAgain(
    _ entry: ClientOrderMemory.Entry, to order: NewOrderSingle
  ) -> ClientReply {
    guard entry.requestDigest == order.requestDigest else {
      return .refused(requestID: order.requestID, reason: .duplicateClientOrderID)
    }
    guard let parent = entry.parent else {
      return .refused(requestID: order.requestID, reason: entry.reason)
    }
    return .repeated(requestID: order.requestID, parent: parent)
  }

  /// Refuses without remembering: the same request may succeed later.
  private func refuse(
    _ order: NewOrderSingle, _ reason: RejectReason, _ outbox: inout Outbox
  ) {
    outbox.append(.refused(requestID: order.requestID, reason: reason))
  }

  private mutating func refuseForGood(
    _ order: NewOrderSingle, _ reason: RejectReason, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    emit(
      .parentRefused(
        ParentRefused(
          clientOrderID: order.clientOrderID, requestDigest: order.requestDigest, reason: reason,
          at: now)), &outbox)
    refuse(order, reason, &outbox)
  }

  private mutating func accept(
    _ order: NewOrderSingle, _ limit: Price, _ risk: PreTradeRisk, _ now: Timestamp,
    _ outbox: inout Outbox
  ) {
    var order = order
    if order.type == .market && order.deadline == .distantFuture {
      order.deadline = now.adding(milliseconds: Self.marketOrderMilliseconds)
    }
    let id = ParentOrderID(orders.lastParent + 1)
    emit(
      .parentAccepted(
        ParentAccepted(
          id: id, order: order, effectiveLimit: limit, arrivalBid: risk.bid, arrivalAsk: risk.ask,
          at: now)), &outbox)
    outbox.append(.accepted(requestID: order.requestID, parent: id))
    guard let parent = orders.slot(of: id) else { return }
    setParentTimer(parent, .distantFuture)
    advance(parent, now, &outbox)
  }

  func risk(for instrument: InstrumentID, at now: Timestamp) -> PreTradeRisk {
    PreTradeRisk(
      limits: limits, isHalted: isHalted, openParents: orders.openParentCount,
      touch: consolidatedBook(instrument, at: now).touch(markets), now: now)
  }

  // Cancels.

  mutating func cancel(
    _ request: OrderCancelRequest, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let parent = orders.slot(of: request.parent) else {
      return outbox.append(.refused(requestID: request.requestID, reason: .unknownOrder))
    }
    guard orders.parents[parent].isOpen else {
      return outbox.append(.refused(requestID: request.requestID, reason: .orderAlreadyClosed))
    }
    if orders.parents[parent].status != .cancelPending {
      emit(.parentCancelRequested(request.parent, at: now), &outbox)
    }
    outbox.append(.cancelAccepted(requestID: request.requestID, parent: request.parent))
    cancelChildren(of: parent, now, &outbox)
    advance(parent, now, &outbox)
  }

  mutating func cancelChildren(of parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    var next = orders.firstChild(of: parent)
    while let child = next {
      next = orders.nextChild(after: child)
      cancelChild(child, now, &outbox)
    }
  }

  /// Asks a venue to end a child; one that has not left yet is held back by `release`.
  mutating func cancelChild(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.children[child]
    guard order.isOpen, order.status != .intended || order.tracking.isReleased else { return }
    if !order.isCancelPending { emit(.cancelIntended(order.id, at: now), &outbox) }
    sendCancel(child, now, &outbox)
    queryLater(child, at: now.adding(milliseconds: Self.patienceMilliseconds))
  }

  // The kill switch.

  mutating func halt(_ requestID: UInt64, _ now: Timestamp, _ outbox: inout Outbox) {
    haltAll(now, &outbox)
    outbox.append(.done(requestID: requestID))
  }

  /// Stops everything that is new, durably, and then cancels what is open.
  mutating func haltAll(_ now: Timestamp, _ outbox: inout Outbox) {
    if !isHalted { emit(.haltChanged(isHalted: true, at: now), &outbox) }
    for index in 0..<configuration.venueCapacity {
      var next = orders.firstOpen(at: VenueID(UInt8(index)))
      while let child = next {
        next = orders.nextOpen(after: child)
        cancelChild(child, now, &outbox)
      }
    }
  }

  /// Ends a halt, of everything and of every venue.
  mutating func resume(_ requestID: UInt64, _ now: Timestamp, _ outbox: inout Outbox) {
    if isHalted { emit(.haltChanged(isHalted: false, at: now), &outbox) }
    for index in 0..<markets.venues.count where markets.venues[index].isHalted {
      let venue = markets.venues[index].definition.id
      emit(.venueHaltChanged(venue, isHalted: false, reason: .none, at: now), &outbox)
    }
    outbox.append(.done(requestID: requestID))
    wakeAllParents(now)
  }

  // Settings.

  /// Notes a setting that is new or has changed.
  mutating func settingChanged(
    _ event: Event, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    switch event {
    case .venueDefined(let venue):
      if markets.venue(venue.id)?.definition != venue { emit(.venueDefined(venue), &outbox) }
    case .assetDefined(let asset):
      if markets.asset(asset.id) != asset { emit(.assetDefined(asset), &outbox) }
    case .instrumentDefined(let instrument):
      if markets.instrument(instrument.instrument.id) != instrument {
        emit(.instrumentDefined(instrument), &outbox)
      }
    case .listingChanged(let listing):
      if markets.listing(listing.id) != listing { emit(.listingChanged(listing), &outbox) }
    case .riskLimitsChanged(let limits):
      if self.limits != limits { emit(.riskLimitsChanged(limits), &outbox) }
    case .venueRoutingChanged(let routing):
      // What is not defined can not change: the fact would be none, and do something in a replay.
      if let venue = markets.venue(routing.venue), venue.routing != routing {
        emit(.venueRoutingChanged(routing), &outbox)
      }
    case .venueBreakerChanged(let settings): breakerSettingsChanged(settings, now, &outbox)
    default: break
    }
  }
}
