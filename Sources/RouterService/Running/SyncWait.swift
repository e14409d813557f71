/// Whether it pays to stay awake until a sync is over: on most disks it does, on a slow one never.
struct SyncWait {
  /// So many syncs in a row that took too long, and it is tried only now and then.
  private static let patience = 8
  private static let trialInterval = 64

  private var startedAt: Int64 = 0
  private var misses = 0

  var isUnderWay: Bool { startedAt != 0 }

  /// Effects begin to wait for a sync.
  ///
  /// - Returns: Whether to stay awake for it.
  mutating func begin(at now: Int64) -> Bool {
    startedAt = now
    return misses < Self.patience || misses % Self.trialInterval == 0
  }

  /// A sync is over; it was worth staying awake for if it took no longer than `limit`.
  mutating func end(at now: Int64, limit: Int64) {
    guard isUnderWay else { return }
    misses = now - startedAt <= limit ? 0 : misses + 1
    startedAt = 0
  }
}
