internal import Wire

/// One event, before it is text.
package struct LogLine: Sendable {
  let wallNanoseconds: Int64
  let level: Log.Level
  let area: String
  let event: String
  let fields: KeyValuePairs<String, String>

  package init(
    wallNanoseconds: Int64, level: Log.Level, area: String, event: String,
    fields: KeyValuePairs<String, String>
  ) {
    self.wallNanoseconds = wallNanoseconds
    self.level = level
    self.area = area
    self.event = event
    self.fields = fields
  }

  /// The line without its end, such as
  /// `2026-11-25T17:40:00.123456789Z info gateway event=connected venue=kraken`.
  package var text: String {
    var line = "\(RFC3339.format(wallNanoseconds)) \(level.name) \(area) event=\(Self.quote(event))"
    for (key, value) in fields {
      line += " \(key)=\(Self.quote(value))"
    }
    return line
  }

  // A value from a peer must not be able to end the line or to look like another field.
  private static func quote(_ value: String) -> String {
    if !value.isEmpty, value.unicodeScalars.allSatisfy(isPlain) { return value }
    var quoted = "\""
    for scalar in value.unicodeScalars { appendEscaped(scalar, to: &quoted) }
    return quoted + "\""
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value > 32 && scalar.value < 127 && scalar != "\"" && scalar != "=" && scalar != "\\"
  }

  private static func appendEscaped(_ scalar: Unicode.Scalar, to text: inout String) {
    switch scalar {
    case "\"", "\\": text += "\\\(scalar)"
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    default:
      if isPrintable(scalar) {
        text.unicodeScalars.append(scalar)
      } else {
        text += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
    default: true
    }
  }
}
