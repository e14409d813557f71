internal import Platform
internal import Synchronization

/// Syncs what was written, on a thread of its own; what arrives during a sync shares the next one.
final class JournalSyncer: Sendable {
  private struct Request {
    var file: any JournalFile
    var target: UInt64
    var isClosing = false
  }

  private let request: Mutex<Request>
  private let failureBox = Mutex<JournalError?>(nil)
  private let durable: Atomic<UInt64>
  private let hasFailed = Atomic<Bool>(false)
  private let wakeUp: WakeUp
  private let onDurable: @Sendable (UInt64) -> Void
  private let onFailure: @Sendable (JournalError) -> Void

  init(
    file: any JournalFile, durableIndex: UInt64, onDurable: @escaping @Sendable (UInt64) -> Void,
    onFailure: @escaping @Sendable (JournalError) -> Void
  ) throws(JournalError) {
    request = Mutex(Request(file: file, target: durableIndex))
    durable = Atomic(durableIndex)
    wakeUp = try platform { () throws(PlatformError) in try WakeUp() }
    self.onDurable = onDurable
    self.onFailure = onFailure
  }

  var durableIndex: UInt64 { durable.load(ordering: .acquiring) }

  /// The error that ended the thread.
  var failure: JournalError? {
    hasFailed.load(ordering: .acquiring) ? failureBox.withLock { $0 } : nil
  }

  /// Asks for a sync of `file`; everything up to `target` outside of it is safe already.
  func synchronize(_ file: any JournalFile, upTo target: UInt64) {
    request.withLock { request in
      request.file = file
      request.target = target
    }
    wakeUp.signal()
  }

  /// Lets the thread sync what was asked for and end.
  func finish() {
    request.withLock { $0.isClosing = true }
    wakeUp.signal()
  }

  /// Serves requests until `finish` or the first error.
  func run() {
    while true {
      wakeUp.wait(timeoutMilliseconds: -1)
      wakeUp.drain()
      let request = request.withLock { $0 }
      guard synchronize(request) else { return }
      if request.isClosing { return }
    }
  }

  private func synchronize(_ request: Request) -> Bool {
    guard request.target > durableIndex else { return true }
    do {
      try request.file.synchronizeData()
    } catch {
      // The kernel may have dropped the pages: a second sync would succeed and mean nothing.
      failureBox.withLock { $0 = .storage(error) }
      hasFailed.store(true, ordering: .releasing)
      onFailure(.storage(error))
      return false
    }
    durable.store(request.target, ordering: .releasing)
    onDurable(request.target)
    return true
  }
}
