package import Synchronization

/// A first-in first-out queue between threads that refuses instead of growing.
///
/// Any number of threads may push and pop. It never waits; pair it with a `WakeUp` for that.
package final class BoundedQueue<Element: Sendable>: Sendable {
  @usableFromInline let ring: Mutex<Ring<Element>>

  package init(capacity: Int) {
    precondition(capacity > 0)
    ring = Mutex(Ring(capacity: capacity))
  }

  /// The number of elements waiting.
  @inlinable package var count: Int {
    ring.withLock { $0.count }
  }

  /// Appends an element.
  ///
  /// - Returns: False if the queue is full; the element was not taken.
  @inlinable package func push(_ element: Element) -> Bool {
    ring.withLock { $0.push(element) }
  }

  /// Takes the oldest element.
  @inlinable package func pop() -> Element? {
    ring.withLock { $0.pop() }
  }

  /// Moves all waiting elements, oldest first, to the end of `elements`.
  @inlinable package func popAll(into elements: inout [Element]) {
    ring.withLock { ring in
      while let element = ring.pop() { elements.append(element) }
    }
  }
}

/// The storage of a `BoundedQueue`: a circle of slots, allocated once.
@usableFromInline struct Ring<Element> {
  @usableFromInline var slots: [Element?]
  @usableFromInline var head = 0
  @usableFromInline var count = 0

  init(capacity: Int) {
    slots = Array(repeating: nil, count: capacity)
  }

  @inlinable mutating func push(_ element: Element) -> Bool {
    guard count < slots.count else { return false }
    var tail = head + count
    if tail >= slots.count { tail -= slots.count }
    slots[tail] = element
    count += 1
    return true
  }

  @inlinable mutating func pop() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[head]
    slots[head] = nil
    head += 1
    if head == slots.count { head = 0 }
    count -= 1
    return element
  }
}
