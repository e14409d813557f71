import Foundation
import Journal
import Platform
import RouterCore
import Testing

/// A whole segment as the first release wrote it: header, two facts, closing mark.
struct SegmentGoldenTests {
  private let segment =
    "534c554943454a0a010000000100000001000000000000000100000000000000"
    + "00000000187918680000000000000000000000000000000000000000e52d5acc"
    + "0c00f3ffd3702a60010000000000000000000000000000000100000001010100"
    + "0700000015cd853dfe9c9717000000a50900f6ff86a0993b0200000000000000"
    + "0100000000000000010000000701010001ffffffffffffffff000000000000a5"
    + "0000ffff3813e4a9020000000000000002000000000000000100000000010000"
    + "00000000000000a5"

  @Test func `a segment of the first release is read`() throws {
    let fixture = try JournalFixture()
    try FileManager.default.createDirectory(
      atPath: fixture.path, withIntermediateDirectories: true)
    let digits = segment.compactMap { $0.hexDigitValue }
    let bytes = stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
    try fixture.replace("\(fixture.path)/segment-0000000001.journal", bytes)
    let (facts, tail) = try fixture.read()
    #expect(facts == [SampleFacts.all[0], SampleFacts.all[6]])
    #expect(tail.wasClosed)
    #expect(tail.instance == 1)
  }

  @Test func `a journal of the first release is continued in the newer format`() throws {
    let fixture = try JournalFixture()
    try FileManager.default.createDirectory(
      atPath: fixture.path, withIntermediateDirectories: true)
    let digits = segment.compactMap { $0.hexDigitValue }
    let bytes = stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
    try fixture.replace("\(fixture.path)/segment-0000000001.journal", bytes)
    let line = Array("epoch 1 instance 1".utf8)
    let checksum = line.withUnsafeBytes { Checksum.crc32c($0) }
    try fixture.replace(
      "\(fixture.path)/epoch", line + Array(" crc32c \(checksum)\n".utf8))
    let more = JournalFixture.facts(0..<3)
    try fixture.write(more)
    let (facts, tail) = try fixture.read()
    #expect(facts == [SampleFacts.all[0], SampleFacts.all[6]] + more)
    #expect(tail.segmentCount == 2 && tail.lastEpoch == 2)
    #expect(try fixture.bytes(fixture.segments[1])[8] == 2)
  }

  @Test func `a segment of a newer format is refused as such`() throws {
    let fixture = try JournalFixture()
    try fixture.write([SampleFacts.all[0]])
    let segment = try fixture.segments[0]
    var bytes = try fixture.bytes(segment)
    bytes[8] = 3
    try fixture.replace(segment, bytes)
    let error = try #require(throws: JournalError.self) { try fixture.read() }
    #expect(error == .tooNew(file: segment, offset: 8, what: "journal format 3"))
    #expect(error.description.contains("or a newer one"))
  }
}
