/// A private key for Ed25519 (RFC 8032), whose signatures are deterministic.
package struct Ed25519Key: Sendable {
  private let key: SigningKey

  /// Reads an unencrypted PKCS #8 PEM.
  package init(pem: Secret) throws(PlatformError) {
    key = try .privateKey(.ed25519, pem: pem)
  }

  /// Takes the 32 bytes that RFC 8032 calls the private key.
  package init(seed: Secret) throws(PlatformError) {
    key = try .ed25519(seed: seed)
  }

  package var publicKey: [UInt8] { key.rawPublicKey }

  /// The 64-byte signature.
  package func sign(_ message: [UInt8]) -> [UInt8] {
    key.sign(message)
  }

  package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    key.verify(signature, of: message)
  }
}

/// The public half, which checks what an `Ed25519Key` signed.
package struct Ed25519PublicKey: Sendable {
  private let key: SigningKey

  package init(pem: String) throws(PlatformError) {
    key = try .publicKey(.ed25519, pem: pem)
  }

  package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    key.verify(signature, of: message)
  }
}
