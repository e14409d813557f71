import Foundation
import Journal
import RouterCore
import Testing

struct JournalWriterTests {
  private let fixture: JournalFixture

  init() throws {
    fixture = try JournalFixture()
  }

  @Test func `every kind of fact comes back in order`() throws {
    let writer = try fixture.writer()
    for (position, fact) in SampleFacts.all.enumerated() {
      #expect(try writer.append(fact) == UInt64(position + 1))
    }
    try writer.commit()
    try writer.close()
    let (facts, tail) = try fixture.read()
    #expect(facts == SampleFacts.all)
    #expect(tail.lastIndex == UInt64(SampleFacts.all.count))
    #expect(tail.lastEpoch == 1)
    #expect(tail.instance == 1)
    #expect(tail.wasClosed)
    #expect(tail.tornByteCount == 0)
  }

  @Test func `a journal that is not there is empty`() throws {
    let (facts, tail) = try fixture.read()
    #expect(facts.isEmpty)
    #expect(tail.lastIndex == 0)
    #expect(tail.file == nil)
  }

  @Test func `indexes say what the kernel and what the device has`() throws {
    let writer = try fixture.writer()
    try writer.append(SampleFacts.all[0])
    #expect(writer.writtenIndex == 0)
    try writer.commit()
    #expect(writer.writtenIndex == 1)
    fixture.durable.wait(for: 1)
    #expect(writer.durableIndex == 1)
    #expect(writer.safeIndex == 1)
    try writer.commit()
    try writer.close()
    #expect(fixture.durable.all == [1])
  }

  @Test func `with process durability a fact is safe once it is written`() throws {
    let writer = try fixture.writer(durability: .process)
    try writer.append(SampleFacts.all[0])
    try writer.commit()
    #expect(writer.safeIndex == 1)
    try writer.close()
  }

  @Test func `durable indexes only grow and reach the last fact`() throws {
    let writer = try fixture.writer()
    for fact in JournalFixture.facts(0..<2000) {
      try writer.append(fact)
      try writer.commit()
    }
    fixture.durable.wait(for: 2000)
    try writer.close()
    let all = fixture.durable.all
    #expect(all == all.sorted())
    #expect(Set(all).count == all.count)
    #expect(all.last == 2000)
  }

  @Test func `facts go on through many segments and starts`() throws {
    let facts = JournalFixture.facts(0..<3000)
    for part in [0..<1000, 1000..<1001, 1001..<3000] {
      let writer = try fixture.writer()
      for fact in facts[part] { try writer.append(fact) }
      try writer.commit()
      try writer.close()
    }
    let (read, tail) = try fixture.read()
    #expect(read == facts)
    #expect(tail.lastIndex == 3000)
    #expect(tail.lastEpoch == 3)
    #expect(tail.segmentCount > 10)
    #expect(try fixture.segments.count == tail.segmentCount)
  }

  @Test func `a batch larger than the buffer is written in parts`() throws {
    let facts = JournalFixture.facts(0..<10_000)
    let writer = try fixture.writer(segmentByteCount: 4 << 20)
    for fact in facts { try writer.append(fact) }
    try writer.commit()
    try writer.close()
    #expect(try fixture.read().facts == facts)
  }

  @Test func `facts before a snapshot are not handed over`() throws {
    let facts = JournalFixture.facts(0..<100)
    try fixture.write(facts)
    let (read, tail) = try fixture.read(after: 60)
    #expect(read == Array(facts[60...]))
    #expect(tail.lastIndex == 100)
  }

  @Test func `what was committed survives a writer that was not closed`() throws {
    do {
      let writer = try fixture.writer()
      for fact in JournalFixture.facts(0..<10) { try writer.append(fact) }
      try writer.commit()
      try writer.append(SampleFacts.all[0])
    }
    let (facts, tail) = try fixture.read()
    #expect(facts == JournalFixture.facts(0..<10))
    #expect(!tail.wasClosed)
    let writer = try fixture.writer()
    #expect(try writer.append(SampleFacts.all[1]) == 11)
    try writer.close()
    #expect(try fixture.read().facts == JournalFixture.facts(0..<10) + [SampleFacts.all[1]])
  }

  @Test func `a journal can be read while it is written`() throws {
    let writer = try fixture.writer()
    for fact in JournalFixture.facts(0..<10) {
      try writer.append(fact)
      try writer.commit()
      #expect(try fixture.read().tail.lastIndex == writer.writtenIndex)
    }
    try writer.close()
  }

