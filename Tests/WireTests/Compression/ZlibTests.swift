import Testing

@testable import Wire

struct ZlibTests {
  private static let text =
    "a histogram of latencies, a histogram of latencies, and once more a histogram"

  /// `text` by zlib with the fixed codes.
  private static let fixed = """
    eAFLVMjILC7JTy9KzFXIT1PISSxJzUvOTC3WUUjELZOXopCfl5yqkJtflIqsDgBEUBwL
    """

  /// `mixed` by zlib with codes of its own.
  private static let dynamic = """
    eNpjYGRiYePg5hMUkZBRkJBVUtc1tnRw9wuNTU3ILKpu6ZuxaO2Ow+du3Xz6iUVQTsfKIzyttKV9+vIdJ2+9ZhJR\
    s/SJT63sXbjt9IOvAmo2wVkl3Yt3X37DpWwTVtC1dPO5l1xqTvE1M7dd+SSq7pbasuTIEy5tn9z+jcdeCpqEV88/\
    /ELIPKZp9sEXItZJXZtucRhGNS849UXFv2rpRSa96I6tVznMUiYf+qga2rr1mYxD4eKrPPZFS28IulauuybgWr3x\
    uXLUxBOstqULb0kEdjOMAuLBMIlzACoIsDE=
    """
  private static var mixed: [UInt8] {
    let noise = (0..<200).map { (index: Int) -> UInt8 in
      let sum = index * index / 7 + index % 13
      return UInt8(sum % 251)
    }
    return noise + [UInt8](repeating: 0, count: 300) + noise
  }

  /// 100,000 zeros by zlib.
  private static let zeros = """
    eNrtwTEBAAAAwqD1T20ND6AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACAVwOGrwAB
    """

  private static func bytes(_ base64: String) throws -> [UInt8] {
    try #require(Base64.decode(base64))
  }

  private static func inflate(_ stream: [UInt8], maximum: Int = 1 << 20) throws -> [UInt8] {
    try Zlib.inflate(stream, maximumBytes: maximum)
  }

  /// A stream with one block of these bits, least significant first, and no checksum to reach.
  private static func block(_ bits: String) -> [UInt8] {
    var bytes: [UInt8] = [0x78, 0x01]
    for (index, bit) in bits.filter({ $0 != " " }).enumerated() {
      if index.isMultiple(of: 8) { bytes.append(0) }
      if bit == "1" { bytes[bytes.count - 1] |= 1 << UInt8(index % 8) }
    }
    return bytes
  }

  @Test func `the checksum of Wikipedia is 11e60398`() {
    #expect(Adler32.checksum(Array("Wikipedia".utf8)) == 0x11e6_0398)
    #expect(Adler32.checksum([]) == 1)
    // Sums that need the remainder more than once.
    #expect(Adler32.checksum([UInt8](repeating: 0xff, count: 100_000)) == 0x149a_302c)
  }

  @Test func `fixed codes are read`() throws {
    let output = try Self.inflate(Self.bytes(Self.fixed))
    #expect(String(decoding: output, as: UTF8.self) == Self.text)
  }

  @Test func `codes of the data are read`() throws {
    #expect(try Self.inflate(Self.bytes(Self.dynamic)) == Self.mixed)
  }

  @Test func `a long run is read up to the bound and not beyond`() throws {
    let stream = try Self.bytes(Self.zeros)
    #expect(try Self.inflate(stream, maximum: 100_000) == [UInt8](repeating: 0, count: 100_000))
    #expect(throws: InflateError.tooLong(maximumBytes: 99_999)) {
      try Self.inflate(stream, maximum: 99_999)
    }
  }

  @Test(arguments: [0, 1, 65535, 65536, 200_000])
  func `stored bytes come back`(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let stream = Zlib.stored(bytes)
    #expect(try Self.inflate(stream, maximum: count) == bytes)
    if count > 0 {
      #expect(throws: InflateError.tooLong(maximumBytes: count - 1)) {
        try Self.inflate(stream, maximum: count - 1)
      }
    }
  }

  @Test func `every truncation is refused, and so is a byte too many`() throws {
    let streams = try [Self.fixed, Self.dynamic, Self.zeros].map(Self.bytes)
    for stream in streams + [Zlib.stored([1, 2, 3])] {
      for length in 0..<stream.count {
        #expect(throws: InflateError.truncated) {
          try Self.inflate(Array(stream[..<length]))
        }
      }
      #expect(throws: InflateError.malformed("bytes after the end of the stream")) {
        try Self.inflate(stream + [0])
      }
    }
  }

  @Test func `a changed checksum is refused`() throws {
    var stream = try Self.bytes(Self.fixed)
    stream[stream.count - 1] ^= 1
    #expect(throws: InflateError.malformed("the checksum differs")) {
      try Self.inflate(stream)
    }
  }

  @Test(
    arguments: [
      ([0x79, 0x01], "no zlib header"), ([0x78, 0x02], "no zlib header"),
      ([0x88, 0x1c], "no zlib header"),
      ([0x78, 0x20], "a preset dictionary, which is not read"),
      ([0x78, 0x01, 7], "a block of unknown kind"),
      (
        [0x78, 0x01, 1, 2, 0, 0xfe, 0xff, 9, 9],
        "a stored block whose length differs from its check"
      ),
    ] as [([UInt8], String)])
  func `a header that can not be is refused`(stream: [UInt8], words: String) {
    #expect(throws: InflateError.malformed(words)) { try Self.inflate(stream) }
  }

  @Test(arguments: [
    // Fixed codes: a copy of three from one byte back, before there is any byte.
    ("1 10 0000001 00000", "a copy from before the beginning"),
    // The length 286, and the distance 30, which no encoder may use.
    ("1 10 11000110", "a length or distance that is reserved"),
    ("1 10 00110000 0000001 11110", "a length or distance that is reserved"),
    // 30 literals too many, then 31 distances.
    ("1 01 11111 00000 0000", "too many codes"), ("1 01 00000 01111 0000", "too many codes"),
    // Four lengths of one bit where two fit.
    ("1 01 00000 00000 0000 100 100 100 100", "more codes than fit"),
    // A single length of one bit, and none at all.
    ("1 01 00000 00000 0000 100 000 000 000", "an incomplete code"),
    ("1 01 00000 00000 0000 000 000 000 000", "an incomplete code"),
    // Codes for 16 and 17: a repeat of the length before the first.
    ("1 01 00000 00000 0000 100 100 000 000 0", "a repeat of nothing"),
    // 17 and 18: 138 zeros twice, which is 276 of 258.
    (
      "1 01 00000 00000 0000 000 100 100 000 1 1111111 1 1111111",
      "a repeat beyond the last code"
    ),
    // 138 and 120 zeros: no code for the end of the block.
    ("1 01 00000 00000 0000 000 100 100 000 1 1111111 1 1011011", "a block that can not end"),
  ])
  func `codes that can not be are refused`(bits: String, words: String) {
    #expect(throws: InflateError.malformed(words)) { try Self.inflate(Self.block(bits)) }
  }

  @Test func `damaged and random streams are refused or read, and never trap`() throws {
    var random = XorShift(seed: 41)
    let streams = try [Self.fixed, Self.dynamic, Self.zeros].map(Self.bytes)
    for round in 0..<1000 {
      let noise = [0x78, 0x01] + random.bytes(Int(random.next() % 60))
      _ = try? Self.inflate(noise, maximum: 1 << 16)
      _ = try? Self.inflate(random.mutated(streams[round % 3]), maximum: 1 << 17)
    }
  }
}
