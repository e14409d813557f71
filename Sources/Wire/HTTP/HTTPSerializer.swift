/// Writes messages of HTTP/1.1.
///
/// The length of a body is written here and nowhere else: `Content-Length`, `Transfer-Encoding`
/// and, in a response, `Connection` among the headers handed in are left out. A line end in a
/// header, which would begin another header, becomes a blank.
package enum HTTPSerializer {
  /// A request with its `Content-Length`, where it has a body or its method usually does.
  package static func bytes(_ request: HTTPRequest) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512 + request.body.count)
    append(token: request.method, to: &bytes)
    bytes.append(ASCII.space)
    append(target: request.target, to: &bytes)
    bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
    append(request.headers, except: ["Content-Length", "Transfer-Encoding"], to: &bytes)
    if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
      append(name: "Content-Length", value: "\(request.body.count)", to: &bytes)
    }
    bytes.append(contentsOf: "\r\n".utf8)
    bytes.append(contentsOf: request.body)
    return bytes
  }

  /// A response in whole, or for a HEAD the same without its body.
  package static func bytes(
    _ response: HTTPResponse, keepAlive: Bool, headOnly: Bool = false
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512 + response.body.count)
    appendHead(response, keepAlive: keepAlive, to: &bytes)
    let mayHaveBody = response.status >= 200 && response.status != 204 && response.status != 304
    if mayHaveBody {
      append(name: "Content-Length", value: "\(response.body.count)", to: &bytes)
    }
    bytes.append(contentsOf: "\r\n".utf8)
    if mayHaveBody && !headOnly { bytes.append(contentsOf: response.body) }
    return bytes
  }

  /// The head of a response whose body follows in chunks.
  package static func streamHead(_ response: HTTPResponse, keepAlive: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    appendHead(response, keepAlive: keepAlive, to: &bytes)
    append(name: "Transfer-Encoding", value: "chunked", to: &bytes)
    bytes.append(contentsOf: "\r\n".utf8)
    return bytes
  }

  /// Appends one chunk; empty bytes append nothing, since an empty chunk is the last.
  package static func chunk(_ body: [UInt8], into bytes: inout [UInt8]) {
    guard !body.isEmpty else { return }
    bytes.append(contentsOf: String(body.count, radix: 16).utf8)
    bytes.append(contentsOf: "\r\n".utf8)
    bytes.append(contentsOf: body)
    bytes.append(contentsOf: "\r\n".utf8)
  }

  /// The chunk that ends a body.
  package static let lastChunk: [UInt8] = Array("0\r\n\r\n".utf8)

  /// The interim response to `Expect: 100-continue`.
  package static let continueResponse: [UInt8] = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

// MARK: - Parts

extension HTTPSerializer {
  private static func appendHead(
    _ response: HTTPResponse, keepAlive: Bool, to bytes: inout [UInt8]
  ) {
    bytes.append(contentsOf: "HTTP/1.1 \(response.status) ".utf8)
    append(value: response.reason, to: &bytes)
    bytes.append(contentsOf: "\r\n".utf8)
    // An upgrade is what the Connection header of a 101 says.
    let isUpgrade = response.status == 101
    let framing = ["Content-Length", "Transfer-Encoding"]
    append(response.headers, except: isUpgrade ? framing : framing + ["Connection"], to: &bytes)
    if !keepAlive && !isUpgrade { append(name: "Connection", value: "close", to: &bytes) }
  }

  private static func append(
    _ headers: HTTPHeaders, except names: [String], to bytes: inout [UInt8]
  ) {
    for header in headers.pairs {
      guard !names.contains(where: { ASCII.equalIgnoringCase($0, header.name) }) else { continue }
      append(name: header.name, value: header.value, to: &bytes)
    }
  }

  /// A header with its line end.
  package static func append(name: String, value: String, to bytes: inout [UInt8]) {
    append(token: name, to: &bytes)
    bytes.append(contentsOf: ": ".utf8)
    append(value: value, to: &bytes)
    bytes.append(contentsOf: "\r\n".utf8)
  }

  private static func append(token: String, to bytes: inout [UInt8]) {
    precondition(
      !token.isEmpty && token.utf8.allSatisfy(HTTPField.isTokenByte),
      "methods and header names are written by us")
    bytes.append(contentsOf: token.utf8)
  }

  private static func append(value: String, to bytes: inout [UInt8]) {
    for byte in value.utf8 {
      bytes.append(HTTPField.isValueByte(byte) ? byte : ASCII.space)
    }
  }

  /// Escapes what would end the target or the line.
  package static func append(target: String, to bytes: inout [UInt8]) {
    for byte in target.utf8 {
      if ASCII.isVisible(byte) {
        bytes.append(byte)
      } else {
        PercentEncoding.appendEscape(byte, to: &bytes)
      }
    }
  }
}
