import Wire

/// Measurements as a table for people and as JSON for comparisons.
enum BenchmarkReport {
  static func table(_ measurements: [Measurement]) -> String {
    let header = [
      "benchmark", "p50 ns", "p90", "p99", "p99.9", "max", "operations", "allocations/op",
      "naive/this",
    ]
    let rows = measurements.map { row($0, measurements) }
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let lines = all.map { row in
      row.enumerated().map { column, cell in
        let pad = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + pad : pad + cell
      }.joined(separator: "  ")
    }
    return lines.joined(separator: "\n")
  }

  private static func row(_ measurement: Measurement, _ all: [Measurement]) -> [String] {
    let naive = all.first { $0.name == "naive/\(measurement.name)" }
    let ratio = naive.map { fixed($0.p50 / max(measurement.p50, 0.1), 1) } ?? ""
    let times = [
      measurement.p50, measurement.p90, measurement.p99, measurement.p999, measurement.maximum,
    ]
    return [measurement.name] + times.map { fixed($0, 1) }
      + ["\(measurement.operations)", fixed(measurement.allocationsPerOperation, 3), ratio]
  }

  static func json(_ measurements: [Measurement]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginArray()
    for measurement in measurements {
      writer.beginObject()
      writer.field("name", measurement.name)
      writer.field("p50_ns", number: fixed(measurement.p50, 1))
      writer.field("p90_ns", number: fixed(measurement.p90, 1))
      writer.field("p99_ns", number: fixed(measurement.p99, 1))
      writer.field("p999_ns", number: fixed(measurement.p999, 1))
      writer.field("max_ns", number: fixed(measurement.maximum, 1))
      writer.field("operations", integer: Int64(measurement.operations))
      writer.field(
        "allocations_per_operation", number: fixed(measurement.allocationsPerOperation, 3))
      writer.endObject()
    }
    writer.endArray()
    return writer.bytes
  }

  /// A number with so many digits after the point, rounded to nearest.
  private static func fixed(_ value: Double, _ digits: Int) -> String {
    let factor = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    return DecimalText.format(
      Int64((value * factor).rounded()), scale: digits, fractionDigits: digits)
  }
}
