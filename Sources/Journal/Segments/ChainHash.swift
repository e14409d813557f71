internal import Platform

/// A SHA-256 over a whole journal up to some place: one number that stands for all of it.
///
/// That of a segment's end covers the hash at the end of the segment before, the header, and every
/// frame. Whoever changes a byte anywhere changes all that follow; a copy of one that is kept
/// elsewhere, as in the log, proves that nothing before it was changed.
package struct ChainHash: Sendable, Hashable, CustomStringConvertible {
  /// What the first segment continues.
  static let none = ChainHash(bytes: [UInt8](repeating: 0, count: RunningDigest.byteCount))

  let bytes: [UInt8]

  init(bytes: [UInt8]) {
    precondition(bytes.count == RunningDigest.byteCount)
    self.bytes = bytes
  }

  /// Reads sixty-four hexadecimal digits.
  package init?(_ text: String) {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == 2 * RunningDigest.byteCount, text.count == digits.count else {
      return nil
    }
    bytes = stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  package var description: String {
    var text = ""
    for byte in bytes {
      let digits = String(byte, radix: 16)
      text += digits.utf8.count == 1 ? "0\(digits)" : digits
    }
    return text
  }
}

/// The chain hash of a segment while it is written or read.
final class SegmentDigest {
  private let digest = RunningDigest()

  init(_ header: SegmentHeader) {
    begin(header)
  }

  func begin(_ header: SegmentHeader) {
    digest.reset()
    digest.add(header.previousHash.bytes)
    digest.add(header.encoded)
  }

  /// Adds whole frames.
  func add(_ bytes: UnsafeRawBufferPointer) {
    unsafe digest.add(bytes)
  }

  var hash: ChainHash { ChainHash(bytes: digest.value) }
}
