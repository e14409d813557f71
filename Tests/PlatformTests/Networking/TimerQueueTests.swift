import Testing

@testable import Platform

struct TimerQueueTests {
  @Test func `due timers come by deadline, then in the order they were added`() {
    var queue = TimerQueue()
    var order: [Int] = []
    for (index, deadline) in [30, 10, 20, 10, 30].enumerated() {
      _ = queue.add(deadline: Int64(deadline)) { order.append(index) }
    }
    drain(&queue, at: 25)
    #expect(order == [1, 3, 2])
    drain(&queue, at: 30)
    #expect(order == [1, 3, 2, 0, 4])
    #expect(queue.count == 0 && queue.nextDeadline() == nil)
  }

  @Test func `thousands of canceled timers leave the order of the others intact`() {
    var queue = TimerQueue()
    var order: [Int] = []
    for number in 0..<5_000 {
      let deadline = (number * 7919) % 5_000
      let id = queue.add(deadline: Int64(deadline)) { order.append(deadline) }
      if number % 10 != 0 { queue.cancel(id) }
    }
    #expect(queue.count == 500)
    drain(&queue, at: 5_000)
    #expect(order.count == 500 && order == order.sorted())
  }

  @Test func `canceling the first timer shows the next deadline`() {
    var queue = TimerQueue()
    let first = queue.add(deadline: 1) {}
    _ = queue.add(deadline: 2) {}
    queue.cancel(first)
    #expect(queue.nextDeadline() == 2)
  }

  @Test func `a timer added later than the mark is not taken`() {
    var queue = TimerQueue()
    _ = queue.add(deadline: 1) {}
    let mark = queue.newest
    _ = queue.add(deadline: 0) {}
    #expect(queue.popDue(at: 5, upTo: mark) == nil)
    #expect(queue.popDue(at: 5, upTo: queue.newest) != nil)
  }

  private func drain(_ queue: inout TimerQueue, at now: Int64) {
    while let handler = queue.popDue(at: now, upTo: queue.newest) { handler() }
  }
}
