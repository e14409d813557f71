internal import CPlatform

/// A keyed hash (RFC 2104) whose key schedule is computed once.
///
/// Kept are the two states of the hash after the key, not the key; a signature starts from copies of
/// them, so that it needs no allocation and no lock.
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
  // Never written after `init`.
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

  /// The signature of a SHA-256 key, all on the stack.
  package func sign(_ message: Span<UInt8>) -> InlineArray<32, UInt8> {
    precondition(algorithm == .sha256, "this key's signatures are longer")
    var signature = InlineArray<32, UInt8>(repeating: 0)
    var span = signature.mutableSpan
    let count = unsafe message.withUnsafeBytes { bytes in
      unsafe span.withUnsafeMutableBytes { out in
        unsafe sluice_hmac_sign(
          context, bytes.baseAddress, bytes.count,
          out.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
    }
    precondition(count == signature.count, "libcrypto could not compute an HMAC")
    return signature
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
