internal import Platform

/// All that must be true before a journal may be written.
struct JournalStart {
  let directory: JournalDirectory
  let lock: any JournalFile
  let epoch: UInt32
  let supply: SegmentSupply
  let header: SegmentHeader
  let file: any JournalFile

  init(
    directory: JournalDirectory, instance: UInt32, segmentByteCount: Int
  ) throws(JournalError) {
    self.directory = directory
    try platform { () throws(PlatformError) in
      try directory.storage.createDirectories(directory.path)
    }
    lock = try Self.takeLock(directory)
    try directory.removeTemporaryFiles()
    let segments = try directory.segments()
    let tail = try Self.mendTail(of: segments, in: directory, instance: instance)
    epoch = try EpochFile(directory: directory, instance: instance)
      .advance(past: segments.isEmpty ? nil : tail.lastEpoch)
    header = Self.header(after: tail, instance: instance)
    supply = SegmentSupply(directory: directory, byteCount: Int64(segmentByteCount))
    supply.prepare()
    let prepared = try supply.take()
    let header = header
    file = try platform { () throws(PlatformError) in
      try Self.install(prepared, header, in: directory)
    }
  }

  static func makeSalt() -> UInt32 {
    UInt32(truncatingIfNeeded: SecureRandom.word())
  }

  /// Gives a prepared segment its header and its name, both synced.
  static func install(
    _ prepared: any JournalFile, _ header: SegmentHeader, in directory: JournalDirectory
  ) throws(PlatformError) -> any JournalFile {
    let path = directory.segmentPath(header.number)
    try prepared.write(header.encoded, at: 0)
    try prepared.synchronizeData()
    try directory.storage.rename(prepared.path, to: path)
    try directory.storage.synchronizeDirectory(directory.path)
    return try directory.storage.open(path, .write)
  }

  private static func takeLock(
    _ directory: JournalDirectory
  ) throws(JournalError) -> any JournalFile {
    let path = directory.lockPath
    let lock = try platform { () throws(PlatformError) in
      try directory.storage.open(path, .write)
    }
    let isOurs = try platform { () throws(PlatformError) in try lock.lock() }
    guard isOurs else { throw .locked(file: path) }
    return lock
  }

  /// Verifies the last segment and cuts off what an interrupted write left there.
  private static func mendTail(
    of segments: [JournalDirectory.Segment], in directory: JournalDirectory, instance: UInt32
  ) throws(JournalError) -> JournalTail {
    var tail = JournalTail()
    guard let last = segments.last else { return tail }
    try unsafe SegmentReading(segment: last, storage: directory.storage, isLast: true)
      .read(continuing: &tail, directory: directory.path, after: .max - 1) { _, _, _ in }
    if let found = tail.instance, found != instance {
      throw .wrongInstance(file: last.path, expected: instance, found: found)
    }
    let validByteCount = Int64(tail.validByteCount)
    try platform { () throws(PlatformError) in
      let file = try directory.storage.open(last.path, .write)
      guard try file.size() != validByteCount else { return }
      try file.truncate(to: validByteCount)
      try file.synchronize()
    }
    return tail
  }

  private static func header(after tail: JournalTail, instance: UInt32) -> SegmentHeader {
    SegmentHeader(
      instance: instance, number: tail.segmentNumber + 1, firstIndex: tail.lastIndex + 1,
      previousChain: tail.chain, salt: makeSalt(), previousHash: tail.hash)
  }
}
