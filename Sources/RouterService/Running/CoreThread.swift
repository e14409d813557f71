internal import ClientGateways
internal import Journal
internal import Platform
internal import RouterCore
internal import VenueGateways

/// The one thread that owns the core, the journal's writing end and the venues' sockets.
///
/// Each turn of its loop drains what is ready, then settles: facts to the journal, then the
/// commands and replies whose facts are safe. Nothing leaves before its intent is written.
final class CoreThread: VenueGatewayDelegate {
  let loop: EventLoop
  let clock: CoreClock
  private var core: RouterCore
  private let journal: JournalWriter
  private let isBusyPolling: Bool
  private let rehearsal: Rehearsal?
  /// Monotonic time before which the way of an order is not rehearsed again.
  private var nextRehearsal: Int64 = 0
  private var gateways: [VenueGateway?] = []
  private var outbox = Outbox()
  private var effects = EffectQueue()
  private var completions: [UInt64: (ClientReply) -> Void] = [:]
  private var nextRequestID: UInt64 = 1
  private var isStopping = false
  /// Notes what goes into the core and what comes out, if the settings want that.
  private let recorder: CoreRecorder?
  /// Stamps the steps of every order, if the settings want that.
  let stages: StageTracker?
  /// Whether anything of this turn was recorded.
  private var hasRecorded = false
  /// Facts that are safe, for the copies that clients read.
  var onFacts: ([Fact]) -> Void = { _ in }
  /// The journal is broken; the service must end.
  var onFailure: (JournalError) -> Void = { _ in }

  init(
    loop: EventLoop, clock: CoreClock, core: consuming RouterCore, journal: JournalWriter,
    isBusyPolling: Bool, rehearses: Bool = false, recorder: CoreRecorder? = nil,
    stages: StageTracker? = nil
  ) {
    rehearsal = rehearses ? Rehearsal(at: clock.now) : nil
    self.recorder = recorder
    self.stages = stages
    self.loop = loop
    self.clock = clock
    self.core = core
    self.journal = journal
    self.isBusyPolling = isBusyPolling
  }

  // MARK: The loop

  func run() {
    while !isStopping {
      let isActive = loop.runOnce(timeoutNanoseconds: isBusyPolling ? 0 : waitNanoseconds)
      let now = clock.now
      if !isActive { rehearse(at: now) }
      if core.hasMarketChanges { process(.marketReview, at: now) }
      if core.nextDeadline <= now { process(.clock, at: now) }
      settle()
    }
    for gateway in gateways { gateway?.stop() }
    do throws(JournalError) {
      try journal.close()
    } catch {
      Log.error("core", "journal not closed", ["reason": "\(error)"])
    }
    recorder?.close()
  }

  func stop() { isStopping = true }

  private static let rehearsalNanoseconds: Int64 = 500_000

  /// One step, while nothing is to be done; what comes meanwhile waits for a few microseconds.
  private func rehearse(at now: Timestamp) {
    guard isBusyPolling, let rehearsal, now.nanoseconds >= nextRehearsal else { return }
    rehearsal.advance(at: now)
    guard rehearsal.isBetweenOrders else { return }
    journal.prepareCommit()
    core.prepareMemory()
    core.previewWaiting(rehearsal.completedCount, at: now)
    nextRehearsal = now.nanoseconds + Self.rehearsalNanoseconds
  }

  private var waitNanoseconds: Int64 {
    let deadline = core.nextDeadline
    guard deadline != .distantFuture else { return 1_000_000_000 }
    return min(max(0, deadline.since(clock.now)), 1_000_000_000)
  }

  private func process(_ event: Event, levels: [BookLevel] = [], at now: Timestamp) {
    let mark = outbox.facts.count
    give(event, levels: levels, at: now)
    guard let stages, outbox.facts.count > mark else { return }
    stages.decided(outbox.facts, from: mark, by: event, at: now) { core.listing($0)?.instrument }
  }

  private func give(_ event: Event, levels: [BookLevel], at now: Timestamp) {
    guard let recorder else {
      return core.process(event, levels: levels, at: now, into: &outbox)
    }
    hasRecorded = true
    let mark = RecordedStep.Output.Mark(outbox)
    core.process(event, levels: levels, at: now, into: &outbox)
    recorder.record(
      RecordedStep(
        .event(RecordedEvent(event, levels: levels)), at: now,
        output: RecordedStep.Output(outbox, since: mark)))
  }

