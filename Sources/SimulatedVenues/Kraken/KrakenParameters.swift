import Wire

/// The parameters of a request, whether it came as a form, as JSON or over the WebSocket.
struct KrakenParameters {
  private let form: FormFields?
  private let object: JSONValue?

  /// Reads a REST body by its content type; nil if it is malformed.
  init?(body: [UInt8], contentType: String?) {
    if contentType?.lowercased().hasPrefix("application/json") == true {
      guard let value = try? JSONValue(parsing: body), value.members != nil else { return nil }
      form = nil
      object = value
    } else {
      guard let fields = FormFields(String(decoding: body, as: UTF8.self)) else { return nil }
      form = fields
      object = nil
    }
  }

  init?(query: String) {
    guard let fields = FormFields(query) else { return nil }
    form = fields
    object = nil
  }

  init(_ object: JSONValue) {
    form = nil
    self.object = object
  }

  /// A text, a number's own digits, or a truth value as `true` or `false`.
  subscript(_ name: String) -> String? {
    if let form { return form[name] }
    guard let value = object?[name] else { return nil }
    return value.text ?? value.bool.map { $0 ? "true" : "false" }
  }

  func flag(_ name: String, default fallback: Bool = false) -> Bool {
    self[name].map { $0 == "true" || $0 == "1" } ?? fallback
  }

  func value(_ name: String) -> JSONValue? { object?[name] }

  /// A list: a JSON array, or one comma separated text.
  func list(_ name: String) -> [String] {
    if let array = object?[name]?.array { return array.compactMap(\.text) }
    return self[name]?.split(separator: ",").map(String.init) ?? []
  }
}
