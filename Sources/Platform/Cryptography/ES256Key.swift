/// A private key for ES256: ECDSA on P-256 with SHA-256 (RFC 7518, 3.4).
package struct ES256Key: Sendable {
  private let key: SigningKey

  /// Reads an unencrypted PEM, PKCS #8 or SEC 1.
  package init(pem: Secret) throws(PlatformError) {
    key = try .privateKey(.es256, pem: pem)
  }

  /// The signature as JOSE wants it: r and s, 32 bytes each.
  package func sign(_ message: [UInt8]) -> [UInt8] {
    key.sign(message)
  }

  package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    key.verify(signature, of: message)
  }
}

/// The public half, which checks what an `ES256Key` signed.
package struct ES256PublicKey: Sendable {
  private let key: SigningKey

  package init(pem: String) throws(PlatformError) {
    key = try .publicKey(.es256, pem: pem)
  }

  package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    key.verify(signature, of: message)
  }
}
