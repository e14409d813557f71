import Platform
import Synchronization
import Testing

struct BoundedQueueTests {
  @Test func `elements leave in the order they came, around the end of the storage`() {
    let queue = BoundedQueue<Int>(capacity: 3)
    for round in 0..<10 {
      #expect(queue.push(round))
      #expect(queue.push(round + 100))
      #expect(queue.pop() == round)
      #expect(queue.pop() == round + 100)
    }
    #expect(queue.pop() == nil)
  }

  @Test func `a full queue refuses and keeps what it has`() {
    let queue = BoundedQueue<Int>(capacity: 2)
    #expect(queue.push(1))
    #expect(queue.push(2))
    #expect(!queue.push(3))
    #expect(queue.count == 2)
    var all = [0]
    queue.popAll(into: &all)
    #expect(all == [0, 1, 2])
    #expect(queue.count == 0)
  }

  @Test func `nothing is lost or doubled between threads`() {
    let queue = BoundedQueue<Int>(capacity: 64)
    let producers = (0..<4).map { producer in
      WorkerThread(name: "producer") {
        for value in 0..<1000 {
          while !queue.push(producer * 1000 + value) {}
        }
      }
    }
    producers.forEach { $0.start() }
    var received: [Int] = []
    while received.count < 4000 { queue.popAll(into: &received) }
    producers.forEach { $0.join() }
    #expect(received.sorted() == Array(0..<4000))
    for producer in 0..<4 {
      let own = received.filter { $0 / 1000 == producer }
      #expect(own == own.sorted())
    }
  }
}

struct WorkerThreadTests {
  @Test func `join waits for the body`() {
    let value = Mutex(0)
    let thread = WorkerThread(name: "a name longer than fifteen bytes") {
      for _ in 0..<1000 { value.withLock { $0 += 1 } }
    }
    thread.start()
    thread.join()
    #expect(value.withLock { $0 } == 1000)
    thread.join()
  }

  @Test func `a thread may be dropped while it runs`() throws {
    let done = try WakeUp()
    WorkerThread(name: "dropped") { done.signal() }.start()
    #expect(done.wait(timeoutMilliseconds: 10_000))
  }
}

struct WakeUpTests {
  @Test func `several signals are one wake-up`() throws {
    let wakeUp = try WakeUp()
    #expect(!wakeUp.wait(timeoutMilliseconds: 0))
    wakeUp.signal()
    wakeUp.signal()
    #expect(wakeUp.wait(timeoutMilliseconds: 0))
    wakeUp.drain()
    #expect(!wakeUp.wait(timeoutMilliseconds: 0))
    wakeUp.drain()
  }
}

struct ClockTests {
  @Test func `the monotonic clock does not go back`() {
    var last = Clock.monotonicNanoseconds()
    for _ in 0..<1000 {
      let now = Clock.monotonicNanoseconds()
      #expect(now >= last)
      last = now
    }
  }

  @Test func `the wall clock counts from 1970`() {
    #expect(Clock.wallNanoseconds() > 1_700_000_000_000_000_000)
  }
}
