import Testing

@testable import Wire

@Suite struct DecimalScaleTests {
  /// The value and how many bytes it took; the text is followed by a quote and padding.
  private func scan(_ text: String, scale: Int) -> (value: Int64, count: Int)? {
    let bytes = Array((text + "\"" + String(repeating: "5", count: 24)).utf8)
    return bytes.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress,
        let found = DecimalScale(scale).scanEightDecimals(start)
      else { return nil }
      return (found.value, found.next - start)
    }
  }

  @Test func `whatever is read in one step is what the general way reads`() {
    var seen = 0
    var differing: [String] = []
    for scale in 0...18 {
      for whole in ["0", "7", "42", "300", "60000", "999999", "1234567", "0000001"] {
        for decimals in ["00000000", "10000000", "00000001", "12345678", "99990000"] {
          let text = "\(whole).\(decimals)"
          guard let found = scan(text, scale: scale) else { continue }
          seen += 1
          if found.value != DecimalText.parse(text, scale: scale) || found.count != text.utf8.count
          {
            differing.append("\(text) at \(scale)")
          }
        }
      }
    }
    #expect(differing == [])
    #expect(seen > 300)
  }

  @Test func `other forms are left to the general way`() {
    let others = [
      "", "1", "1.5", "1.2345678", "1.234567891", ".12345678", "12345678.12345678", "-1.12345678",
      "1.1234567x", "1x12345678", "1..2345678", "1.1234 678", "x1.12345678", "1.\u{3a}2345678",
      "1.\u{2f}2345678",
    ]
    for text in others { #expect(scan(text, scale: 8) == nil, "\(text)") }
  }

  @Test func `digits that the scale can not hold are refused`() {
    #expect(scan("1.12340000", scale: 4)?.value == 11_234)
    #expect(scan("1.12345000", scale: 4) == nil)
    #expect(scan("1.00000000", scale: 0)?.value == 1)
    #expect(scan("1.00000001", scale: 0) == nil)
  }

  @Test func `a value beyond 63 bits is refused`() {
    #expect(scan("9.00000000", scale: 18)?.value == 9_000_000_000_000_000_000)
    #expect(scan("9.30000000", scale: 18) == nil)
    #expect(scan("1234567.00000000", scale: 18) == nil)
  }
}
