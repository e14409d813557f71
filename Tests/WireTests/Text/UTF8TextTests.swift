import Testing

@testable import Wire

struct UTF8TextTests {
  static let valid: [[UInt8]] = [
    [], [0x00], [0x7f], [0xc2, 0x80], [0xdf, 0xbf], [0xe0, 0xa0, 0x80], [0xed, 0x9f, 0xbf],
    [0xee, 0x80, 0x80], [0xef, 0xbf, 0xbf], [0xf0, 0x90, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf],
    Array("κόσμε, 日本語, 👩‍🚀 and more than eight bytes of ASCII".utf8),
  ]
  static let invalid: [[UInt8]] = [
    [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x41], [0xc2, 0xc2],
    [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
    [0xe2, 0x82], [0xe2, 0x82, 0x41], [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
    [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xf0, 0x90, 0x80], [0xfe], [0xff],
    [0xf8, 0x88, 0x80, 0x80, 0x80], Array("12345678".utf8) + [0xff],
  ]

  @Test(arguments: valid) func `well-formed text is valid`(bytes: [UInt8]) {
    #expect(bytes.withUnsafeBytes { UTF8Text.isValid($0) })
  }

  @Test(arguments: invalid)
  func `overlong forms, surrogates, strays and cut characters are invalid`(bytes: [UInt8]) {
    #expect(!bytes.withUnsafeBytes { UTF8Text.isValid($0) })
  }

  @Test(arguments: valid + invalid)
  func `where the text is split makes no difference`(bytes: [UInt8]) {
    let whole = bytes.withUnsafeBytes { UTF8Text.isValid($0) }
    for split in 0...bytes.count {
      var validator = UTF8Validator()
      let pieces = [Array(bytes[..<split]), Array(bytes[split...])]
      let passes = pieces.allSatisfy { $0.withUnsafeBytes { validator.validate($0) } }
      #expect((passes && validator.isComplete) == whole)
    }
  }

  @Test func `a broken character is seen before it ends`() {
    var validator = UTF8Validator()
    #expect(!([0xf4, 0x90] as [UInt8]).withUnsafeBytes { validator.validate($0) })
  }

  @Test func `the standard library agrees on random bytes`() {
    var random = XorShift(seed: 6)
    let alphabet: [UInt8] = [
      0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4,
    ]
    for _ in 0..<20_000 {
      let bytes = (0..<6).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      let expected = String(validating: bytes, as: UTF8.self) != nil
      #expect(bytes.withUnsafeBytes { UTF8Text.isValid($0) } == expected, "\(bytes)")
    }
  }
}
