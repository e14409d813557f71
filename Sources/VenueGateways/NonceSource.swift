package import Platform

/// Numbers that grow for ever for one API key, across restarts and clock steps.
///
/// A ceiling is written ahead and synced; a start begins at the ceiling of the run before, so that
/// a clock that was set back can not make a nonce go down.
package final class NonceSource {
  private static let stepNanoseconds: UInt64 = 600_000_000_000

  private let path: String
  private var last: UInt64
  private var ceiling: UInt64

  // `path` is a file of this key alone.
  package init(path: String) throws(PlatformError) {
    self.path = path
    if FileSystem.exists(path) {
      let text = String(decoding: try FileSystem.readFile(path), as: UTF8.self)
      guard let value = UInt64(text.filter { $0 != "\n" }) else {
        throw PlatformError(
          operation: "read nonce file \(path)", code: 0,
          detail: "it must hold one number; restore it or make a new key and delete the file")
      }
      last = value
    } else {
      last = 0
    }
    ceiling = last
  }

  package func next() throws(PlatformError) -> UInt64 {
    let value = max(last + 1, UInt64(max(Clock.wallNanoseconds(), 0)))
    if value >= ceiling {
      let raised = value + Self.stepNanoseconds
      try FileSystem.writeFileAtomically(path, Array("\(raised)\n".utf8))
      ceiling = raised
    }
    last = value
    return value
  }
}
