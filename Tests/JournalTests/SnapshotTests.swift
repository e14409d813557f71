import Foundation
import Journal
import Platform
import RouterCore
import Synchronization
import Testing

/// A snapshot and what follows it come to the same state as every fact since the beginning.
struct SnapshotTests {
  private static let directory = "/journal"

  /// A journal of many small segments, with every fact that is in it.
  private struct Journal {
    let disk = MemoryDisk()
    var facts: [Fact] = []

    init(seed: UInt64, count: Int) throws {
      try append(SeededHistory(seed: seed, count: count).facts)
    }

    /// The history of the same seed goes on.
    mutating func goOn(seed: UInt64, to count: Int) throws {
      try append(Array(SeededHistory(seed: seed, count: count).facts.dropFirst(facts.count)))
    }

    mutating func append(_ new: [Fact]) throws {
      let writer = try JournalWriter(
        directory: SnapshotTests.directory, storage: disk, instance: 1, durability: .process,
        segmentByteCount: 4096, onDurable: { _ in })
      for fact in new {
        try writer.append(fact)
        try writer.commit()
      }
      try writer.close()
      facts += new
    }
  }

  private func keeper(
    _ disk: MemoryDisk, retainSeconds: Int64 = 1 << 40
  ) throws -> JournalKeeper {
    var retention = JournalRetention()
    retention.snapshotByteCount = 1
    retention.retainSeconds = retainSeconds
    return try JournalKeeper(
      directory: Self.directory, storage: disk, configuration: SeededHistory.configuration,
      retention: retention)
  }

  private func hash(of facts: [Fact]) -> UInt64 {
    var core = RouterCore(SeededHistory.configuration)
    for fact in facts { core.apply(fact) }
    return core.stateHash
  }

  private func recover(
    _ disk: MemoryDisk
  ) throws -> (hash: UInt64, facts: [Fact], recovery: JournalRecovery) {
    var core = RouterCore(SeededHistory.configuration)
    var facts: [Fact] = []
    let recovery = try JournalReader.recover(directory: Self.directory, storage: disk) { fact in
      core.apply(fact)
      facts.append(fact)
    }
    return (core.stateHash, facts, recovery)
  }

  @Test(arguments: 1...UInt64(20))
  func `snapshot and tail come to the state of the whole journal`(seed: UInt64) throws {
    var journal = try Journal(seed: seed, count: 300)
    let history = SeededHistory(seed: seed, count: 2400).facts
    var from = journal.facts.count
    // A snapshot at each step builds on the one before.
    while from < history.count {
      let to = min(from + 350, history.count)
      try journal.append(Array(history[from..<to]))
      from = to
      try keeper(journal.disk).keep()
      let found = try recover(journal.disk)
      #expect(found.recovery.snapshotFile != nil)
      #expect(found.hash == hash(of: journal.facts))
      #expect(found.recovery.tail.lastIndex == UInt64(journal.facts.count))
    }
    let found = try recover(journal.disk)
    #expect(found.facts.count < journal.facts.count / 2, "\(found.facts.count) facts are left")
  }

