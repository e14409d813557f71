/// Why a message is refused, with the status a server answers before it closes.
package struct HTTPParseError: Error, Sendable, Equatable, CustomStringConvertible {
  package let status: Int
  package let message: String

  static func malformed(_ message: String) -> HTTPParseError {
    HTTPParseError(status: 400, message: message)
  }

  package var description: String { "\(message) (status \(status))" }
}
