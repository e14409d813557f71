import Testing

@testable import Wire

@Suite struct JSONScannerLevelTests {
  /// The levels of an array at scale 4 and 10, or `nil` if the scanner failed.
  private func levels(_ text: String) -> [[Int64]]? {
    // Exactly as many bytes as the message has, so that a read past them is found.
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      var result: [[Int64]] = []
      guard scanner.beginArray() else { return nil }
      while scanner.nextElement() {
        guard let (price, quantity) = scanner.level(DecimalScale(4), DecimalScale(10)) else {
          #expect(scanner.failed)
          return nil
        }
        result.append([price, quantity])
      }
      return scanner.finish() ? result : nil
    }
  }

  private static let usual = #"["60000.10000000","1.23456789"]"#
  private static let expected: [Int64] = [600_001_000, 12_345_678_900]

  @Test(arguments: 0...4) func `a list of usual levels is read to its end`(count: Int) {
    let text = "[" + Array(repeating: Self.usual, count: count).joined(separator: ",") + "]"
    #expect(levels(text) == Array(repeating: Self.expected, count: count))
  }

  @Test func `all forms of a level read the same`() {
    let forms = [
      #"["60000.1","1.23456789"]"#, #"[60000.1,1.23456789]"#, #"[ "60000.1" , "1.23456789" ]"#,
      #"["60000.10000000" ,"1.23456789"]"#, #"["60000.10000000","1.23456789" ]"#,
      #"["60000.10000000","1.23456789",[]]"#, #"["60000.10000000","1.23456789","0",{"a":1}]"#,
    ]
    for form in forms {
      #expect(levels("[\(form),\(Self.usual)]") == [Self.expected, Self.expected], "\(form)")
      #expect(levels("[\(Self.usual),\(form)]") == [Self.expected, Self.expected], "\(form)")
    }
  }

  @Test func `what is no level fails`() {
    let broken = [
      #"["60000.10000000"]"#, #"["60000.10000000",]"#, #"["60000.10000000""1.23456789"]"#,
      #"["60000.10000000","1.23456789""#, #"["60000.10000000","1.23456789"}"#, "[]", "{}", "1",
      #"["60000.10001000","1.23456789"]"#, #"["6x000.10000000","1.23456789"]"#,
      #"["60000.10000000","1.23456789",]"#, #"[60000.10000000","1.23456789"]"#,
      #"["60000.10000000,"1.23456789"]"#, #"["12345678901234567.00000000","1.23456789"]"#,
    ]
    for text in broken {
      #expect(levels("[\(text)]") == nil, "\(text)")
      #expect(levels("[\(text),\(Self.usual),\(Self.usual)]") == nil, "\(text)")
    }
  }

  @Test func `a comma between levels is demanded`() {
    #expect(levels("[\(Self.usual)\(Self.usual)\(Self.usual)]") == nil)
    #expect(levels("[\(Self.usual),,\(Self.usual)]") == nil)
    #expect(levels("[\(Self.usual),]") == nil)
  }

  @Test func `a message that ends within a level fails wherever it ends`() {
    let whole = Array("[\(Self.usual),\(Self.usual),\(Self.usual)]".utf8)
    for count in 1..<whole.count {
      #expect(levels(String(decoding: whole[..<count], as: UTF8.self)) == nil, "\(count) bytes")
    }
  }
}
