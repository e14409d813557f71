/// Keeps calls away from a venue that fails or is slow, until it has shown that it works again.
///
/// Closed, every outcome is counted; open, nothing is let through until a wait is over; half-open, a
/// few probes decide. It decides nothing about orders: the core asks for its state.
package struct CircuitBreaker: Sendable, BitwiseCopyable {
  package enum State: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case closed = 0
    case open = 1
    case halfOpen = 2
  }

  package private(set) var settings: VenueBreakerSettings
  package private(set) var state = State.closed
  /// When the wait of an open breaker is over.
  package private(set) var openUntil = Timestamp.distantPast
  package private(set) var lastFailure = CallFailure.none
  /// What the last change of state rests on.
  package private(set) var evidence = CallCounts()
  private var window: CallWindow
  /// Trips since the last sustained success.
  private var tripCount: UInt16 = 0
  private var closedAt = Timestamp.distantPast
  /// How long it must have stayed closed since for the next trip to be a first one.
  private var sustainedNanoseconds: Int64 = 0
  private var goodProbes: UInt8 = 0
  /// How many good probes close it; zero if something else does.
  private let neededProbes: UInt8
  private let seed: UInt64

  package init(_ settings: VenueBreakerSettings, neededProbes: UInt8, seed: UInt64) {
    self.settings = settings
    self.neededProbes = neededProbes
    self.seed = seed
    window = CallWindow(nanoseconds: settings.windowNanoseconds)
  }

  // Outcomes.

  /// A call was answered; when half-open nothing counts but what tells how the venue is now.
  ///
  /// - Returns: Its number, for `turnedFailed`.
  package mutating func succeeded(isSlow: Bool, isProbe: Bool, at now: Timestamp) -> UInt64 {
    record(.none, isSlow: isSlow, isProbe: isProbe, at: now)
  }

  package mutating func failed(
    _ reason: CallFailure, isProbe: Bool, at now: Timestamp
  ) {
    _ = record(reason, isSlow: false, isProbe: isProbe, at: now)
  }

  /// A call that was counted as slow has failed in the end.
  package mutating func turnedFailed(_ call: UInt64, _ reason: CallFailure, at now: Timestamp) {
    guard settings.isEnabled, state == .closed else { return }
    lastFailure = reason
    window.markFailed(call)
    judge(now)
  }

  private mutating func record(
    _ reason: CallFailure, isSlow: Bool, isProbe: Bool, at now: Timestamp
  ) -> UInt64 {
    guard settings.isEnabled else { return .max }
    if reason != .none { lastFailure = reason }
    switch state {
    case .open: return .max
    case .halfOpen:
      if isProbe { judgeProbe(reason, isSlow, now) }
      return .max
    case .closed:
      let call = window.record(isFailed: reason != .none, isSlow: isSlow, at: now)
      judge(now)
      return call
    }
  }

  private mutating func judge(_ now: Timestamp) {
    let last = window.last(Int(settings.windowCalls), at: now)
    if isBad(last) { return open(last, now) }
    let recent = window.recent(at: now)
    if isBad(recent) { open(recent, now) }
  }

  private func isBad(_ counts: CallCounts) -> Bool {
    guard counts.calls >= max(UInt32(settings.minimumCalls), 1) else { return false }
    return reaches(counts.failures, settings.failureRate, of: counts.calls)
      || reaches(counts.slowCalls, settings.slowCallRate, of: counts.calls)
  }

  private func reaches(_ part: UInt32, _ rate: UInt16, of whole: UInt32) -> Bool {
    part > 0 && UInt64(part) * 10_000 >= UInt64(rate) * UInt64(whole)
  }

  private mutating func judgeProbe(_ reason: CallFailure, _ isSlow: Bool, _ now: Timestamp) {
    let calls = UInt32(goodProbes) + 1
    if reason != .none { return open(CallCounts(calls: calls, failures: 1), now) }
    guard !isSlow else {
      lastFailure = .slow
      return open(CallCounts(calls: calls, slowCalls: 1), now)
    }
    goodProbes = UInt8(clamping: calls)
    if neededProbes > 0 && goodProbes >= neededProbes { close(at: now) }
  }

  // States.

  private mutating func open(_ counts: CallCounts, _ now: Timestamp) {
    if isSustained(now) { tripCount = 0 }
    if lastFailure == .none || counts.failures == 0 { lastFailure = .slow }
    let ceiling = FullJitter.ceiling(
      base: settings.openMilliseconds, cap: settings.openCapMilliseconds, attempt: Int(tripCount))
    tripCount = tripCount == .max ? .max : tripCount + 1
    let wait = FullJitter.draw(upTo: ceiling, seed: seed, attempt: UInt64(tripCount))
    (state, evidence) = (.open, counts)
    openUntil = now.adding(milliseconds: wait)
    sustainedNanoseconds = max(settings.windowNanoseconds, ceiling.multipliedClamped(by: 1_000_000))
  }

  /// A link that comes up and falls at once must go on waiting longer.
  private func isSustained(_ now: Timestamp) -> Bool {
    state == .closed && closedAt > .distantPast && now.since(closedAt) >= sustainedNanoseconds
  }

  /// The wait is over: probes may come.
  package mutating func tryAgain() {
    guard state == .open else { return }
    (state, goodProbes) = (.halfOpen, 0)
  }

  package mutating func close(at now: Timestamp) {
    guard state != .closed else { return }
    evidence = CallCounts(calls: UInt32(goodProbes))
    (state, closedAt) = (.closed, now)
    window.removeAll()
  }

  /// Takes other settings; the window starts afresh, the state stays.
  package mutating func configure(_ settings: VenueBreakerSettings, neededProbes: UInt8) {
    var changed = CircuitBreaker(settings, neededProbes: neededProbes, seed: seed)
    (changed.state, changed.openUntil) = (state, openUntil)
    (changed.lastFailure, changed.evidence) = (lastFailure, evidence)
    (changed.tripCount, changed.closedAt) = (tripCount, closedAt)
    changed.sustainedNanoseconds = sustainedNanoseconds
    self = changed
  }

  // Looking.

  /// What the window holds: the one with more calls in it.
  package func counts(at now: Timestamp) -> CallCounts {
    let (last, recent) = (window.last(Int(settings.windowCalls), at: now), window.recent(at: now))
    return recent.calls > last.calls ? recent : last
  }

  /// Trips in a row without sustained success between them.
  package func trips(at now: Timestamp) -> UInt16 { isSustained(now) ? 0 : tripCount }
}

extension Int64 {
  fileprivate func multipliedClamped(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
