import CAllocationCounter
import Platform
import Simulation
import Wire

/// The service under load: market data and orders at fixed times, whatever the router answers.
enum LoadBenchmarks {
  private static let floodLevels = 8

  static func run(_ benchmarker: inout Benchmarker) throws {
    for pause in [1, 12] where benchmarker.wants("end-to-end/flood/tick-to-order/\(pause)-ms") {
      try flood(&benchmarker, pauseMilliseconds: pause)
    }
    // A quick run is for machines that others use as well.
    for rate in benchmarker.isQuick ? [250] : [250, 500, 1000, 2000]
    where benchmarker.wants("end-to-end/load/\(rate)") {
      try load(&benchmarker, parentsPerSecond: rate)
    }
  }

  // MARK: From tick to order while 10,000 messages a second come

  private static func flood(_ benchmarker: inout Benchmarker, pauseMilliseconds: Int) throws {
    var options = LoopbackSite.Options()
    options.symbols = ["BTC-USD", "ETH-USD"]
    options.isBusyPolling = true
    options.coreProcessor = 0
    let site = try LoopbackSite(options)
    defer {
      benchmark_move_to_processor(-1)
      site.stop()
    }
    try site.waitUntilUp()
    benchmark_move_to_processor(1)
    guard let venue = site.venues.first(where: { $0.name == "kraken" }) else { return }
    let price = LoopbackVenue.reference("BTC-USD")
    _ = try site.ask(
      "POST", "/v1/orders",
      #"{"client_order_id":"standing","symbol":"BTC-USD","side":"buy","quantity":"1000","#
        + #""type":"limit","limit_price":"\#(price / 100)","time_in_force":"gtc","#
        + #""routing":{"residual":"hold"}}"#)
    var feed = Feed(
      try venue.makeFlood("ETH-USD", levels: floodLevels, site.observer), perSecond: 10_000)
    var samples: [Double] = []
    let wanted = benchmarker.isQuick ? 50 : 1000
    for _ in 0..<wanted {
      feed.serve(site, milliseconds: pauseMilliseconds)
      site.observer.reset()
      let order = try venue.place("BTC-USD", .sell, cents: price, lots: 1)
      venue.flush()
      let sentAt = site.observer.lastSentAt
      feed.serve(site, milliseconds: 50) { !site.observer.orderTimes.isEmpty }
      if let first = site.observer.orderTimes.first {
        samples.append(Double(first - sentAt))
      } else {
        venue.cancel(order)
        venue.flush()
      }
    }
    guard samples.count > (benchmarker.isQuick ? 0 : wanted * 9 / 10) else {
      throw LoopbackFailure("\(samples.count) orders after \(wanted) ticks")
    }
    benchmarker.record(
      "end-to-end/flood/tick-to-order/\(pauseMilliseconds)-ms", samples: samples)
  }

  // MARK: Orders and market data together

  private static func load(_ benchmarker: inout Benchmarker, parentsPerSecond: Int) throws {
    let (site, venue) = try OrderLoad.site()
    defer { site.stop() }
    let flood = try venue.makeFlood("ETH-USD", levels: floodLevels, site.observer)
    var feed = Feed(flood, perSecond: 100_000 / floodLevels)
    let seconds = benchmarker.isQuick ? 2 : 60
    var load = OrderLoad(site)
    load.drive(perSecond: parentsPerSecond, seconds: seconds) { feed.step(at: $0) }
    let report = try load.finish()
    guard load.arrived == load.accepted else {
      throw LoopbackFailure("\(load.accepted) were accepted, \(load.arrived) came to the venue")
    }
    print("\(parentsPerSecond) parents/s for \(seconds) s: \(report), \(feed.report)")
    benchmarker.record("end-to-end/load/\(parentsPerSecond)/answer", samples: load.answers)
  }
}

/// Market data at fixed times; what is late is sent late, and counted.
struct Feed {
  private let messages: [BookFlood]
  private let interval: Int64
  private var next = 0
  private var dueAt: Int64 = 0
  private var startedAt: Int64 = 0
  private(set) var sent = 0
  private var latest: Int64 = 0

  init(_ messages: [BookFlood], perSecond: Int) {
    self.messages = messages
    interval = Int64(1_000_000_000 / perSecond)
  }

  /// Sends what is due; after a pause of its own it does not catch up.
  mutating func step(at now: Int64) {
    if startedAt == 0 { (startedAt, dueAt) = (now, now) }
    latest = now
    guard now >= dueAt else { return }
    messages[next].send()
    next = (next + 1) % messages.count
    sent += 1
    dueAt = max(dueAt + interval, now - 20 * interval)
  }

  mutating func serve(
    _ site: LoopbackSite, milliseconds: Int, until condition: () -> Bool = { false }
  ) {
    let end = Clock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
    while true {
      let now = Clock.monotonicNanoseconds()
      if now >= end || condition() { return }
      step(at: now)
      site.turn()
    }
  }

  var report: String {
    let seconds = Double(max(latest - startedAt, 1)) / 1e9
    return "\(Int(Double(sent) / seconds)) messages/s of market data"
  }
}
