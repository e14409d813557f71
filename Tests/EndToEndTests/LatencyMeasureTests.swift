import RouterService
import Testing
import Wire

/// `sluice latency venues` against simulated venues, through the same clients as the service.
@Suite(.serialized) struct LatencyMeasureTests {
  private static let all = ["binance", "coinbase-exchange", "kraken"]

  private func options(_ orders: MeasuringOptions.Orders = .none) -> MeasuringOptions {
    var options = MeasuringOptions()
    options.seconds = 2
    options.rate = 8
    options.orders = orders
    return options
  }

  private func series(
    _ report: MeasurementReport, _ venue: String, _ probe: VenueProbe
  ) -> ProbeSeries? {
    report.venues.first { $0.name == venue }?.series.first { $0.probe == probe }
  }

  @Test func `every kind is measured at every venue, and no order is left`() throws {
    let deployment = try Deployment(Self.all)
    let report = try VenueLatencyRun.run(
      settings: try deployment.loadSettings(), options: options(.resting))
    for name in Self.all {
      for probe in VenueProbe.allCases {
        let found = series(report, name, probe)
        #expect((found?.answered ?? 0) > 0, "\(name) \(probe): \(found?.firstFailure ?? "nothing")")
      }
      // Sixteen intended starts, whatever became of them.
      #expect(series(report, name, .rest)?.count == 16)
      #expect(series(report, name, .order)?.count == 4)
      let orders = try deployment.admin(name, "GET", "/state")["orders"]?.array ?? []
      #expect(orders.count == 4)
      #expect(orders.allSatisfy { $0["status"]?.string == "canceled" }, "\(name): \(orders)")
      #expect(orders.allSatisfy { $0["executed"]?.text == "0" })
    }
    #expect(report.venues.allSatisfy { $0.openOrders.isEmpty })
    #expect(report.exitStatus == 0)

    let log = try HistogramLog.parse(report.log.text())
    let rest = try #require(log.merged(tag: "kraken.rest"))
    #expect(rest == series(report, "kraken", .rest)?.latency)
    #expect(log.tags.count == Self.all.count * VenueProbe.allCases.count)
  }

  @Test func `a clock that is set off is found, also where it tells whole seconds`() throws {
    let deployment = try Deployment(Self.all) { $0.clockOffsetMilliseconds = 1234 }
    let report = try VenueLatencyRun.run(
      settings: try deployment.loadSettings(), options: options())
    for venue in report.venues {
      let distance = abs(venue.clock.offset - 1_234_000_000)
      #expect(distance <= venue.clock.uncertainty + 1_000_000, "\(venue.name) \(venue.clock)")
      #expect(venue.clock.uncertainty < 400_000_000, "\(venue.name) \(venue.clock)")
      // By an offset that was not found every lag would be more than a second.
      let lag = try #require(series(report, venue.name, .feed)).latency
      #expect(lag.value(atPercentile: 50) < 1_000_000_000)
    }
  }

  @Test func `a venue that is down costs itself only`() throws {
    let deployment = try Deployment(["binance", "kraken"])
    deployment.stopVenue("binance")
    var notes: [String] = []
    let report = try VenueLatencyRun.run(
      settings: try deployment.loadSettings(), options: options(), note: { notes.append($0) })
    #expect(report.venues.map(\.name) == ["kraken"])
    #expect((series(report, "kraken", .ping)?.answered ?? 0) > 0)
    #expect(report.unreachable.first?.hasPrefix("binance is not measured") == true)
    #expect(notes == report.unreachable)
    #expect(report.exitStatus == 1)
  }

  @Test func `orders are refused while the service runs with the same keys`() throws {
    let deployment = try Deployment(["kraken"])
    try deployment.startService()
    do {
      _ = try VenueLatencyRun.run(
        settings: try deployment.loadSettings(), options: options(.resting))
      Issue.record("two processes would sign with one key")
    } catch let error as MeasuringError {
      #expect(error.exitStatus == 3)
      #expect("\(error)".contains("measure without --orders"))
    }
  }

  @Test func `a venue that is not in the settings is named, with those that are`() throws {
    let deployment = try Deployment(["kraken"])
    var options = options()
    options.venues = ["krakn"]
    do {
      _ = try VenueLatencyRun.run(settings: try deployment.loadSettings(), options: options)
      Issue.record("a name that is unknown was taken")
    } catch let error as MeasuringError {
      #expect(error.exitStatus == 2)
      #expect("\(error)" == "no venue 'krakn' in the settings; they have kraken")
    }
  }
}
