/// Where in a buffer a request stands that is written out in bytes, all but its `Host`.
///
/// The connection that carries it adds that line, since it knows whom it is connected to.
package struct PreparedRequest: Sendable, Hashable {
  package enum Method: UInt8, Sendable, BitwiseCopyable {
    case post, delete

    package var text: String {
      switch self {
      case .post: "POST"
      case .delete: "DELETE"
      }
    }
  }

  package let method: Method
  /// The request line with its line end.
  package let line: Range<Int>
  /// The headers, the empty line and the body.
  package let remainder: Range<Int>

  /// - Precondition: The places lie one after the other.
  package init(_ method: Method, start: Int, headers: Int, end: Int) {
    self.method = method
    line = start..<headers
    remainder = headers..<end
  }

  /// The same place in a buffer that begins with the request line.
  package var alone: PreparedRequest {
    PreparedRequest(
      method, start: 0, headers: line.count, end: line.count + remainder.count)
  }
}

extension HTTPRequest {
  /// A prepared request taken apart again; `nil` if its bytes are no request.
  package init?(_ prepared: PreparedRequest, in bytes: Span<UInt8>) {
    var parser = HTTPRequestParser()
    var whole: [UInt8] = []
    for index in prepared.line { whole.append(bytes[index]) }
    whole.append(literal: "Host: prepared\r\n")
    for index in prepared.remainder { whole.append(bytes[index]) }
    unsafe whole.withUnsafeBytes { unsafe parser.append($0) }
    guard var request = try? parser.next(), !parser.isMidMessage else { return nil }
    request.headers.remove("Host")
    self = request
  }
}
