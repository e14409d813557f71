internal import Platform

#if MUTATIONS
  internal import RouterCore
#endif

/// The number of this start, which grows by one each time and is never used twice.
///
/// Ids of child orders carry it. It is synced before anything is sent, so ids stay unique even if a
/// power cut takes the last facts.
package struct EpochFile {
  /// Ids have 24 bits for it.
  static let limit: UInt32 = 1 << 24

  let directory: JournalDirectory
  let instance: UInt32

  private var path: String { directory.epochPath }

  /// Stores and returns the next epoch.
  ///
  /// `newest` is the epoch of the last fact in the journal, or nil if it has no segment.
  func advance(past newest: UInt32?) throws(JournalError) -> UInt32 {
    let stored = try read()
    if stored == nil, newest != nil {
      throw .epoch(
        file: path,
        detail: "it is missing although there are segments, so a number could be used twice;"
          + " restore it from a backup, or write into it the text of a greater number than any used:"
          + " \(Self.text(epoch: (newest ?? 0) + 1000, instance: instance).debugDescription)")
    }
    let next = Self.next(after: stored, newest: newest)
    guard next < Self.limit else {
      throw .epoch(file: path, detail: "all epochs are used; start a new instance number")
    }
    try platform { () throws(PlatformError) in
      try directory.storage.writeFileAtomically(
        path, Array(Self.text(epoch: next, instance: instance).utf8), in: directory.path)
    }
    return next
  }

  /// Greater than the number that is stored and than any in the journal.
  package static func next(after stored: UInt32?, newest: UInt32?) -> UInt32 {
    #if MUTATIONS
      if Mutation.epochIsNotAdvanced.isActive { return max(stored ?? 0, newest ?? 0, 1) }
    #endif
    return max(stored ?? 0, newest ?? 0) + 1
  }

  private static func text(epoch: UInt32, instance: UInt32) -> String {
    let line = "epoch \(epoch) instance \(instance)"
    let checksum = unsafe Array(line.utf8).withUnsafeBytes { unsafe Checksum.crc32c($0) }
    return "\(line) crc32c \(checksum)\n"
  }

  private func read() throws(JournalError) -> UInt32? {
    guard directory.storage.exists(path) else { return nil }
    let bytes = try platform { () throws(PlatformError) in
      try directory.storage.open(path, .read).contents()
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let words = text.split(separator: " ")
    guard words.count == 6, let epoch = UInt32(words[1]), let owner = UInt32(words[3]),
      epoch < Self.limit, text == Self.text(epoch: epoch, instance: owner)
    else {
      throw .epoch(
        file: path, detail: "its text or its checksum is wrong; restore it from a backup")
    }
    guard owner == instance else {
      throw .wrongInstance(file: path, expected: instance, found: owner)
    }
    return epoch
  }
}
