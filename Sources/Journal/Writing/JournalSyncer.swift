internal import Platform
internal import Synchronization

/// Syncs what was written, on a thread of its own; what arrives during a sync shares the next one.
final class JournalSyncer: Sendable {
  /// Called on the thread.
  struct Events: Sendable {
    let onDurable: @Sendable (UInt64) -> Void
    let onFailure: @Sendable (JournalError) -> Void
    let onSealed: @Sendable () -> Void
  }

  private struct Request {
    var sync: SyncRequest
    var isClosing = false
  }

  private let directory: JournalDirectory
  private let request: Mutex<Request>
  private let failureBox = Mutex<JournalError?>(nil)
  private let durable: Atomic<UInt64>
  private let hasFailed = Atomic<Bool>(false)
  private let wakeUp: WakeUp
  private let events: Events

  init(
    directory: JournalDirectory, file: any JournalFile, durableIndex: UInt64, events: Events
  ) throws(JournalError) {
    self.directory = directory
    request = Mutex(Request(sync: SyncRequest(file: file, target: durableIndex)))
    durable = Atomic(durableIndex)
    wakeUp = try platform { () throws(PlatformError) in try WakeUp() }
    self.events = events
  }

  var durableIndex: UInt64 { durable.load(ordering: .acquiring) }

  /// The error that ended the thread.
  var failure: JournalError? {
    hasFailed.load(ordering: .acquiring) ? failureBox.withLock { $0 } : nil
  }

  /// Notes what the next sync is to cover: `file`; everything up to `target` outside of it is safe
  /// already, or will be when the segment before it is sealed.
  func note(_ file: any JournalFile, upTo target: UInt64) {
    request.withLock { request in
      request.sync.file = file
      request.sync.target = target
    }
  }

  /// Asks for a sync of what was noted.
  func wake() { wakeUp.signal() }

  /// Asks for a sync of a complete segment, and then for the name of the next one.
  func seal(
    _ old: any JournalFile, continuedBy next: any JournalFile, named name: String,
    upTo target: UInt64
  ) {
    request.withLock { request in
      precondition(
        request.sync.sealing == nil, "a segment is prepared only when the last has its name")
      request.sync = SyncRequest(
        file: next, target: target,
        sealing: SyncRequest.Sealing(old: old, next: next, name: name))
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
      let next = request.withLock { request in
        defer { request.sync.sealing = nil }
        return request
      }
      guard serve(next.sync) else { return }
      if next.isClosing { return }
    }
  }

  private func serve(_ request: SyncRequest) -> Bool {
    guard request.sealing != nil || request.target > durableIndex else { return true }
    do throws(PlatformError) {
      try request.carryOut(in: directory)
    } catch {
      // The kernel may have dropped the pages: a second sync would succeed and mean nothing.
      failureBox.withLock { $0 = .storage(error) }
      hasFailed.store(true, ordering: .releasing)
      events.onFailure(.storage(error))
      return false
    }
    if request.target > durableIndex {
      durable.store(request.target, ordering: .releasing)
      events.onDurable(request.target)
    }
    if request.sealing != nil { events.onSealed() }
    // The sync has made the pages read-only: the next write would enter the kernel for that.
    request.file.prepareWrites(SegmentWriter.preparedByteCount)
    return true
  }
}
