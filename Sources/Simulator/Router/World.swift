internal import Journal
internal import RouterCore
internal import Simulation

/// Virtual time, the venues, the disk, and at most one router process.
final class World {
  let script: Script
  let venues: [any VenueLinkage]
  let disk = SimulatedDisk()
  var checker: Checker
  var now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
  private(set) var process: RouterProcess?
  var random: SeededRandom
  let clients: Clients
  var policies: Policies
  var totals = HistoryTotals()
  private var trace = StateHasher()
  private(set) var areFaultsOn = true

  // Of the machine.
  private var restartAt = Timestamp.distantFuture
  /// By how much the wall clock is wrong; a process reads it once, when it starts.
  var wallClockOffset: Int64 = 0
  private var fullUntil = Timestamp.distantPast
  private var stallUntil = Timestamp.distantPast
  /// When the journal's keeper looks at it.
  var upkeepAt = Timestamp.distantFuture
  /// Steps until the process dies.
  private var fuse: (steps: Int, isPowerCut: Bool)?

  init(_ script: Script, venues: [any VenueLinkage]) {
    self.script = script
    self.venues = venues
    checker = Checker(
      hasLies: script.faults.hasLies, forgetsUnfilled: script.venueKind == .wire)
    random = SeededRandom(seed: SeededRandom.hash(script.seed ^ 0x5EED))
    clients = Clients()
    policies = Policies(venueCount: venues.count)
    for venue in venues {
      venue.mayStillSend = { [unowned self] child in
        guard let process else { return false }
        return process.core.core.mayStillLeave(child, at: process.clock(now))
      }
    }
    disk.onStep = { [unowned self] in passesStep() }
    for case let venue as WireVenue in venues {
      venue.onStarted = { [unowned self] in process?.beginReconciliation() }
    }
    restart()
  }

  var hasFailed: Bool { checker.violation != nil }

  // MARK: Time

  /// Lets everything happen that is due up to a time.
  func run(until end: Timestamp) {
    while !hasFailed {
      let next = min(nextEventTime, fullUntil > now ? fullUntil : .distantFuture)
      guard next <= end else { break }
      now = max(now, next)
      disk.now = now
      if now >= fullUntil { disk.room = nil }
      step()
      guard totals.events < 60_000 else {
        let open = checker.orders.openText
        return checker.fail(22, "the router does not come to rest\(open)")
      }
    }
    now = max(now, end)
    disk.now = now
  }

  private var nextEventTime: Timestamp {
    var next = min(restartAt, process?.nextEventTime ?? .distantFuture, upkeepAt)
    for venue in venues { next = min(next, venue.nextEventTime) }
    return next
  }

  private func step() {
    totals.steps += 1
    if restartAt <= now { restart() }
    for venue in venues where venue.nextEventTime <= now {
      venue.advance(to: now) { batch in
        guard let process, !hasFailed else { return }
        for event in batch.events {
          process.process(event.shifted(by: process.clockOffset), levels: batch.levels)
        }
      }
      process?.settle()
    }
    if let process, process.nextEventTime <= now { process.turn() }
    if upkeepAt <= now { keepJournal() }
    // What a dead router would have heard is still true at the venues.
    if process == nil { checker.checkAccepted(venues) }
  }

  func noteEvent(_ event: Event) {
    totals.events += 1
    checker.checkAccepted(venues)
    checker.received(event)
    trace.combine(now)
    trace.combine(checker.facts.count)
  }

  // MARK: Life and death

  func isAlive(_ process: RouterProcess) -> Bool { self.process === process }

  /// Passes one step of the process; whether it lives on.
  func survives(_ step: RouterProcess.Step) -> Bool {
    process != nil && passesStep()
  }

