internal import Platform

/// All that must be true before a journal may be written.
struct JournalStart {
  let directory: JournalDirectory
  let lock: DurableFile
  let epoch: UInt32
  let supply: SegmentSupply
  let header: SegmentHeader
  let file: DurableFile

  init(directory path: String, instance: UInt32, segmentByteCount: Int) throws(JournalError) {
    directory = JournalDirectory(path: path)
    try storage { () throws(PlatformError) in try FileSystem.createDirectories(path) }
    lock = try Self.takeLock(directory.lockPath)
    try directory.removeTemporaryFiles()
    let segments = try directory.segments()
    let tail = try Self.mendTail(of: segments, directory: path, instance: instance)
    epoch = try EpochFile(path: directory.epochPath, instance: instance)
      .advance(past: segments.isEmpty ? nil : tail.lastEpoch)
    header = Self.header(after: tail, instance: instance)
    supply = SegmentSupply(directory: directory, byteCount: Int64(segmentByteCount))
    supply.prepare()
    let prepared = try supply.take()
    let (header, directory) = (header, directory)
    file = try storage { () throws(PlatformError) in
      try Self.install(prepared, header, in: directory)
    }
  }

  static func makeSalt() -> UInt32 {
    UInt32(truncatingIfNeeded: SecureRandom.word())
  }

  /// Gives a prepared segment its header and its name, both synced.
  static func install(
    _ prepared: DurableFile, _ header: SegmentHeader, in directory: JournalDirectory
  ) throws(PlatformError) -> DurableFile {
    let path = directory.segmentPath(header.number)
    try prepared.write(header.encoded, at: 0)
    try prepared.synchronizeData()
    try FileSystem.rename(prepared.path, to: path)
    try FileSystem.synchronizeDirectory(directory.path)
    return try DurableFile(path, .write)
  }

  private static func takeLock(_ path: String) throws(JournalError) -> DurableFile {
    let lock = try storage { () throws(PlatformError) in try DurableFile(path, .write) }
    let isOurs = try storage { () throws(PlatformError) in try lock.lock() }
    guard isOurs else { throw .locked(file: path) }
    return lock
  }

  /// Verifies the last segment and cuts off what an interrupted write left there.
  private static func mendTail(
    of segments: [JournalDirectory.Segment], directory: String, instance: UInt32
  ) throws(JournalError) -> JournalTail {
    var tail = JournalTail()
    guard let last = segments.last else { return tail }
    try unsafe SegmentReading(segment: last, isLast: true)
      .read(continuing: &tail, directory: directory, after: .max - 1) { _, _, _ in }
    if let found = tail.instance, found != instance {
      throw .wrongInstance(file: last.path, expected: instance, found: found)
    }
    let validByteCount = Int64(tail.validByteCount)
    try storage { () throws(PlatformError) in
      let file = try DurableFile(last.path, .write)
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
