/// One header field.
package struct HTTPHeader: Sendable, Equatable {
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// Header fields in the order they came; names compare without regard to case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByArrayLiteral {
  package private(set) var pairs: [HTTPHeader] = []

  package init() {}

  package init(_ pairs: [(String, String)]) {
    self.pairs = pairs.map { HTTPHeader(name: $0.0, value: $0.1) }
  }

  package init(arrayLiteral pairs: (String, String)...) {
    self.init(pairs)
  }

  /// The first value under that name.
  package subscript(_ name: String) -> String? {
    pairs.first { ASCII.equalIgnoringCase($0.name, name) }?.value
  }

  /// Every value under that name, one per field.
  package func values(_ name: String) -> [String] {
    pairs.filter { ASCII.equalIgnoringCase($0.name, name) }.map(\.value)
  }

  /// The elements of a comma-separated list, all fields of that name together.
  package func list(_ name: String) -> [String] {
    values(name).flatMap { value in
      value.utf8.split(separator: UInt8(ascii: ",")).map { String(Self.trimmed($0)) ?? "" }
    }.filter { !$0.isEmpty }
  }

  /// Whether a comma-separated list has that element, case ignored.
  package func hasToken(_ token: String, in name: String) -> Bool {
    list(name).contains { ASCII.equalIgnoringCase($0, token) }
  }

  package mutating func add(_ name: String, _ value: String) {
    pairs.append(HTTPHeader(name: name, value: value))
  }

  /// Puts one field in place of all that have the name.
  package mutating func set(_ name: String, _ value: String) {
    remove(name)
    add(name, value)
  }

  package mutating func remove(_ name: String) {
    pairs.removeAll { ASCII.equalIgnoringCase($0.name, name) }
  }

  private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
    func isBlank(_ byte: UInt8) -> Bool { byte == ASCII.space || byte == ASCII.tab }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text = text.dropLast() }
    return text
  }
}