  /// A call of the core that is no event.
  private func call<Answer>(
    at now: Timestamp, _ input: (Answer) -> RecordedStep.Input,
    _ body: (inout RouterCore, inout Outbox) -> Answer
  ) -> Answer {
    hasRecorded = true
    let mark = RecordedStep.Output.Mark(outbox)
    let answer = body(&core, &outbox)
    recorder?.record(
      RecordedStep(
        input(answer), at: now, output: RecordedStep.Output(outbox, since: mark)))
    return answer
  }

  /// Until nothing is left to do: write, publish, release.
  private func settle() {
    repeat {
      guard write() else { return }
      release()
    } while !outbox.isEmpty
    endTurn()
  }

  /// An idle turn is not worth a record.
  private func endTurn() {
    journal.endTurn()
    stages?.turnEnded()
    guard let recorder, hasRecorded else { return }
    hasRecorded = false
    recorder.turnEnded(safeIndex: journal.safeIndex, at: clock.now)
  }

  private func write() -> Bool {
    do throws(JournalError) {
      try effects.write(&outbox, to: journal)
    } catch {
      fail(error)
      return false
    }
    let snapshotRequests = outbox.snapshotRequests
    outbox.removeAll()
    for listing in snapshotRequests { refreshBook(listing) }
    return true
  }

  /// The journal can not be trusted any more: nothing new leaves, cancels that wait still do.
  func fail(_ error: JournalError) {
    guard !isStopping else { return }
    isStopping = true
    effects.stop(&outbox)
    release()
    onFailure(error)
  }

  private func release() {
    if let stages, !effects.isEmpty { stages.releasing(at: clock.now) }
    while let effect = effects.next(in: journal) {
      switch effect {
      case .publish(let facts): onFacts(facts)
      case .answer(let reply): answer(reply)
      case .execute(let command): execute(command)
      }
    }
  }

  private func execute(_ command: VenueCommand) {
    if case .newOrder(let order) = command {
      let now = clock.now
      let mayLeave = call(at: now, { .released(order, mayLeave: $0) }) { core, outbox in
        core.release(order, at: now, into: &outbox)
      }
      guard mayLeave else { return }
      stages?.released(order.id)
    }
    guard let gateway = gateway(of: command.venue) else {
      if case .newOrder(let order) = command {
        let report = VenueExecutionReport(venue: order.venue, child: order.id, kind: .notSent)
        process(.childReport(report), at: clock.now)
      }
      return
    }
    gateway.execute(command)
  }

  private func refreshBook(_ listing: ListingID) {
    guard let venue = core.listing(listing)?.venue else { return }
    gateway(of: venue)?.refreshBook(listing)
  }

  private func answer(_ reply: ClientReply) {
    completions.removeValue(forKey: reply.requestID)?(reply)
  }

  private func gateway(of venue: VenueID) -> VenueGateway? {
    venue.index < gateways.count ? gateways[venue.index] : nil
  }

  // MARK: What comes in, on this thread

  func gateway(_ gateway: VenueGateway, received batch: borrowing EventBatch) {
    let now = clock.now
    stages?.decoded(at: now)
    for event in batch.events {
      process(event, levels: batch.levels, at: now)
    }
    stages?.applied(batch, from: gateway.venue)
  }

  func gateway(_ gateway: VenueGateway, mayStillSend child: ChildOrderID) -> Bool {
    let now = clock.now
    return call(at: now, { .askedAgain(child, mayLeave: $0) }) { core, _ in
      core.mayStillLeave(child, at: now)
    }
  }

  func define(_ events: [Event]) {
    for event in events { process(event, at: clock.now) }
  }

  func attach(_ gateway: VenueGateway) {
    while gateways.count <= gateway.venue.index { gateways.append(nil) }
    gateways[gateway.venue.index] = gateway
    gateway.delegate = self
    gateway.stages = stages
    stages?.attach(gateway.venue)
  }

  /// Gives the core a client's request; `make` builds the event from a request id.
  ///
  /// `readAt` is the monotonic time at which its last byte was read; zero if nobody knows.
  func request(
    _ make: (UInt64) -> Event, readAt: Int64 = 0, completion: @escaping (ClientReply) -> Void
  ) {
    let id = nextRequestID
    nextRequestID += 1
    let event = make(id)
    if case .newOrderSingle = event, journal.isShortOfSpace {
      // What room is left belongs to fills, cancels and halts.
      completion(.refused(requestID: id, reason: .journalFailed))
      return
    }
    completions[id] = completion
    let now = clock.now
    stages?.taken(
      requestReadAt: readAt == 0
        ? 0 : clock.timestamp(monotonicNanoseconds: readAt).nanoseconds, at: now)
    process(event, at: now)
  }

