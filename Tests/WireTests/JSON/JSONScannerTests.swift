import Testing

@testable import Wire

struct JSONScannerTests {
  /// What a decoder of depth updates does, with checked output.
  struct Update: Equatable {
    var symbol = ""
    var last: Int64?
    var bids: [[Int64]] = []
    var isLive: Bool?
    var note = false
  }

  static func decode(_ scanner: inout JSONScanner) -> Update? {
    var update = Update()
    guard scanner.beginObject() else { return nil }
    while let key = scanner.nextKey() {
      switch key {
      case "s":
        guard let symbol = scanner.string() else { return nil }
        update.symbol = String(decoding: symbol, as: UTF8.self)
      case "u": update.last = scanner.integer()
      case "b": update.bids = levels(&scanner)
      case "live": update.isLive = scanner.bool()
      case "note": update.note = !scanner.null()
      default: scanner.skipValue()
      }
      if update.note { scanner.skipValue() }
    }
    return scanner.finish() ? update : nil
  }

  static func levels(_ scanner: inout JSONScanner) -> [[Int64]] {
    var levels: [[Int64]] = []
    guard scanner.beginArray() else { return [] }
    while scanner.nextElement() {
      guard scanner.beginArray() else { return levels }
      var level: [Int64] = []
      while scanner.nextElement() {
        if let value = scanner.decimal(scale: 2) { level.append(value) }
      }
      levels.append(level)
    }
    return levels
  }

  func scan<Result>(_ json: String, _ body: (inout JSONScanner) -> Result) -> Result {
    scan(Array(json.utf8), body)
  }

