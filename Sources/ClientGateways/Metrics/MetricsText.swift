internal import Wire

/// Writes the Prometheus text format 0.0.4: one family after the other, help and type first.
struct MetricsText {
  typealias Labels = KeyValuePairs<String, String>

  enum Kind: String {
    case counter, gauge, histogram
  }

  private(set) var bytes: [UInt8] = []
  private var family = ""

  /// Begins a family; its samples follow.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    family = name
    append("# HELP \(name) \(Self.escaped(help, quotes: false))\n")
    append("# TYPE \(name) \(kind.rawValue)\n")
  }

  mutating func sample(_ value: Int64) {
    line("", [], "\(value)")
  }

  mutating func sample(_ labels: Labels, _ value: Int64) {
    line("", labels.map { ($0.key, $0.value) }, "\(value)")
  }

  /// A time in nanoseconds, written in seconds.
  mutating func sample(_ labels: Labels, nanoseconds: Int64) {
    let seconds = DecimalText.format(nanoseconds, scale: 9)
    line("", labels.map { ($0.key, $0.value) }, seconds)
  }

  /// All samples of one histogram of nanoseconds, in seconds.
  mutating func histogram(_ labels: [(String, String)], _ histogram: Histogram) {
    var counts = [Int64](repeating: 0, count: Self.bounds.count)
    histogram.forEachCount { lowest, count in
      if let index = Self.bounds.firstIndex(where: { lowest <= $0 }) { counts[index] += count }
    }
    var sum: Int64 = 0
    for (bound, count) in zip(Self.bounds, counts) {
      sum += count
      line("_bucket", labels + [("le", DecimalText.format(bound, scale: 9))], "\(sum)")
    }
    line("_bucket", labels + [("le", "+Inf")], "\(histogram.totalCount)")
    let total = histogram.mean * Double(histogram.totalCount)
    line("_sum", labels, DecimalText.format(Int64(min(total, 9e18)), scale: 9))
    line("_count", labels, "\(histogram.totalCount)")
  }

  /// 1, 2.5 and 5 of each power of ten from a microsecond to ten seconds.
  static let bounds: [Int64] = {
    var bounds: [Int64] = []
    var power: Int64 = 1000
    while power < 10_000_000_000 {
      bounds += [power, power * 5 / 2, power * 5]
      power *= 10
    }
    return bounds + [10_000_000_000]
  }()

  private mutating func line(_ suffix: String, _ labels: [(String, String)], _ value: String) {
    append(family + suffix)
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }
      append("{\(pairs.joined(separator: ","))}")
    }
    append(" \(value)\n")
  }

  private mutating func append(_ text: String) { bytes += Array(text.utf8) }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
