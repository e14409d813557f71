import Wire

/// The parameters of one request, wherever they came from; it notes which have been read.
final class BinanceParameters {
  private var pairs: [(name: String, value: String, isRead: Bool)] = []
  /// The text that the signature covers.
  let signedText: [UInt8]
  /// Whether every byte of a query was percent-encoded where it has to be.
  let isWellEncoded: Bool

  /// None.
  init() {
    signedText = []
    isWellEncoded = true
  }

  /// The query and the form of a REST request; the query wins where both have a parameter.
  init(request: HTTPRequest) throws(BinanceError) {
    let form = Self.isForm(request) ? String(decoding: request.body, as: UTF8.self) : ""
    let query = request.rawQuery
    signedText = Array((Self.unsigned(query) + Self.unsigned(form)).utf8)
    isWellEncoded = (query.utf8 + Array(form.utf8)).allSatisfy { 0x21...0x7E ~= $0 && $0 != 0x22 }
    try add(query, over: [])
    try add(form, over: pairs.map(\.name))
  }

  /// The `params` of a WebSocket request.
  init(params: JSONValue?) throws(BinanceError) {
    for member in params?.members ?? [] {
      guard let text = Self.text(member.value) else { continue }
      pairs.append((member.name, text, false))
    }
    // Sorted by name, and not encoded.
    let sorted = pairs.filter { $0.name != "signature" }.sorted { $0.name < $1.name }
    signedText = Array(sorted.map { "\($0.name)=\($0.value)" }.joined(separator: "&").utf8)
    isWellEncoded = true
  }

  private func add(_ text: String, over known: [String]) throws(BinanceError) {
    guard let fields = FormFields(text) else { throw .signature }
    for (name, value) in fields.pairs where !known.contains(name) {
      guard !pairs.contains(where: { $0.name == name }) else { throw .duplicateParameter }
      pairs.append((name, value, false))
    }
  }

  private static func isForm(_ request: HTTPRequest) -> Bool {
    let type = request.headers["Content-Type"]?.lowercased() ?? ""
    return type.isEmpty || type.hasPrefix("application/x-www-form-urlencoded")
  }

  private static func unsigned(_ text: String) -> String {
    text.split(separator: "&", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("signature=") }.joined(separator: "&")
  }

  private static func text(_ value: JSONValue) -> String? {
    switch value {
    case .null: nil
    case .bool(let value): value ? "true" : "false"
    case .number(let text), .string(let text): text
    case .array, .object: String(decoding: value.serialized(), as: UTF8.self)
    }
  }

  // MARK: - Reading

  /// The value, which counts as read; nil if it is absent or empty.
  subscript(_ name: String) -> String? {
    guard let index = pairs.firstIndex(where: { $0.name == name }) else { return nil }
    pairs[index].isRead = true
    return pairs[index].value.isEmpty ? nil : pairs[index].value
  }

  func required(_ name: String) throws(BinanceError) -> String {
    guard let value = self[name] else { throw .missing(name) }
    return value
  }

  func integer(_ name: String) throws(BinanceError) -> Int64? {
    guard let text = self[name] else { return nil }
    guard let value = DecimalText.parse(text, scale: 0), value >= 0, !text.contains(".") else {
      throw .illegal(name, "^[0-9]{1,20}$")
    }
    return value
  }

  func flag(_ name: String) -> Bool? {
    self[name].map { $0.lowercased() == "true" }
  }

  /// A JSON array of texts, such as `["BTCUSDT","ETHUSDT"]`.
  func list(_ name: String) throws(BinanceError) -> [String]? {
    guard let text = self[name] else { return nil }
    guard let array = (try? JSONValue(parsing: text))?.array else {
      throw .illegal(name, #"^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]$"#)
    }
    return array.compactMap(\.string)
  }

  /// Refuses the request if it has a parameter that nothing has read.
  func finish() throws(BinanceError) {
    let read = pairs.count(where: \.isRead)
    guard read == pairs.count else { throw .unread(read, of: pairs.count) }
  }
}
