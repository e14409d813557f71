extension HistogramLog {
  /// Reads a log by whoever wrote it; the error names the line.
  package static func parse(_ bytes: [UInt8]) throws(HistogramError) -> HistogramLog {
    var reader = HistogramLogReader()
    var number = 0
    for line in bytes.split(separator: ASCII.lineFeed, omittingEmptySubsequences: false) {
      number += 1
      let line = line.last == ASCII.carriageReturn ? line.dropLast() : line
      do throws(HistogramError) {
        try reader.take(line)
      } catch {
        throw HistogramError("line \(number): \(error)")
      }
    }
    return reader.log
  }
}

/// Takes a log line by line and turns its relative times into absolute ones.
private struct HistogramLogReader {
  private static let nanosecondsInYear: Int64 = 365 * 86400 * 1_000_000_000

  private(set) var log = HistogramLog(startNanoseconds: 0)
  private var base: Int64?
  private var hasStart = false

  mutating func take(_ line: ArraySlice<UInt8>) throws(HistogramError) {
    switch line.first {
    case nil, UInt8(ascii: "\""): break
    case UInt8(ascii: "#"): try takeComment(Self.text(line.dropFirst()))
    default: try takeInterval(line)
    }
  }

  private mutating func takeComment(_ comment: String) throws(HistogramError) {
    if let start = try Self.time(in: comment, named: "[StartTime:") {
      log.startNanoseconds = start
      hasStart = true
    } else if let time = try Self.time(in: comment, named: "[BaseTime:") {
      base = time
    } else if !comment.hasPrefix("[Histogram log format version") {
      log.comments.append(Self.withoutBrackets(comment))
    }
  }

  private mutating func takeInterval(_ line: ArraySlice<UInt8>) throws(HistogramError) {
    var fields = line.split(
      separator: UInt8(ascii: ","), maxSplits: 4, omittingEmptySubsequences: false)
    var tag: String?
    if fields[0].starts(with: "Tag=".utf8) {
      tag = Self.text(fields.removeFirst().dropFirst(4))
    }
    guard fields.count == 4 else {
      throw HistogramError("not an interval: start, length, maximum and histogram, by commas")
    }
    guard let start = Self.nanoseconds(fields[0]), let length = Self.nanoseconds(fields[1]),
      Self.nanoseconds(fields[2]) != nil
    else { throw HistogramError("start, length and maximum must be decimal numbers") }
    guard let encoded = Base64.decode(Self.text(fields[3])) else {
      throw HistogramError("the histogram is not base64")
    }
    log.intervals.append(
      HistogramLog.Interval(
        tag: tag, startNanoseconds: absolute(start), lengthNanoseconds: length,
        histogram: try Histogram.decode(encoded)))
  }

  /// A log without a base counts from its start, if its times are more than a year before that.
  private mutating func absolute(_ start: Int64) -> Int64 {
    if base == nil {
      let isRelative = hasStart && start < log.startNanoseconds - Self.nanosecondsInYear
      base = isRelative ? log.startNanoseconds : 0
    }
    return (base ?? 0).addingSaturated(start)
  }

  private static func time(
    in comment: String, named name: String
  ) throws(HistogramError) -> Int64? {
    guard comment.hasPrefix(name) else { return nil }
    let rest = comment.dropFirst(name.count).drop { $0 == " " }
    guard let time = nanoseconds(Array(rest.prefix { $0 != " " && $0 != "]" }.utf8)[...]) else {
      throw HistogramError("\(name.dropFirst()) is followed by no time in seconds")
    }
    return time
  }

  /// Seconds as a decimal number; digits beyond the nanosecond are cut off.
  private static func nanoseconds(_ text: ArraySlice<UInt8>) -> Int64? {
    let parts = text.split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, 1...10 ~= whole.count, whole.allSatisfy(ASCII.isDigit),
      parts.count == 1 || parts[1].allSatisfy(ASCII.isDigit)
    else { return nil }
    var digits = Array(whole)
    digits += parts.count == 1 ? [] : parts[1].prefix(9)
    digits += [UInt8](repeating: UInt8(ascii: "0"), count: whole.count + 9 - digits.count)
    var value: Int64 = 0
    for digit in digits {
      let scaled = value.multipliedReportingOverflow(by: 10)
      let sum = scaled.partialValue.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
      guard !scaled.overflow, !sum.overflow else { return nil }
      value = sum.partialValue
    }
    return value
  }

  private static func withoutBrackets(_ comment: String) -> String {
    comment.hasPrefix("[") && comment.hasSuffix("]")
      ? String(comment.dropFirst().dropLast()) : comment
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
