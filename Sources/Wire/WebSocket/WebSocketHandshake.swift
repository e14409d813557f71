/// The HTTP exchange that opens a WebSocket connection (RFC 6455, section 4).
///
/// SHA-1 is handed in, since cryptography lives with the operating system.
package enum WebSocketHandshake {
  private static let acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// A client's opening request; `key` is 16 random bytes as Base64.
  package static func request(
    url: URLParts, key: String, headers: HTTPHeaders, protocols: [String]
  ) -> [UInt8] {
    var all: HTTPHeaders = [
      ("Host", url.hostHeader), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
      ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13"),
    ]
    if !protocols.isEmpty {
      all.add("Sec-WebSocket-Protocol", protocols.joined(separator: ", "))
    }
    for header in headers.pairs { all.add(header.name, header.value) }
    return HTTPSerializer.bytes(HTTPRequest(method: "GET", target: url.target, headers: all))
  }

  package static func acceptValue(key: String, sha1: ([UInt8]) -> [UInt8]) -> String {
    Base64.encode(sha1(Array((key + acceptSuffix).utf8)))
  }

  /// What is wrong with a server's answer; `nil` if the connection is open.
  package static func validate(
    response: HTTPResponse, key: String, protocols: [String] = [], sha1: ([UInt8]) -> [UInt8]
  ) -> String? {
    guard response.status == 101 else {
      return "answered \(response.status) \(response.reason) to the upgrade"
    }
    guard response.headers.values("Upgrade").count == 1,
      response.headers.hasToken("websocket", in: "Upgrade")
    else { return "did not upgrade to websocket" }
    guard response.headers.hasToken("upgrade", in: "Connection") else {
      return "did not name the upgrade in its Connection header"
    }
    let accept = response.headers.values("Sec-WebSocket-Accept")
    guard accept == [acceptValue(key: key, sha1: sha1)] else {
      return "answered with the wrong Sec-WebSocket-Accept"
    }
    guard response.headers["Sec-WebSocket-Extensions"] == nil else {
      return "chose an extension that was not offered"
    }
    let chosen = response.headers.values("Sec-WebSocket-Protocol")
    guard chosen.count <= 1, chosen.allSatisfy(protocols.contains) else {
      return "chose a subprotocol that was not offered"
    }
    return nil
  }
}

// MARK: - Server

/// Why a request cannot open a WebSocket connection, with the status to answer.
package struct WebSocketHandshakeError: Error, Sendable, Equatable, CustomStringConvertible {
  package let status: Int
  package let message: String

  package var description: String { "\(message) (status \(status))" }

  /// The answer; a 426 names the version we speak (section 4.4).
  package var response: HTTPResponse {
    var headers: HTTPHeaders = [("Content-Type", "text/plain; charset=utf-8")]
    if status == 426 {
      headers.add("Upgrade", "websocket")
      headers.add("Sec-WebSocket-Version", "13")
    }
    return HTTPResponse(status: status, headers: headers, body: Array((message + "\n").utf8))
  }
}

extension WebSocketHandshake {
  /// The bytes that accept a client's request, with one of the subprotocols it offers or none.
  package static func response(
    to request: HTTPRequest, sha1: ([UInt8]) -> [UInt8], protocol: String? = nil
  ) throws(WebSocketHandshakeError) -> [UInt8] {
    let key = try checkedKey(request)
    var headers: HTTPHeaders = [
      ("Upgrade", "websocket"), ("Connection", "Upgrade"),
      ("Sec-WebSocket-Accept", acceptValue(key: key, sha1: sha1)),
    ]
    if let chosen = `protocol` {
      guard offeredProtocols(request).contains(chosen) else {
        throw WebSocketHandshakeError(status: 400, message: "the subprotocol was not offered")
      }
      headers.add("Sec-WebSocket-Protocol", chosen)
    }
    return HTTPSerializer.bytes(HTTPResponse(status: 101, headers: headers), keepAlive: true)
  }

  /// The subprotocols a client offers, in its order of preference.
  package static func offeredProtocols(_ request: HTTPRequest) -> [String] {
    request.headers.list("Sec-WebSocket-Protocol")
  }

  private static func checkedKey(
    _ request: HTTPRequest
  ) throws(WebSocketHandshakeError) -> String {
    guard request.method == "GET", request.minorVersion >= 1, request.body.isEmpty else {
      throw WebSocketHandshakeError(status: 400, message: "an upgrade is a GET of HTTP/1.1")
    }
    guard request.headers.hasToken("websocket", in: "Upgrade"),
      request.headers.hasToken("upgrade", in: "Connection")
    else {
      throw WebSocketHandshakeError(status: 426, message: "this resource speaks WebSocket only")
    }
    guard request.headers.values("Sec-WebSocket-Version") == ["13"] else {
      throw WebSocketHandshakeError(status: 426, message: "WebSocket version 13 is needed")
    }
    let keys = request.headers.values("Sec-WebSocket-Key")
    guard keys.count == 1, let key = keys.first, Base64.decode(key)?.count == 16 else {
      throw WebSocketHandshakeError(
        status: 400, message: "Sec-WebSocket-Key must be 16 bytes in Base64, once")
    }
    return key
  }
}
