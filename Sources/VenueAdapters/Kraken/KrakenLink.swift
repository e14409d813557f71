import RouterCore

/// Whether a socket is alive, judged by what arrives on it.
///
/// The venue sends a heartbeat a second once something is subscribed, and closes a connection on
/// which we are silent for a minute.
struct KrakenLink {
  enum Duty { case ping, reconnect }

  private static let quietMilliseconds: Int64 = 3000
  private static let deadMilliseconds: Int64 = 6000
  private static let keepAliveMilliseconds: Int64 = 25_000

  private(set) var isOpen = false
  private var lastReceived = Timestamp.distantPast
  private var lastPing = Timestamp.distantPast
  private var isCondemned = false

  mutating func opened(at time: Timestamp) {
    isOpen = true
    isCondemned = false
    lastReceived = time
    lastPing = time
  }

  mutating func received(at time: Timestamp) { lastReceived = time }
  mutating func closed() { isOpen = false }

  /// No more is expected of this connection.
  mutating func condemn() { isCondemned = true }

  var isUsable: Bool { isOpen && !isCondemned }

  var deadline: Timestamp {
    guard isUsable else { return .distantFuture }
    let wait = lastPing > lastReceived ? Self.deadMilliseconds : Self.quietMilliseconds
    return min(
      lastReceived.adding(milliseconds: wait),
      lastPing.adding(milliseconds: Self.keepAliveMilliseconds))
  }

  mutating func duty(at time: Timestamp) -> Duty? {
    guard time >= deadline else { return nil }
    if lastPing > lastReceived, time >= lastReceived.adding(milliseconds: Self.deadMilliseconds) {
      isCondemned = true
      return .reconnect
    }
    lastPing = max(time, Timestamp(nanoseconds: lastReceived.nanoseconds &+ 1))
    return .ping
  }
}

/// The venue's clock, from the times it stamps its answers with.
///
/// `/0/public/Time` has whole seconds, which is too coarse for deadlines of a second or two.
struct KrakenClock {
  /// Venue time less the core's time.
  ///
  /// The greatest seen is nearest the truth, since a delay on the way only makes it smaller. It
  /// sinks slowly, so that it follows a drift.
  private var offset: Int64?

  mutating func observe(venueNanoseconds: Int64, at time: Timestamp) {
    let (candidate, overflow) = venueNanoseconds.subtractingReportingOverflow(time.nanoseconds)
    guard !overflow else { return }
    guard let current = offset, candidate < current else { return offset = candidate }
    offset = current - (current - candidate) / 16
  }

  /// Answers name no offset beyond what our own measurement makes believable.
  func venueNanoseconds(at stamp: RequestStamp) -> Int64 {
    guard let offset else { return stamp.venueNanoseconds }
    let (time, overflow) = stamp.time.nanoseconds.addingReportingOverflow(offset)
    let (distance, tooFar) = time.subtractingReportingOverflow(stamp.venueNanoseconds)
    guard !overflow, !tooFar, distance.magnitude <= 2_000_000_000 else {
      return stamp.venueNanoseconds
    }
    return time
  }
}
