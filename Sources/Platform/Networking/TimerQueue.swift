/// A timer that was scheduled; stale ones are ignored.
package struct TimerID: Hashable, Sendable {
  let number: UInt64
}

/// Timers ordered by deadline, then by the order in which they were scheduled.
///
/// A canceled timer leaves its heap entry behind; the heap is rebuilt once such entries outnumber
/// the living, so that request timeouts that never fire cost no memory.
struct TimerQueue {
  private struct Entry {
    let deadline: Int64
    let number: UInt64

    func precedes(_ other: Entry) -> Bool {
      (deadline, number) < (other.deadline, other.number)
    }
  }

  /// A dictionary would wrap a bare function in a box of its own, allocated for each timer.
  private struct Handler {
    let run: () -> Void
  }

  private var heap: [Entry] = []
  private var handlers: [UInt64: Handler] = [:]
  private var lastNumber: UInt64 = 0

  var count: Int { handlers.count }

  mutating func add(deadline: Int64, _ handler: @escaping () -> Void) -> TimerID {
    lastNumber += 1
    handlers[lastNumber] = Handler(run: handler)
    heap.append(Entry(deadline: deadline, number: lastNumber))
    siftUp(heap.count - 1)
    return TimerID(number: lastNumber)
  }

  mutating func cancel(_ id: TimerID) {
    guard handlers.removeValue(forKey: id.number) != nil else { return }
    if heap.count > 2 * handlers.count + 64 { rebuild() }
  }

  /// The deadline of the next timer.
  mutating func nextDeadline() -> Int64? {
    dropCanceled()
    return heap.first?.deadline
  }

  /// The last number given out; timers added later have a greater one.
  var newest: UInt64 { lastNumber }

  /// Takes the next timer due at `now` among those numbered up to `newest`.
  mutating func popDue(at now: Int64, upTo newest: UInt64) -> (() -> Void)? {
    dropCanceled()
    guard let first = heap.first, first.deadline <= now, first.number <= newest else { return nil }
    removeFirst()
    return handlers.removeValue(forKey: first.number)?.run
  }

  private mutating func dropCanceled() {
    while let first = heap.first, handlers[first.number] == nil { removeFirst() }
  }

  private mutating func rebuild() {
    heap.removeAll { handlers[$0.number] == nil }
    for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    siftDown(0)
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
