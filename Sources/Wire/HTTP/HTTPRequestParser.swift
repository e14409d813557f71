/// Reads requests off a connection, one after another (RFC 9112).
///
/// Strict on purpose: whatever two readers could take for different messages is refused, and after
/// an error the parser gives only that error again.
package struct HTTPRequestParser: Sendable {
  private var reader: HTTPMessageReader
  private var head: HTTPRequest?
  private var failure: HTTPParseError?

  package init(limits: HTTPLimits = HTTPLimits()) {
    reader = HTTPMessageReader(limits: limits, allowsEmptyFirstLine: true)
  }

  /// Whether part of a request has come, but not all.
  package var isMidMessage: Bool { reader.isMidMessage }

  /// Whether the headers of the request in hand are all there.
  package var headComplete: Bool { head != nil }

  /// Whether the client waits for `100 Continue` before it sends the body.
  package var expectsContinue: Bool {
    guard let head, head.minorVersion >= 1 else { return false }
    return head.headers.hasToken("100-continue", in: "Expect")
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    unsafe reader.append(bytes)
  }

  /// The next request that is there in whole.
  package mutating func next() throws(HTTPParseError) -> HTTPRequest? {
    if let failure { throw failure }
    do {
      return try read()
    } catch {
      failure = error
      throw error
    }
  }

  /// The bytes after the last request: after an upgrade, they belong to the next protocol.
  package mutating func takeRemainder() -> [UInt8] {
    reader.takeRemainder()
  }

  private mutating func read() throws(HTTPParseError) -> HTTPRequest? {
    try reader.advance()
    if reader.stage == .framing {
      let request = try HTTPRequestHead.parse(reader.startLine, headers: reader.headers)
      let framing = try HTTPFraming(
        request.headers, minorVersion: request.minorVersion, isResponse: false)
      head = request
      try reader.beginBody(framing)
      try reader.advance()
    }
    guard reader.stage == .complete, var request = head else { return nil }
    request.body = reader.body
    head = nil
    reader.reset()
    return request
  }
}