  /// Passes one step of a process that runs or starts; whether it lives on.
  private func passesStep() -> Bool {
    guard let burning = fuse else { return true }
    guard burning.steps <= 0 else {
      fuse = (burning.steps - 1, burning.isPowerCut)
      return true
    }
    fuse = nil
    die(isPowerCut: burning.isPowerCut)
    return false
  }

  /// Lets the process die some steps from now.
  func lightFuse(steps: Int, isPowerCut: Bool) {
    fuse = (steps, isPowerCut && script.survivesPowerCuts)
  }

  private func die(isPowerCut: Bool) {
    totals.crashes += 1
    if isPowerCut {
      totals.powerCuts += 1
      disk.cutPower(&random)
    } else {
      disk.processEnded()
    }
    if areFaultsOn, script.faults.strikes(.snapshotDamage, &random) {
      disk.damageSnapshot(&random)
    }
    buryProcess()
  }

  /// The journal has failed, and the process has ended by itself.
  func processFailed() {
    guard process != nil else { return }
    totals.failStops += 1
    disk.processEnded()
    buryProcess()
  }

  private var floor: UInt64 = 0

  private func buryProcess() {
    if let journal = process?.journal {
      floor = script.survivesPowerCuts ? journal.durableIndex : journal.writtenIndex
    }
    process = nil
    upkeepAt = .distantFuture
    clients.forgetRequests()
    checker.ended()
    for venue in venues { venue.crash(at: now) }
    restartAt = Timestamp(
      nanoseconds: now.nanoseconds + Int64(1 + random.below(3_000)) * 1_000_000)
    if areFaultsOn, script.faults.strikes(.crashLoop, &random) {
      lightFuse(steps: random.below(12), isPowerCut: random.below(2) == 0)
    }
  }

  /// Recovers from what the disk has, as the service does.
  private func restart() {
    restartAt = .distantFuture
    totals.starts += 1
    disk.now = now
    disk.processBegins()
    let deaths = totals.crashes
    do throws(JournalError) {
      try recover()
    } catch {
      guard totals.crashes == deaths else { return }
      switch error {
      case .outOfSpace, .storage:
        // The device, not the journal: the service ends, and its supervisor starts it again.
        totals.failStops += 1
        disk.processEnded()
        restartAt = Timestamp(nanoseconds: now.nanoseconds + 1_000_000_000)
      default: checker.fail(17, "recovery refused the journal: \(error)")
      }
    }
  }

  private func recover() throws(JournalError) {
    let deaths = totals.crashes
    let journal = try openJournal()
    guard totals.crashes == deaths, passesStep() else { return }
    var core = RouterCore(Universe.configuration)
    var facts: [Fact] = []
    let recovery = try JournalReader.recover(
      directory: SimulatedDisk.directory, storage: disk
    ) { fact in
      core.apply(fact)
      facts.append(fact)
    }
    guard passesStep() else { return }
    checker.recovered(facts, recovery, atLeast: floor)
    checker.recovered(core, recovery, damagedSnapshots: disk.damaged.count)
    floor = recovery.tail.lastIndex
    if recovery.snapshot != nil { totals.snapshotStarts += 1 }
    begin(
      RouterProcess(core: core, journal: journal, clockOffset: wallClockOffset, world: self))
  }

  private func openJournal() throws(JournalError) -> SimulatedJournal {
    try SimulatedJournal(
      on: disk, durability: script.survivesPowerCuts ? .power : .process,
      segmentByteCount: script.segmentByteCount, random: SeededRandom(seed: random.next()),
      syncLatency: { [unowned self] random in syncLatency(&random) },
      onSealed: { [unowned self] in segmentSealed() })
  }

  private func begin(_ process: RouterProcess) {
    self.process = process
    upkeepAt = now
    process.startEpoch()
    process.process(.riskLimitsChanged(clients.limits))
    for event in Universe.definitions { process.process(event) }
    for event in policies.events { process.process(event) }
    process.settle()
    guard isAlive(process) else { return }
    for venue in venues { venue.start(at: now) }
    process.beginReconciliation()
    process.settle()
  }

