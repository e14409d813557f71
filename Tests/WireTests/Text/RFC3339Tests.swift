import Testing

@testable import Wire

struct RFC3339Tests {
  /// The first four are the examples of RFC 3339, section 5.8.
  @Test(arguments: [
    ("1985-04-12T23:20:50.52Z", 482_196_050_520_000_000),
    ("1996-12-19T16:39:57-08:00", 851_042_397_000_000_000),
    ("1990-12-31T23:59:60Z", 662_688_000_000_000_000),
    ("1990-12-31T15:59:60-08:00", 662_688_000_000_000_000),
    ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130_000_000),
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0),
    ("1969-12-31T23:59:59.999999999Z", -1),
    ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
    ("2026-11-25T17:40:00.123456789Z", 1_795_628_400_123_456_789),
    ("2262-04-11T23:47:16.854775807Z", Int64.max),
  ])
  func `a time is read to the nanosecond`(text: String, expected: Int64) {
    #expect(RFC3339.parse(text) == expected)
  }

  @Test(arguments: [
    "", "2026", "2026-11-25", "2026-11-25T17:40:00", "2026-11-25 17:40:00Z",
    "2026-11-25T17:40Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
    "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:61Z", "2026-01-01T12:00:60Z", "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00.1234567891Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+0100",
    "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z",
    "2262-04-11T23:47:16.854775808Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    "2026-1-01T00:00:00Z", "-026-01-01T00:00:00Z", "2026-01-01T00:00:00,5Z",
  ])
  func `anything else is refused`(text: String) {
    #expect(RFC3339.parse(text) == nil)
  }

  @Test func `the text is cut to the digits asked for`() {
    let time: Int64 = 1_795_628_400_123_456_789
    #expect(RFC3339.format(time) == "2026-11-25T17:40:00.123456789Z")
    #expect(RFC3339.format(time, fractionDigits: 3) == "2026-11-25T17:40:00.123Z")
    #expect(RFC3339.format(time, fractionDigits: 0) == "2026-11-25T17:40:00Z")
    #expect(RFC3339.format(-1, fractionDigits: 0) == "1969-12-31T23:59:59Z")
    #expect(RFC3339.format(Int64.min) == "1677-09-21T00:12:43.145224192Z")
  }

  @Test func `any time comes back`() {
    var random = XorShift(seed: 7)
    for _ in 0..<20_000 {
      let time = Int64(truncatingIfNeeded: random.next())
      // The whole second of the smallest value lies outside, so its text is not read back.
      guard time > Int64.min + 1_000_000_000 else { continue }
      #expect(RFC3339.parse(RFC3339.format(time)) == time)
    }
  }

  @Test func `every day of five centuries comes back`() {
    let wrong = (Int64(-100_000)...100_000).filter { day in
      let time = day * 86_400_000_000_000
      return RFC3339.parse(RFC3339.format(time)) != time
    }
    #expect(wrong == [])
  }

  @Test func `random text is refused without harm`() {
    var random = XorShift(seed: 8)
    let time = Array("2026-11-25T17:40:00.123456789+01:00".utf8)
    for _ in 0..<20_000 {
      _ = RFC3339.parse(String(decoding: random.mutated(time), as: UTF8.self))
    }
  }
}
