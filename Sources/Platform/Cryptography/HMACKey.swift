internal import CPlatform

/// A keyed hash (RFC 2104) whose key schedule is computed once.
///
/// Restarting one context is three times faster than hashing the key again for each message.
@safe package final class HMACKey: @unchecked Sendable {
  package enum Algorithm: Sendable {
    case sha256, sha512

    /// The length of a signature.
    package var byteCount: Int { self == .sha256 ? 32 : 64 }

    fileprivate var identifier: Int32 {
      self == .sha256 ? Int32(SLUICE_SHA256) : Int32(SLUICE_SHA512)
    }
  }

  package let algorithm: Algorithm
  // Guarded by a lock of its own, on the C side.
  private let context: OpaquePointer

  package init(_ algorithm: Algorithm, key: Secret) {
    self.algorithm = algorithm
    unsafe context = key.withBytes { bytes in
      unsafe Self.makeContext(algorithm, bytes)
    }
  }

  package convenience init(_ algorithm: Algorithm, key: [UInt8]) {
    self.init(algorithm, key: Secret(key))
  }

  deinit {
    unsafe sluice_hmac_free(context)
  }

  package func sign(_ message: [UInt8]) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 64) { buffer, initializedCount in
      initializedCount = unsafe message.withUnsafeBytes { bytes in
        unsafe sign(bytes, into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }

  /// Signs without allocating memory of ours; `out` must have room for 64 bytes.
  ///
  /// - Returns: The number of bytes written.
  package func sign(
    _ message: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
  ) -> Int {
    precondition(out.count >= 64)
    guard let base = out.baseAddress else { return 0 }
    let count = unsafe sluice_hmac_sign(
      context, message.baseAddress, message.count, base.assumingMemoryBound(to: UInt8.self))
    precondition(count == algorithm.byteCount, "libcrypto could not compute an HMAC")
    return count
  }

  private static func makeContext(
    _ algorithm: Algorithm, _ key: UnsafeRawBufferPointer
  ) -> OpaquePointer {
    guard
      let context = unsafe sluice_hmac_new(algorithm.identifier, key.baseAddress, key.count)
    else { preconditionFailure("libcrypto lacks HMAC") }
    return unsafe context
  }
}
