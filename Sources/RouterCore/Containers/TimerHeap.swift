/// One deadline for each of a fixed number of items, the earliest at hand.
///
/// Items with equal deadlines come out by number, so that a replay sees the same order.
package struct TimerHeap: ~Copyable, Sendable {
  private var deadlines: FixedBuffer<Int64>
  /// Where an item stands in `order`; `-1` if it has no deadline.
  private var positions: FixedBuffer<Int32>
  private var order: FixedBuffer<Int32>
  private var count = 0

  package init(items: Int) {
    deadlines = FixedBuffer(repeating: 0, count: items)
    positions = FixedBuffer(repeating: -1, count: items)
    order = FixedBuffer(repeating: 0, count: items)
  }

  package var earliest: Timestamp {
    count == 0 ? .distantFuture : Timestamp(nanoseconds: deadlines[Int(order[0])])
  }

  /// The item with the earliest deadline that has come, which then has none.
  package mutating func popDue(at now: Timestamp) -> Int? {
    guard count > 0, earliest <= now else { return nil }
    let item = Int(order[0])
    remove(item)
    return item
  }

  package mutating func set(_ item: Int, to deadline: Timestamp) {
    guard deadline < .distantFuture else { return remove(item) }
    deadlines[item] = deadline.nanoseconds
    if positions[item] < 0 {
      place(item, at: count)
      count += 1
    }
    settle(Int(positions[item]))
  }

  /// Sets the deadline unless an earlier one stands.
  package mutating func setNoLater(_ item: Int, than deadline: Timestamp) {
    guard deadline < self.deadline(of: item) else { return }
    set(item, to: deadline)
  }

  package func deadline(of item: Int) -> Timestamp {
    positions[item] < 0 ? .distantFuture : Timestamp(nanoseconds: deadlines[item])
  }

  package mutating func remove(_ item: Int) {
    let position = Int(positions[item])
    guard position >= 0 else { return }
    positions[item] = -1
    count -= 1
    guard position < count else { return }
    place(Int(order[count]), at: position)
    settle(position)
  }

  private mutating func settle(_ start: Int) {
    var position = start
    while position > 0, precedes(position, (position - 1) / 2) {
      exchange(position, (position - 1) / 2)
      position = (position - 1) / 2
    }
    while let child = earlierChild(of: position), precedes(child, position) {
      exchange(child, position)
      position = child
    }
  }

  private func earlierChild(of position: Int) -> Int? {
    let left = position * 2 + 1
    guard left < count else { return nil }
    let right = left + 1
    return right < count && precedes(right, left) ? right : left
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    let (first, second) = (Int(order[a]), Int(order[b]))
    let (early, late) = (deadlines[first], deadlines[second])
    return early < late || (early == late && first < second)
  }

  private mutating func exchange(_ a: Int, _ b: Int) {
    let item = Int(order[a])
    place(Int(order[b]), at: a)
    place(item, at: b)
  }

  private mutating func place(_ item: Int, at position: Int) {
    order[position] = Int32(item)
    positions[item] = Int32(position)
  }
}
