internal import CPlatform

/// Message digests (FIPS 180-4).
package enum Digest {
  package static func sha1(_ message: [UInt8]) -> [UInt8] {
    compute(Int32(SLUICE_SHA1), message)
  }

  package static func sha256(_ message: [UInt8]) -> [UInt8] {
    compute(Int32(SLUICE_SHA256), message)
  }

  package static func sha512(_ message: [UInt8]) -> [UInt8] {
    compute(Int32(SLUICE_SHA512), message)
  }

  private static func compute(_ algorithm: Int32, _ message: [UInt8]) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 64) { buffer, initializedCount in
      guard let out = buffer.baseAddress else { return }
      initializedCount = unsafe message.withUnsafeBytes { bytes in
        unsafe sluice_digest(algorithm, bytes.baseAddress, bytes.count, out)
      }
      precondition(initializedCount > 0, "libcrypto lacks a digest of FIPS 180-4")
    }
  }
}
