/// A strict reader of the Prometheus text format 0.0.4, as far as we write it.
///
/// It refuses what `promtool check metrics` refuses: samples before their help and type, families in
/// two places, broken escapes, duplicate samples, and histograms whose buckets do not add up.
struct PrometheusText {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  struct Sample: Equatable {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  struct Family {
    let name: String
    let type: String
    var samples: [Sample] = []
  }

  private(set) var families: [Family] = []

  subscript(name: String) -> Family? { families.first { $0.name == name } }

  func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    families.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
  }

  init(parsing text: String) throws {
    guard text.hasSuffix("\n") else { throw Failure(description: "no line feed at the end") }
    var help: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      if line.hasPrefix("# HELP ") {
        guard words.count == 4, !words[3].isEmpty else { throw Failure(description: "\(line)") }
        help = String(words[2])
      } else if line.hasPrefix("# TYPE ") {
        guard words.count == 4, help == String(words[2]) else {
          throw Failure(description: "no help before: \(line)")
        }
        try begin(String(words[2]), String(words[3]))
      } else {
        try add(Self.sample(String(line)))
      }
    }
    for family in families where family.type == "histogram" { try Self.check(family) }
  }

  private mutating func begin(_ name: String, _ type: String) throws {
    guard self[name] == nil else { throw Failure(description: "\(name) comes twice") }
    guard ["counter", "gauge", "histogram"].contains(type) else {
      throw Failure(description: "\(name) is a \(type)")
    }
    guard (type == "counter") == name.hasSuffix("_total") else {
      throw Failure(description: "\(name) is a \(type)")
    }
    families.append(Family(name: name, type: type))
  }

  private mutating func add(_ sample: Sample) throws {
    guard let family = families.last else { throw Failure(description: "\(sample) comes first") }
    let suffixes = family.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
    guard suffixes.contains(where: { family.name + $0 == sample.name }) else {
      throw Failure(description: "\(sample.name) stands under \(family.name)")
    }
    let isDouble = family.samples.contains {
      $0.name == sample.name && $0.labels == sample.labels
    }
    guard !isDouble else { throw Failure(description: "\(sample) comes twice") }
    families[families.count - 1].samples.append(sample)
  }

  // MARK: One sample

  private static func sample(_ line: String) throws -> Sample {
    var rest = line[...]
    let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" })
    guard let first = name.first, !first.isNumber, name.allSatisfy(\.isASCII) else {
      throw Failure(description: "no name: \(line)")
    }
    rest = rest.dropFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      rest = rest.dropFirst()
      while rest.first != "}" {
        let (key, value) = try label(&rest, line)
        guard labels.updateValue(value, forKey: key) == nil else {
          throw Failure(description: "\(key) twice: \(line)")
        }
      }
      rest = rest.dropFirst()
    }
    guard rest.first == " ", let value = Double(rest.dropFirst()) else {
      throw Failure(description: "no value: \(line)")
    }
    return Sample(name: name, labels: labels, value: value)
  }

  private static func label(
    _ rest: inout Substring, _ line: String
  ) throws -> (String, String) {
    let key = String(rest.prefix { $0.isLetter || $0 == "_" })
    rest = rest.dropFirst(key.count)
    guard !key.isEmpty, rest.hasPrefix("=\"") else { throw Failure(description: "label: \(line)") }
    rest = rest.dropFirst(2)
    var value = ""
    while let character = rest.popFirst() {
      switch character {
      case "\"":
        if rest.first == "," { rest = rest.dropFirst() }
        return (key, value)
      case "\\":
        switch rest.popFirst() {
        case "n": value += "\n"
        case "\\": value += "\\"
        case "\"": value += "\""
        default: throw Failure(description: "escape: \(line)")
        }
      default: value.append(character)
      }
    }
    throw Failure(description: "no end: \(line)")
  }

  // MARK: Histograms

  private static func check(_ family: Family) throws {
    var groups: [[String: String]: [Sample]] = [:]
    for sample in family.samples {
      var labels = sample.labels
      labels["le"] = nil
      groups[labels, default: []].append(sample)
    }
    for (labels, samples) in groups {
      let buckets = samples.filter { $0.name == family.name + "_bucket" }
      let bounds = buckets.map { Double($0.labels["le"] ?? "") ?? .nan }
      let count = samples.first { $0.name == family.name + "_count" }?.value
      let isAscending = zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
      let isGrowing = zip(buckets, buckets.dropFirst()).allSatisfy { $0.value <= $1.value }
      let hasSum = samples.contains { $0.name == family.name + "_sum" }
      guard bounds.last == .infinity, isAscending, isGrowing, hasSum, count == buckets.last?.value
      else { throw Failure(description: "\(family.name) \(labels) does not add up") }
    }
  }
}
