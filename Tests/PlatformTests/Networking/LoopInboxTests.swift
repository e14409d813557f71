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

  @Test(.timeLimit(.minutes(5)))
  func `no handover is lost, whatever the pauses`() throws {
    let total = Self.total
    let loop = try EventLoop()
    let count = Count()
    let threads = (0..<2).map { number in
      WorkerThread(name: "producer") {
        var state = UInt64(number + 1)
        for _ in 0..<total {
          Self.pause(&state)
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
      there.submit { here.submit { count.value += 1 } }
      while count.value < number { here.runOnce(timeoutNanoseconds: -1) }
      Self.pause(&state)
    }
    there.stop()
    thread.join()
    #expect(count.value == total)
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
