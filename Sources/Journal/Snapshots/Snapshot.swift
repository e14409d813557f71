internal import Platform
internal import RouterCore

/// A snapshot that was read and whose every byte was verified.
///
/// It holds facts in the journal's own frames: the shortest history that comes to the state at its
/// end. Where a frame of a segment says what was durable, one of a snapshot has the index that the
/// fact had in the journal, or 0 for one that stands for others.
@safe struct Snapshot {
  /// What the chain of CRCs in every snapshot begins with.
  static let firstChain: UInt32 = 0x534E_4150

  let path: String
  let header: SnapshotHeader
  private let bytes: SegmentBytes

  init(_ file: JournalDirectory.Segment, storage: any JournalStorage) throws(JournalError) {
    path = file.path
    bytes = try platform { () throws(PlatformError) in
      try SegmentBytes(storage.open(file.path, .read))
    }
    let (header, digest) = try unsafe SnapshotHeader.read(
      bytes.bytes, file: file.path, number: file.number)
    self.header = header
    let frames = unsafe UnsafeRawBufferPointer(rebasing: bytes.bytes[SnapshotHeader.byteCount...])
    #if MUTATIONS
      if Mutation.damagedSnapshotIsRead.isActive { return }
    #endif
    guard UInt64(frames.count) == header.framesByteCount else {
      throw .corrupt(
        file: path, offset: bytes.count,
        detail: "it ends here, but its header promises \(header.framesByteCount) bytes of facts")
    }
    let running = RunningDigest()
    unsafe running.add(frames)
    guard header.digest(overFrames: ChainHash(bytes: running.value)) == digest else {
      throw try damage
    }
  }

  /// Hands over the facts, each with the index that it has in the journal.
  func read(
    _ body: (UInt64, Fact) throws(JournalError) -> Void
  ) throws(JournalError) {
    try unsafe scan { (frame, payload, offset) throws(JournalError) in
      guard let fact = try unsafe frame.fact(payload, file: path, offset: offset) else { return }
      try body(frame.durableIndex, fact)
    }
  }

  /// Says where the bytes have changed.
  private var damage: JournalError {
    get throws(JournalError) {
      try unsafe scan { _, _, _ in }
      return .corrupt(
        file: path, offset: 96, detail: "the SHA-256 of its facts is not the one in its header")
    }
  }

  private func scan(
    _ body: (Frame, UnsafeRawBufferPointer, _ offset: Int) throws(JournalError) -> Void
  ) throws(JournalError) {
    var scanner = unsafe SegmentScanner(
      bytes.bytes, from: SnapshotHeader.byteCount, continuing: Self.firstChain, firstIndex: 1,
      file: path, epoch: header.epoch)
    #if MUTATIONS
      if Mutation.damagedSnapshotIsRead.isActive {
        _ = try unsafe scanner.scan(isLast: true, body)
        return
      }
    #endif
    _ = try unsafe scanner.scan(isLast: false, body)
    guard scanner.nextIndex == header.factCount + 1, scanner.position == bytes.count else {
      throw .corrupt(
        file: path, offset: scanner.position,
        detail: "\(scanner.nextIndex - 1) facts of \(header.factCount) are here")
    }
  }
}
