package import Platform

/// The certificate that all simulated venues of one directory serve, and its authority.
///
/// The first venue to come makes both; the authority's key is never stored, so nothing else can be
/// issued under it.
package struct LoopbackCertificates: Sendable {
  package static let authorityName = "ca.pem"

  package var authorityPEM: String
  package var certificatePEM: String
  package var keyPEM: String

  package static func obtain(
    directory: String, host: String
  ) throws(PlatformError) -> LoopbackCertificates {
    try FileSystem.createDirectories(directory)
    let lock = try DurableFile("\(directory)/lock", .write)
    var attempts = 0
    while try !lock.lock() {
      attempts += 1
      guard attempts < 500 else {
        throw PlatformError(
          operation: "make certificates in \(directory)", detail: "another process holds the lock")
      }
      try EventLoop().runOnce(timeoutNanoseconds: 20_000_000)
    }
    guard FileSystem.exists("\(directory)/server-key.pem") else {
      return try make(directory, host)
    }
    return LoopbackCertificates(
      authorityPEM: try text("\(directory)/\(authorityName)"),
      certificatePEM: try text("\(directory)/server.pem"),
      keyPEM: try text("\(directory)/server-key.pem"))
  }

  private static func make(
    _ directory: String, _ host: String
  ) throws(PlatformError) -> LoopbackCertificates {
    let authority = try CertificateAuthority.generate(name: "Sluice simulated venues")
    var hosts = ["localhost", "127.0.0.1", "::1"]
    if !hosts.contains(host), host != "0.0.0.0" { hosts.append(host) }
    let issued = try authority.issue(hosts: hosts, days: 365)
    try write("\(directory)/\(authorityName)", authority.certificatePEM)
    try write("\(directory)/server.pem", issued.certificatePEM)
    // Last, since its presence says that the others are complete.
    try write("\(directory)/server-key.pem", issued.keyPEM)
    return LoopbackCertificates(
      authorityPEM: authority.certificatePEM, certificatePEM: issued.certificatePEM,
      keyPEM: issued.keyPEM)
  }

  private static func text(_ path: String) throws(PlatformError) -> String {
    String(decoding: try FileSystem.readFile(path), as: UTF8.self)
  }

  private static func write(_ path: String, _ text: String) throws(PlatformError) {
    try FileSystem.writeFileAtomically(path, Array(text.utf8))
  }
}
