internal import Wire

/// The fields of one JSON object, taken by name; what is wrong with them goes to the faults.
struct FieldReader {
  private let members: [JSONMember]
  /// What stands before a field's name, such as `venues[1].`.
  private let path: String
  var venue: String?

  /// - Parameters:
  ///   - json: What ought to be an object.
  ///   - path: Where it stands, such as `venues[1]`; empty for the document.
  ///   - known: The fields that it may have.
  ///   - faults: Gets what is wrong.
  init?(_ json: JSONValue, path: String, known: [String], faults: inout PlanFaults) {
    guard let members = json.members else {
      faults.add(path, "must be an object {...}")
      return nil
    }
    self.members = members
    self.path = path.isEmpty ? "" : "\(path)."
    venue = json["venue"]?.string
    check(known, &faults)
  }

  func path(of name: String) -> String { path + name }

  /// The value of a field; `nil` if it is absent or null.
  func value(_ name: String) -> JSONValue? {
    let value = members.first { $0.name == name }?.value
    return value == .null ? nil : value
  }

  func required(_ name: String, _ faults: inout PlanFaults) -> JSONValue? {
    let value = value(name)
    if value == nil { fault(name, "is missing", &faults) }
    return value
  }

  func fault(_ name: String, _ detail: String, _ faults: inout PlanFaults) {
    faults.add(path(of: name), venue: venue, detail)
  }

  func text(_ name: String, _ faults: inout PlanFaults) -> String? {
    guard let value = required(name, &faults) else { return nil }
    guard let text = value.string else {
      fault(name, "must be a string, in quotes", &faults)
      return nil
    }
    if text.isEmpty { fault(name, "must not be empty", &faults) }
    return text
  }

  /// A decimal that must be there and greater than zero.
  func positive(_ name: String, _ faults: inout PlanFaults) -> ExactDecimal? {
    guard let value = required(name, &faults),
      let decimal = decimal(value, path(of: name), &faults)
    else { return nil }
    return isPositive(decimal, path(of: name), &faults) ? decimal : nil
  }

  /// A decimal of zero or more; `nil` if it is absent or null.
  func optional(_ name: String, _ faults: inout PlanFaults) -> ExactDecimal? {
    guard let value = value(name), let decimal = decimal(value, path(of: name), &faults) else {
      return nil
    }
    if decimal.mantissa < 0 { fault(name, "must not be negative", &faults) }
    return decimal
  }

  /// A whole number without quotes within a range; `nil` if it is absent or null.
  func integer(
    _ name: String, _ range: ClosedRange<Int64>, _ faults: inout PlanFaults
  ) -> Int64? {
    guard let value = value(name) else { return nil }
    guard case .number = value, let number = value.int64, range.contains(number) else {
      fault(
        name,
        "must be a whole number from \(range.lowerBound) to \(range.upperBound),"
          + " without quotes", &faults)
      return nil
    }
    return number
  }

  /// A decimal in quotes, of either sign.
  func decimal(
    _ value: JSONValue, _ path: String, _ faults: inout PlanFaults
  ) -> ExactDecimal? {
    guard let text = value.string else {
      faults.add(path, venue: venue, "must be a decimal in quotes, such as \"1.5\"")
      return nil
    }
    do throws(ExactDecimal.Flaw) {
      return try ExactDecimal(text)
    } catch {
      faults.add(path, venue: venue, Self.words(error, text))
      return nil
    }
  }

  func isPositive(_ decimal: ExactDecimal, _ path: String, _ faults: inout PlanFaults) -> Bool {
    guard decimal.mantissa <= 0 else { return true }
    faults.add(path, venue: venue, "must be greater than zero")
    return false
  }

  private static func words(_ flaw: ExactDecimal.Flaw, _ text: String) -> String {
    let shown = text.count > 40 ? "\(text.prefix(40))..." : text
    return switch flaw {
    case .malformed: "'\(shown)' is not a decimal; write digits and a point, such as \"1.5\""
    case .tooLong: "'\(shown)' has too many digits; at most 38 are read"
    }
  }

  private func check(_ known: [String], _ faults: inout PlanFaults) {
    var seen: Set<String> = []
    for member in members {
      if !known.contains(member.name) {
        let list = known.joined(separator: ", ")
        fault(member.name, "is not a known field; known are \(list)", &faults)
      } else if !seen.insert(member.name).inserted {
        fault(member.name, "is given twice; give it once", &faults)
      }
    }
  }
}
