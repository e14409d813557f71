/// What a peer did wrong, with the code to close the connection with (RFC 6455, section 7.4.1).
package struct WebSocketError: Error, Sendable, Equatable, CustomStringConvertible {
  package let closeCode: UInt16
  package let message: String

  static func violation(_ message: String) -> WebSocketError {
    WebSocketError(closeCode: 1002, message: message)
  }

  static let malformedText = WebSocketError(closeCode: 1007, message: "text that is not UTF-8")

  static func tooBig(_ maximumBytes: Int) -> WebSocketError {
    WebSocketError(closeCode: 1009, message: "a message of more than \(maximumBytes) bytes")
  }

  package var description: String {
    "\(message) (close code \(closeCode))"
  }
}
