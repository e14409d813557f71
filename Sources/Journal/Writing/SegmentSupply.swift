internal import Glibc
internal import Platform
internal import Synchronization

/// Has the next segment ready before it is needed, made on a thread of its own.
///
/// Filling it ahead keeps metadata out of the syncs, and finds out that the disk is full while a
/// whole segment is still there for cancels and fills.
final class SegmentSupply: Sendable {
  private enum State {
    case idle
    case preparing(WorkerThread)
    case ready(any JournalFile)
  }

  private let next: NextSegment
  private let state = Mutex(State.idle)
  private let shortage = Mutex<PlatformError?>(nil)
  private let isCanceled = Atomic<Bool>(false)

  init(directory: JournalDirectory, byteCount: Int64) {
    next = NextSegment(directory: directory, byteCount: byteCount)
  }

  /// Whether the last try found no room.
  var isShort: Bool { shortage.withLock { $0 != nil } }

  /// Starts to make a segment, unless one is there or on its way.
  func prepare() {
    state.withLock { state in
      guard case .idle = state else { return }
      let thread = WorkerThread(name: "journal-next") { self.run() }
      state = .preparing(thread)
      thread.start()
    }
  }

  /// The prepared segment, waited for if it is on its way; `failure` says why none will come.
  ///
  /// It does not begin to make one: the last one that was taken may still wait for its name.
  func take(
    unless failure: () -> JournalError? = { nil }
  ) throws(JournalError) -> any JournalFile {
    while true {
      if let file = takeReady() { return file }
      if let error = failure() { throw error }
      if let error = shortage.withLock({ $0 }) { throw .outOfSpace(error) }
      usleep(200)
    }
  }

  /// Stops the thread and removes what was made for nothing.
  func cancel() {
    isCanceled.store(true, ordering: .releasing)
    if case .preparing(let thread) = state.withLock({ $0 }) { thread.join() }
    if case .ready(let file) = state.withLock({ $0 }) {
      try? next.directory.storage.remove(file.path)
    }
  }

  private func takeReady() -> (any JournalFile)? {
    state.withLock { state in
      guard case .ready(let file) = state else { return nil }
      state = .idle
      return file
    }
  }

  private func run() {
    while !isCanceled.load(ordering: .acquiring) {
      do {
        let file = try next.make { isCanceled.load(ordering: .relaxed) }
        shortage.withLock { $0 = nil }
        state.withLock { $0 = .ready(file) }
        return
      } catch {
        shortage.withLock { $0 = error }
        Log.warning("journal", "no room for the next segment", ["error": error.description])
      }
      wait()
    }
  }

  /// Pauses a second between two tries, and less when canceled.
  private func wait() {
    for _ in 0..<100 where !isCanceled.load(ordering: .acquiring) { usleep(10_000) }
  }
}
