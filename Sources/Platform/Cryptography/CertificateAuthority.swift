internal import CPlatform
internal import Glibc

/// A certificate authority that lives as long as the process, for servers on loopback.
///
/// Its key never leaves memory, so a client that trusts it trusts this run only.
package struct CertificateAuthority: Sendable {
  package let certificatePEM: String
  private let handle: AuthorityHandle

  /// Makes an authority with a fresh P-256 key, valid for a year.
  package static func generate(name: String) throws(PlatformError) -> CertificateAuthority {
    guard let authority = unsafe sluice_authority_new(name, 365) else {
      throw .cryptography("create the certificate authority \(name)")
    }
    let handle = unsafe AuthorityHandle(authority)
    guard let text = unsafe sluice_authority_certificate(authority) else {
      throw .cryptography("encode the certificate of \(name)")
    }
    return CertificateAuthority(certificatePEM: unsafe takeText(text), handle: handle)
  }

  /// Issues a certificate for DNS names and IP addresses, the first of which is its common name.
  package func issue(
    hosts: [String], days: Int
  ) throws(PlatformError) -> (certificatePEM: String, keyPEM: String) {
    let operation = "issue a certificate for \(hosts.joined(separator: ", "))"
    guard let first = hosts.first, hosts.allSatisfy(Self.isHost), (1...36500).contains(days) else {
      throw PlatformError(
        operation: operation, detail: "name at least one DNS name or IP address, and 1 day or more")
    }
    var certificate: UnsafeMutablePointer<CChar>?
    var key: UnsafeMutablePointer<CChar>?
    let names = hosts.map(Self.subjectAlternativeName).joined(separator: ",")
    let issued = unsafe sluice_authority_issue(
      handle.authority, first, names, Int32(days), &certificate, &key)
    guard issued, let certificate = unsafe certificate, let key = unsafe key else {
      unsafe sluice_text_free(certificate)
      unsafe sluice_text_free(key)
      throw .cryptography(operation)
    }
    return unsafe (Self.takeText(certificate), Self.takeText(key))
  }

  // A comma or a line break would start another name in libcrypto's syntax.
  private static func isHost(_ host: String) -> Bool {
    !host.isEmpty && host.utf8.count <= 64
      && host.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: ":"), UInt8(ascii: "*"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  private static func subjectAlternativeName(_ host: String) -> String {
    var address = in6_addr()
    let isIPv4 = unsafe inet_pton(AF_INET, host, &address) == 1
    let isIPv6 = unsafe inet_pton(AF_INET6, host, &address) == 1
    return isIPv4 || isIPv6 ? "IP:\(host)" : "DNS:\(host)"
  }

  private static func takeText(_ text: UnsafeMutablePointer<CChar>) -> String {
    defer { unsafe sluice_text_free(text) }
    return unsafe String(cString: text)
  }
}

@safe private final class AuthorityHandle: @unchecked Sendable {
  // Only read after it was made; libcrypto signs with a shared key from any thread.
  let authority: OpaquePointer

  init(_ authority: OpaquePointer) {
    unsafe self.authority = authority
  }

  deinit {
    unsafe sluice_authority_free(authority)
  }
}
