import Foundation
import Journal
import Platform
import RouterCore
import Synchronization
import Testing

/// A real writer on disks that refuse, fail or fill up.
struct DiskFaultTests {
  private static let directory = "/journal"
  private let disk = MemoryDisk()
  private let failures = Failures()

  private final class Failures: Sendable {
    private let errors = Mutex<[JournalError]>([])
    func add(_ error: JournalError) { errors.withLock { $0.append(error) } }
    var all: [JournalError] { errors.withLock { $0 } }
  }

  private func writer(
    durability: Durability = .power, segmentByteCount: Int = 16 << 10
  ) throws -> JournalWriter {
    let failures = failures
    return try JournalWriter(
      directory: Self.directory, storage: disk, instance: 1, durability: durability,
      segmentByteCount: segmentByteCount, onDurable: { _ in }, onFailure: { failures.add($0) })
  }

  private func read(_ disk: MemoryDisk) throws -> [Fact] {
    var facts: [Fact] = []
    _ = try JournalReader.read(directory: Self.directory, storage: disk) { facts.append($1) }
    return facts
  }

  private func fail(_ operation: MemoryDisk.Operation, on part: String, _ detail: String) {
    disk.setRule { found, path, _ in
      found == operation && path.contains(part)
        ? PlatformError(operation: "\(operation) \(path)", detail: detail) : nil
    }
  }

  private func wait(_ condition: () -> Bool) {
    for _ in 0..<20_000 where !condition() { usleep(500) }
  }

  @Test func `a sync that failed is final, and nothing after it is safe`() throws {
    let facts = JournalFixture.facts(0..<6)
    let writer = try writer()
    try writer.append(facts[0])
    try writer.commit()
    writer.endTurn()
    wait { writer.durableIndex == 1 }
    fail(.sync, on: "segment", "Input/output error")
    try writer.append(facts[1])
    try writer.commit()
    wait { !failures.all.isEmpty }
    #expect(failures.all.count == 1)
    #expect(writer.durableIndex == 1 && writer.safeIndex == 1)
    // The device works again, and still nothing is tried: the kernel may have dropped the page.
    disk.setRule(nil)
    #expect(throws: JournalError.self) { try writer.append(facts[2]) }
    #expect(throws: JournalError.self) { try writer.commit() }
    #expect(throws: JournalError.self) { try writer.close() }
    #expect(writer.durableIndex == 1)
    let after = MemoryDisk.afterPowerCut(disk.current, seed: 1)
    #expect(try read(after).starts(with: facts[..<1]))
  }

  @Test func `a write that failed ends the journal, and what was safe stays`() throws {
    let facts = JournalFixture.facts(0..<6)
    let writer = try writer()
    for fact in facts[..<3] { try writer.append(fact) }
    try writer.commit()
    wait { writer.durableIndex == 3 }
    fail(.write, on: "segment", "Input/output error")
    try writer.append(facts[3])
    #expect(throws: JournalError.self) { try writer.commit() }
    disk.setRule(nil)
    #expect(throws: JournalError.self) { try writer.append(facts[4]) }
    #expect(try read(MemoryDisk.afterCrash(disk.current)) == Array(facts[..<3]))
  }

  @Test func `with no room for the next segment only what must be written still is`() throws {
    let writer = try writer()
    wait { disk.bytes("\(Self.directory)/next.tmp").count == 16 << 10 }
    fail(.reserve, on: "next.tmp", "No space left on device")
    var facts: [Fact] = []
    // Until the prepared segment is the current one and no other can be made.
    while !writer.isShortOfSpace {
      let fact = Fact.haltChanged(isHalted: true, at: Timestamp(nanoseconds: Int64(facts.count)))
      try writer.append(fact)
      try writer.commit()
      facts.append(fact)
      usleep(200)
    }
    let before = facts.count
    for fact in JournalFixture.facts(0..<50) {
      try writer.append(fact)
      try writer.commit()
      facts.append(fact)
    }
    #expect(before > 200)
    // Room comes back: the shortage ends by itself.
    disk.setRule(nil)
    wait { !writer.isShortOfSpace }
    #expect(!writer.isShortOfSpace)
    for fact in JournalFixture.facts(0..<600) {
      try writer.append(fact)
      try writer.commit()
      facts.append(fact)
    }
    try writer.close()
    #expect(try read(disk) == facts)
  }

