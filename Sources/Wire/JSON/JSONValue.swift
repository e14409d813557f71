/// A JSON text as a tree, for everything that is not a hot path.
///
/// Numbers keep the text they were written as, so nothing is rounded on the way, and members keep
/// their order.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  /// Reads one value that fills `bytes`.
  ///
  /// - Throws: `JSONError`, also for a name that occurs twice in an object and for an escaped half
  ///   of a surrogate pair, since readers disagree about what those mean (RFC 8259, sections 4
  ///   and 8.2).
  package init(
    parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard
  ) throws(JSONError) {
    var parser = unsafe JSONParser(bytes, limits: limits)
    self = try parser.parse()
  }

  package init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
    let result: Result<JSONValue, JSONError> = unsafe bytes.withUnsafeBytes { bytes in
      Result { () throws(JSONError) in try unsafe JSONValue(parsing: bytes, limits: limits) }
    }
    self = try result.get()
  }

  package init(parsing text: String, limits: JSONLimits = .standard) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }

  package func serialized() -> [UInt8] {
    var writer = JSONWriter()
    writer.value(self)
    return writer.bytes
  }
}

/// A name and its value in an object.
package struct JSONMember: Sendable, Equatable {
  package var name: String
  package var value: JSONValue

  package init(name: String, value: JSONValue) {
    self.name = name
    self.value = value
  }
}

// MARK: - Access

extension JSONValue {
  /// The member of that name; `nil` if this is no object or has none.
  package subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The element at that index; `nil` if this is no array or is shorter.
  package subscript(_ index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  package var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// A string, or a number as it was written.
  package var text: String? {
    switch self {
    case .string(let text), .number(let text): text
    default: nil
    }
  }

  /// A whole number, bare or in quotes.
  package var int64: Int64? {
    text.flatMap { DecimalText.parse($0, scale: 0) }
  }

  package var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  package var array: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  package var members: [JSONMember]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  package var isNull: Bool {
    self == .null
  }
}
