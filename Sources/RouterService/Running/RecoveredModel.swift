internal import ClientGateways
internal import Glibc
internal import Platform
internal import RouterCore
internal import Synchronization

/// Builds the copy that clients read while the journal is read, on a thread of its own.
///
/// Facts come in slices whose memory is used again: those of a whole journal are never in memory
/// together.
final class RecoveredModel {
  private static let sliceCount = 4096
  private static let waitMicroseconds: UInt32 = 50

  private final class Shared: Sendable {
    let filled = BoundedQueue<[Fact]>(capacity: 4)
    let empty = BoundedQueue<[Fact]>(capacity: 4)
    let isClosed = Atomic<Bool>(false)
  }

  private final class Box {
    var model = ReadModel()
  }

  private let shared = Shared()
  private let box = Unchecked(Box())
  private let thread: WorkerThread
  private var slice: [Fact] = []

  init() {
    let (shared, box) = (shared, box)
    for _ in 0..<3 { _ = shared.empty.push([]) }
    thread = WorkerThread(name: "read-model") { Self.run(shared, box.value) }
    thread.start()
  }

  func append(_ fact: Fact) {
    slice.append(fact)
    if slice.count == Self.sliceCount { handOver() }
  }

  /// The model, when all that was given is in it.
  func finish() -> ReadModel {
    handOver()
    shared.isClosed.store(true, ordering: .releasing)
    thread.join()
    return box.value.model
  }

  private func handOver() {
    while !shared.filled.push(slice) { usleep(Self.waitMicroseconds) }
    slice = []
    while true {
      if let empty = shared.empty.pop() {
        slice = empty
        return
      }
      usleep(Self.waitMicroseconds)
    }
  }

  private static func run(_ shared: Shared, _ box: Box) {
    while true {
      // Looked at first, so that nothing that was pushed before it is missed.
      let isClosed = shared.isClosed.load(ordering: .acquiring)
      guard var slice = shared.filled.pop() else {
        if isClosed { return }
        usleep(waitMicroseconds)
        continue
      }
      for fact in slice { box.model.apply(fact) }
      slice.removeAll(keepingCapacity: true)
      _ = shared.empty.push(slice)
    }
  }
}
