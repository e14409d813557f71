internal import ClientGateways
internal import RouterCore
internal import Wire

/// What `sluice latency path` found: the stages of all venues together, and the whole ways.
package struct PathReport: Sendable {
  private let options: PathMeasurement.Options
  private let load: PathLoad.Result
  private let latency: LatencyView
  private let venues: [String]

  init(
    options: PathMeasurement.Options, load: PathLoad.Result, latency: LatencyView,
    venues: [String]
  ) {
    self.options = options
    self.load = load
    self.latency = latency
    self.venues = venues
  }

  /// The stages of the way from a client's bytes to the socket; their means add up to its mean.
  private static let ownStages: Set<String> = [
    "handover", "decide", "journal", "gate", "sign", "write",
  ]

  private var entries: [LatencyView.Entry] { latency.run.stages.filter { $0.venue == nil } }

  private var ways: [LatencyView.Entry] {
    latency.run.paths
      + [LatencyView.Entry(name: "request_to_answer", venue: nil, histogram: load.latencies)]
  }

  /// Nothing was lost: every order was accepted.
  package var isComplete: Bool { load.accepted == load.sent }

  package var text: String {
    let sum = entries.filter { Self.ownStages.contains($0.name) }.reduce(0) {
      $0 + $1.histogram.mean
    }
    var table = TextTable(
      "stage", ">count", ">mean us", ">share", ">p50", ">p90", ">p99", ">p99.9", ">max us")
    for entry in entries where entry.histogram.totalCount > 0 {
      let share =
        Self.ownStages.contains(entry.name) && sum > 0
        ? "\(Self.tenths(entry.histogram.mean / sum * 100)) %" : ""
      table.add(row(entry, share: share))
    }
    for entry in ways where entry.histogram.totalCount > 0 { table.add(row(entry, share: "")) }
    return """
      \(table.text)

      \(picture)
      \(summary)
      Shares are of the way from the request's bytes to the socket: handover to write, per child.
      request_to_answer counts from the intended time of sending to the API's answer.
      """
  }

  private var picture: String {
    let stages = entries.filter {
      Self.ownStages.contains($0.name) && $0.histogram.totalCount > 0
    }
    let picture = StagePicture(
      stages.map { entry in
        StagePicture.Stage(
          name: entry.name, p50: entry.histogram.value(atPercentile: 50),
          p90: entry.histogram.value(atPercentile: 90))
      })
    guard !picture.lines.isEmpty else { return "" }
    let end = stages.reduce(0) { $0 + $1.histogram.value(atPercentile: 50) }
    return picture.lines.joined(separator: "\n")
      + "\n# medians, which add up to \(Self.tenths(Double(end) / 1000)) us; . to the 90th percentile\n"
  }

  private var summary: String {
    let refused = load.refused.sorted { $0.key < $1.key }.map { status, count in
      "\(count) \(status == 0 ? "without answer" : "answered \(status)")"
    }
    let words = ["\(load.accepted) of \(load.sent) orders accepted"] + refused
    return words.joined(separator: ", ")
      + " at \(options.ordersPerSecond)/s over \(options.seconds) s on"
      + " \(options.symbols.joined(separator: ", ")); sent at most"
      + " \(Self.tenths(Double(load.latestSend) / 1000)) us late"
  }

  private func row(_ entry: LatencyView.Entry, share: String) -> [String] {
    let histogram = entry.histogram
    let percentiles = [50, 90, 99, 99.9].map {
      Self.tenths(Double(histogram.value(atPercentile: $0)) / 1000)
    }
    return [entry.name, "\(histogram.totalCount)", Self.tenths(histogram.mean / 1000), share]
      + percentiles + [Self.tenths(Double(histogram.maximum) / 1000)]
  }

  private static func tenths(_ value: Double) -> String {
    DecimalText.format(Int64((value * 10).rounded()), scale: 1, fractionDigits: 1)
  }

  package var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("orders_per_second", integer: Int64(options.ordersPerSecond))
    json.field("seconds", integer: Int64(options.seconds))
    json.field("durability", options.durability)
    json.field("sent", integer: Int64(load.sent))
    json.field("accepted", integer: Int64(load.accepted))
    json.field("sent_late_max_ns", integer: load.latestSend)
    write("stages", entries, to: &json)
    write("end_to_end", ways, to: &json)
    json.endObject()
    return json.bytes
  }

  private func write(_ key: String, _ entries: [LatencyView.Entry], to json: inout JSONWriter) {
    json.key(key)
    json.beginArray()
    for entry in entries {
      let histogram = entry.histogram
      json.beginObject()
      json.field("name", entry.name)
      json.field("count", integer: histogram.totalCount)
      json.field("mean_ns", integer: Int64(histogram.mean))
      json.field("min_ns", integer: histogram.minimum)
      for (name, percentile) in Self.percentiles {
        json.field(name, integer: histogram.value(atPercentile: percentile))
      }
      json.field("max_ns", integer: histogram.maximum)
      json.endObject()
    }
    json.endArray()
  }

  private static let percentiles: [(String, Double)] = [
    ("p50_ns", 50), ("p90_ns", 90), ("p99_ns", 99), ("p99_9_ns", 99.9), ("p99_99_ns", 99.99),
  ]

  /// Everything as a log for HdrHistogram's own tools.
  package var log: [UInt8] {
    let window = latency.run
    var intervals = window.intervals { $0.index < venues.count ? venues[$0.index] : nil }
    intervals.append(
      HistogramLog.Interval(
        tag: "request_to_answer", startNanoseconds: window.start.nanoseconds,
        lengthNanoseconds: window.end.since(window.start), histogram: load.latencies))
    let log = HistogramLog(
      startNanoseconds: window.start.nanoseconds,
      comments: ["Sluice path: nanoseconds; \(summary)"], intervals: intervals)
    return log.text()
  }
}
