internal import Foundation
internal import Wire

extension MeasurementReport {
  /// The report for programs; times are nanoseconds.
  package var json: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("mode", mode)
    writer.field("started_at", RFC3339.format(startNanoseconds))
    writer.field("seconds", integer: Int64(seconds))
    writer.field("rate", number: String(format: "%g", rate))
    writer.key("venues")
    writer.beginArray()
    for venue in venues { write(venue, &writer) }
    writer.endArray()
    writer.key("unreachable")
    writer.beginArray()
    for words in unreachable { writer.string(words) }
    writer.endArray()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func write(_ venue: Venue, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("venue", venue.name)
    writer.field("protocol", venue.dialect)
    writer.key("clock")
    write(venue.clock, &writer)
    writer.key("probes")
    writer.beginArray()
    for series in venue.series {
      guard let row = rows(of: series.probe).first(where: { $0.venue.name == venue.name }) else {
        continue
      }
      write(row, &writer)
    }
    writer.endArray()
    for (name, texts) in [("notes", venue.notes), ("open_orders", venue.openOrders)] {
      writer.key(name)
      writer.beginArray()
      for text in texts { writer.string(text) }
      writer.endArray()
    }
    writer.endObject()
  }

  private func write(_ clock: ClockBounds, _ writer: inout JSONWriter) {
    guard clock.isKnown else { return writer.null() }
    writer.beginObject()
    writer.field("offset_ns", integer: clock.offset)
    writer.field("uncertainty_ns", integer: clock.uncertainty)
    writer.field("least_round_trip_ns", integer: clock.leastRoundTrip)
    writer.endObject()
  }

  private func write(_ row: Row, _ writer: inout JSONWriter) {
    let series = row.series
    writer.beginObject()
    writer.field("probe", series.probe.rawValue)
    let counts = [
      ("count", Int(series.count)), ("answered", series.answered), ("late", series.late),
      ("unanswered", series.unanswered), ("omitted", series.omitted), ("failed", series.failed),
    ]
    for (name, count) in counts { writer.field(name, integer: Int64(count)) }
    writer.key("latency_ns")
    HistogramJSON.write(series.latency, &writer)
    writer.key("service_ns")
    HistogramJSON.write(series.service, &writer)
    writer.key("against_best")
    write(ratios: row, &writer)
    if let failure = series.firstFailure { writer.field("first_failure", failure) }
    writer.endObject()
  }

  private func write(ratios row: Row, _ writer: inout JSONWriter) {
    writer.beginObject()
    for (name, ratio) in [("p50_ratio", row.medianRatio), ("p99_ratio", row.tailRatio)] {
      if let ratio { writer.field(name, number: String(format: "%.4f", ratio)) }
    }
    if let difference = row.difference {
      writer.field("median_difference_ns", number: String(format: "%.0f", difference.nanoseconds))
      writer.field("median_difference_low_ns", number: String(format: "%.0f", difference.lowest))
      writer.field("median_difference_high_ns", number: String(format: "%.0f", difference.highest))
      writer.field("beyond_noise", bool: difference.isBeyondNoise)
    }
    writer.endObject()
  }
}

/// The figures of a histogram as a JSON object.
enum HistogramJSON {
  static func write(_ histogram: Histogram, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("count", integer: histogram.totalCount)
    writer.field("min", integer: histogram.minimum)
    for (name, percentile) in MeasurementReport.percentiles {
      let key = name.replacing(".", with: "_")
      writer.field(key, integer: histogram.value(atPercentile: percentile))
    }
    writer.field("max", integer: histogram.maximum)
    writer.field("mean", number: String(format: "%.1f", histogram.mean))
    writer.endObject()
  }
}
