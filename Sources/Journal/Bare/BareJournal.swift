internal import Platform
package import RouterCore

/// The journal's writing end without threads, for simulations.
///
/// Frames and segments are those of `JournalWriter`, and `JournalReader` reads them; when to sync,
/// and what a sync has reached, is the owner's.
package final class BareJournal {
  package let epoch: UInt32
  package private(set) var lastIndex: UInt64
  /// The last fact that the kernel has.
  package private(set) var writtenIndex: UInt64
  /// The last fact that a power cut does not lose; set by the owner.
  package var durableIndex: UInt64
  private let directory: JournalDirectory
  private let instance: UInt32
  private let segment: SegmentWriter
  private var segmentNumber: UInt64

  /// Cuts off what an interrupted write has left at the end, as a start of the service does.
  package static func mend(
    directory path: String, storage: any JournalStorage, instance: UInt32
  ) throws(JournalError) {
    let directory = JournalDirectory(path: path, storage: storage)
    _ = try JournalStart.mendTail(
      of: try directory.segments(), in: directory, instance: instance)
  }

  /// Goes on behind `tail`, in a new segment.
  package init(
    after tail: JournalTail, directory path: String, storage: any JournalStorage, instance: UInt32,
    epoch: UInt32, salt: UInt32, segmentByteCount: Int
  ) throws(JournalError) {
    directory = JournalDirectory(path: path, storage: storage)
    self.instance = instance
    self.epoch = epoch
    segmentNumber = tail.segmentNumber + 1
    (lastIndex, writtenIndex, durableIndex) = (tail.lastIndex, tail.lastIndex, tail.lastIndex)
    let header = SegmentHeader(
      instance: instance, number: tail.segmentNumber + 1, firstIndex: tail.lastIndex + 1,
      previousChain: tail.chain, salt: salt, previousHash: tail.hash)
    let file = try Self.install(header, in: directory)
    segment = SegmentWriter(file, header: header, byteCount: segmentByteCount)
  }

  /// The segment that is written at the moment.
  package var path: String { segment.file.path }

  /// Whether the next fact needs a new segment; see `roll`.
  package var isFull: Bool { segment.isFull }

  package func append(_ fact: Fact) throws(JournalError) -> UInt64 {
    let (index, durableIndex, epoch) = (lastIndex + 1, durableIndex, epoch)
    try segment.append(fact) { type in
      Frame(
        index: index, durableIndex: durableIndex, epoch: epoch, type: type.rawValue,
        version: type.version, flags: Frame.criticalFlag)
    }
    lastIndex = index
    return index
  }

  /// Hands what was added to the kernel.
  package func write() throws(JournalError) {
    try segment.write()
    writtenIndex = lastIndex
  }

  /// Syncs the segment and goes on in the next one.
  package func roll(salt: UInt32) throws(JournalError) {
    try write()
    try platform { () throws(PlatformError) in try segment.file.synchronizeData() }
    durableIndex = lastIndex
    let header = SegmentHeader(
      instance: instance, number: segmentNumber + 1, firstIndex: lastIndex + 1,
      previousChain: segment.chain, salt: salt, previousHash: segment.hash)
    segment.move(to: try Self.install(header, in: directory), header: header)
    segmentNumber += 1
  }

  private static func install(
    _ header: SegmentHeader, in directory: JournalDirectory
  ) throws(JournalError) -> any JournalFile {
    try platform { () throws(PlatformError) in
      let file = try directory.storage.open(directory.segmentPath(header.number), .create)
      try file.write(header.encoded, at: 0)
      try file.synchronizeData()
      try directory.storage.synchronizeDirectory(directory.path)
      return file
    }
  }
}