  func scan<Result>(_ json: [UInt8], _ body: (inout JSONScanner) -> Result) -> Result {
    json.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      return body(&scanner)
    }
  }

  static let sample =
    #"{"e":"depth","x":{"a":[1,{"b":"\"}]"}],"c":-1.5e3},"s":"BTCUSDT","u":160,"#
    + #""b":[["61000.10","0.5"],[ 7 , 0.25 ],[]],"live":true,"note":null}"#

  @Test func `a message is read in the order it comes, unknown members skipped`() throws {
    let update = try #require(scan(Self.sample) { Self.decode(&$0) })
    let expected = Update(
      symbol: "BTCUSDT", last: 160, bids: [[6_100_010, 50], [700, 25], []], isLive: true)
    #expect(update == expected)
  }

  @Test func `blanks may stand between all tokens`() throws {
    let spaced = " {\n\"s\" :\t\"A\" , \"u\":\r\n1 , \"b\" : [ [ 1 , \"2\" ] , [ ] ] } \n"
    let update = try #require(scan(spaced) { Self.decode(&$0) })
    #expect(update == Update(symbol: "A", last: 1, bids: [[100, 200], []]))
  }

  @Test func `a message cut at any byte fails`() {
    let bytes = Array(Self.sample.utf8)
    for count in 0..<bytes.count {
      let failed = scan(Array(bytes[..<count])) { scanner in
        Self.decode(&scanner) == nil && scanner.failed && scanner.offset <= count
      }
      #expect(failed, "cut at \(count)")
    }
  }

  @Test func `keys compare with literals by all their bytes`() {
    scan(#"{"abc":1,"":2}"#) { scanner in
      #expect(scanner.beginObject() == true)
      let key = scanner.nextKey()
      #expect(key.map { $0 == "abc" } == true)
      #expect(key.map { $0 == "abd" || $0 == "ab" || $0 == "abcd" } == false)
      #expect(key?.firstByte == UInt8(ascii: "a"))
      #expect(key?.count == 3)
      scanner.skipValue()
      let empty = scanner.nextKey()
      #expect(empty.map { $0 == "" } == true)
      #expect(empty?.firstByte == 0)
    }
  }

  @Test(arguments: [
    ("1", 100), ("-0", 0), ("0.25", 25), (#""0.25""#, 25), (#""007""#, 700), ("1.500", 150),
  ])
  func `a decimal is exact, with or without quotes`(json: String, expected: Int64) {
    let value = scan(json) { scanner in
      let value = scanner.decimal(scale: 2)
      return scanner.finish() ? value : nil
    }
    #expect(value == expected)
  }

  @Test(arguments: [
    "1e999", "1e5", "01", "-01", "1.", ".5", "-", "+1", "0.001", "1x", "1:", "true", "null", "",
    #""1e5""#, #""""#, #""1"#, #""1 ""#, #""+1""#, "[1]", "12345678901234567890", "NaN", "-.5",
    #""1.""#, "00", "1.5.5",
  ])
  func `what is no decimal at the scale fails at once`(json: String) {
    scan(json) { scanner in
      #expect(scanner.decimal(scale: 2) == nil)
      #expect(scanner.failed)
    }
  }

  @Test(arguments: [
    #"{"a":1,}"#, #"{,"a":1}"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#, #"{"a":1]"#, #"{a:1}"#, "{", "[]",
    #"{"a":1"#, #"{"a"}"#, #"{"a":}"#, #"{"a":1}}"#, #"{"a":1} x"#, #"{"a":,}"#, "{]", #"{1:1}"#,
    "{\"a\n\":1}", #"{"a":nul}"#, #"{"a":truex}"#, #"{"a":falsey}"#, #"{"a":[1,]}"#,
    #"{"a":[,1]}"#, #"{"a":[1 2]}"#, #"{"a":[1}}"#, #"{"a":{"b":1,}}"#, #"{"a":"\x"}"#,
    #"{"a":"\u12"}"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":-}"#, #"{"a":1e}"#,
    "{\"a\":\"\t\"}", #"{"\x":1}"#, #"{"a":'b'}"#, #"{"a":tru}"#, #"{"a":"b}"#,
  ])
  func `a malformed object fails, also where its members are skipped`(json: String) {
    scan(json) { scanner in
      #expect(Self.decode(&scanner) == nil)
      #expect(scanner.failed)
    }
  }

  @Test func `the first failure stays and later reads say no`() {
    scan(#"{"a":x,"b":1}"#) { scanner in
      #expect(scanner.beginObject() == true)
      _ = scanner.nextKey()
      #expect(scanner.integer() == nil)
      #expect(scanner.offset == 5)
      #expect(scanner.nextKey() == nil)
      #expect(!scanner.nextElement() && !scanner.beginArray() && !scanner.beginObject())
      #expect(scanner.string() == nil && scanner.bool() == nil && !scanner.null())
      #expect(scanner.decimal(scale: 2) == nil && scanner.text() == nil)
      scanner.skipValue()
      #expect(scanner.finish() == false)
      #expect(scanner.offset == 5)
    }
  }

  @Test func `text gives a number as written, trailing zeros and all`() {
    scan(#"[0.50000000, "1.10", -1e5]"#) { scanner in
      #expect(scanner.beginArray() == true)
      for expected in ["0.50000000", "1.10", "-1e5"] {
        #expect(scanner.nextElement() == true)
        #expect(scanner.text().map { String(decoding: $0, as: UTF8.self) } == expected)
      }
      #expect(scanner.nextElement() == false)
      #expect(scanner.finish() == true)
    }
  }

  @Test func `a string with an escape is refused but can be skipped`() {
    scan(#"["\n","x"]"#) { scanner in
      #expect(scanner.beginArray() && scanner.nextElement())
      #expect(scanner.string() == nil)
      #expect(scanner.failed)
    }
    scan(#"["\n\u0041","x"]"#) { scanner in
      #expect(scanner.beginArray() && scanner.nextElement())
      scanner.skipValue()
      #expect(scanner.nextElement() == true)
      #expect(scanner.string().map { String(decoding: $0, as: UTF8.self) } == "x")
    }
  }

  @Test func `skipping is bounded in depth`() {
    let bomb = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)
    scan(bomb) { scanner in
      scanner.skipValue()
      #expect(scanner.failed)
      #expect(scanner.offset == 64)
    }
    scan(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)) { scanner in
      scanner.skipValue()
      #expect(scanner.finish() == true)
    }
  }

  @Test func `no bytes at all fail and nothing is read`() {
    var scanner = JSONScanner(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(scanner.peek() == 0)
    #expect(scanner.beginObject() == false)
    #expect(scanner.offset == 0)
  }

  @Test func `skipping accepts exactly what the tree accepts on random text`() {
    var random = XorShift(seed: 11)
    var accepted = 0
    var differing: [String] = []
    for _ in 0..<100_000 {
      let count = 1 + Int(random.next() % 9)
      let bytes = random.bytes(count, of: #"[]{}:,"a01.-e "#)
      let isSkipped = scan(bytes) { scanner in
        scanner.skipValue()
        return scanner.finish()
      }
      let isRead: Bool
      do {
        _ = try JSONValue(parsing: bytes)
        isRead = true
      } catch {
        // Only the tree knows which names an object has had.
        isRead = error.problem == .duplicateName
      }
      if isSkipped != isRead { differing.append(String(decoding: bytes, as: UTF8.self)) }
      if isRead { accepted += 1 }
    }
    #expect(differing == [])
    #expect(accepted > 1000)
  }

  @Test func `a mutated message is decoded or refused, without harm`() {
    var random = XorShift(seed: 12)
    let sample = Array(Self.sample.utf8)
    for _ in 0..<20_000 {
      let bytes = random.mutated(sample)
      let isConsistent = scan(bytes) { scanner in
        (Self.decode(&scanner) == nil) == scanner.failed && scanner.offset <= bytes.count
      }
      #expect(isConsistent)
    }
  }
}
