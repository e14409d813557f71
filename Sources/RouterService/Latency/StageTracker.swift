package import RouterCore
internal import VenueGateways

/// Stamps every step of every child, and counts how long the steps take.
///
/// It belongs to the core's thread, reads the clock once a step and allocates nothing after its
/// start. What it knows of finished steps lies in `StageHistograms`, which are swapped for an
/// empty set and read elsewhere.
package final class StageTracker: StageObserver {
  /// Frames of one turn that can be told apart as causes.
  private static let frameLimit = 64

  /// The core's clock, in nanoseconds.
  private let clock: () -> Int64
  private var histograms = StageHistograms()
  private var children: StageRing<ChildStages>
  private var parents: StageRing<ParentStages>
  private(set) var counters = StageCounters()

  /// When what a gateway hands over now was read; zero if nothing was.
  private var readAt: Int64 = 0
  /// When the batch that is processed now was complete.
  private var decodedAt: Int64 = 0
  /// Of the batch that is processed now.
  private var exchangeAt: Int64 = 0
  /// The frames of this turn whose books are changed.
  private var frames: [Frame] = []
  private var request: (readAt: Int64, takenAt: Int64) = (0, 0)
  /// When the present turn began to let go what is safe.
  private var safeAt: Int64 = 0
  /// By venue: our clock less the venue's.
  private var clockCorrections = [Int64](repeating: 0, count: 256)
  private var limits = StageLimits()

  private struct Frame {
    var listing: ListingID
    var exchange: Int64
    var read: Int64
    var decoded: Int64
    var applied: Int64
  }

  private struct Decision {
    var cause: StageCause
    var startedAt: Int64
    var readyAt: Int64
  }

  package init(
    childCapacity: Int = 32_768, parentCapacity: Int = 16_384, clock: @escaping () -> Int64
  ) {
    self.clock = clock
    let nobody = ParentOrderID(0)
    children = StageRing(
      capacity: childCapacity,
      blank: ChildStages(
        id: ChildOrderID(instance: 0, epoch: 0, parent: nobody, child: 0), venue: VenueID(0),
        cause: .timer, isFirstOfRequest: false))
    parents = StageRing(
      capacity: parentCapacity, blank: ParentStages(id: nobody, deadline: .distantFuture))
    frames.reserveCapacity(Self.frameLimit)
  }

  /// Memory of the tables and of the set that is written now.
  var byteCount: Int { children.byteCount + parents.byteCount + histograms.byteCount }

  var venueCount: Int { histograms.venueCount }

  package func attach(_ venue: VenueID) {
    histograms.prepare(venueCount: venue.index + 1)
  }

  /// Takes an empty set for the one that was written until now.
  func swap(for spare: StageHistograms) -> StageHistograms {
    spare.prepare(venueCount: histograms.venueCount)
    defer { histograms = spare }
    return histograms
  }

  func adopt(_ limits: StageLimits) { self.limits = limits }

  /// `nanoseconds` is what must be added to a venue's times to make them ours.
  func correctClock(of venue: VenueID, by nanoseconds: Int64) {
    clockCorrections[venue.index] = nanoseconds
  }

  // MARK: Market data

  package func reading(at time: Timestamp?) { readAt = time?.nanoseconds ?? 0 }

  /// An adapter has made a batch of events.
  package func decoded(at now: Timestamp) {
    decodedAt = now.nanoseconds
    exchangeAt = 0
  }

  /// The core has taken every event of the batch.
  package func applied(_ batch: borrowing EventBatch, from venue: VenueID) {
    var appliedAt: Int64 = 0
    for event in batch.events {
      guard case .book(let update) = event, !update.isSnapshot else { continue }
      if appliedAt == 0 {
        appliedAt = clock()
        record(update, venue, appliedAt)
      }
      note(
        Frame(
          listing: update.listing, exchange: exchangeAt, read: readAt, decoded: decodedAt,
          applied: appliedAt))
    }
    decodedAt = 0
  }

  private func record(_ update: BookUpdate, _ venue: VenueID, _ appliedAt: Int64) {
    histograms.record(.apply, venue, appliedAt - decodedAt)
    guard readAt != 0 else { return }
    histograms.record(.decode, venue, decodedAt - readAt)
    guard update.venueTime > .distantPast else { return }
    let (time, overflow) = update.venueTime.nanoseconds.addingReportingOverflow(
      clockCorrections[venue.index])
    guard !overflow, time > 0 else { return }
    exchangeAt = min(time, readAt)
    if time > readAt { counters.clampedStamps += 1 }
    let (lag, isTooFar) = readAt.subtractingReportingOverflow(exchangeAt)
    histograms.record(.feed, venue, isTooFar ? .max : lag)
  }

  private func note(_ frame: Frame) {
    guard frames.count < Self.frameLimit else {
      counters.droppedFrames += 1
      return
    }
    frames.append(frame)
  }

  /// What is decided from here on was caused by something else.
  package func turnEnded() {
    if !frames.isEmpty { frames.removeAll(keepingCapacity: true) }
  }

  // MARK: Requests

  /// `readAt` is when the API had read the request, zero if it does not tell.
  package func taken(requestReadAt readAt: Int64, at now: Timestamp) {
    request = (readAt, now.nanoseconds)
  }

  // MARK: Decisions

  /// The core has answered an event with facts, those from `start` on.
  ///
  /// `instrument` is asked what a listing trades, and only when a child was made.
  package func decided(
    _ facts: [Fact], from start: Int, by event: Event, at now: Timestamp,
    instrument: (ListingID) -> InstrumentID?
  ) {
    let decision = Decision(
      cause: cause(of: event), startedAt: now.nanoseconds, readyAt: clock())
    for index in start..<facts.count { note(facts[index], decision, instrument) }
  }

  private func cause(of event: Event) -> StageCause {
    switch event {
    case .newOrderSingle, .orderCancelRequest, .orderReplaceRequest: .request
    case .book, .bookInvalid, .trade: .frame
    case .childReport, .linkChanged, .balanceObserved: .report
    case .clock: .timer
    default: frames.isEmpty ? .timer : .frame
    }
  }

  private func note(
    _ fact: Fact, _ decision: Decision, _ instrument: (ListingID) -> InstrumentID?
  ) {
    switch fact {
    case .parentAccepted(let accepted): begin(accepted)
    case .childIntended(let intended): begin(intended.order, decision, instrument)
    case .childAcknowledged(let id, _, _): answered(id, decision)
    case .fillRecorded(let fill): filled(fill.child, decision)
    case .childClosed(let closed): ended(closed, decision)
    case .childAbandoned(let id, _, _):
      if let slot = slot(of: id) { children[slot].isClosed = true }
    case .parentClosed(let closed): ended(closed)
    default: break
    }
  }

  private func begin(_ accepted: ParentAccepted) {
    var parent = ParentStages(id: accepted.id, deadline: accepted.order.deadline)
    (parent.requestRead, parent.taken) = request
    insert(parent)
  }

  @discardableResult
  private func insert(_ parent: ParentStages) -> Int {
    let (slot, evicted) = parents.insert(parent.id.rawValue, parent)
    if let evicted, !evicted.isClosed { counters.forgottenParents += 1 }
    return slot
  }

  private func begin(
    _ order: NewChildOrder, _ decision: Decision, _ instrument: (ListingID) -> InstrumentID?
  ) {
    let id = order.id.parent
    let parent =
      parents.slot(of: id.rawValue)
      ?? insert(ParentStages(id: id, deadline: .distantFuture))
    let isFirst = decision.cause == .request && parents[parent].childCount == 0
    var child = ChildStages(
      id: order.id, venue: order.venue, cause: decision.cause, isFirstOfRequest: isFirst)
    child.previous = parents[parent].lastChild
    stampCause(of: order, decision, instrument, &child.stamps)
    stamp(.decisionStart, decision.startedAt, &child.stamps)
    stamp(.planReady, decision.readyAt, &child.stamps)
    let (slot, evicted) = children.insert(Self.key(of: order.id), child)
    if let evicted, !evicted.isClosed { counters.forgottenChildren += 1 }
    parents[parent].lastChild = Int32(slot)
    parents[parent].childCount += 1
  }

  private func stampCause(
    of order: NewChildOrder, _ decision: Decision, _ instrument: (ListingID) -> InstrumentID?,
    _ stamps: inout StageStamps
  ) {
    switch decision.cause {
    case .request:
      stamp(.requestRead, request.readAt, &stamps)
      stamp(.taken, request.takenAt, &stamps)
    case .frame:
      guard let frame = frame(for: order.listing, instrument) else { return }
      stamp(.exchange, frame.exchange, &stamps)
      stamp(.bytesRead, frame.read, &stamps)
      stamp(.decoded, frame.decoded, &stamps)
      stamp(.applied, frame.applied, &stamps)
    case .report:
      stamp(.bytesRead, readAt, &stamps)
      stamp(.decoded, decodedAt, &stamps)
    case .timer: break
    }
  }

  /// The frame that has waited longest of those that changed a book of the same instrument.
  private func frame(
    for listing: ListingID, _ instrument: (ListingID) -> InstrumentID?
  ) -> Frame? {
    if decodedAt != 0 {
      return Frame(
        listing: listing, exchange: exchangeAt, read: readAt, decoded: decodedAt, applied: 0)
    }
    let wanted = instrument(listing)
    return frames.first { $0.listing == listing || instrument($0.listing) == wanted }
  }

  private func stamp(_ point: StagePoint, _ time: Int64, _ stamps: inout StageStamps) {
    guard time != 0 else { return }
    if stamps.set(point, time) { counters.clampedStamps += 1 }
  }

  // MARK: On the way out

  /// What is safe leaves now.
  package func releasing(at now: Timestamp) { safeAt = now.nanoseconds }

  /// A child has passed its last gate.
  package func released(_ child: ChildOrderID) {
    guard let slot = slot(of: child) else { return }
    stamp(.factsSafe, safeAt, &children[slot].stamps)
    stamp(.released, clock(), &children[slot].stamps)
  }

  package func signed(_ child: ChildOrderID) {
    guard let slot = slot(of: child) else { return }
    stamp(.signed, clock(), &children[slot].stamps)
  }

  package func written(_ child: ChildOrderID) {
    guard let slot = slot(of: child), children[slot].stamps[.written] == nil else { return }
    stamp(.written, clock(), &children[slot].stamps)
    record(children[slot])
  }

  private func record(_ child: ChildStages) {
    let stamps = child.stamps
    for point in Self.pointsOut {
      guard let stage = point.stage, let duration = stamps.duration(to: point) else { continue }
      if stage == .gather && child.cause != .frame { continue }
      histograms.record(stage, child.venue, duration)
    }
    record(.decisionToOrder, stamps, from: .decisionStart)
    if child.cause == .frame { record(.tickToOrder, stamps, from: .bytesRead) }
    if child.isFirstOfRequest { record(.requestToOrder, stamps, from: .requestRead) }
  }

  private static let pointsOut: [StagePoint] = [
    .taken, .decisionStart, .planReady, .factsSafe, .released, .signed, .written,
  ]

  private func record(_ path: StagePath, _ stamps: StageStamps, from start: StagePoint) {
    if let duration = stamps.duration(from: start, to: .written) {
      histograms.record(path, duration)
    }
  }

  // MARK: What the venue says

  /// The venue's first word about a child.
  private func answered(_ id: ChildOrderID, _ decision: Decision) {
    guard let slot = slot(of: id), children[slot].stamps[.written] != nil,
      children[slot].stamps[.acknowledged] == nil
    else { return }
    finish(.acknowledged, slot, decision)
  }

  private func filled(_ id: ChildOrderID, _ decision: Decision) {
    answered(id, decision)
    guard let slot = slot(of: id) else { return }
    if children[slot].stamps[.firstFill] == nil { finish(.firstFill, slot, decision) }
    stamp(.lastFill, heardAt(decision), &children[slot].stamps)
  }

  private func finish(_ point: StagePoint, _ slot: Int, _ decision: Decision) {
    stamp(point, heardAt(decision), &children[slot].stamps)
    guard let stage = point.stage, let duration = children[slot].stamps.duration(to: point) else {
      return
    }
    histograms.record(stage, children[slot].venue, duration)
  }

  private func heardAt(_ decision: Decision) -> Int64 {
    readAt != 0 ? readAt : decision.startedAt
  }

  private func ended(_ closed: ChildClosed, _ decision: Decision) {
    guard let slot = slot(of: closed.child), !children[slot].isClosed else { return }
    children[slot].isClosed = true
    if closed.outcome != .neverAccepted { answered(closed.child, decision) }
    if let duration = children[slot].stamps.duration(to: .lastFill) {
      histograms.record(.lastFill, children[slot].venue, duration)
    }
  }

  // MARK: Overruns

  private func ended(_ closed: ParentClosed) {
    guard let slot = parents.slot(of: closed.parent.rawValue), !parents[slot].isClosed else {
      return
    }
    parents[slot].isClosed = true
    guard closed.at >= parents[slot].deadline || closed.reason.isStale else { return }
    let spender = limits.spender(of: kept(parents[slot]), endedAt: closed.at.nanoseconds)
    parents[slot].overrun = spender
    counters.note(overrun: spender)
  }

  // MARK: Reading

  /// A parent and those of its children that are still kept, the last first.
  func stages(of id: ParentOrderID) -> (parent: ParentStages, children: [ChildStages])? {
    guard let slot = parents.slot(of: id.rawValue) else { return nil }
    return (parents[slot], kept(parents[slot]))
  }

  private func kept(_ parent: ParentStages) -> [ChildStages] {
    var kept: [ChildStages] = []
    var next = Int(parent.lastChild)
    // A slot may have gone to a child of another parent since.
    while next >= 0, kept.count < parent.childCount, children[next].id.parent == parent.id {
      kept.append(children[next])
      next = Int(children[next].previous)
    }
    return kept
  }

  private static func key(of id: ChildOrderID) -> UInt64 {
    id.parent.rawValue << 16 | UInt64(id.child)
  }

  private func slot(of id: ChildOrderID) -> Int? {
    guard let slot = children.slot(of: Self.key(of: id)), children[slot].id == id else {
      return nil
    }
    return slot
  }
}
