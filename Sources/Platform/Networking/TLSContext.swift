internal import CPlatform

/// Certificates and rules for TLS connections; made once and shared.
///
/// TLS 1.2 or later with authenticated ciphers only, no session tickets, no early data. A client
/// always checks the chain and the name or address it asked for; there is no switch to turn it off.
@safe
package final class TLSContext: @unchecked Sendable {
  private let context: OpaquePointer

  private init(_ context: OpaquePointer) {
    unsafe self.context = context
  }

  deinit {
    unsafe sluice_tls_context_free(context)
  }

  /// A client that trusts the authorities in `caFile`, or the system's if that is nil.
  package static func client(caFile: String? = nil) throws(PlatformError) -> TLSContext {
    try unsafe make("set up TLS with \(caFile ?? "the system's certificate authorities")") {
      unsafe sluice_tls_client_context(caFile, nil, 0, $0, $1)
    }
  }

  /// A client that trusts the authorities in `authorityPEM` alone.
  package static func client(authorityPEM: String) throws(PlatformError) -> TLSContext {
    try unsafe make("set up TLS with the given certificate authority") {
      unsafe sluice_tls_client_context(nil, authorityPEM, authorityPEM.utf8.count, $0, $1)
    }
  }

  /// A server with its certificate, followed by intermediate ones if there are any.
  package static func server(
    certificatePEM: String, keyPEM: String
  ) throws(PlatformError) -> TLSContext {
    try unsafe make("set up the TLS server") {
      unsafe sluice_tls_server_context(
        certificatePEM, certificatePEM.utf8.count, keyPEM, keyPEM.utf8.count, $0, $1)
    }
  }

  /// A connection as client over `fileDescriptor`, to be shaken hands on.
  func connection(to host: String, over fileDescriptor: Int32) -> OpaquePointer? {
    unsafe sluice_tls_client(context, fileDescriptor, host)
  }

  /// A connection as server over `fileDescriptor`; the first reads do the handshake.
  func acceptedConnection(over fileDescriptor: Int32) -> OpaquePointer? {
    unsafe sluice_tls_server(context, fileDescriptor)
  }

  private static func make(
    _ operation: @autoclosure () -> String,
    _ body: (UnsafeMutablePointer<CChar>, Int) -> OpaquePointer?
  ) throws(PlatformError) -> TLSContext {
    var error = [CChar](repeating: 0, count: 256)
    let context = unsafe error.withUnsafeMutableBufferPointer { buffer -> OpaquePointer? in
      guard let base = buffer.baseAddress else { return nil }
      return unsafe body(base, buffer.count)
    }
    guard let context = unsafe context else {
      throw PlatformError(operation: operation(), detail: text(error))
    }
    return unsafe TLSContext(context)
  }
}

/// The text in a buffer that C filled, up to its first NUL.
func text(_ buffer: [CChar]) -> String {
  String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
