internal import Synchronization

/// What other threads have handed to an event loop, and whether it must be woken for it.
///
/// Waking a thread that sleeps takes a system call, and a thread that runs needs none. Whether it
/// sleeps is decided under the same lock as whether there is work, so that no call is lost: either
/// the loop sees the work before it sleeps, or whoever brings work sees that it sleeps.
final class LoopInbox: Sendable {
  private struct Content {
    var work: [@Sendable () -> Void] = []
    var isAsleep = false
  }

  private let content = Mutex(Content())
  /// Copies of what the lock guards, for a look without it.
  private let hasWork = Atomic(false)
  /// Until when work is expected, on the monotonic clock; zero if none is.
  private let expectation = Atomic<Int64>(0)

  // MARK: Any thread

  /// - Returns: Whether the loop must be woken.
  func append(_ work: @escaping @Sendable () -> Void) -> Bool {
    content.withLock { content in
      content.work.append(work)
      hasWork.store(true, ordering: .releasing)
      return Self.rouse(&content)
    }
  }

  /// - Returns: Whether the loop must be woken.
  func expect(until time: Int64) -> Bool {
    expectation.store(time, ordering: .releasing)
    return content.withLock { Self.rouse(&$0) }
  }

  private static func rouse(_ content: inout Content) -> Bool {
    defer { content.isAsleep = false }
    return content.isAsleep
  }

  // MARK: The loop's thread

  var isEmpty: Bool { !hasWork.load(ordering: .acquiring) }

  var expectedUntil: Int64? {
    let time = expectation.load(ordering: .acquiring)
    return time == 0 ? nil : time
  }

  /// What was expected until `time` has not come.
  func expectNothing(after time: Int64) {
    _ = expectation.compareExchange(
      expected: time, desired: 0, ordering: .acquiringAndReleasing)
  }

  /// Says that the loop will wait in the kernel, unless there is a reason not to.
  func fallAsleep() -> Bool {
    content.withLock { content in
      guard content.work.isEmpty, expectation.load(ordering: .acquiring) == 0 else { return false }
      content.isAsleep = true
      return true
    }
  }

  func wake() { content.withLock { $0.isAsleep = false } }

  /// Swaps all work for an empty list; what was expected has come.
  func take(_ list: inout [@Sendable () -> Void]) {
    content.withLock { content in
      swap(&content.work, &list)
      hasWork.store(false, ordering: .releasing)
    }
    expectation.store(0, ordering: .releasing)
  }
}
