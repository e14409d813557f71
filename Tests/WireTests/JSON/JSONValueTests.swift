import Testing

@testable import Wire

struct JSONValueTests {
  @Test func `members and elements keep their order and numbers their text`() throws {
    let text = #" {"b":[1,-0.50,1e999,"x"],"a":{"n":null,"t":true,"f":false}} "#
    let value = try JSONValue(parsing: text)
    let members = try #require(value.members)
    #expect(members.map(\.name) == ["b", "a"])
    #expect(value["b"]?[1] == .number("-0.50"))
    #expect(value["b"]?[2]?.text == "1e999")
    #expect(value["b"]?[3]?.string == "x")
    #expect(value["a"]?["n"]?.isNull == true)
    #expect(value["a"]?["t"]?.bool == true)
    #expect(value["a"]?["f"]?.bool == false)
  }

  @Test func `an absent name, an index out of range and another kind give nil`() throws {
    let value = try JSONValue(parsing: #"{"a":[1]}"#)
    #expect(value["b"] == nil)
    #expect(value[0] == nil)
    #expect(value["a"]?[1] == nil)
    #expect(value["a"]?[-1] == nil)
    #expect(value["a"]?["a"] == nil)
    #expect(value.string == nil && value.text == nil && value.int64 == nil && value.array == nil)
  }

  @Test func `a whole number reads from digits with or without quotes`() throws {
    let value = try JSONValue(parsing: #"[12,"-34",1.5,1e3,"",9223372036854775808,-0,2.0]"#)
    let numbers = try #require(value.array).map(\.int64)
    #expect(numbers == [12, -34, nil, nil, nil, nil, 0, 2])
  }

  @Test(arguments: [
    (#""\u0041\n\t\r\b\f\/\\\"""#, "A\n\t\r\u{8}\u{c}/\\\""), (#""\u00e9""#, "é"),
    (#""\ud83d\ude80""#, "🚀"), (#""\uD83D\uDE80x""#, "🚀x"), (#""\u0000""#, "\0"),
    (#""日本""#, "日本"), (#""""#, ""), ("\"\u{7f}\"", "\u{7f}"), (#""\uffff""#, "\u{ffff}"),
  ])
  func `escapes stand for their characters`(json: String, expected: String) throws {
    #expect(try JSONValue(parsing: json) == .string(expected))
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "'a'", "[1,]", "[,1]", "[1 2]", "[1", "]", "{", "{}}",
    #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,}"#, #"{a:1}"#, #"{"a":1 "b":2}"#, #"{"a"::1}"#,
    "[1}", #"{"a":1]"#, "1 2", "[] []", "// c\n1", "\u{feff}1", "NaN", "Infinity", "undefined",
    #"""#, #""a"#, #""\"#, #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud83d""#, #""\ude80""#,
    #""\ud83dx""#, #""\ud83d\u0041""#, "\"\n\"", "\"\t\"", "\"\0\"", "1\0", "\0",
  ])
  func `what is not JSON is refused`(json: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: json) }
  }

  @Test(arguments: [
    "01", "1.", ".5", "-", "+1", "-01", "1e", "1e+", "1.e5", "0x10", "1_0", "--1", "1.5.2", "00",
    "-.5", "1e5.5", "1a",
  ])
  func `numbers follow the grammar of JSON`(json: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: json) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: "[\(json)]") }
  }

  @Test(arguments: ["0", "-0", "1e999", "1E-5", "1.25e+10", "-0.0", "10", "0.10"])
  func `a number that JSON allows keeps its text`(json: String) throws {
    #expect(try JSONValue(parsing: json) == .number(json))
  }

  @Test func `a name that occurs twice is refused where it occurs again`() {
    let nested = #"{"x":{"a":1,"b":2,"a":3}}"#
    #expect(throws: JSONError(.duplicateName, at: 18)) { try JSONValue(parsing: nested) }
    let escaped = #"{"a":1,"\u0061":2}"#
    #expect(throws: JSONError(.duplicateName, at: 7)) { try JSONValue(parsing: escaped) }
  }

  @Test func `ten thousand names are checked for duplicates in good time`() throws {
    let names = (0..<10_000).map { #""k\#($0 &* 7919 % 10_000)":0"# }
    let value = try JSONValue(parsing: "{" + names.joined(separator: ",") + "}")
    #expect(value.members?.count == 10_000)
  }

  @Test func `nesting is bounded`() throws {
    let allowed = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    _ = try JSONValue(parsing: allowed)
    #expect(throws: JSONError(.tooDeep, at: 32)) { try JSONValue(parsing: "[" + allowed + "]") }
    let bomb = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)
    #expect(throws: JSONError(.tooDeep, at: 32)) { try JSONValue(parsing: bomb) }
    let objects = String(repeating: #"{"a":"#, count: 100_000)
    #expect(throws: JSONError(.tooDeep, at: 160)) { try JSONValue(parsing: objects) }
  }

  @Test func `the deepest limit that can be set holds`() throws {
    let limits = JSONLimits(maximumDepth: 1 << 30)
    let bomb = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)
    #expect(throws: JSONError(.tooDeep, at: 512)) { try JSONValue(parsing: bomb, limits: limits) }
  }

  @Test func `size is bounded`() {
    let limits = JSONLimits(maximumBytes: 4)
    #expect(throws: JSONError(.tooLarge, at: 0)) { try JSONValue(parsing: "12345", limits: limits) }
    #expect(throws: Never.self) { try JSONValue(parsing: "1234", limits: limits) }
  }

  @Test(
    arguments: [
      [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80],
    ] as [[UInt8]])
  func `bad UTF-8 is refused in values and names`(bytes: [UInt8]) {
    let quote: [UInt8] = [UInt8(ascii: "\"")]
    let text = quote + bytes + quote
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    let object = Array("{".utf8) + text + Array(":1}".utf8)
    #expect(throws: JSONError.self) { try JSONValue(parsing: object) }
    let afterEscape = quote + Array("\\n".utf8) + bytes + quote
    #expect(throws: JSONError.self) { try JSONValue(parsing: afterEscape) }
  }

  @Test func `an error says what was expected and where`() {
    #expect(throws: JSONError(.expectedCommaOrBracket, at: 3)) {
      try JSONValue(parsing: "[1 2]")
    }
    #expect(JSONError(.expectedColon, at: 4).description.contains("':'"))
    #expect(JSONError(.expectedColon, at: 4).description.contains("byte 4"))
  }

  static let sample =
    #"{"e":"x","b":[["61000.10","0.5"],[1,-2.5e3,true,null]],"s":"\ud83d\ude80\n"}"#

  @Test func `a text cut at any byte is refused`() {
    let bytes = Array(Self.sample.utf8)
    for count in 0..<bytes.count {
      #expect(throws: JSONError.self) { try JSONValue(parsing: Array(bytes[..<count])) }
    }
  }

  @Test func `what is written reads back the same`() throws {
    let value = try JSONValue(parsing: Self.sample)
    #expect(try JSONValue(parsing: value.serialized()) == value)
  }

  @Test func `random bytes are refused or read back, without harm`() throws {
    var random = XorShift(seed: 10)
    let sample = Array(Self.sample.utf8)
    for round in 0..<20_000 {
      let bytes =
        round % 2 == 0 ? random.mutated(sample) : random.bytes(24, of: "[]{},:\"0123e-.\\u ")
      guard let value = try? JSONValue(parsing: bytes) else { continue }
      #expect(try JSONValue(parsing: value.serialized()) == value)
    }
  }
}
