internal import Glibc
internal import Platform
package import RouterCore
internal import Synchronization

/// Makes snapshots of what is sealed and deletes what is not needed any more, beside the writer, on
/// a thread of the lowest priority.
package final class JournalKeeper: Sendable {
  private let path: String
  private let storage: any JournalStorage
  private let configuration: CoreConfiguration
  private let retention: JournalRetention
  private let wakeUp: WakeUp
  private let isStopping = Atomic<Bool>(false)
  private let thread = Mutex<WorkerThread?>(nil)

  package init(
    directory path: String, storage: any JournalStorage = SystemStorage(),
    configuration: CoreConfiguration, retention: JournalRetention
  ) throws(JournalError) {
    self.path = path
    self.storage = storage
    self.configuration = configuration
    self.retention = retention
    wakeUp = try platform { () throws(PlatformError) in try WakeUp() }
  }

  /// Looks at the journal as it is now, and again after each `segmentSealed`.
  package func start() {
    let thread = WorkerThread(name: "journal-keeper", stackBytes: 4 << 20) { [self] in run() }
    self.thread.withLock { $0 = thread }
    thread.start()
    wakeUp.signal()
  }

  /// A segment is complete and another has its place; may be called from any thread.
  package func segmentSealed() { wakeUp.signal() }

  /// Gives up what is not finished and waits for the thread.
  package func stop() {
    isStopping.store(true, ordering: .releasing)
    wakeUp.signal()
    thread.withLock { $0 }?.join()
  }

  private func run() {
    // On Linux a priority belongs to a thread. Without the right to it the work is only dearer.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    while true {
      wakeUp.wait(timeoutMilliseconds: -1)
      wakeUp.drain()
      if isStopping.load(ordering: .acquiring) { return }
      keepAndReport()
    }
  }

  /// One round of upkeep, on the calling thread.
  package func keep() throws(JournalError) {
    let round = JournalUpkeep(
      directory: path, storage: storage, configuration: configuration, retention: retention,
      isCanceled: { [self] in isStopping.load(ordering: .relaxed) })
    if let snapshot = try round.makeSnapshot() {
      Log.info(
        "journal", "snapshot made",
        [
          "file": snapshot.file, "last_index": String(snapshot.lastIndex),
          "facts": String(snapshot.factCount),
        ])
    }
    for path in try round.deleteUnneeded() { Log.info("journal", "deleted", ["file": path]) }
  }

  private func keepAndReport() {
    do throws(JournalError) {
      try keep()
    } catch {
      guard error != .closed else { return }
      Log.warning(
        "journal", "no snapshot; the next sealed segment tries again", ["error": "\(error)"])
    }
  }
}
