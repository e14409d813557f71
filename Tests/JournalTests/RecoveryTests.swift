import Foundation
import Journal
import RouterCore
import Testing

/// What a reader makes of a journal that a crash, a power cut or a bad disk has left.
struct RecoveryTests {
  private let fixture: JournalFixture
  private let facts = JournalFixture.facts(0..<6)
  private let header = 128

  init() throws {
    fixture = try JournalFixture()
  }

  /// A copy of the journal with one segment changed.
  private func variant(_ segment: String, _ bytes: [UInt8]) throws -> JournalFixture {
    let copy = try JournalFixture()
    try FileManager.default.copyItem(atPath: fixture.path, toPath: copy.path)
    let name = URL(fileURLWithPath: segment).lastPathComponent
    try copy.replace("\(copy.path)/\(name)", bytes)
    return copy
  }

  private func expectPrefix(
    _ copy: JournalFixture, atLeast minimum: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let read = try copy.read().facts
    #expect(read.count >= minimum, sourceLocation: sourceLocation)
    #expect(read == Array(facts.prefix(read.count)), sourceLocation: sourceLocation)
  }

  @Test func `a file cut at any byte loses its last whole frames and no other`() throws {
    try fixture.write(facts)
    let segment = try fixture.segments[0]
    let bytes = try fixture.bytes(segment)
    // Six frames of 48 bytes behind the header, and a closing mark of 40.
    #expect(bytes.count == header + 6 * 48 + 40)
    for count in header...bytes.count {
      let copy = try variant(segment, Array(bytes[..<count]))
      let expected = min((count - header) / 48, 6)
      #expect(try copy.read().facts == Array(facts[..<expected]))
    }
  }

  @Test func `a header cut at any byte is refused`() throws {
    try fixture.write(facts)
    let segment = try fixture.segments[0]
    let bytes = try fixture.bytes(segment)
    for count in 0..<header {
      let copy = try variant(segment, Array(bytes[..<count]))
      #expect(throws: JournalError.self) { try copy.read() }
    }
  }

  @Test func `a write cut at any byte, with zeros behind it, is cut off`() throws {
    try fixture.write(facts)
    let segment = try fixture.segments[0]
    let bytes = try fixture.bytes(segment)
    for count in header + 5 * 48..<header + 6 * 48 {
      let torn = Array(bytes[..<count]) + [UInt8](repeating: 0, count: 8192 - count)
      let copy = try variant(segment, torn)
      #expect(try copy.read().facts == Array(facts[..<5]))
      guard count % 6 == 0 else { continue }
      let writer = try copy.writer()
      #expect(try writer.append(facts[5]) == 6)
      try writer.close()
      #expect(try copy.read().facts == facts)
    }
  }

