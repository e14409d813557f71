/// Why a compressed stream is refused.
package enum InflateError: Error, Sendable, Equatable, CustomStringConvertible {
  case truncated
  case tooLong(maximumBytes: Int)
  case malformed(String)

  package var description: String {
    switch self {
    case .truncated: "the stream ends too early"
    case .tooLong(let maximumBytes): "more than \(maximumBytes) bytes come out of the stream"
    case .malformed(let what): what
    }
  }
}
