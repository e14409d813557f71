/// A log of histograms by interval and tag, in the text that HdrHistogram's own tools read.
///
/// Version 1.3 of the format: comments, a legend, and one line for each interval, with times in
/// seconds and the interval's maximum in milliseconds of a histogram that counts nanoseconds.
package struct HistogramLog: Sendable, Equatable {
  package struct Interval: Sendable, Equatable {
    package let tag: String?
    /// Nanoseconds since 1970, or since whatever the log counts from if it names no time.
    package let startNanoseconds: Int64
    package let lengthNanoseconds: Int64
    package let histogram: Histogram

    package init(
      tag: String?, startNanoseconds: Int64, lengthNanoseconds: Int64, histogram: Histogram
    ) {
      self.tag = tag
      self.startNanoseconds = startNanoseconds
      self.lengthNanoseconds = lengthNanoseconds
      self.histogram = histogram
    }
  }

  /// Nanoseconds since 1970.
  package var startNanoseconds: Int64
  /// What was measured and how, a line each.
  package var comments: [String]
  package var intervals: [Interval]

  package init(
    startNanoseconds: Int64, comments: [String] = [], intervals: [Interval] = []
  ) {
    self.startNanoseconds = startNanoseconds
    self.comments = comments
    self.intervals = intervals
  }

  /// The tags in the order of their first interval, `nil` for what has none.
  package var tags: [String?] {
    var tags: [String?] = []
    for interval in intervals where !tags.contains(interval.tag) { tags.append(interval.tag) }
    return tags
  }

  /// All that was counted under a tag; `nil` if nothing has it.
  package func merged(tag: String?) -> Histogram? {
    let histograms = intervals.filter { $0.tag == tag }.map(\.histogram)
    guard var sum = histograms.first else { return nil }
    for histogram in histograms.dropFirst() { sum.add(histogram) }
    return sum
  }
}

extension HistogramLog {
  /// One log with one interval for each tag: all that `logs` counted under it.
  package init(merging logs: [HistogramLog]) {
    let intervals = logs.flatMap(\.intervals)
    let whole = HistogramLog(
      startNanoseconds: intervals.map(\.startNanoseconds).min() ?? 0, intervals: intervals)
    self.init(
      startNanoseconds: whole.startNanoseconds,
      comments: logs.flatMap(\.comments).reduce(into: []) { known, comment in
        if !known.contains(comment) { known.append(comment) }
      })
    for tag in whole.tags {
      let parts = intervals.filter { $0.tag == tag }
      guard let sum = whole.merged(tag: tag), let first = parts.map(\.startNanoseconds).min(),
        let last = parts.map({ $0.startNanoseconds.addingSaturated($0.lengthNanoseconds) }).max()
      else { continue }
      self.intervals.append(
        Interval(
          tag: tag, startNanoseconds: first,
          lengthNanoseconds: last.subtractingReportingOverflow(first).partialValue,
          histogram: sum))
    }
  }
}

// MARK: - Writing

extension HistogramLog {
  package func text() -> [UInt8] {
    var text = Self.header(startNanoseconds: startNanoseconds, comments: comments)
    for interval in intervals {
      text += Self.line(interval, baseNanoseconds: startNanoseconds)
    }
    return text
  }

  /// What stands above the first interval; a log may then grow line by line.
  package static func header(startNanoseconds: Int64, comments: [String] = []) -> [UInt8] {
    let start = seconds(startNanoseconds)
    var lines = comments.map { "#[\(oneLine($0))]" }
    lines += [
      "#[Histogram log format version 1.3]",
      "#[StartTime: \(start) (seconds since epoch), \(RFC3339.format(startNanoseconds))]",
      "#[BaseTime: \(start) (seconds since epoch)]",
      #""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#,
    ]
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// One interval, its time told from `baseNanoseconds`, which the header names.
  package static func line(_ interval: Interval, baseNanoseconds: Int64) -> [UInt8] {
    let start = interval.startNanoseconds.subtractingReportingOverflow(baseNanoseconds)
    let fields = [
      seconds(start.overflow ? 0 : start.partialValue),
      seconds(interval.lengthNanoseconds),
      DecimalText.format(interval.histogram.maximum, scale: 6, fractionDigits: 3),
      Base64.encode(interval.histogram.compressed()),
    ]
    let tag = interval.tag.map { "Tag=\(tagText($0))," } ?? ""
    return Array((tag + fields.joined(separator: ",") + "\n").utf8)
  }

  /// Seconds with at least the three digits that the format shows, and all that are needed.
  private static func seconds(_ nanoseconds: Int64) -> String {
    DecimalText.format(max(nanoseconds, 0), scale: 9, fractionDigits: 3)
  }

  private static func oneLine(_ comment: String) -> String {
    String(comment.map { $0.isNewline ? " " : $0 })
  }

  /// A tag may hold neither commas nor blanks.
  private static func tagText(_ tag: String) -> String {
    String(tag.map { $0 == "," || $0.isWhitespace ? "_" : $0 })
  }
}