  /// Our own way from a decision to the last byte takes this long at its p99.
  func pathLatencyMeasured(_ nanoseconds: Int64) {
    process(.pathLatencyMeasured(nanoseconds: nanoseconds), at: clock.now)
  }

  /// The first facts of this run; nothing has been sent before them.
  func begin(epoch: UInt32, limits: RiskLimits) {
    let now = clock.now
    call(at: now, { _ in .epochStarted(epoch) }) { core, outbox in
      core.startEpoch(epoch, at: now, into: &outbox)
    }
    process(.riskLimitsChanged(limits), at: clock.now)
  }

  /// Called on the journal's thread when more facts have become safe.
  ///
  /// Where nothing waits for a sync, nobody needs to know.
  nonisolated func wakeForDurable(_ index: UInt64) {
    guard journal.durability == .power else { return }
    loop.submit {}
  }

  /// Called on the journal's thread when a sync has failed; syncs are not tried again.
  nonisolated func failLater(_ error: JournalError) {
    let core = Unchecked(self)
    loop.submit { core.value.fail(error) }
  }

  func beginReconciliation() {
    let now = clock.now
    call(at: now, { _ in .reconciliationBegun }) { core, outbox in
      core.beginReconciliation(at: now, into: &outbox)
    }
  }

  // MARK: Copies for other threads

  func books(of instrument: InstrumentID, depth: Int) -> InstrumentBooks {
    let now = clock.now
    var venues: [InstrumentBooks.Venue] = []
    for listing in core.listings(of: instrument) {
      let top = core.bookTop(listing.id)
      let age = top.map { now.since($0.receivedAt) } ?? 0
      venues.append(
        InstrumentBooks.Venue(
          listing: listing.id, state: state(of: listing.id, top, age: age), ageNanoseconds: age,
          bids: core.bookLevels(listing.id, .buy, limit: depth),
          asks: core.bookLevels(listing.id, .sell, limit: depth)))
    }
    return InstrumentBooks(instrument: instrument, at: now, venues: venues)
  }

  private func state(of listing: ListingID, _ top: BookTop?, age: Int64) -> String {
    switch core.bookStatus(listing) {
    case .empty: return "empty"
    case .invalid(let fault): return "invalid: \(fault)"
    case .live: break
    }
    if age > core.limits.maximumBookAgeMilliseconds * 1_000_000 { return "stale" }
    guard let top, top.bid.quantity > .zero, top.ask.quantity > .zero else { return "live" }
    return top.bid.price >= top.ask.price ? "crossed" : "live"
  }

  func previewPlan(_ request: PlanRequest) -> RoutePlan {
    core.previewPlan(request, at: clock.now)
  }

  func balances() -> [BalanceObservation] {
    var observations: [BalanceObservation] = []
    for venue in 0..<core.configuration.venueCapacity {
      for asset in 0..<core.configuration.assetCapacity {
        let (venue, asset) = (VenueID(UInt8(venue)), AssetID(UInt16(asset)))
        let account = core.account(venue, asset)
        guard account.observedAt != .distantPast else { continue }
        observations.append(
          BalanceObservation(
            venue: venue, asset: asset, available: account.available, total: account.observedTotal,
            observedAt: account.observedAt))
      }
    }
    return observations
  }

  func throttleView(of venue: VenueID) -> ThrottleView? {
    let now = clock.now
    guard let pace = core.pace(of: venue, at: now) else { return nil }
    return ThrottleView(
      pace: pace, maintenance: core.maintenanceReading(of: venue, at: now),
      latency: core.latencyReading(of: venue, at: now))
  }

  func venueStatuses() -> [GatewayStatus] {
    gateways.compactMap { $0?.currentStatus }
  }

  func breakers(of venue: VenueID) -> [BreakerView] {
    core.breakers(of: venue, at: clock.now)
  }

  var attachedGateways: [VenueGateway] { gateways.compactMap { $0 } }

  /// What the metrics tell of the core and the journal.
  func gauges() -> CoreGauges {
    let path = core.pathLatencyNanoseconds
    return CoreGauges(
      openOrders: core.openParentCount, waitingEffects: effects.count,
      waitingRequests: attachedGateways.map {
        CoreGauges.Waiting(venue: $0.venue, count: $0.waitingRequests)
      }, journalWrittenIndex: journal.writtenIndex, journalSafeIndex: journal.safeIndex,
      journalDurableIndex: journal.durableIndex,
      pathLatencyNanoseconds: path > 0 ? path : nil, rehearsals: rehearsal?.completedCount ?? 0)
  }
}
