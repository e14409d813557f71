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
  /// Whether there is work, for a look without the lock.
  private let hasWork = Atomic(false)

  // MARK: Any thread

  /// - Returns: Whether the loop must be woken.
  func append(_ work: @escaping @Sendable () -> Void) -> Bool {
    content.withLock { content in
      content.work.append(work)
      hasWork.store(true, ordering: .releasing)
      defer { content.isAsleep = false }
      return content.isAsleep
    }
  }

  // MARK: The loop's thread

  var isEmpty: Bool { !hasWork.load(ordering: .acquiring) }

  /// Says that the loop will wait in the kernel, unless there is work.
  func fallAsleep() -> Bool {
    content.withLock { content in
      guard content.work.isEmpty else { return false }
      content.isAsleep = true
      return true
    }
  }

  func wake() { content.withLock { $0.isAsleep = false } }

  /// Swaps all work for an empty list.
  func take(_ list: inout [@Sendable () -> Void]) {
    content.withLock { content in
      swap(&content.work, &list)
      hasWork.store(false, ordering: .releasing)
    }
  }
}
