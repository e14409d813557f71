import Foundation
import Platform
import RouterService
import SimulatedVenues
import Testing
import Wire

/// Stage stamps of real orders through the real service, as its API tells them.
@Suite(.serialized) struct LatencyTests {
  private func text(
    _ deployment: Deployment, _ path: String, accept: String = "*/*", token: String? = nil
  ) throws -> HTTPResponse {
    let url = try #require(deployment.service?.url)
    var request = CurlRequest(method: "GET", url: url + path)
    request.headers = HTTPHeaders([
      ("Accept", accept), ("Authorization", "Bearer \(token ?? deployment.token)"),
    ])
    return try CurlClient(options: CurlOptions()).performAndWait(request)
  }

  private func trade(_ deployment: Deployment, _ count: Int) throws -> [JSONValue] {
    try (0..<count).map { index in
      try deployment.ended(try deployment.submit(index % 2 == 0 ? "buy" : "sell", "0.2"))
    }
  }

  private func count(_ json: JSONValue, _ stage: String, _ venue: String?) -> Int64? {
    json["stages"]?.array?.first {
      $0["stage"]?.string == stage && $0["venue"]?.string == venue
    }?["count"]?.int64
  }

  @Test(arguments: VenueProfiles.all.map(\.name))
  func `every order sent is counted once in every stage`(venue: String) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let orders = try trade(deployment, 4)
    #expect(orders.allSatisfy { $0["status"]?.string == "filled" })
    let sent = try #require(try deployment.venue(venue)?["orders_sent"]?.int64)
    #expect(sent >= 4)
    let latency = try deployment.client().get("/v1/latency")
    for stage in ["decide", "journal", "gate", "sign", "write", "acknowledge"] {
      #expect(count(latency, stage, venue) == sent, "\(stage)")
      #expect(count(latency, stage, nil) == sent, "\(stage)")
    }
    // The market moves: what missed it was planned again, as a child of its own.
    let filled = orders.flatMap { $0["children"]?.array ?? [] }.filter {
      $0["filled_quantity"]?.string != "0"
    }
    #expect(count(latency, "first_fill", venue) == Int64(filled.count))
    let whole = latency["end_to_end"]?.array ?? []
    let answered = whole.first { $0["path"]?.string == "request_to_order" }
    #expect(answered?["count"]?.int64 == 4)
    #expect((count(latency, "decode", venue) ?? 0) > 0)
    #expect((count(latency, "feed", venue) ?? 0) > 0)
    #expect(latency["clocks"]?[0]?["venue"]?.string == venue)
    try expectChildren(deployment, orders)
    try expectMetrics(deployment, venue, sent)
  }

  /// The stamps of every child ascend, and its stages add up to its total.
  private func expectChildren(_ deployment: Deployment, _ orders: [JSONValue]) throws {
    for order in orders {
      let id = order["id"]?.string ?? ""
      let stages = try deployment.client().get("/v1/orders/\(id)/latency")
      let children = stages["children"]?.array ?? []
      #expect(children.count == order["children"]?.array?.count)
      for child in children {
        let stamps = child["stamps"]?.array ?? []
        let times = stamps.compactMap { $0["at"]?.string }
        #expect(times == times.sorted())
        let sum = stamps.reduce(0) { $0 + ($1["stage_ns"]?.int64 ?? 0) }
        #expect(sum == child["total_ns"]?.int64)
        #expect(stamps.allSatisfy { ($0["stage_ns"]?.int64 ?? 0) >= 0 })
      }
      let names = (children.first?["stamps"]?.array ?? []).compactMap { $0["stamp"]?.string }
      let isFilled = order["children"]?[0]?["filled_quantity"]?.string != "0"
      #expect(
        names == ["r0", "r1", "t4", "t5", "j", "t6", "t7", "t8", "t9"]
          + (isFilled ? ["t10", "t11"] : []), "order \(id)")
    }
  }

  private func expectMetrics(_ deployment: Deployment, _ venue: String, _ sent: Int64) throws {
    let response = try text(deployment, "/metrics")
    #expect(response.status == 200)
    #expect(response.headers["Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
    let lines = String(decoding: response.body, as: UTF8.self).split(separator: "\n")
    #expect(lines.contains("sluice_venue_orders_sent_total{venue=\"\(venue)\"} \(sent)"))
    #expect(
      lines.contains("sluice_stage_seconds_count{stage=\"write\",venue=\"\(venue)\"} \(sent)"))
    #expect(lines.contains("sluice_open_orders 0"))
  }

  @Test func `interval histograms come as a log, over HTTP and as a file`() throws {
    let deployment = try Deployment(["kraken"])
    deployment.edit = {
      $0.replacingOccurrences(
        of: "durability:",
        with: "latency: {hlog_directory: 'latencies', interval_seconds: 1}, durability:")
    }
    try deployment.startService()
    try deployment.waitUntilUp()
    _ = try trade(deployment, 2)
    let sent = try #require(try deployment.venue("kraken")?["orders_sent"]?.int64)
    try deployment.wait("an interval has ended") {
      try text(deployment, "/v1/latency?format=hlog").status == 200
    }
    let answer = try text(deployment, "/v1/latency?window=run", accept: "text/plain")
    let log = try HistogramLog.parse(answer.body)
    #expect(log.merged(tag: "kraken.write")?.totalCount == sent)
    deployment.stopService()
    let directory = "\(deployment.directory)/latencies"
    let file = try #require(try FileManager.default.contentsOfDirectory(atPath: directory).first)
    #expect(file.hasSuffix(".hlog"))
    let bytes = try FileSystem.readFile("\(directory)/\(file)")
    let written = try HistogramLog.parse(bytes)
    #expect(written.merged(tag: "kraken.write")?.totalCount == sent)
    #expect(written.merged(tag: "request_to_order")?.totalCount == 2)
  }

  /// What nobody waits for is synced all the same.
  @Test func `with process durability the disk follows`() throws {
    let deployment = try Deployment(["kraken"])
    try deployment.startService()
    try deployment.waitUntilUp()
    _ = try trade(deployment, 2)
    let written = try metric(deployment, "sluice_journal_written_index")
    #expect(written > 10)
    try deployment.wait("the disk has it") {
      try metric(deployment, "sluice_journal_durable_index") >= written
    }
  }

  private func metric(_ deployment: Deployment, _ name: String) throws -> Int {
    let body = String(decoding: try text(deployment, "/metrics").body, as: UTF8.self)
    let line = body.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
    return try #require(line?.split(separator: " ").last.flatMap { Int($0) })
  }

  /// What is rehearsed between orders stays out of them.
  @Test(arguments: [true, false])
  func `a core that polls keeps the way of an order warm if the settings let it`(
    keepsWarm: Bool
  ) throws {
    let deployment = try Deployment(["kraken"])
    deployment.edit = {
      $0.replacingOccurrences(
        of: "durability:", with: "busy_polling: true, keep_warm: \(keepsWarm), durability:")
    }
    let before = try deployment.balances()
    try deployment.startService()
    try deployment.waitUntilUp()
    // One that waits all the time: plans are tried for it.
    let waiting = try deployment.place(
      "buy", "0.01",
      #""type":"limit","limit_price":"60000","routing":{"residual":"hold"},"time_in_force":"gtc""#)
    let orders = try trade(deployment, 6)
    #expect(orders.allSatisfy { $0["status"]?.string == "filled" })
    let count = try metric(deployment, "sluice_rehearsals_total")
    #expect(keepsWarm ? count > 10 : count == 0)
    _ = try deployment.client().delete("/v1/orders/\(waiting["id"]?.string ?? "")")
    let ended = try deployment.ended(waiting)
    #expect(ended["status"]?.string == "canceled" && ended["children"]?.array?.isEmpty == true)
    try deployment.expectAgreement(before)
  }

  @Test func `what our own path takes reaches the core`() throws {
    let deployment = try Deployment(["kraken"])
    try deployment.startService()
    try deployment.waitUntilUp()
    let told = { try deployment.client().get("/v1/latency")["decision_to_order_told_ns"]?.int64 }
    #expect(try told() == nil)
    for index in 0..<22 {
      _ = try deployment.submit(index % 2 == 0 ? "buy" : "sell", "0.01")
    }
    try deployment.wait("the core was told") { try told() != nil }
    #expect((try told() ?? 0) > 0)
  }

  @Test func `what is asked wrongly is refused with words`() throws {
    let deployment = try Deployment(["kraken"])
    try deployment.startService()
    try deployment.waitUntilUp()
    #expect(try text(deployment, "/v1/latency?format=xml").status == 400)
    #expect(try text(deployment, "/v1/latency?window=week").status == 400)
    #expect(try text(deployment, "/v1/latency?window=interval").status == 404)
    #expect(try text(deployment, "/v1/orders/77/latency").status == 404)
    for path in ["/metrics", "/v1/latency"] {
      #expect(try text(deployment, path, token: "wrong").status == 401)
    }
  }

  @Test func `a router that does not measure says so`() throws {
    let deployment = try Deployment(["kraken"])
    deployment.edit = {
      $0.replacingOccurrences(of: "durability:", with: "latency: {enabled: false}, durability:")
    }
    try deployment.startService()
    try deployment.waitUntilUp()
    let order = try trade(deployment, 1)[0]
    #expect(try text(deployment, "/v1/latency").status == 404)
    #expect(
      try text(deployment, "/v1/orders/\(order["id"]?.string ?? "")/latency").status == 404)
    let metrics = try text(deployment, "/metrics")
    #expect(metrics.status == 200)
    #expect(!String(decoding: metrics.body, as: UTF8.self).contains("sluice_stage_seconds"))
  }
}
