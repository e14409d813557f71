internal import Wire

/// Header fields as libcurl takes and gives them.
enum CurlHeaders {
  /// Lines for `CURLOPT_HTTPHEADER`.
  static func lines(of headers: HTTPHeaders) -> [String] {
    // A value-less line with a colon removes a header; a semicolon sends it empty.
    var lines = headers.pairs.map { header in
      header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
    }
    lines.append("Expect:")
    if headers["Content-Type"] == nil { lines.append("Content-Type:") }
    return lines
  }

  /// The reason phrase and the fields of a response head.
  ///
  /// The body was decompressed, so the fields that describe its coded form are left out.
  static func parse(_ head: [UInt8]) -> (reason: String, headers: HTTPHeaders) {
    let lines = head.split(separator: UInt8(ascii: "\n")).map {
      String(decoding: $0, as: UTF8.self)
    }
    let fields = lines.compactMap(field)
    let isCoded = fields.contains { $0.name.lowercased() == "content-encoding" }
    let kept = fields.filter { !isCoded || !isCodingField($0.name) }
    let status = lines.first { $0.hasPrefix("HTTP/") } ?? ""
    let reason = status.split(separator: " ", maxSplits: 2).dropFirst(2).first ?? ""
    return (trim(reason), HTTPHeaders(kept.map { ($0.name, $0.value) }))
  }

  private static func field(_ line: String) -> (name: String, value: String)? {
    guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return nil }
    return (String(line[..<colon]), trim(line[line.index(after: colon)...]))
  }

  private static func isCodingField(_ name: String) -> Bool {
    ["content-encoding", "content-length"].contains(name.lowercased())
  }

  private static func trim(_ text: Substring) -> String {
    let isBlank = { (character: Character) in character.isWhitespace }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return String(text)
  }
}
