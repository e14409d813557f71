import RouterCore

/// A signed REST request before it is signed.
struct KrakenRequest {
  let method: String
  let fields: [(String, String)]
  /// What it costs at the venue's call counter.
  let calls: Int64
  let purpose: RequestTag.Purpose
}

/// The one lane of signed REST requests.
///
/// A nonce must never arrive after a greater one, so one request is in flight at a time. The lane
/// also keeps below the venue's call counter; going over it blocks the key for longer the more one
/// asks.
struct KrakenRequestLane {
  enum Job: UInt8, Equatable {
    case token, reconciliation, balances, openOrders
  }

  /// Thousandths of a call; the intermediate tier's 20 calls, which decay by one in two seconds.
  private static let limit: Int64 = 20_000
  private static let decayPerSecond: Int64 = 500
  private static let timeoutMilliseconds: Int64 = 60_000

  private(set) var inFlight: Job?
  private(set) var serial: UInt64 = 0
  private var startedAt = Timestamp.distantPast
  private var pausedUntil = Timestamp.distantPast
  /// Starts at what the questions of start-up have used.
  private var used: Int64 = 5000
  private var usedAt = Timestamp.distantPast

  /// Takes the lane for a job of so many calls, if it is free.
  mutating func start(_ job: Job, calls: Int64, at time: Timestamp) -> Bool {
    guard inFlight == nil, time >= pausedUntil else { return false }
    decay(at: time)
    let total = used + calls * 1000
    guard total <= Self.limit else {
      // When enough of it has decayed.
      let wait = ((total - Self.limit) * 1000 + Self.decayPerSecond - 1) / Self.decayPerSecond
      pausedUntil = time.adding(milliseconds: wait)
      return false
    }
    used = total
    inFlight = job
    serial += 1
    startedAt = time
    return true
  }

  /// Frees the lane; `nil` if the answer is not the one awaited.
  mutating func finish(_ serial: UInt64) -> Job? {
    guard serial == self.serial, let job = inFlight else { return nil }
    inFlight = nil
    return job
  }

  mutating func pause(milliseconds: Int64, at time: Timestamp) {
    pausedUntil = max(pausedUntil, time.adding(milliseconds: milliseconds))
  }

  /// When something can happen here: the request's end, or the next one's start.
  var deadline: Timestamp {
    inFlight == nil ? pausedUntil : startedAt.adding(milliseconds: Self.timeoutMilliseconds)
  }

  func isOverdue(at time: Timestamp) -> Bool {
    inFlight != nil && time >= deadline
  }

  private mutating func decay(at time: Timestamp) {
    guard usedAt < time else { return }
    let elapsed = usedAt == .distantPast ? 0 : min(time.since(usedAt), 3_600_000_000_000)
    used = max(0, used - elapsed / 1_000_000 * Self.decayPerSecond / 1000)
    usedAt = time
  }
}
