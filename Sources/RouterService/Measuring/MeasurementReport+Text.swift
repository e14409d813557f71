internal import Foundation
internal import Wire

extension MeasurementReport {
  /// The report for people.
  package var text: String {
    var parts = [headline]
    for probe in VenueProbe.allCases {
      let rows = rows(of: probe)
      guard !rows.isEmpty else { continue }
      parts.append("\(probe.title)\n\(Self.table(rows))")
      if let comparison = Self.comparison(rows) { parts.append(comparison) }
    }
    parts.append("clocks\n\(clockTable)")
    let remarks = remarks
    if !remarks.isEmpty { parts.append(remarks.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }

  private var headline: String {
    let count = venues.count == 1 ? "1 venue" : "\(venues.count) venues"
    return """
      \(count) (\(mode)), \(seconds) s, \(String(format: "%g", rate)) of each kind a \
      second, open loop:
      times count from when a request should have started; 'alone' is the median from when it did.
      """
  }

  private static func table(_ rows: [Row]) -> String {
    var table = TextTable(
      "venue", ">count", ">min", ">p50", ">p90", ">p99", ">p99.9", ">p99.99", ">max", ">alone",
      ">late", ">lost", ">failed")
    for row in rows {
      let series = row.series
      guard series.count > 0 else {
        table.add(
          [row.venue.name, "0"] + [String](repeating: "-", count: 10) + ["\(series.failed)"])
        continue
      }
      let values = percentiles.map { series.latency.value(atPercentile: $0.percentile) }
      let times = [series.latency.minimum] + values + [series.latency.maximum]
      table.add(
        [row.venue.name, "\(series.count)"] + times.map { LatencyText.format($0) } + [
          series.service.totalCount > 0
            ? LatencyText.format(series.service.value(atPercentile: 50)) : "-",
          "\(series.late)", "\(series.unanswered + series.omitted)", "\(series.failed)",
        ])
    }
    return indented(table.text)
  }

  private static func comparison(_ rows: [Row]) -> String? {
    guard rows.count(where: { $0.series.count > 0 }) > 1 else { return nil }
    var table = TextTable(
      "compared", ">p50", ">p99", "median against the best, with 95 % bounds")
    for row in rows where row.series.count > 0 {
      table.add(
        row.venue.name, row.medianRatio.map(LatencyText.ratio) ?? "-",
        row.tailRatio.map(LatencyText.ratio) ?? "-", words(row))
    }
    return indented(table.text)
  }

  private static func words(_ row: Row) -> String {
    guard let difference = row.difference else {
      return row.medianRatio == 1 ? "the best" : "too few values to tell"
    }
    let bounds =
      "\(LatencyText.signed(difference.nanoseconds)) "
      + "(\(LatencyText.signed(difference.lowest)) to \(LatencyText.signed(difference.highest)))"
    return difference.isBeyondNoise ? bounds : "\(bounds): no difference beyond noise"
  }

  private var clockTable: String {
    var table = TextTable("venue", ">ahead of us", ">give or take", ">least round trip", ">asked")
    for venue in venues {
      guard venue.clock.isKnown else {
        table.add(venue.name, "unknown", "-", "-", "0")
        continue
      }
      table.add(
        venue.name, LatencyText.signed(Double(venue.clock.offset)),
        LatencyText.format(venue.clock.uncertainty),
        LatencyText.format(venue.clock.leastRoundTrip), "\(venue.clock.answers)")
    }
    return Self.indented(table.text)
  }

  private var remarks: [String] {
    var remarks = unreachable
    for venue in venues {
      remarks += venue.notes.map { "\(venue.name): \($0)" }
      for series in venue.series {
        if let words = series.firstFailure {
          remarks.append(
            "\(venue.name): \(series.failed) of \(series.probe.title) failed: \(words)")
        }
        if series.omitted > 0 {
          remarks.append(
            "\(venue.name): \(series.omitted) of \(series.probe.title) never had room to start and"
              + " count with the time they waited, which is a lower bound")
        }
      }
      if !venue.openOrders.isEmpty {
        remarks.append(
          "\(venue.name): these orders may still rest; cancel them: "
            + venue.openOrders.joined(separator: ", "))
      }
    }
    return remarks
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
  }
}
