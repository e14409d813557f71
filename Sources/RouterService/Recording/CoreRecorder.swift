internal import Journal
internal import Platform
internal import RouterCore
internal import Synchronization

/// Writes everything that goes into the core, and comes out, to a file, on a thread of its own.
///
/// The core thread only copies a step into a bounded queue. If that is full the recording ends and
/// says so: trading never waits for it.
final class CoreRecorder: Sendable {
  private static let pauseNanoseconds: Int64 = 2_000_000

  let path: String
  private let queue: BoundedQueue<RecordedStep>
  private let state = Mutex(State.recording)
  private let thread: WorkerThread

  private enum State { case recording, overrun, closing }

  /// Begins a recording of one run in a directory.
  init(
    directory: String, epoch: UInt32, configuration: CoreConfiguration, capacity: Int = 1 << 16,
    journal: String? = nil, at now: Timestamp = Timestamp(nanoseconds: 0)
  ) throws(RecordingError) {
    queue = BoundedQueue(capacity: capacity)
    do throws(PlatformError) {
      try FileSystem.createDirectories(directory)
    } catch {
      throw .file("\(error)")
    }
    let number = String(epoch)
    let digits = String(repeating: "0", count: max(0, 8 - number.count)) + number
    path = "\(directory)/run-\(digits).recording"
    let writer = Handover(try RecordingWriter(path: path, configuration: configuration))
    if let journal { try Self.copyState(of: journal, to: writer.value, at: now) }
    let handedOver = Handover<CoreRecorder?>(nil)
    thread = WorkerThread(name: "recorder") {
      if let recorder = handedOver.value { recorder.run(writer.value) }
      handedOver.value = nil
    }
    handedOver.value = self
    thread.start()
  }

  /// Writes the facts that come to the journal's state, for a core to begin with.
  private static func copyState(
    of journal: String, to writer: RecordingWriter, at now: Timestamp
  ) throws(RecordingError) {
    do throws(JournalError) {
      _ = try JournalReader.recover(directory: journal) { fact in
        writer.append(RecordedStep(.initialFact(fact), at: now))
        // What is not written stays pending, and the last flush reports why.
        if writer.pendingByteCount > 1 << 20 { try? writer.flush() }
      }
    } catch {
      throw .file("\(error)")
    }
    try writer.flush()
  }

  /// Takes a step; called on the core thread.
  func record(_ step: RecordedStep) {
    guard isRecording, !queue.push(step) else { return }
    state.withLock { if $0 == .recording { $0 = .overrun } }
  }

  /// Notes the end of a turn, and how far facts are safe.
  func turnEnded(safeIndex: UInt64, at now: Timestamp) {
    record(RecordedStep(.factsSafe(safeIndex), at: now))
    record(RecordedStep(.turnEnded, at: now))
  }

  var isRecording: Bool { state.withLock { $0 == .recording } }

  /// Writes what waits and ends; called when the core thread has ended.
  func close() {
    state.withLock { if $0 == .recording { $0 = .closing } }
    thread.join()
  }

  private func run(_ writer: RecordingWriter) {
    guard let loop = try? EventLoop() else { return }
    var steps: [RecordedStep] = []
    var last = Timestamp(nanoseconds: 0)
    while true {
      let isOver = !isRecording
      steps.removeAll(keepingCapacity: true)
      queue.popAll(into: &steps)
      for step in steps { writer.append(step) }
      last = steps.last?.at ?? last
      if isOver { writer.append(RecordedStep(.recordingEnded(end), at: last)) }
      guard flush(writer), !isOver else { return report() }
      if steps.isEmpty { loop.runOnce(timeoutNanoseconds: Self.pauseNanoseconds) }
    }
  }

  private var end: RecordingEnd { state.withLock { $0 == .overrun } ? .overrun : .closed }

  private func flush(_ writer: RecordingWriter) -> Bool {
    do throws(RecordingError) {
      try writer.flush()
      return true
    } catch {
      Log.error("recorder", "recording ended", ["file": path, "reason": "\(error)"])
      state.withLock { $0 = .overrun }
      return false
    }
  }

  private func report() {
    guard end == .overrun else { return }
    Log.error(
      "recorder", "recording ended early; the run goes on without it", ["file": path])
  }
}

/// Something that one thread fills before another one starts to use it.
private final class Handover<Value>: @unchecked Sendable {
  var value: Value

  init(_ value: Value) { self.value = value }
}
