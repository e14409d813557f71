internal import CPlatform

/// Random bytes from the kernel, fit for keys, nonces and tokens.
package enum SecureRandom {
  /// `count` unpredictable bytes.
  ///
  /// The kernel's source cannot fail once the machine has booted.
  package static func bytes(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      guard let base = buffer.baseAddress, count > 0 else { return }
      precondition(unsafe sluice_random(base, count) == 0, "the kernel gave no random bytes")
      initializedCount = count
    }
  }

  /// Puts unpredictable bytes in the place of those that are there.
  package static func fill(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress, buffer.count > 0 else { return }
      precondition(unsafe sluice_random(base, buffer.count) == 0, "the kernel gave no random bytes")
    }
  }

  /// One unpredictable word.
  package static func word() -> UInt64 {
    bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
