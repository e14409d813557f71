internal import Foundation

/// Nanoseconds for people: three digits and a unit.
package enum LatencyText {
  package static func format(_ nanoseconds: Int64) -> String {
    format(Double(nanoseconds))
  }

  package static func format(_ nanoseconds: Double) -> String {
    let magnitude = abs(nanoseconds)
    let (value, unit) =
      switch magnitude {
      case ..<1e3: (nanoseconds, "ns")
      case ..<1e6: (nanoseconds / 1e3, "us")
      case ..<1e9: (nanoseconds / 1e6, "ms")
      default: (nanoseconds / 1e9, "s")
      }
    return "\(digits(value)) \(unit)"
  }

  /// With its sign, for differences.
  package static func signed(_ nanoseconds: Double) -> String {
    (nanoseconds < 0 ? "" : "+") + format(nanoseconds)
  }

  package static func ratio(_ value: Double) -> String {
    String(format: value < 10 ? "%.2fx" : "%.1fx", value)
  }

  private static func digits(_ value: Double) -> String {
    switch abs(value) {
    case 99.95...: String(format: "%.0f", value)
    case 9.995...: String(format: "%.1f", value)
    default: String(format: "%.2f", value)
    }
  }
}