  @Test func `a directory that can not be written is refused at the start`() throws {
    disk.setRule { operation, path, _ in
      PlatformError(operation: "\(operation) \(path)", detail: "Read-only file system")
    }
    let error = #expect(throws: JournalError.self) { try writer() }
    #expect(error?.description.contains("Read-only file system") == true)
  }

  @Test func `a file system that becomes read-only ends the journal at the next write`() throws {
    let facts = JournalFixture.facts(0..<4)
    let writer = try writer(durability: .process)
    try writer.append(facts[0])
    try writer.commit()
    wait { writer.durableIndex == 1 }
    disk.setRule { operation, path, _ in
      PlatformError(operation: "\(operation) \(path)", detail: "Read-only file system")
    }
    try writer.append(facts[1])
    let error = #expect(throws: JournalError.self) { try writer.commit() }
    #expect(error?.description.contains("Read-only file system") == true)
    disk.setRule(nil)
    #expect(try read(MemoryDisk.afterCrash(disk.current)) == [facts[0]])
  }

  @Test func `an epoch that can not be stored refuses the start`() throws {
    try writer().close()
    fail(.rename, on: "epoch", "Input/output error")
    #expect(throws: JournalError.self) { try writer() }
    disk.setRule(nil)
    #expect(try writer().epoch == 2)
  }

  @Test func `a second writer on the same journal is refused, and a dead one is not in the way`()
    throws
  {
    let first = try writer()
    let error = #expect(throws: JournalError.self) { try writer() }
    #expect(error?.description.contains("locked") == true)
    let after = MemoryDisk.afterCrash(disk.current)
    _ = first.epoch
    let second = try JournalWriter(
      directory: Self.directory, storage: after, instance: 1, durability: .power,
      segmentByteCount: 16 << 10, onDurable: { _ in })
    #expect(second.epoch == 2)
  }

  @Test func `a segment that had no name yet when the process died is taken over`() throws {
    let gate = Gate()
    let writer = try writer(durability: .process)
    disk.setRule { operation, path, _ in
      guard operation == .rename, path.hasSuffix("next.tmp") else { return nil }
      gate.wait()
      return PlatformError(operation: "rename \(path)", detail: "killed")
    }
    let facts = JournalFixture.facts(0..<500)
    for fact in facts {
      try writer.append(fact)
      try writer.commit()
    }
    #expect(writer.safeIndex == 500)
    #expect(disk.names.filter { $0.contains("segment") }.count == 1)
    let after = MemoryDisk.afterCrash(disk.current)
    gate.open()
    wait { !failures.all.isEmpty }
    let next = try JournalWriter(
      directory: Self.directory, storage: after, instance: 1, durability: .process,
      segmentByteCount: 16 << 10, onDurable: { _ in })
    #expect(try read(after) == facts)
    #expect(try next.append(facts[0]) == 501)
    try next.close()
  }

  @Test func `a prepared segment that continues nothing is thrown away`() throws {
    let facts = JournalFixture.facts(0..<4)
    let first = try writer()
    for fact in facts { try first.append(fact) }
    try first.close()
    let file = try disk.open("\(Self.directory)/next.tmp", .create)
    try file.write(disk.bytes("\(Self.directory)/segment-0000000001.journal"), at: 0)
    try writer().close()
    #expect(try read(disk) == facts)
  }

  private final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)
    func open() { isOpen.store(true, ordering: .releasing) }
    func wait() { while !isOpen.load(ordering: .acquiring) { usleep(200) } }
  }
}
