internal import RouterCore

/// A step as bytes: little-endian fields in the order in which `FieldReader` takes them back.
///
/// Definitions, orders and facts are written as the journal writes them, version and all, so that
/// what is written down once is written down for both.
struct RecordBytes {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(512) }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func step(_ step: RecordedStep) {
    integer(step.at.nanoseconds)
    input(step.input)
    // Most steps are market data that changes nothing.
    bool(!step.output.isEmpty)
    if !step.output.isEmpty { output(step.output) }
  }

  private mutating func input(_ input: RecordedStep.Input) {
    switch input {
    case .initialFact(let fact):
      kind(1)
      self.fact(fact)
    case .epochStarted(let epoch):
      kind(2)
      integer(epoch)
    case .reconciliationBegun: kind(3)
    case .event(let event):
      kind(4)
      self.event(event)
    case .released(let order, let mayLeave):
      kind(5)
      self.order(order)
      bool(mayLeave)
    case .askedAgain(let child, let mayLeave):
      kind(6)
      self.child(child)
      bool(mayLeave)
    case .factsSafe(let index):
      kind(7)
      integer(index)
    case .turnEnded: kind(8)
    case .recordingEnded(let end):
      kind(9)
      integer(end.rawValue)
    }
  }

  private mutating func output(_ output: RecordedStep.Output) {
    count(output.facts.count)
    for fact in output.facts { self.fact(fact) }
    count(output.commands.count)
    for waiting in output.commands {
      command(waiting.value)
      count(waiting.factCount)
    }
    count(output.replies.count)
    for waiting in output.replies {
      reply(waiting.value)
      count(waiting.factCount)
    }
    count(output.snapshotRequests.count)
    for listing in output.snapshotRequests { integer(listing.rawValue) }
  }

  // MARK: Events

  mutating func event(_ recorded: RecordedEvent) {
    switch recorded.event {
    case .clock: kind(1)
    case .venueDefined(let venue): setting(.venueDefined(venue))
    case .assetDefined(let asset): setting(.assetDefined(asset))
    case .instrumentDefined(let instrument): setting(.instrumentDefined(instrument))
    case .listingChanged(let listing): setting(.listingChanged(listing))
    case .riskLimitsChanged(let limits): setting(.riskLimitsChanged(limits))
    case .venueRoutingChanged(let routing): setting(.venueRoutingChanged(routing))
    case .venueBreakerChanged(let breaker): setting(.venueBreakerChanged(breaker))
    case .venueThrottleChanged(let throttle): setting(.venueThrottleChanged(throttle))
    case .venueMaintenanceChanged(let windows): setting(.venueMaintenanceChanged(windows))
    case .book(let update):
      kind(3)
      book(update, recorded.levels)
    case .bookInvalid(let listing, let fault):
      kind(4)
      integer(listing.rawValue)
      integer(fault.rawValue)
    case .trade(let trade):
      kind(5)
      self.trade(trade)
    case .marketReview: kind(16)
    case .linkChanged(let venue, let link, let isUp):
      kind(6)
      integer(venue.rawValue)
      integer(link.rawValue)
      bool(isUp)
    case .balanceObserved(let observation):
      kind(7)
      balance(observation)
    case .childReport(let report):
      kind(8)
      self.report(report)
    case .openOrderObserved(let order):
      kind(14)
      openOrder(order)
    case .openOrdersListed(let venue):
      kind(15)
      integer(venue.rawValue)
    case .pathLatencyMeasured(let nanoseconds):
      kind(17)
      integer(nanoseconds)
    case .venueBusy(let venue, let until):
      kind(18)
      integer(venue.rawValue)
      integer(until.nanoseconds)
    case .newOrderSingle, .orderCancelRequest, .orderReplaceRequest, .haltRequested,
      .resumeRequested:
      request(recorded.event)
    }
  }

  private mutating func request(_ event: Event) {
    switch event {
    case .newOrderSingle(let order):
      kind(9)
      newOrder(order)
    case .orderCancelRequest(let request):
      kind(10)
      integer(request.requestID)
      integer(request.parent.rawValue)
    case .orderReplaceRequest(let request):
      kind(11)
      replace(request)
    case .haltRequested(let requestID):
      kind(12)
      integer(requestID)
    case .resumeRequested(let requestID):
      kind(13)
      integer(requestID)
    default: break
    }
  }

  /// A setting is the fact that it makes.
  private mutating func setting(_ fact: Fact) {
    kind(2)
    self.fact(fact)
  }

  private mutating func book(_ update: BookUpdate, _ levels: [BookLevel]) {
    integer(update.listing.rawValue)
    integer(update.kind.rawValue)
    integer(update.bidStart)
    integer(update.bidCount)
    integer(update.askStart)
    integer(update.askCount)
    integer(update.subscribedDepth)
    integer(update.snapshotLimit)
    integer(update.venueTime.nanoseconds)
    integer(update.receivedAt.nanoseconds)
    count(levels.count)
    for level in levels {
      integer(level.price.mantissa)
      integer(level.quantity.mantissa)
    }
  }

  private mutating func trade(_ trade: MarketTrade) {
    integer(trade.listing.rawValue)
    integer(trade.price.mantissa)
    integer(trade.quantity.mantissa)
    integer(trade.venueTime.nanoseconds)
    integer(trade.receivedAt.nanoseconds)
  }

  private mutating func balance(_ observation: BalanceObservation) {
    integer(observation.venue.rawValue)
    integer(observation.asset.rawValue)
    integer(observation.available.mantissa)
    integer(observation.total.mantissa)
    integer(observation.observedAt.nanoseconds)
  }

  private mutating func report(_ report: VenueExecutionReport) {
    integer(report.venue.rawValue)
    child(report.child)
    integer(report.kind.rawValue)
    text(report.venueOrderID)
    text(report.executionID)
    integer(report.lastQuantity.mantissa)
    integer(report.lastPrice.mantissa)
    integer(report.fee.mantissa)
    integer(report.feeAsset.rawValue)
    integer(report.liquidity.rawValue)
    optional(report.cumulativeQuantity?.mantissa)
    integer(report.rejectReason.rawValue)
    text(report.text)
    integer(report.venueTime.nanoseconds)
    integer(report.queriedAt.nanoseconds)
  }

  private mutating func openOrder(_ order: OpenOrderObservation) {
    integer(order.venue.rawValue)
    child(order.child)
    text(order.venueOrderID)
    bool(order.listing != nil)
    if let listing = order.listing { integer(listing.rawValue) }
    integer(order.side.rawValue)
    integer(order.quantity.mantissa)
    integer(order.limitPrice.mantissa)
    integer(order.cumulativeQuantity.mantissa)
    integer(order.askedAt.nanoseconds)
  }

  private mutating func replace(_ request: OrderReplaceRequest) {
    integer(request.requestID)
    integer(request.parent.rawValue)
    optional(request.quantity?.mantissa)
    optional(request.limitPrice?.mantissa)
    optional(request.stopPrice?.mantissa)
  }

  // MARK: Commands and replies

  private mutating func command(_ command: VenueCommand) {
    switch command {
    case .newOrder(let order):
      kind(1)
      self.order(order)
    case .cancel(let reference):
      kind(2)
      self.reference(reference)
    case .query(let reference):
      kind(3)
      self.reference(reference)
    case .refreshBalances(let venue):
      kind(4)
      integer(venue.rawValue)
    case .listOpenOrders(let venue):
      kind(5)
      integer(venue.rawValue)
    }
  }

  private mutating func reference(_ reference: ChildReference) {
    child(reference.id)
    integer(reference.venue.rawValue)
    integer(reference.listing.rawValue)
    text(reference.venueOrderID)
    integer(reference.sentAt.nanoseconds)
    integer(reference.timeInForce.rawValue)
  }

  private mutating func reply(_ reply: ClientReply) {
    switch reply {
    case .accepted(let id, let parent): answer(1, id, parent)
    case .repeated(let id, let parent): answer(2, id, parent)
    case .cancelAccepted(let id, let parent): answer(3, id, parent)
    case .replaceAccepted(let id, let parent): answer(4, id, parent)
    case .refused(let id, let reason):
      kind(5)
      integer(id)
      integer(reason.rawValue)
    case .done(let id):
      kind(6)
      integer(id)
    }
  }

  private mutating func answer(_ kind: UInt8, _ id: UInt64, _ parent: ParentOrderID) {
    self.kind(kind)
    integer(id)
    integer(parent.rawValue)
  }

  // MARK: What the journal writes, too

  private mutating func fact(_ fact: Fact) {
    let encoded = FactCodec.encode(fact)
    integer(encoded.type)
    integer(encoded.version)
    count(encoded.payload.count)
    bytes += encoded.payload
  }

  /// An order is written within the fact that it would make.
  private mutating func newOrder(_ order: NewOrderSingle) {
    fact(
      .parentAccepted(
        ParentAccepted(
          id: ParentOrderID(0), order: order, effectiveLimit: .zero, arrivalBid: .zero,
          arrivalAsk: .zero, at: Timestamp(nanoseconds: 0))))
  }

  private mutating func order(_ order: NewChildOrder) {
    fact(
      .childIntended(
        ChildIntended(order: order, wave: 0, reserved: .zero, at: Timestamp(nanoseconds: 0))))
  }

  // MARK: Fields

  private mutating func kind(_ kind: UInt8) { bytes.append(kind) }

  private mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }

  private mutating func count(_ count: Int) { integer(UInt32(count)) }

  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    var rest = value
    for _ in 0..<MemoryLayout<T>.size {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      if MemoryLayout<T>.size > 1 { rest >>= 8 }
    }
  }

  private mutating func optional(_ value: Int64?) {
    bool(value != nil)
    if let value { integer(value) }
  }

  private mutating func child(_ id: ChildOrderID) {
    integer(UInt64(truncatingIfNeeded: id.bits))
    integer(UInt64(truncatingIfNeeded: id.bits >> 64))
  }

  private mutating func text(_ text: ShortText) {
    bytes.append(UInt8(text.count))
    for position in 0..<text.count { bytes.append(text[position]) }
  }
}
