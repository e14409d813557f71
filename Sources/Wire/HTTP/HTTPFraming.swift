/// How a message's body ends (RFC 9112, section 6.3), read so that no two readers can differ.
enum HTTPFraming: Sendable, Equatable {
  case none
  case length(Int)
  case chunked
  case untilClose

  /// What the headers say; `untilClose` for a response without either, `none` for a request.
  init(
    _ headers: HTTPHeaders, minorVersion: Int, isResponse: Bool
  ) throws(HTTPParseError) {
    let lengths = headers.values("Content-Length")
    let codings = headers.values("Transfer-Encoding")
    guard codings.isEmpty || lengths.isEmpty else {
      throw .malformed("both Content-Length and Transfer-Encoding")
    }
    if let coding = codings.first {
      guard minorVersion >= 1 else { throw .malformed("Transfer-Encoding in HTTP/1.0") }
      guard codings.count == 1, ASCII.equalIgnoringCase(coding, "chunked") else {
        throw HTTPParseError(status: 501, message: "a transfer coding other than chunked")
      }
      self = .chunked
    } else if let length = lengths.first {
      guard lengths.count == 1, let count = Self.length(length) else {
        throw .malformed("a Content-Length that is not one plain number")
      }
      self = .length(count)
    } else {
      self = isResponse ? .untilClose : .none
    }
  }

  private static func length(_ text: String) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 18, text.utf8.allSatisfy(ASCII.isDigit) else {
      return nil
    }
    return Int(text)
  }
}
