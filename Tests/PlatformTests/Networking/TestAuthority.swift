import Platform
import Testing

/// A certificate authority, made once for all tests.
enum TestAuthority {
  static let shared: CertificateAuthority? = try? CertificateAuthority.generate(name: "Test CA")
  static let stranger: CertificateAuthority? = try? CertificateAuthority.generate(name: "Stranger")

  static func server(hosts: [String] = ["localhost", "127.0.0.1"]) throws -> TLSContext {
    let issued = try #require(shared).issue(hosts: hosts, days: 2)
    return try TLSContext.server(certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM)
  }

  static func client() throws -> TLSContext {
    try TLSContext.client(authorityPEM: try #require(shared).certificatePEM)
  }
}
