internal import Journal
internal import RouterCore
internal import Simulation

/// Plays one script from its first operation to the end of all that it began.
package struct History {
  package struct Result: Sendable {
    package var totals: HistoryTotals
    package var violation: Violation?
  }

  package static func play(_ script: Script) -> Result {
    let world = World(script, venues: venues(of: script))
    // Links, books and balances come in.
    world.run(until: world.now.adding(milliseconds: script.venueKind == .wire ? 2500 : 600))
    for operation in script.operations where !world.hasFailed {
      world.run(
        until: Timestamp(
          nanoseconds: world.now.nanoseconds + operation.delayMicroseconds * 1000))
      world.perform(operation)
    }
    world.comeToRest()
    return Result(totals: world.finish(), violation: world.checker.violation)
  }

  private static func venues(of script: Script) -> [any VenueLinkage] {
    switch script.venueKind {
    case .model:
      (0..<script.venueCount).map { index in
        ModelVenue(
          venue: VenueID(UInt8(index)), faults: script.faults,
          seed: SeededRandom.hash(script.seed &+ UInt64(index + 1) &* 0x9E37_79B9))
      }
    case .wire: WireVenue.venues(of: script)
    }
  }
}

extension World {
  /// Carries out one operation of the script.
  func perform(_ operation: Operation) {
    if let disturbance = operation.kind.disturbance {
      let venue = venues[operation.number % venues.count]
      return venue.disturb(disturbance, seed: operation.seed, at: now)
    }
    var draw = SeededRandom(seed: operation.seed)
    switch operation.kind {
    case .submit, .resubmit: submit(operation)
    case .resubmitOther: submit(operation) { $0.requestDigest &+= 1 }
    case .cancel: cancel(Clients.clientOrderID(operation.number))
    case .replace: replace(Clients.clientOrderID(operation.number), &draw)
    case .halt: request(nil) { .haltRequested(requestID: $0) }
    case .resume: request(nil) { .resumeRequested(requestID: $0) }
    case .limits: changeLimits(&draw)
    case .routing: changeRouting(operation.number, &draw)
    case .throttleChange: change { $0.drawThrottle(operation.number % venues.count, &draw) }
    case .maintenanceChange:
      let time = process?.clock(now) ?? now
      change { $0.drawWindows(operation.number % venues.count, &draw, at: time) }
    case .crash: lightFuse(steps: draw.below(25), isPowerCut: false)
    case .powerCut: lightFuse(steps: draw.below(25), isPowerCut: true)
    case .syncStall: stallDisk(milliseconds: Int64(draw.below(5000)))
    case .syncFailure: disk.failsNextSync = true
    case .writeFailure: disk.failsNextWrite = true
    case .fullDisk:
      let time = Int64(draw.below(8000))
      fillDisk(
        room: draw.below(2) == 0 ? 0 : draw.below(3 * script.segmentByteCount),
        milliseconds: time)
    case .wallClock: wallClockOffset = Int64(draw.below(240_000) - 120_000) * 1_000_000
    default: break
    }
  }

  private func submit(
    _ operation: Operation, _ change: (inout NewOrderSingle) -> Void = { _ in }
  ) {
    guard let process else { return }
    var order = clients.order(
      operation.number, seed: operation.seed, at: process.clock(now))
    change(&order)
    request(order.clientOrderID) { id in
      order.requestID = id
      return .newOrderSingle(order)
    }
  }

  private func cancel(_ clientOrderID: ShortText) {
    guard let parent = process?.core.core.parent(clientOrderID: clientOrderID)?.id else { return }
    request(nil) { .orderCancelRequest(OrderCancelRequest(requestID: $0, parent: parent)) }
  }

  private func replace(_ clientOrderID: ShortText, _ draw: inout SeededRandom) {
    guard let parent = process?.core.core.parent(clientOrderID: clientOrderID) else { return }
    let quantity = draw.below(3) > 0 ? Quantity(mantissa: Int64(1 + draw.below(400))) : nil
    let moved = Int64(draw.below(60)) - 30
    let limit = parent.order.limitPrice.map { Price(mantissa: max(1, $0.mantissa + moved)) }
    let stop = parent.order.stopPrice.map { Price(mantissa: max(1, $0.mantissa + moved)) }
    let (changesLimit, changesStop) = (draw.below(2) == 0, draw.below(3) == 0)
    request(nil) {
      .orderReplaceRequest(
        OrderReplaceRequest(
          requestID: $0, parent: parent.id, quantity: quantity,
          limitPrice: changesLimit ? limit : nil, stopPrice: changesStop ? stop : nil))
    }
  }

