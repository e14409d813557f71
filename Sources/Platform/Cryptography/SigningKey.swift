internal import CPlatform

/// A libcrypto key; libcrypto allows several threads to sign with one at the same time.
@safe final class SigningKey: @unchecked Sendable {
  enum Kind {
    case ed25519, es256

    var identifier: Int32 { self == .ed25519 ? Int32(SLUICE_ED25519) : Int32(SLUICE_ES256) }

    var name: String {
      self == .ed25519 ? "an Ed25519" : "an EC P-256"
    }
  }

  private let key: OpaquePointer

  private init(_ key: OpaquePointer) {
    unsafe self.key = key
  }

  deinit {
    unsafe sluice_key_free(key)
  }

  static func privateKey(_ kind: Kind, pem: Secret) throws(PlatformError) -> SigningKey {
    let key = unsafe pem.withBytes { bytes in
      unsafe sluice_key_from_pem(kind.identifier, bytes.baseAddress, bytes.count)
    }
    return try unsafe wrap(key, "read \(kind.name) private key", hint: privateKeyHint)
  }

  static func publicKey(_ kind: Kind, pem: String) throws(PlatformError) -> SigningKey {
    let key = unsafe Array(pem.utf8).withUnsafeBytes { bytes in
      unsafe sluice_key_from_public_pem(kind.identifier, bytes.baseAddress, bytes.count)
    }
    return try unsafe wrap(key, "read \(kind.name) public key", hint: "a PUBLIC KEY PEM is needed")
  }

  static func ed25519(seed: Secret) throws(PlatformError) -> SigningKey {
    let operation = "read an Ed25519 seed"
    guard seed.count == 32 else {
      throw PlatformError(operation: operation, detail: "32 bytes are needed, not \(seed.count)")
    }
    let key = unsafe seed.withBytes { bytes in
      unsafe sluice_key_from_seed(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    return try unsafe wrap(key, operation, hint: "")
  }

  func sign(_ message: [UInt8]) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 64) { out, initializedCount in
      let isSigned = unsafe message.withUnsafeBytes { bytes in
        unsafe sluice_key_sign(key, bytes.baseAddress, bytes.count, out.baseAddress)
      }
      precondition(isSigned, "libcrypto could not sign with a key that it had accepted")
      initializedCount = 64
    }
  }

  func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == 64 else { return false }
    return unsafe message.withUnsafeBytes { bytes in
      unsafe sluice_key_verify(key, bytes.baseAddress, bytes.count, signature)
    }
  }

  var rawPublicKey: [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 32) { out, initializedCount in
      initializedCount = unsafe sluice_key_public_raw(key, out.baseAddress) ? 32 : 0
    }
  }

  private static let privateKeyHint =
    "an unencrypted PEM is needed: BEGIN PRIVATE KEY, or BEGIN EC PRIVATE KEY for P-256"

  private static func wrap(
    _ key: OpaquePointer?, _ operation: String, hint: String
  ) throws(PlatformError) -> SigningKey {
    guard let key = unsafe key else {
      let failure = PlatformError.cryptography(operation)
      throw PlatformError(operation: operation, detail: "\(hint); \(failure.detail)")
    }
    return unsafe SigningKey(key)
  }
}
