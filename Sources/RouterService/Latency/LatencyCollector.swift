internal import ClientGateways
internal import Dispatch
internal import Platform
internal import RouterCore
internal import Synchronization
internal import VenueGateways
internal import Wire

/// Takes what the core's thread has counted, once a second and when somebody asks.
///
/// All adding up is done on its own thread; the core's only hands over its set of histograms and
/// writes on in an empty one. It keeps five sets, one of them with the core.
final class LatencyCollector: @unchecked Sendable {
  private static let periodNanoseconds: Int64 = 1_000_000_000
  private static let maximumAskers = 256

  /// What the core's thread gives away at once.
  private struct Handover: Sendable {
    var histograms: StageHistograms
    var counters: StageCounters
    var memoryBytes: Int
    var venueNames: [String]
  }

  private struct Asker: Sendable {
    var restarts: Bool
    var completion: @Sendable (LatencyView?) -> Void
  }

  private final class Pending: Sendable {
    let arrived = DispatchSemaphore(value: 0)
    let handover = Mutex<Handover?>(nil)
  }

  private let core: CoreThread
  private let clock: CoreClock
  private let intervalNanoseconds: Int64
  private let wakeUp: WakeUp
  private let askers = Mutex<[Asker]>([])
  private let isStopped = Atomic<Bool>(false)
  private var worker: WorkerThread?

  // Of the worker's thread.
  private var log: LatencyLog?
  private var spare = StageHistograms()
  private var pending: Pending?
  private var run = StageHistograms()
  private var current = StageHistograms()
  private var lastInterval: LatencyView.Window?
  private var lastPaths: Histogram?
  private var counters = StageCounters()
  private var memoryBytes = 0
  private var venueNames: [String] = []
  private var startedAt: Timestamp
  private var intervalStart: Timestamp
  private var nextPeriod: Int64 = 0
  private var pathLatency = PathLatencyWatch()

  init(core: CoreThread, settings: LatencySettings) throws(PlatformError) {
    self.core = core
    clock = core.clock
    intervalNanoseconds = settings.intervalSeconds * 1_000_000_000
    wakeUp = try WakeUp()
    startedAt = clock.now
    intervalStart = startedAt
    if let directory = settings.logDirectory {
      log = try LatencyLog(directory: directory, startedAt: startedAt)
    }
  }

  func start() {
    let worker = WorkerThread(name: "latency") { [unowned self] in work() }
    self.worker = worker
    worker.start()
  }

  /// Writes what the last interval has so far; to be called before the core's thread ends.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    wakeUp.signal()
    worker?.join()
  }

  /// Gives all that was counted before the call; `completion` runs on another thread.
  ///
  /// `restarting` begins anew with the counts since the start.
  func view(
    restarting: Bool = false, _ completion: @escaping @Sendable (LatencyView?) -> Void
  ) {
    let isTaken = askers.withLock { askers in
      guard askers.count < Self.maximumAskers, !isStopped.load(ordering: .relaxed) else {
        return false
      }
      askers.append(Asker(restarts: restarting, completion: completion))
      return true
    }
    if isTaken { wakeUp.signal() } else { completion(nil) }
  }

  // MARK: The worker's thread

  private func work() {
    while !isStopped.load(ordering: .relaxed) {
      let wait = max(0, nextPeriod - clock.now.nanoseconds) / 1_000_000
      wakeUp.wait(timeoutMilliseconds: Int32(min(wait, 1000)))
      wakeUp.drain()
      turn()
    }
    collect()
    endInterval(at: clock.now)
    answer(askers.withLock { take(&$0) })
  }

  private func take<Element>(_ list: inout [Element]) -> [Element] {
    defer { list = [] }
    return list
  }

  private func turn() {
    let asking = askers.withLock { take(&$0) }
    collect()
    let now = clock.now
    if now.nanoseconds >= nextPeriod {
      nextPeriod = now.nanoseconds + Self.periodNanoseconds
      tellCore()
    }
    if now.since(intervalStart) >= intervalNanoseconds { endInterval(at: now) }
    answer(asking)
  }

  private func answer(_ asking: [Asker]) {
    guard !asking.isEmpty else { return }
    let view = makeView()
    if asking.contains(where: \.restarts) {
      run = StageHistograms()
      startedAt = clock.now
    }
    for asker in asking { asker.completion(view) }
  }

  /// Swaps sets with the core's thread and adds up what it had.
  ///
  /// A core that takes longer than two seconds is asked no second time: its set comes later.
  private func collect() {
    let pending = pending ?? ask()
    guard pending.arrived.wait(timeout: .now() + 2) == .success,
      let handover = pending.handover.withLock({ $0 })
    else {
      self.pending = pending
      return
    }
    self.pending = nil
    run.add(handover.histograms)
    current.add(handover.histograms)
    handover.histograms.reset()
    spare = handover.histograms
    (counters, memoryBytes) = (handover.counters, handover.memoryBytes)
    venueNames = handover.venueNames
  }

  private func ask() -> Pending {
    let pending = Pending()
    let handed = Unchecked((core: core, spare: spare))
    core.loop.submit {
      guard let stages = handed.value.core.stages else { return }
      let core = handed.value.core
      core.correctClocks()
      let handover = Handover(
        histograms: stages.swap(for: handed.value.spare), counters: stages.counters,
        memoryBytes: stages.byteCount, venueNames: core.venueNames)
      pending.handover.withLock { $0 = handover }
      pending.arrived.signal()
    }
    return pending
  }

  /// Gives the core's thread the p99 of the stages, and of the way out if it has changed.
  private func tellCore() {
    let limits = StageLimits(run)
    var way = current.histogram(.decisionToOrder)
    if let lastPaths { way.add(lastPaths) }
    let news = pathLatency.news(count: way.totalCount, p99: way.value(atPercentile: 99))
    let handed = Unchecked(core)
    core.loop.submit {
      handed.value.stages?.adopt(limits)
      if let news { handed.value.pathLatencyMeasured(news) }
    }
  }

  private func endInterval(at now: Timestamp) {
    let window = window(current, from: intervalStart, to: now)
    log?.append(window, names: venueNames)
    lastInterval = window
    lastPaths = current.histogram(.decisionToOrder)
    current = StageHistograms()
    intervalStart = now
  }

  // MARK: Views

  private func makeView() -> LatencyView {
    LatencyView(
      intervalSeconds: intervalNanoseconds / 1_000_000_000,
      run: window(run, from: startedAt, to: clock.now), interval: lastInterval,
      counters: LatencyView.Counters(counters, memoryBytes: memoryBytes + ownBytes))
  }

  /// The spare set, the run's, the interval's and the last interval's.
  private var ownBytes: Int { run.byteCount * 4 }

  private func window(
    _ histograms: StageHistograms, from start: Timestamp, to end: Timestamp
  ) -> LatencyView.Window {
    var stages: [LatencyView.Entry] = []
    for stage in Stage.allCases {
      var all = Histogram(
        highestTrackableValue: StageHistograms.highestNanoseconds, significantDigits: 2)
      var parts: [LatencyView.Entry] = []
      for venue in 0..<histograms.venueCount {
        let histogram = histograms.histogram(stage, venue: venue)
        guard histogram.totalCount > 0 else { continue }
        all.add(histogram)
        parts.append(
          LatencyView.Entry(name: stage.name, venue: VenueID(UInt8(venue)), histogram: histogram))
      }
      stages.append(LatencyView.Entry(name: stage.name, venue: nil, histogram: all))
      stages += parts
    }
    let paths = StagePath.allCases.map {
      LatencyView.Entry(name: $0.name, venue: nil, histogram: histograms.histogram($0))
    }
    return LatencyView.Window(start: start, end: end, stages: stages, paths: paths)
  }
}

