internal import Platform

#if MUTATIONS
  internal import RouterCore
#endif

/// The number of this start, which grows each time and is never used twice.
///
/// Ids of child orders carry it. It is synced before anything is sent, so ids stay unique even if a
/// power cut takes the last facts. It is no less than the clock's number, so that they stay unique
/// too if the whole journal is lost, or replaced by an older one.
package struct EpochFile {
  static let limit = UInt32.max
  /// A clock that is wrong by decades must not use up the numbers.
  private static let greatestFloor: Int64 = 1 << 31
  /// 2025-01-01 in seconds since 1970.
  private static let firstSecond: Int64 = 1_735_689_600

  let directory: JournalDirectory
  let instance: UInt32

  private var path: String { directory.epochPath }

  /// Stores and returns the next epoch.
  ///
  /// `newest` is the epoch of the last fact in the journal, or nil if it has no segment; `floor` is
  /// the clock's number.
  func advance(past newest: UInt32?, floor: UInt32) throws(JournalError) -> UInt32 {
    let stored = try read()
    if stored == nil, newest != nil {
      throw .epoch(
        file: path,
        detail: "it is missing although there are segments, so a number could be used twice;"
          + " restore it from a backup, or write into it the text of a greater number than any used:"
          + " \(Self.text(epoch: (newest ?? 0) + 1000, instance: instance).debugDescription)")
    }
    let next = Self.next(after: stored, newest: newest, floor: floor)
    guard next < Self.limit else {
      throw .epoch(file: path, detail: "all epochs are used; take a new instance number")
    }
    try platform { () throws(PlatformError) in
      try directory.storage.writeFileAtomically(
        path, Array(Self.text(epoch: next, instance: instance).utf8), in: directory.path)
    }
    return next
  }

  /// The clock's number: seconds since the beginning of 2025, so that a journal which begins now has
  /// greater epochs than one that has had no more starts than seconds.
  package static func floor(atWallNanoseconds now: Int64) -> UInt32 {
    UInt32(min(max(now / 1_000_000_000 - firstSecond, 1), greatestFloor))
  }

  /// Greater than the number that is stored and than any in the journal, and at least `floor`.
  package static func next(
    after stored: UInt32?, newest: UInt32?, floor: UInt32 = 1
  ) -> UInt32 {
    #if MUTATIONS
      if Mutation.epochIsNotAdvanced.isActive { return max(stored ?? 0, newest ?? 0, 1) }
    #endif
    let (next, isOver) = max(stored ?? 0, newest ?? 0).addingReportingOverflow(1)
    return isOver ? .max : max(next, floor)
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
