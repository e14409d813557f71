internal import Foundation
internal import Wire

extension RunComparison {
  /// The comparison for people.
  package var text: String {
    var table = TextTable(
      "tag", ">count", ">min", ">p50", ">p90", ">p99", ">p99.9", ">p99.99", ">max", "p50", "p99")
    for tag in tags {
      table.add([Self.text(tag.name)] + Self.figures(tag.before) + ["", ""])
      table.add(
        ["  then"] + Self.figures(tag.after) + [Self.words(tag.median), Self.words(tag.tail)])
    }
    var lines = [table.text]
    if !onlyBefore.isEmpty {
      lines.append("only in the first: \(onlyBefore.joined(separator: ", "))")
    }
    if !onlyAfter.isEmpty {
      lines.append("only in the second: \(onlyAfter.joined(separator: ", "))")
    }
    lines.append(
      """
      A difference is called one if the rank sum test over the intervals' figures gives it less \
      than 1 in 100 by chance; it needs \(RankTest.leastCount) intervals a side.
      """)
    return lines.joined(separator: "\n\n")
  }

  /// The comparison for programs; times are nanoseconds.
  package var json: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("tags")
    writer.beginArray()
    for tag in tags { write(tag, &writer) }
    writer.endArray()
    for (name, tags) in [("only_before", onlyBefore), ("only_after", onlyAfter)] {
      writer.key(name)
      writer.beginArray()
      for tag in tags { writer.string(tag) }
      writer.endArray()
    }
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func figures(_ histogram: Histogram) -> [String] {
    let values = MeasurementReport.percentiles.map { histogram.value(atPercentile: $0.percentile) }
    let times = [histogram.minimum] + values + [histogram.maximum]
    return ["\(histogram.totalCount)"] + times.map { LatencyText.format($0) }
  }

  private static func words(_ judgement: Judgement) -> String {
    let ratio = judgement.ratio.map(LatencyText.ratio) ?? "-"
    switch judgement.verdict {
    case .tooFewIntervals: return "\(ratio), too few intervals"
    case .noDifference: return "\(ratio), no difference beyond noise"
    case .faster, .slower:
      return "\(ratio), \(judgement.verdict.rawValue) (\(chance(judgement.probability ?? 1)))"
    }
  }

  private static func chance(_ probability: Double) -> String {
    probability < 0.0001 ? "p < 0.0001" : String(format: "p = %.4f", probability)
  }

  private func write(_ tag: Tag, _ writer: inout JSONWriter) {
    writer.beginObject()
    if let name = tag.name { writer.field("tag", name) }
    for (name, histogram, intervals) in [
      ("before", tag.before, tag.intervalsBefore), ("after", tag.after, tag.intervalsAfter),
    ] {
      writer.key(name)
      HistogramJSON.write(histogram, &writer)
      writer.field("intervals_\(name)", integer: Int64(intervals))
    }
    for (name, judgement) in [("p50", tag.median), ("p99", tag.tail)] {
      writer.key(name)
      write(judgement, &writer)
    }
    writer.endObject()
  }

  private func write(_ judgement: Judgement, _ writer: inout JSONWriter) {
    writer.beginObject()
    if let ratio = judgement.ratio { writer.field("ratio", number: String(format: "%.4f", ratio)) }
    if let probability = judgement.probability {
      writer.field("probability", number: String(format: "%.6f", probability))
    }
    writer.field("verdict", judgement.verdict.rawValue)
    writer.endObject()
  }
}
