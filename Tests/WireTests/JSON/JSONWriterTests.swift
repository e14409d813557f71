import Testing

@testable import Wire

struct JSONWriterTests {
  @Test func `commas stand between values and nowhere else`() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("symbol", "BTC-USD")
    writer.key("levels")
    writer.beginArray()
    writer.beginArray()
    writer.endArray()
    writer.integer(-5)
    writer.number("1.50")
    writer.bool(true)
    writer.null()
    writer.beginObject()
    writer.endObject()
    writer.raw("[1]")
    writer.endArray()
    writer.field("id", integer: Int64.min)
    writer.field("post", bool: false)
    writer.field("rate", number: "0.001")
    writer.field("price", decimal: 150, scale: 2, fractionDigits: 2)
    writer.endObject()
    let expected =
      #"{"symbol":"BTC-USD","levels":[[],-5,1.50,true,null,{},[1]],"id":-9223372036854775808,"#
      + #""post":false,"rate":0.001,"price":"1.50"}"#
    #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
  }

  @Test func `quotes, backslashes and control characters are escaped`() throws {
    let text = "a\"b\\c\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}/é🚀"
    var writer = JSONWriter()
    writer.string(text)
    let expected = #""a\"b\\c\u0000\b\t\n\u000b\f\r\u001f/é🚀""#
    #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    #expect(try JSONValue(parsing: writer.bytes) == .string(text))
  }

  @Test func `a writer that is emptied begins anew`() {
    var writer = JSONWriter()
    writer.integer(1)
    writer.removeAll()
    writer.integer(2)
    #expect(writer.bytes == Array("2".utf8))
  }
}
