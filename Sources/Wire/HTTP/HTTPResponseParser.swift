/// Reads responses off a connection, in the order of their requests (RFC 9112).
package struct HTTPResponseParser: Sendable {
  /// How many interim responses a server may send before the final one.
  private static let maximumInterimResponses = 16

  private var reader: HTTPMessageReader
  private var head: HTTPResponse?
  private var methods: [String] = []
  private var interimResponses = 0
  private var failure: HTTPParseError?

  package init(limits: HTTPLimits = HTTPLimits()) {
    reader = HTTPMessageReader(limits: limits, allowsEmptyFirstLine: false)
  }

  /// Whether part of a response has come, but not all.
  package var isMidMessage: Bool { reader.isMidMessage || interimResponses > 0 }

  /// Whether the headers of the response in hand are all there.
  package var headComplete: Bool { head != nil }

  /// Notes a request that was sent; what its response holds depends on the method.
  package mutating func expect(method: String) {
    methods.append(method)
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    unsafe reader.append(bytes)
  }

  /// The next final response that is there in whole; interim ones (1xx) are passed over.
  ///
  /// A response that no `expect` announced is read as that to a GET. A `101` is final, and what
  /// follows it is the remainder.
  package mutating func next() throws(HTTPParseError) -> HTTPResponse? {
    try remembering { (parser) throws(HTTPParseError) in try parser.read() }
  }

  /// Says that the peer has closed, which ends a body without a length.
  ///
  /// - Throws: If the response in hand is cut short.
  package mutating func finish() throws(HTTPParseError) -> HTTPResponse? {
    if let response = try next() { return response }
    return try remembering { (parser) throws(HTTPParseError) in try parser.readAtClose() }
  }

  /// The bytes after the last response: after an upgrade, they belong to the next protocol.
  package mutating func takeRemainder() -> [UInt8] {
    reader.takeRemainder()
  }
}

extension HTTPResponseParser {
  /// Runs `body` unless the parser has failed, and keeps the error if it fails now.
  private mutating func remembering(
    _ body: (inout HTTPResponseParser) throws(HTTPParseError) -> HTTPResponse?
  ) throws(HTTPParseError) -> HTTPResponse? {
    if let failure { throw failure }
    do {
      return try body(&self)
    } catch {
      failure = error
      throw error
    }
  }

  private mutating func read() throws(HTTPParseError) -> HTTPResponse? {
    while true {
      try reader.advance()
      guard reader.stage == .framing else { break }
      let response = try HTTPStatusLine.parse(reader.startLine, headers: reader.headers)
      if Self.isInterim(response.status) {
        try passOver()
      } else {
        head = response
        try reader.beginBody(try framing(of: response))
      }
    }
    return takeComplete(endsWithConnection: false)
  }

  private mutating func readAtClose() throws(HTTPParseError) -> HTTPResponse? {
    guard isMidMessage else { return nil }
    reader.finishAtClose()
    guard let response = takeComplete(endsWithConnection: true) else {
      throw .malformed("a response cut short")
    }
    return response
  }

  private mutating func passOver() throws(HTTPParseError) {
    interimResponses += 1
    guard interimResponses <= Self.maximumInterimResponses else {
      throw .malformed("interim responses without end")
    }
    reader.reset()
  }

  private mutating func takeComplete(endsWithConnection: Bool) -> HTTPResponse? {
    guard reader.stage == .complete, var response = head else { return nil }
    response.body = reader.body
    response.endsWithConnection = endsWithConnection
    head = nil
    interimResponses = 0
    if !methods.isEmpty { methods.removeFirst() }
    reader.reset()
    return response
  }

  /// How the body ends (RFC 9112, section 6.3).
  private func framing(of response: HTTPResponse) throws(HTTPParseError) -> HTTPFraming {
    let method = methods.first ?? "GET"
    let status = response.status
    if method == "HEAD" || status < 200 || status == 204 || status == 304 { return .none }
    if method == "CONNECT" && status < 300 { return .none }
    return try HTTPFraming(
      response.headers, minorVersion: response.minorVersion, isResponse: true)
  }

  private static func isInterim(_ status: Int) -> Bool {
    status < 200 && status != 101
  }
}

/// The first line of a response (RFC 9112, section 4).
enum HTTPStatusLine {
  static func parse(
    _ line: String, headers: HTTPHeaders
  ) throws(HTTPParseError) -> HTTPResponse {
    let parts = line.utf8.split(
      separator: ASCII.space, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2 else { throw .malformed("a status line without a status") }
    let isOld = parts[0].elementsEqual("HTTP/1.0".utf8)
    guard isOld || parts[0].elementsEqual("HTTP/1.1".utf8) else {
      throw HTTPParseError(status: 505, message: "a response that is not HTTP/1.1")
    }
    guard parts[1].count == 3, parts[1].allSatisfy(ASCII.isDigit),
      let status = Int(Substring(parts[1])), status >= 100
    else { throw .malformed("a status that is not three digits") }
    let reason = parts.count == 3 ? String(Substring(parts[2])) : ""
    return HTTPResponse(
      status: status, reason: reason, headers: headers, minorVersion: isOld ? 0 : 1)
  }
}
