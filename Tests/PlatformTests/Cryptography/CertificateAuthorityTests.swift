import Foundation
import Platform
import Testing

struct CertificateAuthorityTests {
  /// What `openssl` says about a pair of PEM files.
  private func openssl(
    _ arguments: [String], _ files: [String: String]
  ) throws -> (status: Int32, output: String) {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-ca-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for (name, text) in files {
      try text.write(
        to: directory.appendingPathComponent(name), atomically: false, encoding: .utf8)
    }
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.currentDirectoryURL = directory
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  @Test func `a strict client accepts an issued certificate for its names only`() throws {
    let authority = try CertificateAuthority.generate(name: "test authority")
    let (certificate, key) = try authority.issue(
      hosts: ["localhost", "127.0.0.1", "::1"], days: 30)
    #expect(key.hasPrefix("-----BEGIN PRIVATE KEY-----"))
    let files = ["ca.pem": authority.certificatePEM, "leaf.pem": certificate]
    let verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem"]
    let named = try openssl(
      verify + ["-verify_hostname", "localhost", "leaf.pem"], files)
    #expect(named.status == 0, "\(named.output)")
    let addressed = try openssl(verify + ["-verify_ip", "127.0.0.1", "leaf.pem"], files)
    #expect(addressed.status == 0, "\(addressed.output)")
    let other = try openssl(
      verify + ["-verify_hostname", "example.com", "leaf.pem"], files)
    #expect(other.status != 0)
  }

  @Test func `an authority says what it is and a leaf may not issue`() throws {
    let authority = try CertificateAuthority.generate(name: "test authority")
    let (certificate, _) = try authority.issue(hosts: ["localhost"], days: 30)
    let files = ["ca.pem": authority.certificatePEM, "leaf.pem": certificate]
    let root = try openssl(["x509", "-in", "ca.pem", "-noout", "-text"], files).output
    #expect(root.contains("CA:TRUE"))
    #expect(root.contains("Certificate Sign"))
    #expect(root.contains("Subject Key Identifier"))
    #expect(root.contains("Authority Key Identifier"))
    let leaf = try openssl(["x509", "-in", "leaf.pem", "-noout", "-text"], files).output
    #expect(leaf.contains("CA:FALSE"))
    #expect(leaf.contains("DNS:localhost"))
  }

  @Test func `a host that would smuggle another name is refused`() throws {
    let authority = try CertificateAuthority.generate(name: "test authority")
    for host in ["a,DNS:evil.example", "", "a b", "a\nb", "a/b"] {
      #expect(throws: PlatformError.self) { try authority.issue(hosts: [host], days: 1) }
    }
    #expect(throws: PlatformError.self) { try authority.issue(hosts: [], days: 1) }
    #expect(throws: PlatformError.self) { try authority.issue(hosts: ["a"], days: 0) }
  }
}
