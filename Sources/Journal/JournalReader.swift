internal import Platform
package import RouterCore

/// Reads a journal without changing it, also while another process writes it.
package enum JournalReader {
  /// Hands every fact to `body`, in order.
  ///
  /// - Parameters:
  ///   - directory: Where the journal's files are.
  ///   - storage: What holds them.
  ///   - index: The index of a snapshot: facts up to it are verified where their segment is still
  ///     there, but not handed over.
  ///   - onSegment: Told after each segment where the journal stands, and how many segments there
  ///     are.
  ///   - body: Takes the index of a fact, and the fact.
  /// - Returns: Where the journal ends; empty if there is none.
  /// - Throws: `JournalError` if anything but an interrupted write at the very end is wrong.
  package static func read(
    directory: String, storage: any JournalStorage = SystemStorage(), after index: UInt64 = 0,
    onSegment: (JournalTail, Int) -> Void = { _, _ in }, _ body: (UInt64, Fact) -> Void
  ) throws(JournalError) -> JournalTail {
    guard storage.exists(directory) else { return JournalTail() }
    let files = JournalDirectory(path: directory, storage: storage)
    let segments = try files.segments()
    var tail = JournalTail()
    for (position, segment) in segments.enumerated() {
      let reading = SegmentReading(
        segment: segment, storage: storage, isLast: position == segments.count - 1)
      try unsafe reading.read(continuing: &tail, directory: directory, after: index) {
        (frame, payload, offset) throws(JournalError) in
        guard frame.index > index else { return }
        let fact = try unsafe decode(frame, payload, file: segment.path, offset: offset)
        guard let fact else { return }
        body(frame.index, fact)
      }
      onSegment(tail, segments.count)
    }
    return tail
  }

  private static func decode(
    _ frame: Frame, _ payload: UnsafeRawBufferPointer, file: String, offset: Int
  ) throws(JournalError) -> Fact? {
    do {
      return try unsafe FactCodec.decode(type: frame.type, version: frame.version, payload)
    } catch .unknownType where frame.flags & Frame.criticalFlag == 0 {
      return nil
    } catch .unknownType, .unknownVersion {
      throw .tooNew(
        file: file, offset: offset, what: "a fact of type \(frame.type) version \(frame.version)")
    } catch {
      throw .corrupt(
        file: file, offset: offset,
        detail: "the fields of a fact of type \(frame.type) are wrong (\(error))")
    }
  }
}
