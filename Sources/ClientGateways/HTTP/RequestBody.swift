internal import RouterCore
internal import Wire

/// The JSON object of a client's request, its fields taken by name; the first fault is thrown.
struct RequestBody {
  let json: JSONValue

  /// - Throws: A problem for what is no JSON object, for a field that is not known and for one that
  ///   is given twice.
  init(_ bytes: [UInt8], known: [String]) throws(Problem) {
    do {
      json = try JSONValue(parsing: bytes, limits: JSONLimits(allowsDuplicateNames: true))
    } catch {
      throw Problem(
        400, "invalid-json", title: "The body is not valid JSON", detail: "\(error)")
    }
    guard let members = json.members else {
      throw Problem(
        400, "invalid-json", title: "The body must be a JSON object", detail: "send {...}")
    }
    for (index, member) in members.enumerated() {
      guard known.contains(member.name) else {
        throw .invalid(
          member.name, "unknown field; known are \(known.sorted().joined(separator: ", "))")
      }
      // Before the first that is given twice there are no more than are known.
      guard !members[..<index].contains(where: { $0.name == member.name }) else {
        throw .invalid(member.name, "is given twice; give it once")
      }
    }
  }

  /// The value of a field; `nil` if it is absent or null.
  func value(_ name: String) -> JSONValue? {
    let value = json[name]
    return value == .null ? nil : value
  }

  func has(_ name: String) -> Bool { value(name) != nil }

  func text(_ name: String) throws(Problem) -> String {
    guard let value = json[name] else { throw .invalid(name, "the field is missing") }
    guard let text = value.string else { throw .invalid(name, "must be a string") }
    return text
  }

  /// True or false; false if it is absent.
  func flag(_ name: String) throws(Problem) -> Bool {
    guard let value = value(name) else { return false }
    guard let flag = value.bool else {
      throw .invalid(name, "must be true or false, without quotes")
    }
    return flag
  }

  /// One of a closed set of names; `nil` if it is absent.
  func choice<Choice>(
    _ name: String, _ choices: [(name: String, value: Choice)]
  ) throws(Problem) -> Choice? {
    guard has(name) else { return nil }
    let text = try text(name)
    if let choice = choices.first(where: { $0.name == text }) { return choice.value }
    let names = choices.map { "'\($0.name)'" }
    let list = names.dropLast().joined(separator: ", ")
    throw .invalid(name, "must be \(list) or \(names.last ?? ""), not '\(text)'")
  }

  /// A decimal greater than zero as its mantissa.
  func positive(_ name: String, scale: Int) throws(Problem) -> Int64 {
    let value = try text(name)
    guard let mantissa = DecimalText.parse(value, scale: scale) else {
      throw .invalid(
        name, "'\(value)' is not a decimal with at most \(scale) places within the range")
    }
    guard mantissa > 0 else { throw .invalid(name, "must be greater than zero") }
    return mantissa
  }

  /// - Parameters:
  ///   - name: The field.
  ///   - instrument: Its scale counts.
  ///   - need: Why the order needs the price, or `nil` if it must not have one.
  ///   - surplus: What to do about a price that is not needed.
  /// - Throws: A problem if it is missing, not needed or no price.
  /// - Returns: `nil` only where none is needed.
  func price(
    _ name: String, _ instrument: Instrument, need: String?, surplus: String
  ) throws(Problem) -> Price? {
    guard has(name) else {
      if let need { throw .invalid(name, need) }
      return nil
    }
    guard need != nil else { throw .invalid(name, surplus) }
    return Price(mantissa: try positive(name, scale: Int(instrument.priceScale)))
  }
}
