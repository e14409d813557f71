internal import Platform
package import VenueAdapters
internal import Wire

/// An account's credentials at one venue, able to sign but not to show its secret.
package final class AccountSigner: VenueSigner {
  package let apiKey: String
  package let passphrase: String
  private let sha256Key: HMACKey
  private let sha512Key: HMACKey

  /// - Throws: `CredentialError` if the secret is not written as the dialect says.
  package init(
    apiKey: String, secret: String, passphrase: String, encoding: SecretEncoding
  ) throws(CredentialError) {
    self.apiKey = apiKey
    self.passphrase = passphrase
    let bytes: [UInt8]
    switch encoding {
    case .text:
      bytes = Array(secret.utf8)
    case .base64:
      guard let decoded = Base64.decode(secret), !decoded.isEmpty else { throw .secretNotBase64 }
      bytes = decoded
    }
    sha256Key = HMACKey(.sha256, key: Secret(bytes))
    sha512Key = HMACKey(.sha512, key: Secret(bytes))
  }

  package func hmacSHA256(_ message: [UInt8]) -> [UInt8] { sha256Key.sign(message) }
  package func hmacSHA256(of message: Span<UInt8>) -> SHA256Signature { sha256Key.sign(message) }
  package func hmacSHA512(_ message: [UInt8]) -> [UInt8] { sha512Key.sign(message) }
  package func sha256(_ message: [UInt8]) -> [UInt8] { Digest.sha256(message) }
}

/// What is wrong with a credential; never says what it is.
package enum CredentialError: Error, Sendable, CustomStringConvertible {
  case secretNotBase64

  package var description: String {
    "the secret must be base64, as the venue shows it"
  }
}
