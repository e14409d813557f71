import Foundation
import Journal
import Platform
import RouterCore
import Testing

/// What the checksums cannot see, because whoever rewrites a journal can make them fit.
struct HashChainTests {
  private let fixture: JournalFixture
  private let header = 128

  init() throws {
    fixture = try JournalFixture()
  }

  @Test func `a segment's header holds the hash of all before it`() throws {
    try fixture.write(JournalFixture.facts(0..<4))
    let (_, first) = try fixture.read()
    try fixture.write(JournalFixture.facts(4..<8))
    let second = try fixture.bytes(fixture.segments[1])
    #expect(hexadecimal(second[40..<72]) == first.hash.description)
    let all = try fixture.bytes(fixture.segments[0])
    let digest = Digest.sha256([UInt8](repeating: 0, count: 32) + all)
    #expect(hexadecimal(digest[...]) == first.hash.description)
  }

  @Test func `a fact rewritten so that every checksum still fits is found`() throws {
    try fixture.write(JournalFixture.facts(0..<4))
    try fixture.write(JournalFixture.facts(4..<8))
    let file = try fixture.segments[0]
    let before = try fixture.read()
    var bytes = try fixture.bytes(file)
    // The third fact is turned around, and four bytes of its time make up for that.
    let frame = header + 2 * 48..<header + 3 * 48
    bytes[frame.lowerBound + 32] ^= 1
    forge(&bytes, frame, at: frame.lowerBound + 33)
    #expect(bytes != (try fixture.bytes(file)))
    try fixture.replace(file, bytes)
    let error = try #require(throws: JournalError.self) { try fixture.read() }
    guard case .tampered(let named, let offset, _, let found) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(named == (try fixture.segments[1]) && offset == 40)
    #expect(error.description.contains("rewritten"))
    #expect(found != before.tail.hash)
  }

  @Test func `the same rewriting in the last segment changes the hash that stands for it`() throws {
    try fixture.write(JournalFixture.facts(0..<4))
    let file = try fixture.segments[0]
    let before = try fixture.read()
    var bytes = try fixture.bytes(file)
    let frame = header + 48..<header + 2 * 48
    bytes[frame.lowerBound + 32] ^= 1
    forge(&bytes, frame, at: frame.lowerBound + 33)
    try fixture.replace(file, bytes)
    let after = try fixture.read()
    #expect(after.facts != before.facts && after.tail.lastIndex == before.tail.lastIndex)
    #expect(after.tail.hash != before.tail.hash)
  }

  @Test func `the hash does not depend on how facts were batched or torn writes cut`() throws {
    let facts = JournalFixture.facts(0..<40)
    let writer = try fixture.writer()
    for (index, fact) in facts.enumerated() {
      try writer.append(fact)
      if index % 7 == 0 { try writer.commit() }
    }
    try writer.close()
    let whole = try fixture.read().tail
    let file = try fixture.segments[0]
    let torn = try fixture.bytes(file).dropLast(40 + 20) + [UInt8](repeating: 0, count: 60)
    try fixture.replace(file, Array(torn))
    let cut = try fixture.read().tail
    #expect(cut.tornByteCount > 0 && cut.hash != whole.hash)
    try fixture.write([facts[39]])
    let second = try fixture.bytes(fixture.segments[1])
    #expect(hexadecimal(second[40..<72]) == cut.hash.description)
    #expect(try fixture.read().facts == facts)
  }

  @Test func `a hash is read from its digits and from nothing else`() throws {
    try fixture.write(JournalFixture.facts(0..<1))
    let hash = try fixture.read().tail.hash
    #expect(ChainHash(hash.description) == hash)
    #expect(ChainHash("") == nil && ChainHash(String(hash.description.dropLast())) == nil)
    #expect(ChainHash("g" + hash.description.dropFirst()) == nil)
  }

  private func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
  }

  /// Changes four bytes so that the checksum in the frame fits again: CRCs are linear, so the bits
  /// to flip are the solution of 32 equations.
  private func forge(_ bytes: inout [UInt8], _ frame: Range<Int>, at place: Int) {
    func checksum(_ bytes: [UInt8]) -> UInt32 {
      let covered =
        Array(bytes[frame.lowerBound..<frame.lowerBound + 4])
        + Array(bytes[frame.lowerBound + 8..<frame.upperBound])
      return covered.withUnsafeBytes { Checksum.crc32c($0) }
    }
    let original = checksum(try! fixture.bytes(fixture.segments[0]))
    let base = checksum(bytes)
    var rows: [(effect: UInt32, flips: UInt32)] = (0..<32).map { bit in
      var changed = bytes
      changed[place + bit / 8] ^= 1 << UInt8(bit % 8)
      return (checksum(changed) ^ base, 1 << UInt32(bit))
    }
    var wanted = base ^ original
    var flips: UInt32 = 0
    for bit in 0..<32 {
      let mask = 1 << UInt32(bit) as UInt32
      guard let pivot = rows.firstIndex(where: { $0.effect & mask != 0 }) else { continue }
      let row = rows.remove(at: pivot)
      for index in rows.indices where rows[index].effect & mask != 0 {
        rows[index].effect ^= row.effect
        rows[index].flips ^= row.flips
      }
      if wanted & mask != 0 {
        wanted ^= row.effect
        flips ^= row.flips
      }
    }
    precondition(wanted == 0, "the equations have a solution")
    for bit in 0..<32 where flips & (1 << UInt32(bit)) != 0 {
      bytes[place + bit / 8] ^= 1 << UInt8(bit % 8)
    }
  }
}
