import Foundation
import Journal
import RouterCore
import Synchronization

/// A journal in a directory that is removed with its last reference.
final class JournalFixture {
  let path: String
  let durable = DurableIndexes()

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-journal-\(UUID().uuidString)").path
  }

  init(at path: String) {
    self.path = path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func writer(
    instance: UInt32 = 1, durability: Durability = .power, epochFloor: UInt32 = 1,
    segmentByteCount: Int = 8192
  ) throws -> JournalWriter {
    let durable = durable
    return try JournalWriter(
      directory: path, instance: instance, durability: durability, epochFloor: epochFloor,
      segmentByteCount: segmentByteCount, onDurable: { durable.add($0) })
  }

  func read(after index: UInt64 = 0) throws -> (facts: [Fact], tail: JournalTail) {
    var facts: [Fact] = []
    var next = index + 1
    var isInOrder = true
    let tail = try JournalReader.read(directory: path, after: index) { index, fact in
      isInOrder = isInOrder && index == next
      next += 1
      facts.append(fact)
    }
    precondition(isInOrder, "an index was skipped or repeated")
    return (facts, tail)
  }

  /// Writes a journal of the facts, each synced alone, and closes it.
  func write(_ facts: [Fact]) throws {
    let writer = try writer()
    for fact in facts {
      try writer.append(fact)
      try writer.commit()
      durable.wait(for: writer.writtenIndex)
    }
    try writer.close()
  }

  var segments: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { $0.hasSuffix(".journal") }.sorted().map { "\(path)/\($0)" }
    }
  }

  func bytes(_ file: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: file)))
  }

  func replace(_ file: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file))
  }

  /// Numbered facts, easy to tell apart.
  static func facts(_ range: Range<Int64>) -> [Fact] {
    range.map { .haltChanged(isHalted: $0 % 2 == 0, at: Timestamp(nanoseconds: $0)) }
  }
}

/// What `onDurable` has told so far.
final class DurableIndexes: Sendable {
  private let indexes = Mutex<[UInt64]>([])

  var all: [UInt64] { indexes.withLock { $0 } }

  func add(_ index: UInt64) {
    indexes.withLock { $0.append(index) }
  }

  func wait(for index: UInt64) {
    while !indexes.withLock({ $0.contains { $0 >= index } }) { usleep(100) }
  }
}
