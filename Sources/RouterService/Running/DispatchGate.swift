internal import Dispatch
internal import Synchronization

/// A door that opens once and lets everybody through.
final class DispatchGate: Sendable {
  private let group = DispatchGroup()
  private let opened = AtomicFlag()

  init() { group.enter() }

  func open() {
    if opened.set() { group.leave() }
  }

  func wait() { group.wait() }
}

private final class AtomicFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  /// - Returns: Whether this call was the first.
  func set() -> Bool {
    flag.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
  }
}
