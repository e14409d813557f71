package import Platform

/// Numbers that grow for ever for one API key, across restarts and clock steps.
///
/// A ceiling is written ahead and synced; a start begins at the ceiling of the run before, so that
/// a clock that was set back can not make a nonce go down.
package final class NonceSource {
  private let path: String
  private var counter: NonceCounter

  // `path` is a file of this key alone.
  package init(path: String) throws(PlatformError) {
    self.path = path
    guard FileSystem.exists(path) else {
      counter = NonceCounter(ceiling: 0)
      return
    }
    let text = String(decoding: try FileSystem.readFile(path), as: UTF8.self)
    guard let value = UInt64(text.filter { $0 != "\n" }) else {
      throw PlatformError(
        operation: "read nonce file \(path)", code: 0,
        detail: "it must hold one number; restore it or make a new key and delete the file")
    }
    counter = NonceCounter(ceiling: value)
  }

  package func next() throws(PlatformError) -> UInt64 {
    var counter = counter
    let (value, raised) = counter.take(atWallNanoseconds: Clock.wallNanoseconds())
    if let raised { try FileSystem.writeFileAtomically(path, Array("\(raised)\n".utf8)) }
    self.counter = counter
    return value
  }
}

/// The counting behind a `NonceSource`; whoever uses it keeps the ceiling.
package struct NonceCounter: Sendable {
  private static let stepNanoseconds: UInt64 = 600_000_000_000

  private var last: UInt64
  private var ceiling: UInt64

  /// Starts at the ceiling that the run before has stored.
  package init(ceiling: UInt64) {
    last = ceiling
    self.ceiling = ceiling
  }

  /// The next number, and a ceiling that must be stored before it is used.
  package mutating func take(atWallNanoseconds now: Int64) -> (value: UInt64, raised: UInt64?) {
    let value = max(last + 1, UInt64(max(now, 0)))
    last = value
    guard value >= ceiling else { return (value, nil) }
    ceiling = value + Self.stepNanoseconds
    return (value, ceiling)
  }
}