extension CoreThread {
  /// By the venues' numbers.
  var venueNames: [String] {
    var names: [String] = []
    for gateway in attachedGateways {
      while names.count <= gateway.venue.index { names.append("venue-\(names.count)") }
      names[gateway.venue.index] = gateway.settings.name
    }
    return names
  }

  /// Tells the tracker what makes the venues' times ours.
  ///
  /// Venues' clocks are measured against the wall clock, which may have been set since the start.
  func correctClocks() {
    let drift = Clock.wallNanoseconds() &- clock.now.nanoseconds
    for gateway in attachedGateways {
      stages?.correctClock(
        of: gateway.venue, by: 0 &- gateway.clockOffset.nanoseconds &- drift)
    }
  }
}

extension LatencyView.Counters {
  init(_ counters: StageCounters, memoryBytes: Int) {
    self.init(
      lateParents: counters.lateParents, unexplainedOverruns: counters.unexplainedOverruns,
      overruns: Stage.allCases.map {
        LatencyView.Overrun(stage: $0.name, count: counters.overruns[$0.rawValue])
      }, clampedStamps: counters.clampedStamps, droppedFrames: counters.droppedFrames,
      forgottenParents: counters.forgottenParents, forgottenChildren: counters.forgottenChildren,
      memoryBytes: memoryBytes)
  }
}

extension ParentStagesView {
  init(_ stages: (parent: ParentStages, children: [ChildStages])) {
    self.init(
      parent: stages.parent.id, overrun: stages.parent.overrun?.name,
      childCount: stages.parent.childCount, children: stages.children.reversed().map(Child.init))
  }
}

extension ParentStagesView.Child {
  init(_ child: ChildStages) {
    var stamps: [ParentStagesView.Stamp] = []
    for point in StagePoint.allCases {
      guard let time = child.stamps[point] else { continue }
      let duration = child.stamps.duration(to: point)
      stamps.append(
        ParentStagesView.Stamp(
          point: point.label, stage: duration == nil ? nil : point.stage?.name,
          at: Timestamp(nanoseconds: time), nanoseconds: duration))
    }
    let total =
      stamps.isEmpty ? 0 : stamps[stamps.count - 1].at.since(stamps[0].at)
    self.init(
      id: child.id, venue: child.venue, cause: child.cause.name, stamps: stamps,
      totalNanoseconds: total)
  }
}

extension VenueClockView {
  init(_ gateway: VenueGateway) {
    let offset = gateway.clockOffset
    self.init(
      venue: gateway.venue, offsetNanoseconds: offset.nanoseconds,
      uncertaintyNanoseconds: offset.uncertainty)
  }
}
