import Glibc
import Platform
import Testing

struct EventLoopTests {
  @Test func `timers run in the order of their deadlines`() throws {
    let loop = try EventLoop()
    var order: [Int] = []
    loop.schedule(afterNanoseconds: 3_000_000) { order.append(3) }
    loop.schedule(afterNanoseconds: 1_000_000) { order.append(1) }
    loop.schedule(afterNanoseconds: 2_000_000) { order.append(2) }
    while order.count < 3 { loop.runOnce(timeoutNanoseconds: -1) }
    #expect(order == [1, 2, 3])
  }

  @Test func `a canceled timer does not run`() throws {
    let loop = try EventLoop()
    var ran: [String] = []
    let canceled = loop.schedule(afterNanoseconds: 1_000_000) { ran.append("canceled") }
    loop.schedule(afterNanoseconds: 2_000_000) { ran.append("kept") }
    loop.cancel(canceled)
    loop.cancel(canceled)
    while ran.isEmpty { loop.runOnce(timeoutNanoseconds: -1) }
    #expect(ran == ["kept"])
  }

  @Test func `a timer may cancel another that is due in the same turn`() throws {
    let loop = try EventLoop()
    var ran: [Int] = []
    var second: TimerID?
    loop.schedule(afterNanoseconds: 0) {
      ran.append(1)
      if let second { loop.cancel(second) }
    }
    second = loop.schedule(afterNanoseconds: 0) { ran.append(2) }
    usleep(1000)
    for _ in 0..<3 { loop.runOnce(timeoutNanoseconds: 0) }
    #expect(ran == [1])
  }

  @Test func `a timer that schedules itself again does not starve sockets`() throws {
    let loop = try EventLoop()
    var turns = 0
    func again() {
      turns += 1
      loop.schedule(afterNanoseconds: 0) { again() }
    }
    loop.schedule(afterNanoseconds: 0) { again() }
    for _ in 0..<10 { loop.runOnce(timeoutNanoseconds: 0) }
    #expect((1...10).contains(turns))
  }

  @Test func `deadlines beyond the end of time are accepted`() throws {
    let loop = try EventLoop()
    var ran = false
    loop.schedule(afterNanoseconds: .max) { ran = true }
    loop.schedule(afterNanoseconds: -5) { ran = true }
    loop.runOnce(timeoutNanoseconds: -1)
    #expect(ran)
  }

  @Test func `work submitted from other threads runs in order`() throws {
    let loop = try EventLoop()
    var received: [Int] = []
    let collect = UncheckedBox { received.append($0) }
    let thread = WorkerThread(name: "submitter") {
      for number in 0..<1_000 { loop.submit { collect.body(number) } }
    }
    thread.start()
    while received.count < 1_000 { loop.runOnce(timeoutNanoseconds: -1) }
    thread.join()
    #expect(received == Array(0..<1_000))
  }

  @Test func `stop ends run, also when it comes first`() throws {
    let loop = try EventLoop()
    loop.stop()
    loop.run()
    let thread = WorkerThread(name: "runner") { loop.run() }
    thread.start()
    loop.stop()
    thread.join()
  }

  @Test func `enqueued work runs after the handler that asked for it`() throws {
    let loop = try EventLoop()
    var order: [String] = []
    loop.schedule(afterNanoseconds: 0) {
      loop.enqueue { order.append("later") }
      order.append("now")
    }
    while order.count < 2 { loop.runOnce(timeoutNanoseconds: -1) }
    #expect(order == ["now", "later"])
  }

  @Test func `a watch ended by an earlier handler of the same batch is not called`() throws {
    let loop = try EventLoop()
    let wakeUps = [try WakeUp(), try WakeUp()]
    var calls = 0
    var ids: [WatchID] = []
    for wakeUp in wakeUps {
      wakeUp.signal()
      ids.append(
        try loop.watch(wakeUp.fileDescriptor, .read) { _ in
          calls += 1
          for id in ids { loop.unwatch(id) }
        })
    }
    for _ in 0..<3 { loop.runOnce(timeoutNanoseconds: 0) }
    #expect(calls == 1)
  }

  @Test func `a stale watch cannot end the one that took its place`() throws {
    let loop = try EventLoop()
    let wakeUp = try WakeUp()
    var calls = 0
    let stale = try loop.watch(wakeUp.fileDescriptor, .read) { _ in }
    loop.unwatch(stale)
    _ = try loop.watch(wakeUp.fileDescriptor, .read) { _ in calls += 1 }
    loop.unwatch(stale)
    loop.modify(stale, [])
    wakeUp.signal()
    loop.runOnce(timeoutNanoseconds: 0)
    #expect(calls == 1)
  }

  @Test func `a descriptor that cannot be watched is refused`() throws {
    let loop = try EventLoop()
    #expect(throws: PlatformError.self) { try loop.watch(-1, .read) { _ in } }
  }
}

/// Carries a closure of the loop's thread through another thread, which does not call it.
struct UncheckedBox: @unchecked Sendable {
  let body: (Int) -> Void
}
