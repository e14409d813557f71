/// What is to happen: by time, and at one time in the order in which it was asked for.
struct WireSchedule {
  private struct Entry {
    var time: Int64
    var number: UInt64
    var body: () -> Void
  }

  private var heap: [Entry] = []
  private var nextNumber: UInt64 = 0

  /// The time of the next entry; `Int64.max` if there is none.
  var earliest: Int64 { heap.first?.time ?? .max }

  mutating func add(at time: Int64, _ body: @escaping () -> Void) {
    heap.append(Entry(time: time, number: nextNumber, body: body))
    nextNumber += 1
    rise(heap.count - 1)
  }

  mutating func removeFirst() -> (time: Int64, body: () -> Void)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    return (first.time, first.body)
  }

  mutating func removeAll() { heap.removeAll() }

  private func isEarlier(_ a: Int, _ b: Int) -> Bool {
    heap[a].time != heap[b].time ? heap[a].time < heap[b].time : heap[a].number < heap[b].number
  }

  private mutating func rise(_ start: Int) {
    var place = start
    while place > 0, isEarlier(place, (place - 1) / 2) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && isEarlier(child, least) {
        least = child
      }
      guard least != place else { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}
