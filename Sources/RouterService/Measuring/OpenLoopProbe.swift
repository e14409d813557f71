internal import Platform
internal import Wire

/// What became of a request, with monotonic times.
enum ProbeOutcome {
  case answered(started: Int64, finished: Int64)
  case unanswered
  case failed(String)
  /// The venue wants no more of them: the probe ends.
  case limited(String)
}

/// Starts one kind of request at fixed intended times and records what became of each.
///
/// Confined to its loop.
final class OpenLoopProbe {
  typealias Completion = (ProbeOutcome) -> Void

  private(set) var series: ProbeSeries
  private let loop: EventLoop
  private let send: (@escaping Completion) -> Void
  private var schedule: OpenLoopSchedule?
  private var timer: TimerID?
  /// The intended starts of what is under way.
  private var underWay: [Int: Int64] = [:]
  private var lastNumber = 0
  private var isClosed = false

  init(_ probe: VenueProbe, loop: EventLoop, send: @escaping (@escaping Completion) -> Void) {
    series = ProbeSeries(probe)
    self.loop = loop
    self.send = send
  }

  var hasEnded: Bool { isClosed || schedule?.hasEnded == true }

  func start(_ schedule: OpenLoopSchedule) {
    self.schedule = schedule
    pump()
  }

  /// Changes the series by something that is not a request of this probe.
  func update(_ body: (inout ProbeSeries) -> Void) {
    body(&series)
  }

  func takeInterval() -> Histogram? { series.takeInterval() }

  /// Ends the probe: what has no answer by now, and what never started, counts as it stands.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    if let timer { loop.cancel(timer) }
    let now = Clock.monotonicNanoseconds()
    for intended in underWay.values.sorted() { series.giveUp(intended: intended, at: now) }
    underWay.removeAll()
    for intended in schedule?.close(at: now) ?? [] { series.omit(intended: intended, at: now) }
  }

  private func pump() {
    guard !isClosed else { return }
    while let intended = schedule?.take(at: Clock.monotonicNanoseconds()) {
      lastNumber += 1
      let number = lastNumber
      underWay[number] = intended
      send { [weak self] in self?.finished(number, $0) }
    }
    arm()
  }

  private func arm() {
    if let timer { loop.cancel(timer) }
    timer = nil
    guard !isClosed, let wake = schedule?.wakeTime else { return }
    let wait = max(wake - Clock.monotonicNanoseconds(), 0)
    timer = loop.schedule(afterNanoseconds: wait) { [weak self] in
      self?.timer = nil
      self?.pump()
    }
  }

  private func finished(_ number: Int, _ outcome: ProbeOutcome) {
    guard !isClosed, let intended = underWay.removeValue(forKey: number) else { return }
    schedule?.finish()
    switch outcome {
    case .answered(let started, let finished):
      series.answer(intended: intended, started: started, finished: finished)
    case .unanswered: series.giveUp(intended: intended, at: Clock.monotonicNanoseconds())
    case .failed(let words): series.fail(words)
    case .limited(let words):
      series.fail("\(words); no more of these are sent")
      // What is not sent for the venue's sake was not omitted by us.
      _ = schedule?.close(at: .min)
    }
    loop.enqueue { [weak self] in self?.pump() }
  }
}
