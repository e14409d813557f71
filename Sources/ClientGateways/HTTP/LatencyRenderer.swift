package import RouterCore
package import Wire

/// Writes latencies as JSON; all times are whole nanoseconds.
struct LatencyRenderer {
  let renderer: Renderer

  func write(
    _ view: MetricsView, _ latency: LatencyView, _ window: LatencyView.Window,
    to json: inout JSONWriter
  ) {
    json.beginObject()
    json.field("at", renderer.time(view.at))
    json.field("from", renderer.time(window.start))
    json.field("to", renderer.time(window.end))
    json.field("interval_seconds", integer: latency.intervalSeconds)
    json.key("stages")
    json.beginArray()
    for entry in window.stages { write(entry, named: "stage", to: &json) }
    json.endArray()
    json.key("end_to_end")
    json.beginArray()
    for entry in window.paths + window.wholeStages { write(entry, named: "path", to: &json) }
    json.endArray()
    if let path = view.gauges.pathLatencyNanoseconds {
      json.field("decision_to_order_told_ns", integer: path)
    }
    writeOverruns(latency.counters, to: &json)
    writeClocks(view.clocks, to: &json)
    writeTracker(latency.counters, to: &json)
    json.endObject()
  }

  private func write(
    _ entry: LatencyView.Entry, named key: String, to json: inout JSONWriter
  ) {
    let histogram = entry.histogram
    json.beginObject()
    json.field(key, entry.name)
    if let venue = entry.venue { json.field("venue", renderer.directory.venueName(venue)) }
    json.field("count", integer: histogram.totalCount)
    json.field("min_ns", integer: histogram.minimum)
    for (name, percentile) in Self.percentiles {
      json.field(name, integer: histogram.value(atPercentile: percentile))
    }
    json.field("max_ns", integer: histogram.maximum)
    json.endObject()
  }

  private static let percentiles: [(String, Double)] = [
    ("p50_ns", 50), ("p90_ns", 90), ("p99_ns", 99), ("p99_9_ns", 99.9), ("p99_99_ns", 99.99),
  ]

  private func writeOverruns(_ counters: LatencyView.Counters, to json: inout JSONWriter) {
    json.key("overruns")
    json.beginObject()
    json.field("orders", integer: counters.lateParents)
    json.field("within_p99", integer: counters.unexplainedOverruns)
    json.key("stages")
    json.beginArray()
    for overrun in counters.overruns where overrun.count > 0 {
      json.beginObject()
      json.field("stage", overrun.stage)
      json.field("orders", integer: overrun.count)
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }

  private func writeClocks(_ clocks: [VenueClockView], to json: inout JSONWriter) {
    json.key("clocks")
    json.beginArray()
    for clock in clocks {
      json.beginObject()
      json.field("venue", renderer.directory.venueName(clock.venue))
      json.field("offset_ns", integer: clock.offsetNanoseconds)
      json.field("uncertainty_ns", integer: clock.uncertaintyNanoseconds)
      json.endObject()
    }
    json.endArray()
  }

  private func writeTracker(_ counters: LatencyView.Counters, to json: inout JSONWriter) {
    json.key("tracker")
    json.beginObject()
    json.field("memory_bytes", integer: Int64(counters.memoryBytes))
    json.field("stamps_clamped", integer: counters.clampedStamps)
    json.field("frames_dropped", integer: counters.droppedFrames)
    json.field("orders_forgotten", integer: counters.forgottenParents)
    json.field("children_forgotten", integer: counters.forgottenChildren)
    json.endObject()
  }

  func write(_ order: ParentStagesView, to json: inout JSONWriter) {
    json.beginObject()
    json.field("id", "\(order.parent.rawValue)")
    if let overrun = order.overrun { json.field("overrun", overrun) }
    json.field("children_made", integer: Int64(order.childCount))
    json.key("children")
    json.beginArray()
    for child in order.children { write(child, to: &json) }
    json.endArray()
    json.endObject()
  }

  private func write(_ child: ParentStagesView.Child, to json: inout JSONWriter) {
    json.beginObject()
    json.field("child_id", child.id.uuid.string)
    json.field("venue", renderer.directory.venueName(child.venue))
    json.field("cause", child.cause)
    json.field("total_ns", integer: child.totalNanoseconds)
    json.key("stamps")
    json.beginArray()
    for stamp in child.stamps {
      json.beginObject()
      json.field("stamp", stamp.point)
      json.field("at", renderer.time(stamp.at))
      if let stage = stamp.stage, let nanoseconds = stamp.nanoseconds {
        json.field("stage", stage)
        json.field("stage_ns", integer: nanoseconds)
      }
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }
}

extension LatencyView.Window {
  /// Single stages that are a whole way by themselves, under the way's name.
  var wholeStages: [LatencyView.Entry] {
    let names = [
      (stage: "feed", path: "feed_lag"), (stage: "acknowledge", path: "order_to_ack"),
      (stage: "first_fill", path: "ack_to_fill"),
    ]
    return names.compactMap { name in
      guard let entry = stages.first(where: { $0.name == name.stage && $0.venue == nil }) else {
        return nil
      }
      return LatencyView.Entry(name: name.path, venue: nil, histogram: entry.histogram)
    }
  }

  /// What is not empty, under tags such as `kraken.decide`, for a log.
  package func intervals(names: (VenueID) -> String?) -> [HistogramLog.Interval] {
    (stages + paths).filter { $0.histogram.totalCount > 0 }.map { entry in
      let prefix = entry.venue.map { "\(names($0) ?? "venue-\($0.rawValue)")." } ?? ""
      return HistogramLog.Interval(
        tag: prefix + entry.name, startNanoseconds: start.nanoseconds,
        lengthNanoseconds: end.since(start), histogram: entry.histogram)
    }
  }
}
