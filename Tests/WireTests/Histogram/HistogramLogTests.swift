import Testing

@testable import Wire

struct HistogramLogTests {
  private static let start: Int64 = 1_764_000_000_250_000_000

  private static func histogram(_ values: Int64...) -> Histogram {
    var histogram = Histogram(highestTrackableValue: 60_000_000_000, significantDigits: 3)
    for value in values { histogram.record(value) }
    return histogram
  }

  private static let log = HistogramLog(
    startNanoseconds: start, comments: ["venues measured by Sluice", "rate=2"],
    intervals: [
      .init(
        tag: "kraken.rest", startNanoseconds: start + 127_000_000,
        lengthNanoseconds: 1_007_000_000, histogram: histogram(2_769_000, 5)),
      .init(
        tag: nil, startNanoseconds: start + 1_134_000_000, lengthNanoseconds: 1_000_000_001,
        histogram: histogram(0)),
      .init(
        tag: "kraken.rest", startNanoseconds: start + 2_000_000_000, lengthNanoseconds: 0,
        histogram: histogram(7)),
    ])

  private static func parse(_ text: String) throws -> HistogramLog {
    try HistogramLog.parse(Array(text.utf8))
  }

  @Test func `a log reads as the format's own tools write it`() {
    let lines = String(decoding: Self.log.text(), as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "#[venues measured by Sluice]")
    #expect(lines[2] == "#[Histogram log format version 1.3]")
    #expect(
      lines[3] == "#[StartTime: 1764000000.250 (seconds since epoch), "
        + "2025-11-24T16:00:00.250000000Z]")
    #expect(lines[4] == "#[BaseTime: 1764000000.250 (seconds since epoch)]")
    #expect(
      lines[5]
        == #""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#)
    #expect(lines[6].hasPrefix("Tag=kraken.rest,0.127,1.007,2.770943,HISTFA"))
    #expect(lines[7].hasPrefix("1.134,1.000000001,0.000,HISTFA"))
    #expect(lines.count == 9)
  }

  @Test func `a log comes back as it was written`() throws {
    #expect(try HistogramLog.parse(Self.log.text()) == Self.log)
    #expect(Self.log.tags == ["kraken.rest", nil])
    #expect(Self.log.merged(tag: "kraken.rest") == Self.histogram(2_769_000, 5, 7))
    #expect(Self.log.merged(tag: "other") == nil)
  }

  @Test func `merged logs have one line for each tag`() throws {
    let merged = HistogramLog(merging: [Self.log, Self.log])
    #expect(merged.tags == ["kraken.rest", nil])
    #expect(merged.intervals.count == 2)
    #expect(merged.intervals[0].startNanoseconds == Self.start + 127_000_000)
    #expect(merged.intervals[0].lengthNanoseconds == 1_873_000_000)
    #expect(merged.intervals[0].histogram.totalCount == 6)
    #expect(merged.comments == Self.log.comments)
    #expect(HistogramLog(merging: []).intervals.isEmpty)
  }

  @Test func `a tag loses what a line can not hold, and a comment stays one line`() throws {
    let log = HistogramLog(
      startNanoseconds: 0, comments: ["a\nb"],
      intervals: [
        .init(
          tag: "two words,three", startNanoseconds: 0, lengthNanoseconds: 1,
          histogram: Self.histogram(1))
      ])
    let read = try HistogramLog.parse(log.text())
    #expect(read.tags == ["two_words_three"])
    #expect(read.comments == ["a b"])
  }

  @Test func `times before the start by more than a year are counted from it`() throws {
    let encoded = Base64.encode(Self.histogram(5).compressed())
    let relative = try Self.parse(
      "#[StartTime: 1764000000.250 (seconds since epoch), Monday]\n1.5,1.0,0.1,\(encoded)\n")
    #expect(relative.intervals[0].startNanoseconds == Self.start + 1_500_000_000)
    let absolute = try Self.parse(
      "#[StartTime: 1764000000.250 (seconds since epoch)]\r\n1764000001.5,1,0,\(encoded)\r\n")
    #expect(absolute.intervals[0].startNanoseconds == Self.start + 1_250_000_000)
    let bare = try Self.parse("0.127,1.007000,2.769,\(encoded)")
    #expect(bare.intervals[0].startNanoseconds == 127_000_000)
  }

  @Test(arguments: [
    ("nonsense", "line 1: not an interval: start, length, maximum and histogram, by commas"),
    ("\n\n1,2,3", "line 3: not an interval: start, length, maximum and histogram, by commas"),
    ("1,x,3,HIST", "line 1: start, length and maximum must be decimal numbers"),
    ("99999999999,1,3,HIST", "line 1: start, length and maximum must be decimal numbers"),
    ("-1,1,3,HIST", "line 1: start, length and maximum must be decimal numbers"),
    ("1,1,3,HIS", "line 1: the histogram is not base64"),
    ("1,1,3,HIST", "line 1: the histogram ends before its kind is told"),
    ("Tag=a,1,1,3,AAAAAAAA", "line 1: not a histogram in HdrHistogram's encoding V2"),
    ("#[StartTime: soon]", "line 1: StartTime: is followed by no time in seconds"),
  ])
  func `a broken line is named`(text: String, words: String) {
    #expect(throws: HistogramError(words)) { try Self.parse(text) }
  }

  @Test func `a log that was cut is refused or loses whole lines`() throws {
    let text = Self.log.text()
    for length in stride(from: 0, to: text.count, by: 3) {
      guard let log = try? HistogramLog.parse(Array(text[..<length])) else { continue }
      #expect(log.intervals == Array(Self.log.intervals.prefix(log.intervals.count)))
    }
  }

  @Test func `random bytes are refused or read, and never trap`() {
    var random = XorShift(seed: 77)
    for _ in 0..<300 {
      _ = try? HistogramLog.parse(random.mutated(Self.log.text()))
      _ = try? HistogramLog.parse(random.bytes(60, of: "0123456789.,=\n#[]TagHISTFA+/"))
    }
  }
}