  // MARK: The disk

  private func syncLatency(_ random: inout SeededRandom) -> Int64 {
    guard stallUntil <= now else { return stallUntil.since(now) }
    return Int64(100 + random.below(900)) * 1000
  }

  func stallDisk(milliseconds: Int64) { stallUntil = now.adding(milliseconds: milliseconds) }

  /// Leaves so many bytes on the disk, for a while.
  func fillDisk(room: Int, milliseconds: Int64) {
    disk.room = room
    fullUntil = now.adding(milliseconds: milliseconds)
  }

  // MARK: Clients

  func answer(_ reply: ClientReply, disk: DiskState) {
    checker.answering(reply, to: clients.answered(reply), disk: disk)
    trace.combine(reply.requestID)
  }

  /// Gives the router a client's request, if it is there to take it.
  func request(_ clientOrderID: ShortText?, _ make: (UInt64) -> Event) {
    guard let process else { return }
    let event = make(clients.newRequest(clientOrderID))
    if case .newOrderSingle = event, process.journal.isShortOfSpace { return }
    process.process(event)
    process.settle()
  }

  // MARK: The end

  /// No more faults; what is broken mends.
  func endFaults() {
    areFaultsOn = false
    fuse = nil
    (disk.room, disk.failsNextSync, disk.failsNextWrite) = (nil, false, false)
    (fullUntil, stallUntil) = (.distantPast, .distantPast)
    for venue in venues { venue.setFaults(false, at: now) }
  }

  /// Counts of the history, with a hash over all that happened.
  func finish() -> HistoryTotals {
    if let process { trace.combine(process.core.core.stateHash) }
    for file in disk.files { trace.combine(file.checksum) }
    totals.traceHash = trace.value
    totals.virtualNanoseconds = now.nanoseconds - 1_700_000_000_000_000_000
    totals.fills = checker.fillCount
    totals.overRouted = checker.orders.parents.count { $0.wasOverRouted }
    totals.unknowns = checker.unknownCount
    totals.trips = checker.tripCount
    totals.orders = checker.childCount
    totals.parents = checker.orders.parents.count
    return totals
  }
}

extension Event {
  /// The event with its times moved from the simulation's to a router's clock.
  func shifted(by offset: Int64) -> Event {
    guard offset != 0 else { return self }
    func moved(_ time: Timestamp) -> Timestamp {
      guard time > .distantPast, time < .distantFuture else { return time }
      return Timestamp(nanoseconds: time.nanoseconds + offset)
    }
    switch self {
    case .book(var update):
      update.receivedAt = moved(update.receivedAt)
      return .book(update)
    case .balanceObserved(var observation):
      observation.observedAt = moved(observation.observedAt)
      return .balanceObserved(observation)
    case .openOrderObserved(var order):
      order.askedAt = moved(order.askedAt)
      return .openOrderObserved(order)
    case .childReport(var report):
      report.queriedAt = moved(report.queriedAt)
      return .childReport(report)
    case .venueBusy(let venue, let until): return .venueBusy(venue, until: moved(until))
    case .trade(var trade):
      trade.receivedAt = moved(trade.receivedAt)
      return .trade(trade)
    default: return self
    }
  }
}

extension VenueCommand {
  /// The command with its times moved from a router's clock to the simulation's.
  func shifted(by offset: Int64) -> VenueCommand {
    func moved(_ child: ChildReference) -> ChildReference {
      var child = child
      guard child.sentAt > .distantPast, child.sentAt < .distantFuture else { return child }
      child.sentAt = Timestamp(nanoseconds: child.sentAt.nanoseconds &+ offset)
      return child
    }
    switch self {
    case .cancel(let child): return .cancel(moved(child))
    case .query(let child): return .query(moved(child))
    case .newOrder, .refreshBalances, .listOpenOrders: return self
    }
  }
}
