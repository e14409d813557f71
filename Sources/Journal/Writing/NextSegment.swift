internal import Platform

/// The segment that is made ahead, under a temporary name and full of zeros.
struct NextSegment {
  private static let chunkByteCount: Int64 = 1 << 20

  let directory: JournalDirectory
  let byteCount: Int64

  /// Makes it anew, and syncs it; after an error nothing of it is left.
  func make(isCanceled: () -> Bool = { false }) throws(PlatformError) -> any JournalFile {
    let path = directory.nextPath
    if directory.storage.exists(path) { try directory.storage.remove(path) }
    let file = try directory.storage.open(path, .create)
    do {
      try fill(file, isCanceled)
    } catch {
      try? directory.storage.remove(path)
      throw error
    }
    return file
  }

  // In small steps, so that the syncs of the current segment do not queue behind one large one.
  private func fill(
    _ file: any JournalFile, _ isCanceled: () -> Bool
  ) throws(PlatformError) {
    var filled: Int64 = 0
    try file.reserve(byteCount)
    while filled < byteCount, !isCanceled() {
      let count = min(Self.chunkByteCount, byteCount - filled)
      try file.writeZeros(count, at: filled)
      try file.synchronizeData()
      filled += count
    }
    try file.synchronize()
    file.map(byteCount)
    file.prepareWrites(SegmentWriter.preparedByteCount)
  }
}