  @Test func `any changed byte of a closed journal is refused, and no fact is lost`() throws {
    try fixture.write(facts)
    let segment = try fixture.segments[0]
    let bytes = try fixture.bytes(segment)
    for position in bytes.indices {
      for flip in [0x01, 0xFF] as [UInt8] {
        var changed = bytes
        changed[position] ^= flip
        try fixture.replace(segment, changed)
        let error = #expect(throws: JournalError.self) { try fixture.read() }
        #expect(error?.description.contains(segment.split(separator: "/").last ?? "?") == true)
        if position % 8 == 0 { #expect(throws: JournalError.self) { try fixture.writer() } }
      }
    }
  }

  @Test func `any changed byte of an open journal is refused or costs no fact`() throws {
    var writer: JournalWriter? = try fixture.writer()
    for fact in facts { try writer?.append(fact) }
    try writer?.commit()
    fixture.durable.wait(for: 6)
    let segment = try fixture.segments[0]
    let bytes = try fixture.bytes(segment)
    writer = nil
    #expect(bytes.count == 8192)
    for position in 0..<512 {
      var changed = bytes
      changed[position] ^= 0xFF
      try fixture.replace(segment, changed)
      if let read = try? fixture.read() {
        #expect(position >= header + 6 * 48)
        #expect(read.facts == facts)
      }
    }
  }

  @Test func `a missing sector that later frames prove to be synced is refused`() throws {
    let many = JournalFixture.facts(0..<60)
    try fixture.write(many)
    let segment = try fixture.segments[0]
    var bytes = try fixture.bytes(segment)
    for position in 512..<1024 { bytes[position] = 0 }
    let copy = try variant(segment, bytes)
    let error = try #require(throws: JournalError.self) { try copy.read() }
    #expect(error.description.contains("was synced"))
  }

  @Test func `a missing sector of a batch that was never synced is cut off`() throws {
    let many = JournalFixture.facts(0..<60)
    var writer: JournalWriter? = try fixture.writer()
    for fact in many { try writer?.append(fact) }
    try writer?.commit()
    fixture.durable.wait(for: 60)
    let segment = try fixture.segments[0]
    var bytes = try fixture.bytes(segment)
    writer = nil
    for position in 512..<1024 { bytes[position] = 0 }
    let copy = try variant(segment, bytes)
    let (read, tail) = try copy.read()
    #expect(read == Array(many[..<8]))
    #expect(tail.tornByteCount > 0)
    let next = try copy.writer()
    #expect(try next.append(many[8]) == 9)
    try next.close()
    #expect(try copy.read().facts == Array(many[..<9]))
  }

  @Test func `damage in a segment that is not the last is refused`() throws {
    try fixture.write(facts)
    try fixture.write(facts)
    let segment = try fixture.segments[0]
    let bytes = try fixture.bytes(segment)
    for count in 0..<bytes.count {
      let copy = try variant(segment, Array(bytes[..<count]))
      #expect(throws: JournalError.self) { try copy.read() }
    }
  }

  @Test func `a segment that is missing or was exchanged is refused`() throws {
    for _ in 0..<3 { try fixture.write(facts) }
    let segments = try fixture.segments
    for missing in segments[..<2] {
      let copy = try JournalFixture()
      try FileManager.default.copyItem(atPath: fixture.path, toPath: copy.path)
      let name = URL(fileURLWithPath: missing).lastPathComponent
      try FileManager.default.removeItem(atPath: "\(copy.path)/\(name)")
      #expect(throws: JournalError.self) { try copy.read() }
    }
    let copy = try variant(segments[1], try fixture.bytes(segments[2]))
    #expect(throws: JournalError.self) { try copy.read() }
  }

  @Test func `a segment of another journal is refused, even with the same indexes`() throws {
    let other = try JournalFixture()
    for journal in [fixture, other] {
      try journal.write(facts)
      try journal.write(facts)
    }
    let segment = try fixture.segments[1]
    let copy = try variant(segment, try other.bytes(try other.segments[1]))
    let error = try #require(throws: JournalError.self) { try copy.read() }
    #expect(error.description.contains("CRC32C expected"))
  }

  @Test func `an error names the file, the offset, both checksums and the mend`() throws {
    try fixture.write(facts)
    let segment = try fixture.segments[0]
    var bytes = try fixture.bytes(segment)
    bytes[header + 48 + 40] ^= 1
    let copy = try variant(segment, bytes)
    let error = try #require(throws: JournalError.self) { try copy.read() }
    let text = error.description
    #expect(text.contains("segment-0000000001.journal is damaged at offset 176"))
    #expect(text.contains(/CRC32C expected 0x[0-9a-f]{8}, found 0x[0-9a-f]{8}/))
    #expect(text.contains("restore the file from a backup"))
  }

  @Test func `random bytes behind the header never trap`() throws {
    try fixture.write(facts)
    let segment = try fixture.segments[0]
    let bytes = try fixture.bytes(segment)
    var state: UInt64 = 42
    for _ in 0..<300 {
      var changed = bytes
      for _ in 0..<Int(state >> 60) + 1 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let position = header + Int(state >> 33) % (bytes.count - header)
        changed[position] = UInt8(truncatingIfNeeded: state >> 20)
      }
      let copy = try variant(segment, changed)
      if let read = try? copy.read() { #expect(read.facts == Array(facts[..<read.facts.count])) }
    }
  }
}
