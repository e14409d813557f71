package import Platform

/// Why the journal cannot be read or written.
///
/// Every case is final for this run.
package enum JournalError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The device failed. A sync that failed once is never tried again, because it would lie.
  case storage(PlatformError)
  /// No room is left for another segment.
  case outOfSpace(PlatformError)
  /// Another process writes this journal.
  case locked(file: String)
  /// The writer was closed, or failed before; the first error has the cause.
  case closed
  /// Bytes that were safe have changed, or a segment is not the one that belongs here.
  case corrupt(file: String, offset: Int, detail: String)
  /// A frame whose checksum does not match, with more than a torn write to explain it.
  case checksum(file: String, offset: Int, expected: UInt32, found: UInt32, detail: String)
  /// The segments before `file` are not those that it continued, although their checksums hold:
  /// somebody has rewritten them.
  case tampered(file: String, offset: Int, expected: ChainHash, found: ChainHash)
  /// Written by a build that is newer than this one.
  case tooNew(file: String, offset: Int, what: String)
  case wrongInstance(file: String, expected: UInt32, found: UInt32)
  /// A file that must be there is not.
  case missingFile(String, detail: String)
  /// A snapshot could not be made; the journal itself is whole.
  case snapshot(detail: String)
  case missingSegment(directory: String, expectedIndex: UInt64, foundIndex: UInt64)
  case epoch(file: String, detail: String)

  package var description: String {
    switch self {
    case .storage(let error):
      "journal storage failed: \(error); check the device, then start again: recovery finds what"
        + " was safe"
    case .outOfSpace(let error):
      "the journal has no room for another segment: \(error); free space on its file system, then"
        + " start again"
    case .locked(let file):
      "\(file) is locked: another process writes this journal; stop it, or give this one its own"
        + " directory and instance number"
    case .closed:
      "the journal is closed; an earlier error has the cause"
    case .corrupt(let file, let offset, let detail):
      "\(file) is damaged at offset \(offset): \(detail); \(Self.mend)"
    case .checksum(let file, let offset, let expected, let found, let detail):
      "\(file) is damaged at offset \(offset): CRC32C expected \(Self.hexadecimal(expected)), found"
        + " \(Self.hexadecimal(found)); \(detail); \(Self.mend)"
    case .tampered(let file, let offset, let expected, let found):
      "\(file) at offset \(offset) continues a journal with the hash \(found), but the segments"
        + " before it have \(expected): one of them was rewritten; \(Self.mend)"
    case .tooNew(let file, let offset, let what):
      "\(file) at offset \(offset) has \(what), which this build cannot read; run the build that"
        + " wrote it, or a newer one"
    case .wrongInstance(let file, let expected, let found):
      "\(file) belongs to instance \(found), not to \(expected); correct the directory or the"
        + " instance in the settings"
    case .missingFile(let file, let detail):
      "\(file) is missing: \(detail); \(Self.mend)"
    case .snapshot(let detail):
      "no snapshot of the journal could be made: \(detail)"
    case .missingSegment(let directory, let expectedIndex, let foundIndex):
      "\(directory) lacks the segment with index \(expectedIndex): the next one starts at"
        + " \(foundIndex); \(Self.mend)"
    case .epoch(let file, let detail):
      "\(file): \(detail)"
    }
  }

  private static let mend =
    "keep a copy, restore the file from a backup, and reconcile with every venue before trading"

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// Runs a request to the operating system, whose failure is the journal's.
func platform<R>(_ body: () throws(PlatformError) -> R) throws(JournalError) -> R {
  do {
    return try body()
  } catch {
    throw .storage(error)
  }
}
