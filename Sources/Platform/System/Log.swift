internal import Synchronization

/// Lines for operators, on standard error; the record of decisions is the journal.
package enum Log {
  package enum Level: UInt8, Sendable, Comparable {
    case debug, info, warning, error

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

    var name: String {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .warning: "warning"
      case .error: "error"
      }
    }
  }

  private static let standardError = LogWriter(fileDescriptor: 2)
  private static let threshold = Atomic<UInt8>(Level.info.rawValue)

  /// Drops what is less grave than `level`.
  package static func setThreshold(_ level: Level) {
    threshold.store(level.rawValue, ordering: .relaxed)
  }

  package static func debug(
    _ area: String, _ event: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    write(.debug, area, event, fields)
  }

  package static func info(
    _ area: String, _ event: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    write(.info, area, event, fields)
  }

  package static func warning(
    _ area: String, _ event: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    write(.warning, area, event, fields)
  }

  package static func error(
    _ area: String, _ event: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    write(.error, area, event, fields)
  }

  /// Waits until all lines so far are written; for the end of a process.
  package static func flush() {
    standardError.flush()
  }

  private static func write(
    _ level: Level, _ area: String, _ event: String, _ fields: KeyValuePairs<String, String>
  ) {
    guard level.rawValue >= threshold.load(ordering: .relaxed) else { return }
    standardError.write(
      LogLine(
        wallNanoseconds: Clock.wallNanoseconds(), level: level, area: area, event: event,
        fields: fields))
  }
}
