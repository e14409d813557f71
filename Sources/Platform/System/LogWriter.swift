internal import Glibc
internal import Synchronization

/// Writes lines on a thread of its own, so that no caller waits for a terminal or a pipe.
///
/// When the queue is full a line is dropped; the next line that gets through says how many were.
package final class LogWriter: Sendable {
  private let fileDescriptor: Int32
  private let queue: BoundedQueue<LogLine>
  private let dropped = Atomic<Int>(0)
  private let submitted = Atomic<Int>(0)
  private let written = Atomic<Int>(0)
  private let isStopping = Atomic<Bool>(false)
  private let wakeUp: WakeUp

  package init(fileDescriptor: Int32, capacity: Int = 8192) {
    self.fileDescriptor = fileDescriptor
    queue = BoundedQueue(capacity: capacity)
    guard let wakeUp = try? WakeUp() else {
      preconditionFailure("no descriptor is free for the log: raise the limit of open files")
    }
    self.wakeUp = wakeUp
    WorkerThread(name: "log") { self.run() }.start()
  }

  /// Queues a line; never waits.
  package func write(_ line: LogLine) {
    if queue.push(line) {
      submitted.add(1, ordering: .releasing)
      wakeUp.signal()
    } else {
      dropped.add(1, ordering: .relaxed)
    }
  }

  /// Waits until the lines queued before are written, two seconds at most.
  package func flush() {
    let target = submitted.load(ordering: .acquiring)
    let deadline = Clock.monotonicNanoseconds() + 2_000_000_000
    while written.load(ordering: .acquiring) < target, Clock.monotonicNanoseconds() < deadline {
      usleep(500)
    }
  }

  /// Ends the thread once the queue is empty.
  package func stop() {
    isStopping.store(true, ordering: .releasing)
    wakeUp.signal()
  }

  private func run() {
    var lines: [LogLine] = []
    while true {
      wakeUp.wait(timeoutMilliseconds: -1)
      wakeUp.drain()
      let stopping = isStopping.load(ordering: .acquiring)
      queue.popAll(into: &lines)
      writeOut(lines)
      written.add(lines.count, ordering: .releasing)
      lines.removeAll(keepingCapacity: true)
      if stopping { return }
    }
  }

  private func writeOut(_ lines: [LogLine]) {
    var text = lines.reduce(into: "") { $0 += $1.text + "\n" }
    let lost = dropped.exchange(0, ordering: .relaxed)
    if lost > 0 { text += lossLine(lost).text + "\n" }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(fileDescriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      // There is nowhere left to report that the log itself cannot be written.
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  private func lossLine(_ lost: Int) -> LogLine {
    LogLine(
      wallNanoseconds: Clock.wallNanoseconds(), level: .warning, area: "log",
      event: "lines dropped", fields: ["count": "\(lost)"])
  }
}
