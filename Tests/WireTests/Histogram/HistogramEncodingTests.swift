import Testing

@testable import Wire

struct HistogramEncodingTests {
  /// Written by the PyPI package `hdrhistogram` 0.10.8, which compresses: 10,000 times 1,000 and
  /// once 100,000,000 of 1 to 3,600,000,000 with three digits.
  private static let twoValues =
    "HISTFAAAACl4nJNpmSzMwMDAyQABzFCaEURcm7yEwf4DROA8/4I5jNM7mJgAjtkHzg=="

  /// By the same: 1,000 values of a log-normal law, 1,000 to 60,000,000,000 with two digits.
  private static let lognormal = """
    HISTFAAAAWp4nD2SzU0DQQyFM2+8zmSzEYcoByQklAIQJXCkBSiATuiANiiMI0eOfM8j2F//Pj/bc/f+cd7t9Lmb\
    l+avf/E5/Ty/7J6+p+VV91p00V5XcXXumzhmi6OaTmiLEBYE8Q1k36gROGIqyS8UGHMPUvtLE/4eixWnOJyvsg2k\
    hawxZJhUSgni6GuLGCuJYcSQXYmXoMwwIOkRaFWb7LBz5ChG2lIxyu7ygJo5UOt0z0KDt7l0lrnFlmuETSOgRIE1\
    +W/oiZIroPS24gQ6RthrGR+0LTlJFeYadOSpmRQJ3d1gdgdU3NyIh5FRL0au/8aGQWna/KsBSKlmEFuRtQSlrCGQ\
    rlGtMmkS3O1c0ejRZ/TcF+JI5gDJcKRdZOeMNouWfeJ3ggZ4Xkk39TnpLJiKDx+UOWQd8lA7qM2zbZfyXloiL0ZU\
    dh3qLKgOx0lHzsSed9Yuopy/g5+LjwttHONRtwhvOuuB+6pfbIARSw==
    """

  private static func decoded(_ text: String) throws -> Histogram {
    try Histogram.decode(#require(Base64.decode(text)))
  }

  private static func sample(_ digits: Int = 3, seed: UInt64 = 1) -> Histogram {
    var histogram = Histogram(highestTrackableValue: 60_000_000_000, significantDigits: digits)
    var random = XorShift(seed: seed)
    for _ in 0..<500 { histogram.record(Int64(random.next() >> (20 + random.next() % 44))) }
    return histogram
  }

  @Test func `the header is that of encoding V2`() {
    let empty = Histogram(highestTrackableValue: 3_600_000_000, significantDigits: 3)
    #expect(
      empty.encoded() == [
        0x1c, 0x84, 0x93, 0x13, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1,
        0, 0, 0, 0, 0xd6, 0x93, 0xa4, 0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0,
      ])
    #expect(empty.compressed().starts(with: [0x1c, 0x84, 0x93, 0x14, 0, 0, 0]))
  }

  @Test func `what HdrHistogram's own tool wrote is read`() throws {
    let histogram = try Self.decoded(Self.twoValues)
    var wanted = Histogram(highestTrackableValue: 3_600_000_000, significantDigits: 3)
    wanted.record(1000, count: 10_000)
    wanted.record(100_000_000)
    #expect(histogram == wanted)
    #expect(histogram.maximum == 100_007_935)
  }

  @Test func `a compressed law has the percentiles that the other tool tells`() throws {
    let histogram = try Self.decoded(Self.lognormal)
    #expect(histogram.totalCount == 1000)
    #expect(histogram.layout.counterCount == 2688)
    #expect(histogram.maximum == 12_386_303)
    #expect(histogram.minimum == 23_040)
    #expect(histogram.value(atPercentile: 0) == 23_040)
    #expect(histogram.value(atPercentile: 50) == 434_175)
    #expect(histogram.value(atPercentile: 90) == 1_695_743)
    #expect(histogram.value(atPercentile: 99) == 4_554_751)
    #expect(histogram.value(atPercentile: 99.9) == 11_206_655)
    #expect(abs(histogram.mean - 779_607.296) < 0.001)
  }

