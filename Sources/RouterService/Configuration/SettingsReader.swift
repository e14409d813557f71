internal import Wire

/// Reads one object of a settings file and remembers every fault on the way.
///
/// A reader never stops at the first fault: an operator mends a file once, not ten times.
struct SettingsReader {
  final class Faults {
    private(set) var messages: [String] = []

    func add(_ path: String, _ message: String) {
      messages.append("\(path.isEmpty ? "settings" : path): \(message)")
    }
  }

  let path: String
  let faults: Faults
  private let members: [String: SettingsValue]

  init(_ value: SettingsValue?, at path: String, faults: Faults, known: [String]) {
    self.path = path
    self.faults = faults
    guard case .object(let members)? = value else {
      self.members = [:]
      faults.add(path, value == nil ? "is missing" : "must be an object {...}")
      return
    }
    self.members = members
    for name in members.keys.sorted() where !known.contains(name) {
      faults.add(place(name), "is not a setting; known here: \(known.joined(separator: ", "))")
    }
  }

  func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  func value(_ name: String) -> SettingsValue? {
    guard let value = members[name], value != .null else { return nil }
    return value
  }

  func fault(_ name: String, _ message: String) { faults.add(place(name), message) }

  func string(_ name: String) -> String? {
    guard let value = value(name) else { return nil }
    guard case .string(let text) = value else {
      fault(name, "must be a string")
      return nil
    }
    return text
  }

  func required(_ name: String) -> String {
    guard value(name) != nil else {
      fault(name, "is missing")
      return ""
    }
    return string(name) ?? ""
  }

  func integer(_ name: String, standard: Int64, _ range: ClosedRange<Int64>) -> Int64 {
    guard let value = value(name) else { return standard }
    guard case .integer(let number) = value, range.contains(number) else {
      fault(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      return standard
    }
    return number
  }

  func bool(_ name: String, standard: Bool) -> Bool {
    guard let value = value(name) else { return standard }
    guard case .bool(let flag) = value else {
      fault(name, "must be true or false")
      return standard
    }
    return flag
  }

  func choice<Choice>(_ name: String, standard: Choice, _ choices: [(String, Choice)]) -> Choice {
    guard let text = string(name) else { return standard }
    guard let found = choices.first(where: { $0.0 == text }) else {
      let names = choices.map { "'\($0.0)'" }.joined(separator: ", ")
      fault(name, "must be one of \(names), not '\(text)'")
      return standard
    }
    return found.1
  }

  /// A decimal written as a string, at `scale` places.
  func decimal(_ name: String, scale: Int, standard: Int128) -> Int128 {
    guard let text = string(name) else { return standard }
    guard let mantissa = DecimalText.parse128(text, scale: scale) else {
      fault(name, "'\(text)' must be a decimal in quotes with at most \(scale) places")
      return standard
    }
    return mantissa
  }

  func strings(_ name: String) -> [String] {
    elements(name).enumerated().compactMap { index, element in
      guard case .string(let text) = element else {
        faults.add("\(place(name))[\(index)]", "must be a string")
        return nil
      }
      return text
    }
  }

  func elements(_ name: String) -> [SettingsValue] {
    guard let value = value(name) else { return [] }
    guard case .array(let elements) = value else {
      fault(name, "must be a list [...]")
      return []
    }
    return elements
  }

  func object(_ name: String, known: [String]) -> SettingsReader {
    SettingsReader(members[name], at: place(name), faults: faults, known: known)
  }

  func optionalObject(_ name: String, known: [String]) -> SettingsReader? {
    value(name) == nil ? nil : object(name, known: known)
  }
}
