internal import RouterCore

/// Things that happen at a time, the earliest first; of equal times the one that was added first.
struct TimedQueue<Element> {
  struct Item {
    var time: Int64
    var number: UInt64
    var element: Element

    static func < (a: Item, b: Item) -> Bool {
      a.time == b.time ? a.number < b.number : a.time < b.time
    }
  }

  private(set) var items: [Item] = []
  private var count: UInt64 = 0

  var isEmpty: Bool { items.isEmpty }

  var earliest: Timestamp {
    items.isEmpty ? .distantFuture : Timestamp(nanoseconds: items[0].time)
  }

  mutating func add(_ element: Element, at time: Timestamp) {
    items.append(Item(time: time.nanoseconds, number: count, element: element))
    count += 1
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The earliest element if its time has come.
  mutating func next(by now: Timestamp) -> (element: Element, time: Timestamp)? {
    guard let first = items.first, first.time <= now.nanoseconds else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      sink(0)
    }
    return (first.element, Timestamp(nanoseconds: first.time))
  }

  /// Drops what is not wanted any more.
  mutating func keep(_ isWanted: (Element) -> Bool) {
    items.removeAll { !isWanted($0.element) }
    for parent in stride(from: items.count / 2 - 1, through: 0, by: -1) { sink(parent) }
  }

  private mutating func sink(_ start: Int) {
    var parent = start
    while true {
      var least = 2 * parent + 1
      guard least < items.count else { return }
      if least + 1 < items.count, items[least + 1] < items[least] { least += 1 }
      guard items[least] < items[parent] else { return }
      items.swapAt(least, parent)
      parent = least
    }
  }
}
