/// Why a capture could not be replayed, in words that say what to do.
package enum ReplayError: Error, Sendable, Hashable, CustomStringConvertible {
  case usage(String)
  case missingFile(String)
  case unreadable(String, reason: String)
  case unknownFormat(String)
  case malformedLine(String, line: Int, reason: String)
  case unknownVenue(String, hint: String)
  case noBooks(String)

  package var description: String {
    switch self {
    case .usage(let text): text
    case .missingFile(let path): "\(path): no such file"
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .unknownFormat(let path):
      "\(path): neither a tape (time, kind and payload by tabs) nor one JSON message a line"
    case .malformedLine(let path, let line, let reason): "\(path), line \(line): \(reason)"
    case .unknownVenue(let path, let hint): "\(path): \(hint)"
    case .noBooks(let path): "\(path): holds no order book message of the venue"
    }
  }
}
