import Foundation
import Testing

@testable import Platform

struct LoopInboxTests {
  private let inbox = LoopInbox()

  private func takeAll() -> Int {
    var work: [@Sendable () -> Void] = []
    inbox.take(&work)
    return work.count
  }

  @Test func `only a loop that sleeps is woken, and once`() {
    #expect(!inbox.append {})
    #expect(takeAll() == 1)
    #expect(inbox.fallAsleep())
    #expect(inbox.append {})
    #expect(!inbox.append {})
    inbox.wake()
    #expect(takeAll() == 2)
    #expect(!inbox.append {})
  }

  @Test func `nobody falls asleep over work`() {
    _ = inbox.append {}
    #expect(!inbox.isEmpty)
    #expect(!inbox.fallAsleep())
    #expect(takeAll() == 1)
    #expect(inbox.isEmpty)
    #expect(inbox.fallAsleep())
  }

  @Test func `nobody falls asleep while work is expected`() {
    #expect(!inbox.expect(until: 100))
    #expect(inbox.expectedUntil == 100)
    #expect(!inbox.fallAsleep())
    inbox.expectNothing(after: 99)
    #expect(inbox.expectedUntil == 100)
    inbox.expectNothing(after: 100)
    #expect(inbox.fallAsleep())
    #expect(inbox.expect(until: 200))
    #expect(!inbox.append {})
  }

  @Test func `what was expected has come with the work`() {
    _ = inbox.expect(until: 100)
    _ = inbox.append {}
    #expect(takeAll() == 1)
    #expect(inbox.expectedUntil == nil)
  }
}

/// `SLUICE_HANDOVERS` says how many; a call that is lost leaves the loop asleep for ever, and these tests with it.
struct LoopHandoverTests {
  private static let total =
    Int(ProcessInfo.processInfo.environment["SLUICE_HANDOVERS"] ?? "") ?? 20_000

  /// Pauses of no time, of a loop's turn, and of so long that the other side falls asleep.
  private static func pause(_ state: inout UInt64) {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    switch state >> 58 {
    case 0:
      let end = Clock.monotonicNanoseconds() + Int64(state >> 48 & 0x3FFF)
      while Clock.monotonicNanoseconds() < end {}
    case 1..<16: for _ in 0..<(state >> 40 & 0x3F) { _ = Clock.monotonicNanoseconds() }
    default: break
    }
  }

  private final class Count: @unchecked Sendable {
    var value = 0
  }

  @Test(.timeLimit(.minutes(5)), arguments: [false, true])
  func `no handover is lost, whatever the pauses`(isExpected: Bool) throws {
    let total = Self.total
    let loop = try EventLoop()
    let count = Count()
    let threads = (0..<2).map { number in
      WorkerThread(name: "producer") {
        var state = UInt64(number + 1)
        for _ in 0..<total {
          Self.pause(&state)
          if isExpected && state >> 60 == 0 { loop.expectWork(withinNanoseconds: 2_000) }
          loop.submit { count.value += 1 }
        }
      }
    }
    threads.forEach { $0.start() }
    var state: UInt64 = 77
    while count.value < 2 * total {
      loop.runOnce(timeoutNanoseconds: -1)
      Self.pause(&state)
    }
    threads.forEach { $0.join() }
    #expect(count.value == 2 * total)
  }

  /// Each side sleeps until the other has answered: one lost call and both sleep.
  @Test(.timeLimit(.minutes(5)))
  func `two loops that wait for each other always go on`() throws {
    let total = Self.total / 2
    let (here, there) = (try EventLoop(), try EventLoop())
    let count = Count()
    let thread = WorkerThread(name: "echo") { there.run() }
    thread.start()
    var state: UInt64 = 5
    for number in 1...total {
      if number % 3 == 0 { there.expectWork(withinNanoseconds: 5_000) }
      there.submit { here.submit { count.value += 1 } }
      while count.value < number { here.runOnce(timeoutNanoseconds: -1) }
      Self.pause(&state)
    }
    there.stop()
    thread.join()
    #expect(count.value == total)
  }

  @Test func `a loop that expects work looks out for it, and sleeps when it has not come`() throws {
    let loop = try EventLoop()
    var expectations = 0
    loop.onExpectation = { expectations += 1 }
    loop.expectWork(withinNanoseconds: 1_000_000)
    // In vain: the wait goes on in the kernel until the timer ends it.
    var isOver = false
    loop.schedule(afterNanoseconds: 3_000_000) { isOver = true }
    while !isOver { loop.runOnce(timeoutNanoseconds: -1) }
    #expect(expectations >= 1)
    loop.expectWork(withinNanoseconds: 60_000_000_000)
    let thread = WorkerThread(name: "late") { loop.submit { loop.stop() } }
    thread.start()
    loop.run()
    thread.join()
  }

  @Test func `a loop that polls needs no call`() throws {
    let loop = try EventLoop()
    let count = Count()
    loop.submit { count.value += 1 }
    loop.runOnce(timeoutNanoseconds: 0)
    #expect(count.value == 1)
    loop.wakeUp()
    loop.runOnce(timeoutNanoseconds: -1)
    loop.wakeUp()
    loop.runOnce(timeoutNanoseconds: -1)
  }
}
