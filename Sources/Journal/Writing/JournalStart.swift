internal import Platform

/// All that must be true before a journal may be written.
struct JournalStart {
  let directory: JournalDirectory
  let lock: any JournalFile
  let epoch: UInt32
  let header: SegmentHeader
  let file: any JournalFile

  /// Checks and mends what is there, and begins a segment.
  ///
  /// `makeSegment` makes one that is ready to be written, or says that there is no room.
  init(
    directory: JournalDirectory, instance: UInt32, epochFloor: UInt32 = 0,
    salt: UInt32 = Self.makeSalt(), makeSegment: () throws(JournalError) -> any JournalFile
  ) throws(JournalError) {
    self.directory = directory
    try platform { () throws(PlatformError) in
      try directory.storage.createDirectories(directory.path)
    }
    lock = try Self.takeLock(directory)
    var segments = try directory.segments()
    try Self.checkSnapshots(segments, in: directory)
    var tail = try Self.mendTail(of: segments, in: directory, instance: instance)
    if try Self.takeOverNext(after: tail, in: directory) {
      segments = try directory.segments()
      tail = try Self.mendTail(of: segments, in: directory, instance: instance)
    }
    try directory.removeTemporaryFiles()
    epoch = try EpochFile(directory: directory, instance: instance)
      .advance(past: segments.isEmpty ? nil : tail.lastEpoch, floor: epochFloor)
    header = SegmentHeader(
      instance: instance, number: tail.segmentNumber + 1, firstIndex: tail.lastIndex + 1,
      previousChain: tail.chain, salt: salt, previousHash: tail.hash)
    let prepared = try makeSegment()
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

  /// A snapshot is only made when the segment behind it exists: without it facts are lost.
  private static func checkSnapshots(
    _ segments: [JournalDirectory.Segment], in directory: JournalDirectory
  ) throws(JournalError) {
    guard let newest = try directory.snapshots().last else { return }
    guard segments.contains(where: { $0.number == newest.number + 1 }) else {
      throw .missingFile(
        directory.segmentPath(newest.number + 1), detail: "\(newest.path) is continued by it")
    }
  }

  /// Verifies the last segment and cuts off what an interrupted write left there.
  static func mendTail(
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
      if try file.size() != validByteCount { try file.truncate(to: validByteCount) }
      // Facts of a process that was killed may be with the kernel alone. The next segment will
      // stand behind them, so a power cut must not take them any more.
      try file.synchronize()
    }
    return tail
  }

  /// Names the segment that a crash has left unnamed, if it continues the last one.
  ///
  /// With durability `process` its facts may have been acted on. It continues the last segment only
  /// if that is complete; where a power cut has taken its end, both were unsafe.
  private static func takeOverNext(
    after tail: JournalTail, in directory: JournalDirectory
  ) throws(JournalError) -> Bool {
    let path = directory.nextPath
    guard let last = tail.file, directory.storage.exists(path) else { return false }
    let bytes = try platform { () throws(PlatformError) in
      try SegmentBytes(directory.storage.open(path, .read))
    }
    guard
      let header = try? unsafe SegmentHeader(
        bytes.bytes, file: path, number: tail.segmentNumber + 1),
      header.instance == tail.instance, header.firstIndex == tail.lastIndex + 1,
      header.previousChain == tail.chain, header.previousHash == tail.hash
    else { return false }
    try platform { () throws(PlatformError) in
      try directory.storage.open(last, .write).synchronize()
      try directory.storage.open(path, .write).synchronize()
      try directory.storage.rename(path, to: directory.segmentPath(header.number))
      try directory.storage.synchronizeDirectory(directory.path)
    }
    return true
  }
}