  private func changeLimits(_ draw: inout SeededRandom) {
    var limits = Clients.startLimits
    limits.maximumBookAgeMilliseconds = Int64(500 + draw.below(5000))
    limits.maximumOpenParents = Int32(draw.below(40))
    limits.collarBasisPoints = Int32(20 + draw.below(800))
    limits.maximumChildrenPerParent = Int32(1 + draw.below(60))
    clients.limits = limits
    process?.process(.riskLimitsChanged(limits))
    process?.settle()
  }

  private func changeRouting(_ venue: Int, _ draw: inout SeededRandom) {
    var routing = VenueRouting(venue: VenueID(UInt8(venue % venues.count)))
    routing.latencyNanoseconds = Int64(draw.below(80_000_000))
    routing.touchTurnover = UInt32(draw.below(30_000))
    routing.fillProbability = UInt16(draw.below(10_001))
    process?.process(.venueRoutingChanged(routing))
    process?.settle()
  }

  /// Changes the settings of venues, and tells a router that runs.
  private func change(_ draw: (inout Policies) -> Event) {
    let event = draw(&policies)
    process?.process(event)
    process?.settle()
  }

  // MARK: The end

  /// The liveness phase: without faults everything ends in bounded time.
  func comeToRest() {
    guard !hasFailed else { return }
    endFaults()
    clients.limits = Clients.startLimits
    policies = Policies(venueCount: venues.count)
    run(until: now.adding(milliseconds: 3500))
    process?.process(.riskLimitsChanged(clients.limits))
    for event in policies.events { process?.process(event) }
    request(nil) { .resumeRequested(requestID: $0) }
    // A real adapter keeps a quarter of an hour's silence if the venue asks for it.
    for round in 0..<(script.venueKind == .wire ? 1200 : 80) where !hasFailed && !isAtRest {
      for venue in venues where round % 2 == 0 {
        venue.disturb(.market, seed: UInt64(round), at: now)
      }
      if round == 8 { cancelAll() }
      run(until: now.adding(milliseconds: 1000))
    }
    guard !hasFailed else { return }
    // Late fills of a venue that lies.
    run(until: now.adding(milliseconds: script.faults.hasLies ? 12_000 : 500))
    // Orphans are found by lists that are a minute apart.
    for _ in 0..<75 where venues.contains(where: { $0.orphans > 0 }) {
      run(until: now.adding(milliseconds: 1000))
    }
    // What another running router has sent is not ours to cancel: everything was halted instead.
    for venue in venues where !checker.hasFoundOtherRouter {
      checker.require(venue.orphans == 0, 18, "an orphan stays open at \(venue.venue.index)")
    }
    // A device that failed under a snapshot ends the router at its next sync, however late that is.
    for _ in 0..<10 where process == nil { run(until: now.adding(milliseconds: 1000)) }
    guard let process else { return checker.fail(21, "the router does not start") }
    checker.settled(process.core.core, venues)
    // The last questions of the round may wait for their sync.
    for _ in 0..<600 where !process.isIdle { run(until: now.adding(milliseconds: 10)) }
    checker.require(process.isIdle, 22, "something still waits to leave")
    checkReplay(process)
  }

  private var isAtRest: Bool {
    guard let core = process?.core else { return false }
    return core.core.openParentCount == 0
  }

  private func cancelAll() {
    for parent in checker.orders.parents where parent.isOpen {
      let id = parent.accepted.id
      request(nil) { .orderCancelRequest(OrderCancelRequest(requestID: $0, parent: id)) }
    }
  }

  /// The journal gives the same state again, also when it is read twice.
  private func checkReplay(_ process: RouterProcess) {
    let facts = checker.facts
    var core = RouterCore(Universe.configuration)
    for fact in facts { core.apply(fact) }
    let hash = process.core.core.stateHash
    checker.require(core.stateHash == hash, 17, "replay gives another state")
    if totals.snapshots > 0 || script.seed % 4 == 0 { checkDisk(hash) }
    guard script.seed % 8 == 0 else { return }
    for fact in facts { core.apply(fact) }
    checker.require(core.stateHash == hash, 17, "a second replay changes the state")
  }

  /// What a start would read now comes to the state of the core that runs.
  private func checkDisk(_ hash: UInt64) {
    var core = RouterCore(Universe.configuration)
    do throws(JournalError) {
      let recovery = try JournalReader.recover(
        directory: SimulatedDisk.directory, storage: disk
      ) { core.apply($0) }
      checker.require(core.stateHash == hash, 17, "the disk gives another state")
      checker.require(
        recovery.refusedSnapshots.count <= disk.damaged.count, 17,
        "a snapshot that nothing has damaged can not be read: \(recovery.refusedSnapshots)")
    } catch {
      checker.fail(17, "the journal can not be read at the end: \(error)")
    }
  }
}
