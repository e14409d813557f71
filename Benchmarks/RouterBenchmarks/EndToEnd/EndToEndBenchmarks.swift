import CAllocationCounter
import Foundation
import Platform
import Simulation
import Wire

/// From bytes at a venue or a client to bytes at a venue, through the whole service.
///
/// All times are taken on the venues' side of the sockets: nothing of the router's own view counts.
enum EndToEndBenchmarks {
  private static let venues = ["kraken", "coinbase-exchange", "binance"]

  static func run(_ benchmarker: inout Benchmarker) throws {
    try EchoBenchmarks.run(&benchmarker)
    for mode in ["busy", "busy-cold", "sleeping"] {
      if venues.contains(where: { benchmarker.wants("end-to-end/tick-to-order/\($0)/\(mode)") }) {
        try tickToOrder(&benchmarker, mode)
      }
    }
    for durability in ["process", "power"]
    where benchmarker.wants("end-to-end/request-to-order/\(durability)") {
      try requestToOrder(&benchmarker, durability)
    }
  }

  private static func options(_ mode: String, _ durability: String) -> LoopbackSite.Options {
    var options = LoopbackSite.Options()
    options.durability = durability
    options.isBusyPolling = mode != "sleeping"
    options.keepsWarm = mode == "busy"
    options.coreProcessor = 0
    return options
  }

  private static func submit(_ site: LoopbackSite, _ id: String, _ fields: String) throws {
    _ = try site.ask(
      "POST", "/v1/orders",
      #"{"client_order_id":"\#(id)","symbol":"BTC-USD","side":"buy",\#(fields)}"#)
  }

  // MARK: A depth frame makes a standing parent marketable

  private static func tickToOrder(_ benchmarker: inout Benchmarker, _ mode: String) throws {
    let site = try LoopbackSite(options(mode, "process"))
    defer {
      benchmark_move_to_processor(-1)
      site.stop()
    }
    try site.waitUntilUp()
    benchmark_move_to_processor(1)
    let price = LoopbackVenue.reference("BTC-USD")
    try submit(
      site, "standing",
      #""quantity":"1000","type":"limit","limit_price":"\#(price / 100)","time_in_force":"gtc","#
        + #""routing":{"residual":"hold"}"#)
    var random = RouterBenchmarks.SeededRandom(seed: 7)
    for name in venues {
      guard let venue = site.venues.first(where: { $0.name == name }) else { continue }
      let wanted = benchmarker.isQuick ? 30 : name == "kraken" ? 2000 : 300
      var samples: [Double] = []
      var allocations: [UInt64] = []
      for _ in 0..<wanted {
        try serve(site, milliseconds: pause(name) + random.below(8), &random)
        guard let nanoseconds = try tick(site, venue, price) else { continue }
        allocations.append(site.observer.allocations)
        samples.append(Double(nanoseconds))
      }
      guard samples.count > (benchmarker.isQuick ? 0 : wanted * 9 / 10) else {
        throw LoopbackFailure("\(name): \(samples.count) orders after \(wanted) ticks")
      }
      benchmarker.record(
        "end-to-end/tick-to-order/\(name)/\(mode)", samples: samples,
        allocations: Double(allocations.sorted()[allocations.count / 2]))
    }
    print("\(mode): stages p50 us: \(try site.stages())")
  }

  /// Long enough for the venue to show that the last order is gone before the next one comes: what
  /// one batch takes and gives back is no change.
  private static func pause(_ venue: String) -> Int { venue == "kraken" ? 3 : 110 }

  /// Lets the market move where it makes nobody trade, as a live one does all the time, so that what
  /// is measured is a router that has something to do.
  private static func serve(_ site: LoopbackSite, milliseconds: Int, _ random: inout SeededRandom)
    throws
  {
    let end = Clock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
    while Clock.monotonicNanoseconds() < end {
      for venue in site.venues { try venue.move("BTC-USD", random.below(8)) }
      site.serve(milliseconds: 1)
    }
  }

  /// From the frame's last byte to the order's arrival; `nil` if none came.
  private static func tick(
    _ site: LoopbackSite, _ venue: LoopbackVenue, _ price: Int64
  ) throws -> Int64? {
    site.observer.reset()
    let order = try venue.place("BTC-USD", .sell, cents: price, lots: 1)
    venue.flush()
    let came = site.serve(milliseconds: 400) { !site.observer.orderTimes.isEmpty }
    guard came, let first = site.observer.orderTimes.first else {
      venue.cancel(order)
      venue.flush()
      site.serve(milliseconds: 150)
      return nil
    }
    return first - site.observer.causeSentAt
  }

  // MARK: A client's request

  private static func requestToOrder(_ benchmarker: inout Benchmarker, _ durability: String) throws
  {
    let site = try LoopbackSite(options("sleeping", durability))
    defer {
      benchmark_move_to_processor(-1)
      site.stop()
    }
    try site.waitUntilUp()
    benchmark_move_to_processor(1)
    var first: [Double] = []
    var last: [Double] = []
    var answer: [Double] = []
    let wanted = benchmarker.isQuick ? 30 : 1000
    for index in 0..<wanted {
      // The cheapest level of each venue together, so that each gets a child.
      for venue in site.venues {
        try venue.place(
          "BTC-USD", .sell, cents: LoopbackVenue.reference("BTC-USD") + 50, lots: 2)
        venue.flush()
      }
      site.serve(milliseconds: 120)
      site.observer.reset()
      var answeredAt: Int64?
      let start = Clock.monotonicNanoseconds()
      site.send("POST", "/v1/orders", body(index)) { _, _ in
        answeredAt = Clock.monotonicNanoseconds()
      }
      site.serve(milliseconds: 500) { site.observer.orderTimes.count == 3 && answeredAt != nil }
      guard site.observer.orderTimes.count == 3, let answeredAt else { continue }
      first.append(Double(site.observer.orderTimes[0] - start))
      last.append(Double(site.observer.orderTimes[2] - start))
      answer.append(Double(answeredAt - start))
    }
    guard first.count > (benchmarker.isQuick ? 0 : wanted * 9 / 10) else {
      throw LoopbackFailure("\(first.count) of \(wanted) orders went to three venues")
    }
    let name = "end-to-end/request-to-order/\(durability)"
    benchmarker.record("\(name)/first-child", samples: first)
    benchmarker.record("\(name)/last-child", samples: last)
    benchmarker.record("\(name)/answer", samples: answer)
    print("\(durability): stages p50 us: \(try site.stages())")
  }

  private static func body(_ index: Int) -> String {
    #"{"client_order_id":"r\#(index)","symbol":"BTC-USD","side":"buy","quantity":"0.006","#
      + #""type":"market","time_in_force":"ioc"}"#
  }
}
