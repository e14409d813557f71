import Testing

@testable import RouterService

struct SyncWaitTests {
  private static let limit: Int64 = 100

  /// Syncs that take so long each.
  private func stayedAwake(_ wait: inout SyncWait, _ count: Int, taking time: Int64) -> Int {
    var awake = 0
    for number in 0..<count {
      let start = Int64(number + 1) * 1000
      if wait.begin(at: start) { awake += 1 }
      wait.end(at: start + time, limit: Self.limit)
    }
    return awake
  }

  @Test func `a fast disk is always waited for awake`() {
    var wait = SyncWait()
    let awake = stayedAwake(&wait, 1000, taking: Self.limit)
    #expect(awake == 1000)
  }

  @Test func `a slow disk is waited for awake only now and then`() {
    var wait = SyncWait()
    let atFirst = stayedAwake(&wait, 8, taking: 5000)
    let later = stayedAwake(&wait, 640, taking: 5000)
    #expect(atFirst == 8 && later == 10)
    // One fast sync, and it is worth it again.
    wait.end(at: 0, limit: Self.limit)
    _ = wait.begin(at: 1)
    wait.end(at: 2, limit: Self.limit)
    let isWorthIt = wait.begin(at: 3)
    #expect(isWorthIt)
  }

  @Test func `a sync that nothing waits for says nothing`() {
    var wait = SyncWait()
    for _ in 0..<100 { wait.end(at: 1_000_000, limit: Self.limit) }
    let isWorthIt = wait.begin(at: 1)
    #expect(isWorthIt && wait.isUnderWay)
  }
}
