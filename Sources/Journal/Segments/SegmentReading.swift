internal import Platform

/// Reads one segment as the continuation of those before it.
struct SegmentReading {
  let segment: JournalDirectory.Segment
  let storage: any JournalStorage
  let isLast: Bool

  /// Verifies the segment, hands its facts to `body`, and moves the tail to its end.
  func read(
    continuing tail: inout JournalTail, directory: String, after index: UInt64,
    _ body: (Frame, UnsafeRawBufferPointer, _ offset: Int) throws(JournalError) -> Void
  ) throws(JournalError) {
    let bytes = try load()
    let header = try unsafe SegmentHeader(bytes.bytes, file: segment.path, number: segment.number)
    try check(header, continues: tail, directory: directory, after: index)
    var scanner = unsafe SegmentScanner(
      bytes.bytes, header: header, file: segment.path, epoch: tail.lastEpoch)
    let end = try unsafe scanner.scan(isLast: isLast) {
      (frame, payload, offset) throws(JournalError) in
      if frame.type != Frame.closingMark { try unsafe body(frame, payload, offset) }
    }
    let digest = SegmentDigest(header)
    unsafe digest.add(
      UnsafeRawBufferPointer(rebasing: bytes.bytes[header.byteCount..<scanner.position]))
    tail.move(to: scanner, header: header, segment: segment)
    tail.hash = digest.hash
    tail.tornByteCount = end == .torn ? bytes.count - scanner.position : 0
  }

  private func load() throws(JournalError) -> SegmentBytes {
    try platform { () throws(PlatformError) in
      try SegmentBytes(storage.open(segment.path, .read))
    }
  }

  private func check(
    _ header: SegmentHeader, continues tail: JournalTail, directory: String, after index: UInt64
  ) throws(JournalError) {
    guard let instance = tail.instance else {
      if header.firstIndex <= index + 1 { return }
      throw .missingSegment(
        directory: directory, expectedIndex: index + 1, foundIndex: header.firstIndex)
    }
    guard header.instance == instance else {
      throw .wrongInstance(file: segment.path, expected: instance, found: header.instance)
    }
    guard header.number == tail.segmentNumber + 1, header.firstIndex == tail.lastIndex + 1 else {
      throw .missingSegment(
        directory: directory, expectedIndex: tail.lastIndex + 1, foundIndex: header.firstIndex)
    }
    guard header.previousChain == tail.chain else {
      throw .checksum(
        file: segment.path, offset: 32, expected: tail.chain, found: header.previousChain,
        detail: "it does not continue the segment before it, whose end was changed")
    }
    guard header.version == 1 || header.previousHash == tail.hash else {
      throw .tampered(
        file: segment.path, offset: 40, expected: tail.hash, found: header.previousHash)
    }
  }
}

/// The bytes of a segment, read once.
@safe final class SegmentBytes {
  let bytes: UnsafeRawBufferPointer
  let count: Int
  private let memory: UnsafeMutableRawBufferPointer

  init(_ file: any JournalFile) throws(PlatformError) {
    let byteCount = Int(try file.size())
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
    do {
      count = try unsafe file.read(into: memory, at: 0)
      unsafe bytes = UnsafeRawBufferPointer(rebasing: memory[..<count])
    } catch {
      unsafe memory.deallocate()
      throw error
    }
    unsafe self.memory = unsafe memory
  }

  deinit {
    unsafe memory.deallocate()
  }
}

extension JournalTail {
  fileprivate mutating func move(
    to scanner: SegmentScanner, header: SegmentHeader, segment: JournalDirectory.Segment
  ) {
    lastIndex = scanner.nextIndex - 1
    lastEpoch = scanner.epoch
    instance = header.instance
    segmentCount += 1
    file = segment.path
    validByteCount = scanner.position
    wasClosed = scanner.isClosed
    chain = scanner.chain
    segmentNumber = header.number
  }
}