  @Test(arguments: 1...5) func `both encodings give back what was counted`(digits: Int) throws {
    let histogram = Self.sample(digits, seed: UInt64(digits))
    #expect(try Histogram.decode(histogram.encoded()) == histogram)
    #expect(try Histogram.decode(histogram.compressed()) == histogram)
    let read = try Histogram.decode(histogram.encoded())
    #expect(read.totalCount == histogram.totalCount)
    #expect(read.maximum == histogram.maximum)
    #expect(read.minimum == histogram.minimum)
  }

  @Test func `the greatest counts take nine bytes and come back`() throws {
    for value in [Int64.max, 1, 63, 64, 127, 128, 1 << 62, 1 << 55, 1 << 56] {
      var bytes: [UInt8] = []
      ZigZagLEB128.append(value, to: &bytes)
      ZigZagLEB128.append(-value, to: &bytes)
      var offset = 0
      #expect(ZigZagLEB128.read(bytes[...], at: &offset) == value)
      #expect(ZigZagLEB128.read(bytes[...], at: &offset) == -value)
      #expect(offset == bytes.count)
    }
    var bytes: [UInt8] = []
    ZigZagLEB128.append(.min, to: &bytes)
    #expect(bytes == [UInt8](repeating: 0xff, count: 9))
    var offset = 0
    #expect(ZigZagLEB128.read(bytes[...], at: &offset) == .min)
  }

  @Test func `every truncation is refused`() throws {
    let compressed = try #require(Base64.decode(Self.lognormal))
    for bytes in [compressed, Self.sample().compressed(), Self.sample().encoded()] {
      for length in 0..<bytes.count {
        #expect(throws: HistogramError.self) { try Histogram.decode(Array(bytes[..<length])) }
      }
      #expect(throws: HistogramError.self) { try Histogram.decode(bytes + [0]) }
    }
  }

  @Test func `damaged bytes are refused or read, and never trap`() throws {
    var random = XorShift(seed: 29)
    let seeds = [
      try #require(Base64.decode(Self.lognormal)), try #require(Base64.decode(Self.twoValues)),
      Self.sample(1).encoded(), Self.sample(2).compressed(),
    ]
    var refused = 0
    for round in 0..<800 {
      let bytes =
        round.isMultiple(of: 10)
        ? [0x1c, 0x84, 0x93, 0x13] + random.bytes(Int(random.next() % 80))
        : random.mutated(seeds[round % seeds.count])
      do {
        let histogram = try Histogram.decode(bytes)
        _ = histogram.value(atPercentile: 99)
      } catch {
        refused += 1
        #expect(!"\(error)".isEmpty)
      }
    }
    #expect(refused > 300)
  }

  @Test func `counters beyond the range are refused`() {
    let empty = Histogram(highestTrackableValue: 1000, significantDigits: 1)
    for payload in [[Int64(-10_000)], [.min], [-Int64(empty.layout.counterCount), 5]] {
      var counters: [UInt8] = []
      for number in payload { ZigZagLEB128.append(number, to: &counters) }
      var bytes = Array(empty.encoded().prefix(40)) + counters
      bytes[7] = UInt8(counters.count)
      #expect(throws: HistogramError("more counters than the histogram's range has")) {
        try Histogram.decode(bytes)
      }
    }
  }

  @Test func `a refusal says what was wrong`() {
    let bytes = Self.sample().encoded()
    func words(_ change: (inout [UInt8]) -> Void) -> String? {
      var changed = bytes
      change(&changed)
      do throws(HistogramError) {
        _ = try Histogram.decode(changed)
        return nil
      } catch {
        return error.message
      }
    }
    #expect(words { $0[3] = 0x11 } == "not a histogram in HdrHistogram's encoding V2")
    #expect(words { $0[15] = 9 } == "the histogram's range or precision can not be")
    #expect(words { $0[11] = 1 } == "a shifted or scaled histogram, which is not read")
    #expect(words { $0[32] = 0x40 } == "a shifted or scaled histogram, which is not read")
    #expect(words { $0.removeLast() }?.hasPrefix("the counters should have") == true)
  }
}
