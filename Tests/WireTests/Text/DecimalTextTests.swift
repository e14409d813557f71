import Testing

@testable import Wire

struct DecimalTextTests {
  @Test(arguments: [
    ("0", 8, 0), ("-0", 8, 0), ("-0.000", 2, 0), ("1", 0, 1), ("1.5", 2, 150),
    ("61000.12345678", 8, 6_100_012_345_678), ("0.00000001", 8, 1), ("-1.25", 2, -125),
    ("0.0100", 2, 1), ("1.000000000000000000000000000000", 0, 1), ("007", 0, 7),
    ("0.10000000", 1, 1), ("9223372036854775807", 0, Int64.max),
    ("-9223372036854775808", 0, Int64.min), ("92233720368.54775807", 8, Int64.max),
    ("-92233720368.54775808", 8, Int64.min), ("0", 38, 0), ("0.0", 25, 0),
    ("000000000000000000000000000000001.5", 1, 15),
  ])
  func `a number is exact at its scale`(text: String, scale: Int, expected: Int64) {
    #expect(DecimalText.parse(text, scale: scale) == expected)
    #expect(DecimalText.parse128(text, scale: scale) == Int128(expected))
  }

  @Test(arguments: [
    "", "-", "+1", ".5", "1.", "-.5", "1..2", "1.2.3", "1e5", "1E5", "1e999", "0x1", " 1", "1 ",
    "1,5", "NaN", "nan", "inf", "-inf", "--1", "1-", "١", "1\0", "\u{2212}1", ".", "-.", "1_000",
  ])
  func `text that is no plain decimal is refused`(text: String) {
    #expect(DecimalText.parse(text, scale: 8) == nil)
    #expect(DecimalText.parse128(text, scale: 8) == nil)
    #expect(DecimalText.parse(text) == nil)
  }

  @Test(arguments: [
    ("0.001", 2), ("1.0000000001", 8), ("9223372036854775808", 0), ("-9223372036854775809", 0),
    ("92233720368.54775808", 8), ("1", 19), ("10", 18), ("18446744073709551616", 0),
    ("99999999999999999999999999999999999999999999", 0), ("1", -1), ("1", 40),
  ])
  func `a number that does not fit is refused and never rounded`(text: String, scale: Int) {
    #expect(DecimalText.parse(text, scale: scale) == nil)
  }

  @Test func `128 bits hold both ends of their range`() {
    #expect(DecimalText.parse128(String(Int128.max), scale: 0) == Int128.max)
    #expect(DecimalText.parse128(String(Int128.min), scale: 0) == Int128.min)
    #expect(DecimalText.parse128(String(Int128.max) + "0", scale: 0) == nil)
    #expect(DecimalText.parse128("170141183460469231731687303715884105728", scale: 0) == nil)
    #expect(DecimalText.format(Int128.min, scale: 0) == String(Int128.min))
    #expect(DecimalText.format(Int128.max, scale: 38) == "1.70141183460469231731687303715884105727")
  }

  @Test(arguments: [
    ("0.0100", 1, 2), ("10", 10, 0), ("100.000", 100, 0), ("-2.50", -25, 1), ("0", 0, 0),
    ("0.000", 0, 0), ("0.00000001", 1, 8),
  ])
  func `a number without a scale gets the smallest that holds it`(
    text: String, mantissa: Int64, scale: Int
  ) throws {
    let number = try #require(DecimalText.parse(text))
    #expect(number.mantissa == mantissa)
    #expect(number.scale == scale)
  }

  @Test(arguments: [
    (150, 2, 0, "1.5"), (150, 2, 2, "1.50"), (150, 2, 4, "1.5000"), (0, 8, 0, "0"),
    (0, 0, 2, "0.00"), (0, 8, 2, "0.00"), (1, 8, 0, "0.00000001"), (-1, 8, 0, "-0.00000001"),
    (100, 0, 0, "100"), (100, 2, 0, "1"), (100, 1, 0, "10"), (-125, 2, 1, "-1.25"),
    (Int64.min, 0, 0, "-9223372036854775808"), (Int64.max, 19, 0, "0.9223372036854775807"),
    (5, 25, 0, "0.0000000000000000000000005"), (7, 0, 3, "7.000"), (1000, 3, 1, "1.0"),
  ])
  func `the text is the shortest exact one unless padded`(
    mantissa: Int64, scale: Int, fractionDigits: Int, expected: String
  ) {
    let text = DecimalText.format(mantissa, scale: scale, fractionDigits: fractionDigits)
    #expect(text == expected)
    let wide = DecimalText.format(Int128(mantissa), scale: scale, fractionDigits: fractionDigits)
    #expect(wide == expected)
  }

  @Test func `any value comes back at any scale`() {
    var random = XorShift(seed: 3)
    for scale in 0...18 {
      for shift in 0..<64 {
        let value = Int64(truncatingIfNeeded: random.next()) >> Int64(shift)
        let text = DecimalText.format(value, scale: scale)
        #expect(DecimalText.parse(text, scale: scale) == value, "\(text) at scale \(scale)")
        #expect(DecimalText.parse128(text, scale: scale) == Int128(value))
      }
    }
  }

  @Test func `the fast way and the wide way agree on random text`() {
    var random = XorShift(seed: 4)
    var accepted = 0
    var differing: [String] = []
    for _ in 0..<50_000 {
      let count = Int(random.next() % 24)
      let text = String(decoding: random.bytes(count, of: "0001234567899.-"), as: UTF8.self)
      let scale = Int(random.next() % 20)
      let narrow = DecimalText.parse(text, scale: scale)
      let wide = DecimalText.parse128(text, scale: scale).flatMap { Int64(exactly: $0) }
      if narrow != wide { differing.append("\(text) at scale \(scale)") }
      if narrow != nil { accepted += 1 }
    }
    #expect(differing == [])
    #expect(accepted > 1000)
  }

  @Test func `eight digits in one step are seen only where all eight are digits`() {
    var wrong: [[UInt8]] = []
    for place in 0..<8 {
      for byte in UInt8.min...UInt8.max {
        var bytes = Array("12345678".utf8)
        bytes[place] = byte
        let digits = bytes.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        let expected = digits ? UInt64(String(decoding: bytes, as: UTF8.self)) : nil
        if eightDigits(bytes, keeping: 8) != expected { wrong.append(bytes) }
      }
    }
    #expect(wrong == [])
  }

  @Test func `of eight digits the ones that do not count must be zeros`() {
    for kept in 0...8 {
      let text = String(repeating: "7", count: kept)
      let zeros = Array((text + String(repeating: "0", count: 8 - kept)).utf8)
      #expect(eightDigits(zeros, keeping: kept) == UInt64(text) ?? 0)
      for place in kept..<8 {
        var bytes = zeros
        bytes[place] = UInt8(ascii: "1")
        #expect(eightDigits(bytes, keeping: kept) == nil)
      }
    }
  }

  private func eightDigits(_ bytes: [UInt8], keeping count: Int) -> UInt64? {
    bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.flatMap { DecimalText.eightDigits($0, keeping: count) }
    }
  }

  @Test func `what follows the bytes of a number is not read`() {
    let bytes = Array("1.123456789000000000".utf8)
    bytes.withUnsafeBytes { all in
      for count in 1...bytes.count {
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        let part = UnsafeRawBufferPointer(rebasing: all[..<count])
        #expect(DecimalText.parse(part, scale: 9) == DecimalText.parse(text, scale: 9))
      }
    }
  }
}
