import Wire

/// The rows of a head-to-head as a table and as JSON.
enum HeadToHeadReport {
  static func table(_ rows: [HeadToHead.Row]) -> String {
    let header = [
      "deck", "router", "orders", "mean bps", "median", "p99", "over ours", "short", "further",
      "infeasible",
      "children",
      "p50 ns",
    ]
    return TextTable.lines([header] + rows.map(cells), leftColumns: 2)
  }

  private static func cells(_ row: HeadToHead.Row) -> [String] {
    [
      row.deck, row.router, "\(row.orders)", TextTable.fixed(mean(row.basisPoints), 3),
      TextTable.fixed(percentile(row, 0.5), 3), TextTable.fixed(percentile(row, 0.99), 2),
      TextTable.fixed(mean(row.excess), 3),
      "\(row.short)", "\(row.further)", "\(row.infeasible)",
      TextTable.fixed(Double(row.children) / Double(max(row.orders, 1)), 2),
      TextTable.fixed(row.nanoseconds, 0),
    ]
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }

  private static func percentile(_ row: HeadToHead.Row, _ share: Double) -> Double {
    let sorted = row.basisPoints.sorted()
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
  }

  static func append(_ rows: [HeadToHead.Row], to writer: inout JSONWriter) {
    writer.beginArray()
    for row in rows {
      writer.beginObject()
      writer.field("deck", row.deck)
      writer.field("router", row.router)
      writer.field("orders", integer: Int64(row.orders))
      writer.field("compared", integer: Int64(row.basisPoints.count))
      writer.field("mean_bps", number: TextTable.fixed(mean(row.basisPoints), 4))
      writer.field("over_ours_bps", number: TextTable.fixed(mean(row.excess), 4))
      writer.field("median_bps", number: TextTable.fixed(percentile(row, 0.5), 4))
      writer.field("p99_bps", number: TextTable.fixed(percentile(row, 0.99), 4))
      writer.field("short", integer: Int64(row.short))
      writer.field("further", integer: Int64(row.further))
      writer.field("infeasible", integer: Int64(row.infeasible))
      writer.field("p50_ns", number: TextTable.fixed(row.nanoseconds, 1))
      writer.endObject()
    }
    writer.endArray()
  }
}