  @Test(arguments: 1...UInt64(6))
  func `a snapshot applied twice changes nothing`(seed: UInt64) throws {
    let journal = try Journal(seed: seed, count: 1500)
    try keeper(journal.disk).keep()
    let snapshot = try #require(
      try JournalReader.snapshots(directory: Self.directory, storage: journal.disk).last)
    var facts: [Fact] = []
    try JournalReader.read(snapshot, storage: journal.disk) { facts.append($1) }
    #expect(hash(of: facts + facts) == hash(of: facts))
    #expect(hash(of: facts) == hash(of: Array(journal.facts.prefix(Int(snapshot.lastIndex)))))
  }

  @Test func `every fact kept has its words and its order`() throws {
    let journal = try Journal(seed: 3, count: 1500)
    try keeper(journal.disk).keep()
    let kept = try recover(journal.disk).facts.filter { fact in
      if case .parent = fact.subject { true } else { false }
    }
    var rest = journal.facts[...]
    for fact in kept {
      guard let place = rest.firstIndex(of: fact) else {
        Issue.record("\(fact) is not in the journal, or earlier than the one before it")
        return
      }
      rest = rest[(place + 1)...]
    }
    #expect(kept.count > 50)
  }

  @Test func `executions keep their numbers`() throws {
    let journal = try Journal(seed: 4, count: 2000)
    func numbers(_ facts: [Fact]) -> [ShortText: UInt64] {
      var numbers: [ShortText: UInt64] = [:]
      var count: UInt64 = 0
      for fact in facts {
        if case .executionsCarried(let carried) = fact { count = carried }
        guard case .fillRecorded(let fill) = fact else { continue }
        count += 1
        numbers[fill.executionID] = count
      }
      return numbers
    }
    let before = numbers(journal.facts)
    try keeper(journal.disk).keep()
    try keeper(journal.disk).keep()
    let after = numbers(try recover(journal.disk).facts)
    #expect(!after.isEmpty && after.count < before.count)
    for (id, number) in after { #expect(before[id] == number) }
  }

  @Test func `old segments go, the chain goes on, and the state stays`() throws {
    var journal = try Journal(seed: 5, count: 1200)
    try keeper(journal.disk, retainSeconds: 0).keep()
    let first = journal.disk.names.filter { $0.contains("segment") }.count
    try journal.goOn(seed: 5, to: 2400)
    let expected = hash(of: journal.facts)
    try keeper(journal.disk, retainSeconds: 0).keep()
    let names = journal.disk.names
    #expect(names.filter { $0.contains("snapshot") }.count == 2)
    #expect(!names.contains { $0.hasSuffix("segment-0000000001.journal") })
    #expect(first > 10)
    #expect(try recover(journal.disk).hash == expected)
    let tail = try JournalReader.read(directory: Self.directory, storage: journal.disk) { _, _ in }
    #expect(tail.lastIndex == UInt64(journal.facts.count))
    try journal.goOn(seed: 5, to: 2450)
    #expect(try recover(journal.disk).hash == hash(of: journal.facts))
  }

  @Test func `segments stay while they are young or an open order began in them`() throws {
    var journal = try Journal(seed: 7, count: 9)
    let parents = SeededHistory(seed: 7, count: 600).facts
    let accepted = try #require(
      parents.first { if case .parentAccepted = $0 { true } else { false } })
    let halts = JournalFixture.facts(0..<600)
    try journal.append([accepted] + halts)
    try keeper(journal.disk, retainSeconds: 0).keep()
    try journal.append(halts)
    try keeper(journal.disk, retainSeconds: 0).keep()
    func firstSegment() -> String? { journal.disk.names.first { $0.contains("segment") } }
    // The first holds definitions alone; the order begins in the second.
    #expect(firstSegment()?.hasSuffix("0000000002.journal") == true)
    guard case .parentAccepted(let parent) = accepted else { return }
    try journal.append(
      [
        .parentClosed(
          ParentClosed(parent: parent.id, outcome: .canceled, reason: .none, at: parent.at))
      ] + halts)
    try keeper(journal.disk, retainSeconds: 100).keep()
    #expect(firstSegment()?.hasSuffix("0000000002.journal") == true)
    for name in journal.disk.names { journal.disk.age(name, seconds: 101) }
    try journal.append(halts)
    try keeper(journal.disk, retainSeconds: 100).keep()
    #expect(firstSegment()?.hasSuffix("0000000002.journal") == false)
    #expect(try recover(journal.disk).hash == hash(of: journal.facts))
  }

  @Test func `a damaged snapshot is named, and passed over where the segments are there`() throws {
    let journal = try Journal(seed: 8, count: 900)
    let expected = hash(of: journal.facts)
    try keeper(journal.disk).keep()
    let path = try #require(try recover(journal.disk).recovery.snapshotFile)
    let bytes = journal.disk.bytes(path)
    for position in stride(from: 0, to: bytes.count, by: 61) {
      var changed = bytes
      changed[position] ^= 0x10
      journal.disk.replace(path, changed)
      let found = try recover(journal.disk)
      #expect(found.hash == expected && found.recovery.snapshotFile == nil)
      #expect(found.recovery.refusedSnapshots.first?.description.contains(path) == true)
      #expect(throws: JournalError.self) {
        try JournalReader.read(directory: Self.directory, storage: journal.disk) { _, _ in }
      }
    }
    for count in [0, 100, 160, bytes.count - 1] {
      journal.disk.replace(path, Array(bytes[..<count]))
      #expect(try recover(journal.disk).hash == expected)
    }
    journal.disk.replace(path, bytes + [0])
    #expect(try recover(journal.disk).recovery.snapshotFile == nil)
  }

  @Test func `without the segments for it, a damaged snapshot refuses the start`() throws {
    var journal = try Journal(seed: 9, count: 600)
    try keeper(journal.disk).keep()
    try journal.append(JournalFixture.facts(0..<2000))
    try keeper(journal.disk).keep()
    let expected = hash(of: journal.facts)
    let summaries = try JournalReader.snapshots(directory: Self.directory, storage: journal.disk)
    try #require(summaries.count == 2)
    for segment in journal.disk.names.filter({ $0.contains("segment") })
      .prefix(Int(summaries[0].segmentNumber))
    { try journal.disk.remove(segment) }
    let snapshots = summaries.map(\.file)
    func damage(_ path: String) {
      var bytes = journal.disk.bytes(path)
      bytes[300] ^= 1
      journal.disk.replace(path, bytes)
    }
    damage(snapshots[1])
    let found = try recover(journal.disk)
    #expect(found.recovery.snapshotFile == snapshots[0] && found.hash == expected)
    damage(snapshots[0])
    let error = #expect(throws: JournalError.self) { try recover(journal.disk) }
    #expect(error?.description.contains(snapshots[1]) == true)
    #expect(error?.description.contains("offset") == true)
  }

  @Test func `a damaged snapshot is none of the two that are kept`() throws {
    var journal = try Journal(seed: 15, count: 400)
    func damageNewest() throws {
      let path = try #require(journal.disk.names.last { $0.contains("snapshot") })
      var bytes = journal.disk.bytes(path)
      bytes[300] ^= 1
      journal.disk.replace(path, bytes)
    }
    for count in [800, 1200] {
      try keeper(journal.disk, retainSeconds: 0).keep()
      try journal.goOn(seed: 15, to: count)
    }
    try damageNewest()
    let expected = hash(of: journal.facts)
    // The next is made of the one before it, and that one is kept beside it.
    try keeper(journal.disk, retainSeconds: 0).keep()
    #expect(journal.disk.names.filter { $0.contains("snapshot") }.count == 3)
    try damageNewest()
    let found = try recover(journal.disk)
    #expect(found.hash == expected && found.recovery.refusedSnapshots.count == 2)
  }

  @Test func `a segment that a snapshot needs and that is missing refuses the start`() throws {
    let journal = try Journal(seed: 10, count: 900)
    try keeper(journal.disk).keep()
    try journal.disk.remove(try #require(journal.disk.names.last { $0.contains("segment") }))
    #expect(throws: JournalError.self) { try recover(journal.disk) }
    #expect(throws: JournalError.self) {
      try JournalReader.read(directory: Self.directory, storage: journal.disk) { _, _ in }
    }
    #expect(throws: JournalError.self) {
      try JournalWriter(
        directory: Self.directory, storage: journal.disk, instance: 1, durability: .process,
        segmentByteCount: 4096, onDurable: { _ in })
    }
  }

  @Test func `a journal without its first segment and without a snapshot is refused`() throws {
    let journal = try Journal(seed: 11, count: 600)
    try journal.disk.remove("\(Self.directory)/segment-0000000001.journal")
    #expect(throws: JournalError.self) { try recover(journal.disk) }
    #expect(throws: JournalError.self) {
      try JournalReader.read(directory: Self.directory, storage: journal.disk) { _, _ in }
    }
  }

  @Test func `the snapshot of another journal is found by the hash chain`() throws {
    let journal = try Journal(seed: 12, count: 600)
    // The same facts, but other salts.
    let other = try Journal(seed: 12, count: 600)
    for disk in [journal.disk, other.disk] { try keeper(disk).keep() }
    let path = try #require(try recover(journal.disk).recovery.snapshotFile)
    let foreign = try #require(try recover(other.disk).recovery.snapshotFile)
    try #require(path == foreign)
    journal.disk.replace(path, other.disk.bytes(foreign))
    #expect(throws: JournalError.self) { try recover(journal.disk) }
    #expect(throws: JournalError.self) {
      try JournalReader.read(directory: Self.directory, storage: journal.disk) { _, _ in }
    }
  }

  @Test func `upkeep that stops at any operation leaves a journal that recovers`() throws {
    var journal = try Journal(seed: 14, count: 250)
    try keeper(journal.disk, retainSeconds: 0).keep()
    try journal.goOn(seed: 14, to: 700)
    let start = journal.disk.current
    let expected = hash(of: journal.facts)
    var stop = 0
    var isOver = false
    while !isOver {
      let disk = MemoryDisk.afterCrash(start)
      let left = Mutex(stop)
      disk.setRule { operation, path, _ in
        left.withLock { left in
          left -= 1
          return left < 0 ? PlatformError(operation: "\(operation) \(path)", detail: "killed") : nil
        }
      }
      do {
        try keeper(disk, retainSeconds: 0).keep()
        isOver = true
      } catch {}
      for after in [MemoryDisk.afterCrash(disk.current)]
        + (0..<2).map({ MemoryDisk.afterPowerCut(disk.current, seed: UInt64(stop * 10 + $0)) })
      {
        #expect(try recover(after).hash == expected, "stopped after \(stop) operations")
        // And once more by a process that lives: what was half done is in nobody's way.
        try keeper(after, retainSeconds: 0).keep()
        #expect(try recover(after).hash == expected)
        _ = try JournalReader.read(directory: Self.directory, storage: after) { _, _ in }
      }
      stop += 1
    }
    #expect(stop > 12, "\(stop) operations")
  }
}
