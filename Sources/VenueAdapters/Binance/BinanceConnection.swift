import RouterCore

/// How one of the two sockets stands: open, confirmed, silent, or near its end of life.
struct BinanceConnection {
  enum Phase { case closed, subscribing, subscribed, closing }

  /// What the time that has passed asks for.
  enum Duty: Hashable { case nothing, probe, reconnect(String) }

  /// How long a subscription may take.
  private static let subscribeMilliseconds: Int64 = 10_000
  /// A socket without a message for so long is asked whether it lives.
  private static let silenceMilliseconds: Int64 = 30_000
  private static let probeMilliseconds: Int64 = 10_000

  /// The venue closes a socket after 24 hours; the two are renewed at different times before that.
  let lifetimeMilliseconds: Int64
  private(set) var phase = Phase.closed
  /// When something has to be looked at.
  private(set) var deadline = Timestamp.distantFuture
  private var openedAt = Timestamp.distantPast
  private var lastReceived = Timestamp.distantPast
  private var isProbing = false

  init(lifetimeMilliseconds: Int64) {
    self.lifetimeMilliseconds = lifetimeMilliseconds
  }

  mutating func opened(at time: Timestamp) {
    phase = .subscribing
    openedAt = time
    lastReceived = time
    isProbing = false
    deadline = time.adding(milliseconds: Self.subscribeMilliseconds)
  }

  /// Waits anew for a subscription on the same socket.
  mutating func resubscribing(at time: Timestamp) {
    phase = .subscribing
    deadline = time.adding(milliseconds: Self.subscribeMilliseconds)
  }

  mutating func subscribed(at time: Timestamp) {
    phase = .subscribed
    schedule(at: time)
  }

  mutating func closing() {
    phase = .closing
    deadline = .distantFuture
  }

  mutating func closed() {
    phase = .closed
    deadline = .distantFuture
  }

  @inline(__always)
  mutating func received(at time: Timestamp) {
    lastReceived = time
    isProbing = false
  }

  /// What is due; a renewal waits, within reason, while `isBusy`.
  mutating func duty(at time: Timestamp, isBusy: Bool) -> Duty {
    guard deadline <= time else { return .nothing }
    if phase == .subscribing { return .reconnect("no answer to the subscription") }
    guard phase == .subscribed else {
      deadline = .distantFuture
      return .nothing
    }
    if endOfLife <= time && (!isBusy || endOfLife.adding(milliseconds: 600_000) <= time) {
      return .reconnect("before the venue's limit of 24 hours")
    }
    return silence(at: time)
  }

  private mutating func silence(at time: Timestamp) -> Duty {
    guard lastReceived.adding(milliseconds: Self.silenceMilliseconds) <= time else {
      schedule(at: time)
      return .nothing
    }
    if isProbing { return .reconnect("silent for 40 seconds, also when asked") }
    isProbing = true
    deadline = time.adding(milliseconds: Self.probeMilliseconds)
    return .probe
  }

  private mutating func schedule(at time: Timestamp) {
    let silent = lastReceived.adding(milliseconds: Self.silenceMilliseconds)
    // A renewal that waits for orders to be answered is looked at every second.
    let life = endOfLife <= time ? time.adding(milliseconds: 1000) : endOfLife
    deadline = min(silent, life)
  }

  private var endOfLife: Timestamp { openedAt.adding(milliseconds: lifetimeMilliseconds) }
}