  @Test func `a second writer is refused until the first has closed`() throws {
    let first = try fixture.writer()
    let error = try #require(throws: JournalError.self) { try fixture.writer() }
    #expect(error == .locked(file: "\(fixture.path)/lock"))
    #expect(error.description.contains("another process writes this journal"))
    try first.close()
    withExtendedLifetime(first) {}
  }

  @Test func `a closed writer takes nothing more`() throws {
    let writer = try fixture.writer()
    try writer.close()
    #expect(throws: JournalError.closed) { try writer.append(SampleFacts.all[0]) }
    #expect(throws: JournalError.closed) { try writer.commit() }
  }

  @Test func `another instance is refused`() throws {
    try fixture.write([SampleFacts.all[0]])
    #expect(throws: JournalError.self) { try fixture.writer(instance: 2) }
    #expect(try fixture.read().tail.lastIndex == 1)
  }
}

struct EpochTests {
  private let fixture: JournalFixture

  init() throws {
    fixture = try JournalFixture()
  }

  @Test func `the epoch grows by one at each start, before any fact is written`() throws {
    for expected in 1...5 {
      let writer = try fixture.writer()
      #expect(writer.epoch == UInt32(expected))
      let text = String(decoding: try fixture.bytes("\(fixture.path)/epoch"), as: UTF8.self)
      #expect(text.hasPrefix("epoch \(expected) instance 1 "))
    }
  }

  @Test func `the epoch is no less than the clock's number, and grows if the clock goes back`()
    throws
  {
    for (floor, expected) in [(1000, 1000), (1000, 1001), (900, 1002), (5000, 5000)] {
      let writer = try fixture.writer(epochFloor: UInt32(floor))
      #expect(writer.epoch == UInt32(expected))
      try writer.close()
    }
  }

  @Test func `a journal that begins anew has other epochs than the one that was lost`() throws {
    let second: Int64 = 1_000_000_000
    let first = EpochFile.floor(atWallNanoseconds: 1_800_000_000 * second)
    let lost = try JournalFixture()
    var last: UInt32 = 0
    for _ in 0..<3 {
      let writer = try lost.writer(epochFloor: first)
      last = writer.epoch
      try writer.close()
    }
    let floor = EpochFile.floor(atWallNanoseconds: 1_800_000_003 * second)
    #expect(try fixture.writer(epochFloor: floor).epoch > last)
    #expect(first > 0xFF_FFFF, "what a measurement leaves must look older than any run")
  }

  @Test(arguments: [Int64.min, 0, 1_600_000_000_000_000_000, .max])
  func `no clock can use up the epochs`(wall: Int64) {
    let floor = EpochFile.floor(atWallNanoseconds: wall)
    #expect(floor >= 1 && floor <= 1 << 31)
  }

  @Test func `an epoch file older than the journal does not lead to a used number`() throws {
    let path = "\(fixture.path)/epoch"
    try fixture.write([SampleFacts.all[0]])
    let old = try fixture.bytes(path)
    for _ in 0..<3 { try fixture.write([SampleFacts.all[0]]) }
    try fixture.replace(path, old)
    #expect(try fixture.writer().epoch == 5)
  }

  @Test func `a missing epoch file beside segments is refused, with what to write`() throws {
    let path = "\(fixture.path)/epoch"
    try fixture.write([SampleFacts.all[0]])
    try FileManager.default.removeItem(atPath: path)
    let error = try #require(throws: JournalError.self) { try fixture.writer() }
    let quoted = try #require(error.description.firstMatch(of: /"(epoch .*)\\n"/))
    try fixture.replace(path, Array("\(quoted.1)\n".utf8))
    #expect(try fixture.writer().epoch == 1002)
  }

  @Test func `a changed epoch file is refused`() throws {
    let path = "\(fixture.path)/epoch"
    try fixture.write([SampleFacts.all[0]])
    let bytes = try fixture.bytes(path)
    for position in bytes.indices {
      var changed = bytes
      changed[position] ^= 1
      try fixture.replace(path, changed)
      #expect(throws: JournalError.self) { try fixture.writer() }
    }
    for count in bytes.indices {
      try fixture.replace(path, Array(bytes[..<count]))
      #expect(throws: JournalError.self) { try fixture.writer() }
    }
  }
}
