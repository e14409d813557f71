import Testing
import Wire

@testable import RouterService

struct MeasurementReportTests {
  private static func venue(_ name: String, _ milliseconds: [Int64]) -> MeasurementReport.Venue {
    var series = ProbeSeries(.rest)
    for value in milliseconds {
      series.answer(intended: 0, started: 0, finished: value * 1_000_000)
    }
    var clock = ClockBounds()
    clock.record(askedAt: 0, earliest: 5_000_000, resolution: 1, receivedAt: 2_000_000)
    return MeasurementReport.Venue(
      name: name, dialect: "kraken", clock: clock, series: [series])
  }

  private static func report(_ venues: [MeasurementReport.Venue]) -> MeasurementReport {
    MeasurementReport(
      mode: "simulated", startNanoseconds: 0, seconds: 5, rate: 2.5, venues: venues,
      log: HistogramLog(startNanoseconds: 0))
  }

  private static let near = venue("near", (10..<60).map { $0 })
  private static let far = venue("far", (20..<120).map { $0 })

  @Test func `each venue stands beside the best`() throws {
    let rows = Self.report([Self.far, Self.near]).rows(of: .rest)
    #expect(rows.map(\.venue.name) == ["far", "near"])
    #expect(rows[1].difference == nil)
    #expect(rows[1].medianRatio == 1)
    let ratio = try #require(rows[0].medianRatio)
    #expect(ratio > 1.9 && ratio < 2.2)
    #expect(try #require(rows[0].difference).isBeyondNoise)
  }

  @Test func `the text has counts, percentiles, the comparison and the clocks`() {
    let text = Self.report([Self.far, Self.near]).text
    #expect(text.contains("REST round trip"))
    #expect(text.contains("p99.99"))
    #expect(text.contains("the best"))
    #expect(text.contains("+4.00 ms"))
  }

  @Test func `the JSON has every figure in nanoseconds`() throws {
    let json = try JSONValue(parsing: Array(Self.report([Self.far, Self.near]).json.utf8))
    let probe = try #require(json["venues"]?[0]?["probes"]?[0])
    #expect(probe["probe"]?.string == "rest")
    #expect(probe["latency_ns"]?["count"]?.int64 == 100)
    #expect(probe["against_best"]?["beyond_noise"]?.bool == true)
    #expect(json["venues"]?[1]?["clock"]?["offset_ns"]?.int64 == 4_000_000)
  }

  @Test func `a venue that answered nothing, or an order that is left, is a failure`() {
    let silent = MeasurementReport.Venue(
      name: "silent", dialect: "kraken", clock: ClockBounds(), series: [])
    #expect(Self.report([Self.near]).exitStatus == 0)
    #expect(Self.report([Self.near, silent]).exitStatus == 1)
    let left = MeasurementReport.Venue(
      name: "left", dialect: "kraken", clock: ClockBounds(), series: Self.near.series,
      openOrders: ["sl-1"])
    #expect(Self.report([left]).exitStatus == 1)
    #expect(Self.report([left]).text.contains("these orders may still rest; cancel them: sl-1"))
  }

  @Test func `orders in mode live need force, and then never trade`() throws {
    #expect(throws: MeasuringError.self) {
      try MeasuringOptions.Orders.allowed(in: .live, isForced: false)
    }
    guard case .test = try MeasuringOptions.Orders.allowed(in: .live, isForced: true) else {
      Issue.record("live must only have orders that are checked")
      return
    }
    #expect(try MeasuringOptions.Orders.allowed(in: .testnet, isForced: false).areResting)
  }
}
