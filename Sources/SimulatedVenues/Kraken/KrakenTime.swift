import Wire

/// Kraken's ways of writing a time.
enum KrakenTime {
  /// Unix seconds with decimals, as a JSON number.
  static func seconds(_ nanoseconds: Int64, digits: Int = 4) -> String {
    var step: Int64 = 1
    for _ in 0..<(9 - digits) { step *= 10 }
    return DecimalText.format(nanoseconds / step, scale: digits, fractionDigits: digits)
  }

  /// "2026-01-02T03:04:05.123456Z".
  static func text(_ nanoseconds: Int64) -> String {
    RFC3339.format(nanoseconds / 1000 * 1000, fractionDigits: 6)
  }

  /// "Fri, 02 Jan 26 03:04:05 +0000".
  static func rfc1123(_ nanoseconds: Int64) -> String {
    let days = nanoseconds / 86_400_000_000_000
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let parts = RFC3339.format(nanoseconds, fractionDigits: 0)
      .split { $0 == "-" || $0 == "T" || $0 == "Z" }
    guard parts.count >= 4, let month = Int(parts[1]), (1...12).contains(month) else { return "" }
    let weekday = weekdays[Int(((days % 7) + 7) % 7)]
    return "\(weekday), \(parts[2]) \(months[month - 1]) \(parts[0].suffix(2)) \(parts[3]) +0000"
  }
}
