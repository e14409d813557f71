import RouterCore
import Testing
import Wire

@testable import ClientGateways

struct MetricsTextTests {
  private func parsed(_ text: MetricsText) throws -> PrometheusText {
    try PrometheusText(parsing: String(decoding: text.bytes, as: UTF8.self))
  }

  @Test func `labels and help are escaped`() throws {
    var text = MetricsText()
    text.begin("one", .gauge, "a \\ and\na line")
    text.sample(["venue": "a\"b\\c\nd", "more": ""], -3)
    let read = try parsed(text)
    #expect(read.value("one", ["venue": "a\"b\\c\nd", "more": ""]) == -3)
    #expect(
      String(decoding: text.bytes, as: UTF8.self).hasPrefix("# HELP one a \\\\ and\\na line\n"))
  }

  @Test func `times are written in seconds`() throws {
    var text = MetricsText()
    text.begin("one", .gauge, "help")
    text.sample([:], nanoseconds: -1_500_000_001)
    #expect(try parsed(text).value("one") == -1.500000001)
  }

  @Test func `a histogram's buckets add up`() throws {
    var histogram = Histogram(highestTrackableValue: 60_000_000_000, significantDigits: 2)
    for value: Int64 in [0, 900, 1_000_000, 1_000_000, 59_000_000_000] { histogram.record(value) }
    var text = MetricsText()
    text.begin("way", .histogram, "help")
    text.histogram([("stage", "x")], histogram)
    let read = try parsed(text)
    #expect(read.value("way_count", ["stage": "x"]) == 5)
    #expect(read.value("way_bucket", ["stage": "x", "le": "0.000001"]) == 2)
    #expect(read.value("way_bucket", ["stage": "x", "le": "0.0005"]) == 2)
    #expect(read.value("way_bucket", ["stage": "x", "le": "0.0025"]) == 4)
    #expect(read.value("way_bucket", ["stage": "x", "le": "10"]) == 4)
    #expect(read.value("way_bucket", ["stage": "x", "le": "+Inf"]) == 5)
    let sum = try #require(read.value("way_sum", ["stage": "x"]))
    #expect(abs(sum - 59.002) < 0.6)
  }

  @Test func `an empty histogram is sound`() throws {
    var text = MetricsText()
    text.begin("way", .histogram, "help")
    text.histogram([], Histogram(highestTrackableValue: 1000, significantDigits: 2))
    #expect(try parsed(text).value("way_count") == 0)
  }

  @Test func `bounds run from a microsecond to ten seconds`() {
    #expect(MetricsText.bounds.first == 1000)
    #expect(MetricsText.bounds.last == 10_000_000_000)
    #expect(MetricsText.bounds.count == 22)
    #expect(MetricsText.bounds == MetricsText.bounds.sorted())
  }

  @Test(arguments: [
    "one 1\n",  // no help, no type
    "# HELP one h\none 1\n",
    "# HELP one h\n# TYPE one gauge\none 1",
    "# HELP one h\n# TYPE one gauge\none 1\none 1\n",
    "# HELP one h\n# TYPE one gauge\ntwo 1\n",
    "# HELP one h\n# TYPE one gauge\none{a=\"\\x\"} 1\n",
    "# HELP one h\n# TYPE one gauge\none{a=\"b} 1\n",
    "# HELP one h\n# TYPE one counter\none 1\n",
    "# HELP h h\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
    "# HELP h h\n# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n"
      + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
    "# HELP h h\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
  ]) func `the reader refuses what is not sound`(text: String) {
    #expect(throws: PrometheusText.Failure.self) { try PrometheusText(parsing: text) }
  }

  // MARK: The router's own

  static func view(latency: LatencyView? = nil) -> MetricsView {
    MetricsView(
      at: Timestamp(nanoseconds: 5),
      gauges: CoreGauges(
        openOrders: 3, waitingEffects: 4,
        waitingRequests: [CoreGauges.Waiting(venue: VenueID(0), count: 6)],
        journalWrittenIndex: 100, journalSafeIndex: 98, journalDurableIndex: 97,
        pathLatencyNanoseconds: 77, rehearsals: 66),
      venues: [
        VenueStatusView(
          venue: VenueID(0), name: "kraken", dialect: "kraken", state: "up", marketData: true,
          orderEntry: false, dropCopy: true,
          channels: [
            VenueStatusView.Channel(
              name: "marketData", state: "open", reconnects: 2, messages: 9, lastMessageAt: nil,
              lastClosure: nil)
          ], clockOffsetMilliseconds: nil, clockUncertaintyMilliseconds: nil, ordersSent: 5,
          requestsUnknown: 1, incidents: []),
        twoWayVenue,
      ],
      clocks: [
        VenueClockView(
          venue: VenueID(0), offsetNanoseconds: -2_000_000, uncertaintyNanoseconds: 500_000)
      ], requestsInFlight: 2, latency: latency)
  }

  private static var twoWayVenue: VenueStatusView {
    var venue = VenueStatusView(
      venue: VenueID(1), name: "binance", dialect: "binance", state: "up", marketData: true,
      orderEntry: true, dropCopy: true, channels: [], clockOffsetMilliseconds: nil,
      clockUncertaintyMilliseconds: nil, ordersSent: 0, requestsUnknown: 0, incidents: [])
    let ways = ["socket", "http"].map { name in
      OrderTransportView.Way(
        name: name, samples: 9, medianNanoseconds: 1_500_000, tailNanoseconds: 3_000_000)
    }
    venue.orderTransport = OrderTransportView(policy: "fastest", chosen: "http", ways: ways)
    return venue
  }

  static var latency: LatencyView {
    var histogram = Histogram(highestTrackableValue: 60_000_000_000, significantDigits: 2)
    histogram.record(20_000)
    let window = LatencyView.Window(
      start: Timestamp(nanoseconds: 1), end: Timestamp(nanoseconds: 4),
      stages: [nil, VenueID(0)].map {
        LatencyView.Entry(name: "decide", venue: $0, histogram: histogram)
      }, paths: [LatencyView.Entry(name: "tick_to_order", venue: nil, histogram: histogram)])
    return LatencyView(
      intervalSeconds: 60, run: window, interval: nil,
      counters: LatencyView.Counters(
        lateParents: 8, unexplainedOverruns: 7,
        overruns: [LatencyView.Overrun(stage: "decide", count: 1)], clampedStamps: 2,
        droppedFrames: 3, forgottenParents: 4, forgottenChildren: 5, memoryBytes: 6))
  }

  static var model: ReadModel {
    var model = ReadModel()
    model.apply(
      .venueDefined(
        VenueDefinition(
          id: VenueID(0), name: ShortText(truncating: "kraken"), absenceProofMilliseconds: 1,
          holdsFee: false)))
    model.apply(.haltChanged(isHalted: true, at: Timestamp(nanoseconds: 1)))
    return model
  }

  private func metrics(_ latency: LatencyView?) throws -> PrometheusText {
    let metrics = RouterMetrics(
      view: Self.view(latency: latency), model: Self.model, version: "1.2", isReady: true)
    return try PrometheusText(parsing: String(decoding: metrics.text(), as: UTF8.self))
  }

  @Test func `the router's metrics are sound and say what was given`() throws {
    let read = try metrics(Self.latency)
    #expect(read.value("sluice_build_info", ["version": "1.2"]) == 1)
    #expect(read.value("sluice_halted") == 1)
    #expect(read.value("sluice_open_orders") == 3)
    #expect(read.value("sluice_journal_safe_index") == 98)
    #expect(read.value("sluice_journal_durable_index") == 97)
    #expect(read.value("sluice_rehearsals_total") == 66)
    #expect(read.value("sluice_venue_orders_sent_total", ["venue": "kraken"]) == 5)
    #expect(
      read.value("sluice_venue_link_up", ["venue": "kraken", "link": "order_entry"]) == 0)
    #expect(
      read.value(
        "sluice_venue_reconnects_total", ["venue": "kraken", "channel": "market_data"]) == 2)
    #expect(read.value("sluice_venue_clock_offset_seconds", ["venue": "kraken"]) == -0.002)
    #expect(
      read.value("sluice_stage_seconds_count", ["stage": "decide", "venue": "kraken"]) == 1)
    #expect(
      read.value(
        "sluice_stage_seconds_bucket", ["stage": "decide", "venue": "kraken", "le": "0.00001"])
        == 0)
    #expect(read.value("sluice_path_seconds_count", ["path": "tick_to_order"]) == 1)
    #expect(read.value("sluice_stage_overruns_total", ["stage": "decide"]) == 1)
    #expect(read["sluice_stage_seconds"]?.type == "histogram")
    for (way, value) in [("http", 1.0), ("socket", 0)] {
      let labels = ["venue": "binance", "transport": way]
      #expect(read.value("sluice_venue_order_transport", labels) == value)
      #expect(
        read.value("sluice_venue_order_transport", ["venue": "kraken", "transport": way]) == nil)
    }
  }

  @Test func `a venue with two ways tells which orders take, and why`() throws {
    var json = JSONWriter()
    let renderer = VenueRenderer(
      renderer: Renderer(directory: Self.model.directory), model: Self.model)
    renderer.write(Self.view().venues, to: &json)
    let venues = try JSONValue(parsing: json.bytes)["venues"]
    #expect(venues?[0]?["venue"]?.string == "kraken" && venues?[0]?["order_transport"] == nil)
    let transport = try #require(venues?[1]?["order_transport"])
    #expect(transport["policy"]?.string == "fastest" && transport["chosen"]?.string == "http")
    #expect(transport["ways"]?.array?.compactMap { $0["transport"]?.string } == ["socket", "http"])
    #expect(transport["ways"]?[1]?["samples"]?.int64 == 9)
    #expect(transport["ways"]?[1]?["p50_ms"]?.text == "1.5")
    #expect(transport["ways"]?[1]?["p95_ms"]?.text == "3")
  }

  @Test func `metrics without latencies are sound as well`() throws {
    let read = try metrics(nil)
    #expect(read.value("sluice_open_orders") == 3)
    #expect(read["sluice_stage_seconds"] == nil)
  }

  @Test func `latencies are told as whole nanoseconds by stage and venue`() throws {
    var json = JSONWriter()
    let view = Self.view(latency: Self.latency)
    LatencyRenderer(renderer: Renderer(directory: Self.model.directory)).write(
      view, Self.latency, Self.latency.run, to: &json)
    let read = try JSONValue(parsing: json.bytes)
    let stages = read["stages"]?.array ?? []
    #expect(stages.map { $0["venue"]?.string } == [nil, "kraken"])
    #expect(stages.allSatisfy { $0["count"]?.int64 == 1 && $0["stage"]?.string == "decide" })
    let p50 = try #require(stages.last?["p50_ns"]?.int64)
    #expect((20_000...20_200).contains(p50))
    #expect(read["end_to_end"]?[0]?["path"]?.string == "tick_to_order")
    #expect(read["overruns"]?["orders"]?.int64 == 8)
    #expect(read["overruns"]?["stages"]?[0]?["stage"]?.string == "decide")
    #expect(read["clocks"]?[0]?["offset_ns"]?.int64 == -2_000_000)
    #expect(read["clocks"]?[0]?["uncertainty_ns"]?.int64 == 500_000)
    #expect(read["tracker"]?["children_forgotten"]?.int64 == 5)
  }

  @Test func `a window becomes a log under tags of venue and stage`() throws {
    let intervals = Self.latency.run.intervals { _ in "kraken" }
    #expect(intervals.map(\.tag) == ["decide", "kraken.decide", "tick_to_order"])
    let log = HistogramLog(startNanoseconds: 1, intervals: intervals)
    let read = try HistogramLog.parse(log.text())
    #expect(read.merged(tag: "kraken.decide")?.totalCount == 1)
  }
}
