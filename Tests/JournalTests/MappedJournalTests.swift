import Glibc
import Journal
import Platform
import RouterCore
import Testing

/// A journal that is written through memory, on the machine's own file system.
struct MappedJournalTests {
  private func writer(
    _ fixture: JournalFixture, mayMap: Bool, durability: Durability = .process
  ) throws -> JournalWriter {
    let durable = fixture.durable
    return try JournalWriter(
      directory: fixture.path, storage: SystemStorage(mayMap: mayMap), instance: 1,
      durability: durability, segmentByteCount: 64 << 10, onDurable: { durable.add($0) })
  }

  @Test(arguments: [true, false])
  func `what was committed is in the files before anything is synced`(mayMap: Bool) throws {
    let fixture = try JournalFixture()
    let facts = JournalFixture.facts(0..<300)
    let writer = try writer(fixture, mayMap: mayMap)
    for (number, fact) in facts.enumerated() {
      try writer.append(fact)
      // Neither the end of a turn nor a sync: this is all that a process that is killed leaves.
      if number % 7 == 0 { try writer.commit() }
    }
    try writer.commit()
    #expect(writer.safeIndex == 300)
    #expect(try fixture.read().facts == facts)
    try writer.close()
    #expect(try fixture.read().facts == facts)
  }

  @Test func `turns, syncs and segments later the chain of hashes still holds`() throws {
    let fixture = try JournalFixture()
    let facts = JournalFixture.facts(0..<2000)
    let writer = try writer(fixture, mayMap: true)
    for (number, fact) in facts.enumerated() {
      try writer.append(fact)
      if number % 3 == 0 { try writer.commit() }
      if number % 5 == 0 { writer.endTurn() }
      if number % 11 == 0 { writer.prepareCommit() }
    }
    try writer.close()
    #expect(try fixture.segments.count > 1)
    let (found, tail) = try fixture.read()
    #expect(found == facts)
    #expect(tail.lastIndex == 2000)
  }

  @Test func `a segment that somebody cuts ends the journal and not the process`() throws {
    let fixture = try JournalFixture()
    let facts = JournalFixture.facts(0..<3)
    let writer = try writer(fixture, mayMap: true)
    try writer.append(facts[0])
    try writer.commit()
    #expect(truncate(try fixture.segments[0], 0) == 0)
    #expect(throws: JournalError.self) {
      try writer.append(facts[1])
      try writer.commit()
    }
    #expect(throws: JournalError.self) { try writer.append(facts[2]) }
    #expect(writer.writtenIndex == 1)
  }

  @Test func `a cut behind what is written is found by the next sync`() throws {
    let fixture = try JournalFixture()
    let facts = JournalFixture.facts(0..<2)
    let writer = try writer(fixture, mayMap: true, durability: .power)
    try writer.append(facts[0])
    try writer.commit()
    fixture.durable.wait(for: 1)
    #expect(truncate(try fixture.segments[0], 8192) == 0)
    try writer.append(facts[1])
    try writer.commit()
    #expect(throws: JournalError.self) { try writer.close() }
    #expect(writer.safeIndex == 1)
  }
}
