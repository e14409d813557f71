import Wire

/// Measurements as a table for people and as JSON for comparisons.
enum BenchmarkReport {
  static func table(_ measurements: [Measurement]) -> String {
    let header = [
      "benchmark", "p50 ns", "p90", "p99", "p99.9", "max", "operations", "allocations/op",
      "naive/this", "this/C", "nodes", "max", "ns/node",
    ]
    return TextTable.lines([header] + measurements.map { row($0, measurements) }, leftColumns: 1)
  }

  private static func row(_ measurement: Measurement, _ all: [Measurement]) -> [String] {
    let naive = all.first { $0.name == "naive/\(measurement.name)" }
    let reference = all.first { $0.name == "c/\(measurement.name)" }
    let times = [
      measurement.p50, measurement.p90, measurement.p99, measurement.p999, measurement.maximum,
    ]
    return [measurement.name] + times.map { TextTable.fixed($0, 1) } + [
      "\(measurement.operations)", TextTable.fixed(measurement.allocationsPerOperation, 3),
      naive.map { TextTable.fixed($0.p50 / max(measurement.p50, 0.1), 1) } ?? "",
      reference.map { TextTable.fixed(measurement.p50 / max($0.p50, 0.1), 2) } ?? "",
      measurement.meanNodes.map { TextTable.fixed($0, 2) } ?? "",
      measurement.maximumNodes.map { "\($0)" } ?? "",
      nanosecondsPerNode(measurement, all).map { TextTable.fixed($0, 0) } ?? "",
    ]
  }

  /// What each node after the root takes: the whole search against its root alone.
  private static func nanosecondsPerNode(
    _ measurement: Measurement, _ all: [Measurement]
  ) -> Double? {
    guard let root = all.first(where: { $0.name == "\(measurement.name)/root-only" }),
      let nodes = measurement.meanNodes, let rootNodes = root.meanNodes, nodes > rootNodes
    else { return nil }
    return (measurement.mean - root.mean) / (nodes - rootNodes)
  }

  static func json(_ measurements: [Measurement], _ rows: [HeadToHead.Row]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("benchmarks")
    writer.beginArray()
    for measurement in measurements { append(measurement, measurements, to: &writer) }
    writer.endArray()
    writer.key("head_to_head")
    HeadToHeadReport.append(rows, to: &writer)
    writer.endObject()
    return writer.bytes
  }

  private static func append(
    _ measurement: Measurement, _ all: [Measurement], to writer: inout JSONWriter
  ) {
    func field(_ name: String, _ value: Double) {
      writer.field(name, number: TextTable.fixed(value, 1))
    }
    writer.beginObject()
    writer.field("name", measurement.name)
    field("p50_ns", measurement.p50)
    field("p90_ns", measurement.p90)
    field("p99_ns", measurement.p99)
    field("p999_ns", measurement.p999)
    field("max_ns", measurement.maximum)
    writer.field("operations", integer: Int64(measurement.operations))
    writer.field(
      "allocations_per_operation",
      number: TextTable.fixed(measurement.allocationsPerOperation, 3))
    if let nodes = measurement.meanNodes { field("mean_nodes", nodes) }
    if let nodes = measurement.maximumNodes {
      writer.field("maximum_nodes", integer: Int64(nodes))
    }
    if let time = nanosecondsPerNode(measurement, all) { field("ns_per_node", time) }
    writer.endObject()
  }
}
