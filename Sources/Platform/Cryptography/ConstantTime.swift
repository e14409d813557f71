internal import CPlatform

/// Comparison whose duration says nothing about where two values differ.
package enum ConstantTime {
  /// Whether the bytes are equal.
  ///
  /// The lengths are not hidden.
  package static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe a.withUnsafeBytes { a in
      unsafe b.withUnsafeBytes { b in
        unsafe sluice_equal(a.baseAddress, b.baseAddress, a.count)
      }
    }
  }
}
