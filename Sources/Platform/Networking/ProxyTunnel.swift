internal import CPlatform
internal import Glibc
internal import Wire

/// A tunnel through an HTTP proxy (RFC 9110, section 9.3.6), asked for over a fresh connection.
struct ProxyTunnel {
  private static let answerLimit = 16384

  let socket: Int32
  let endpoint: Endpoint
  let operation: String
  let deadline: Deadline

  /// Asks the proxy and reads its answer, not one byte more.
  ///
  /// Blocks, at most until `deadline`.
  func open() throws(PlatformError) {
    try send(Array(request.utf8))
    let answer = try readHead()
    guard let status = Self.status(answer) else {
      throw failure("the proxy's answer is not HTTP")
    }
    guard (200...299).contains(status) else {
      throw failure(
        status == 407
          ? "the proxy asks for a user and password, or refuses the given ones"
          : "the proxy refused with status \(status)")
    }
  }

  private var request: String {
    var lines = ["CONNECT \(endpoint.authority) HTTP/1.1", "Host: \(endpoint.authority)"]
    if let credentials = endpoint.proxyCredentials {
      let token = unsafe credentials.password.withBytes { password in
        unsafe Base64.encode(Array("\(credentials.user):".utf8) + Array(password))
      }
      lines.append("Proxy-Authorization: Basic \(token)")
    }
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  private func send(_ bytes: [UInt8]) throws(PlatformError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = unsafe rest.withUnsafeBytes { part in
        unsafe sluice_send(socket, part.baseAddress, part.count)
      }
      if sent == -Int(EAGAIN) {
        try wait(.write)
      } else if sent < 0 {
        throw PlatformError(operation: operation, code: Int32(-sent))
      } else {
        rest = rest.dropFirst(sent)
      }
    }
  }

  // Byte by byte, since what follows the head belongs to the tunnel.
  private func readHead() throws(PlatformError) -> [UInt8] {
    var head: [UInt8] = []
    while !head.hasBlankLine {
      guard head.count < Self.answerLimit else { throw failure("the proxy's answer is too long") }
      var byte: UInt8 = 0
      let count = unsafe sluice_receive(socket, &byte, 1)
      if count == -Int(EAGAIN) {
        try wait(.read)
      } else if count < 0 {
        throw PlatformError(operation: operation, code: Int32(-count))
      } else if count == 0 {
        throw failure("the proxy closed the connection")
      } else {
        head.append(byte)
      }
    }
    return head
  }

  private func wait(_ interest: IOInterest) throws(PlatformError) {
    let limit = deadline.remainingMilliseconds
    guard limit > 0 else { throw PlatformError(operation: operation, code: ETIMEDOUT) }
    _ = SocketWait.ready([socket], interest, milliseconds: limit)
  }

  private func failure(_ detail: String) -> PlatformError {
    PlatformError(operation: operation, detail: detail)
  }

  /// The status of `HTTP/1.x NNN ...`.
  static func status(_ head: [UInt8]) -> Int? {
    guard head.starts(with: Array("HTTP/1.".utf8)), head.count >= 12, head[8] == 0x20 else {
      return nil
    }
    return Int(String(decoding: head[9..<12], as: UTF8.self))
  }
}

extension [UInt8] {
  fileprivate var hasBlankLine: Bool {
    suffix(4).elementsEqual([13, 10, 13, 10])
  }
}
