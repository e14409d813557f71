import Wire

/// The fields of an `application/x-www-form-urlencoded` text, in order.
package struct FormFields: Sendable {
  package private(set) var pairs: [(name: String, value: String)] = []

  /// Reads a form or a raw query; a field that is not well encoded makes it nil.
  package init?(_ text: String) {
    for part in text.split(separator: "&") {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(halves[0]),
        let value = halves.count == 2 ? Self.decode(halves[1]) : ""
      else { return nil }
      pairs.append((name, value))
    }
  }

  package subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

  private static func decode(_ text: Substring) -> String? {
    PercentEncoding.decode(
      text.split(separator: "+", omittingEmptySubsequences: false)
        .joined(separator: " "))
  }
}
