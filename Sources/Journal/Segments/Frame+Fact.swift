internal import RouterCore

extension Frame {
  /// The fact in a frame whose checksum was verified; nil if it is of no kind that must be known.
  func fact(
    _ payload: UnsafeRawBufferPointer, file: String, offset: Int
  ) throws(JournalError) -> Fact? {
    do {
      return try unsafe FactCodec.decode(type: type, version: version, payload)
    } catch .unknownType where flags & Self.criticalFlag == 0 {
      return nil
    } catch .unknownType, .unknownVersion {
      throw .tooNew(file: file, offset: offset, what: "a fact of type \(type) version \(version)")
    } catch {
      throw .corrupt(
        file: file, offset: offset,
        detail: "the fields of a fact of type \(type) are wrong (\(error))")
    }
  }
}
