import Foundation
import Platform
import Simulation
import Wire

/// How much goes through at most, and what becomes of twice as much.
///
/// Router, venues and client share the machine's processors, so that the figures are those of all
/// of them together.
enum OverloadBenchmarks {
  private static let floodLevels = 8
  private static let patienceMilliseconds = 250

  static func run(_ benchmarker: inout Benchmarker) throws {
    // A quick run is for machines that others use as well.
    if benchmarker.isQuick && benchmarker.filter.isEmpty { return }
    if benchmarker.wants("end-to-end/overload/orders") { try orders(&benchmarker) }
    if benchmarker.wants("end-to-end/overload/market-data") { try marketData(&benchmarker) }
  }

  private static func site() throws -> (LoopbackSite, LoopbackVenue) {
    var options = LoopbackSite.Options()
    options.symbols = ["BTC-USD", "ETH-USD"]
    options.venues = ["kraken"]
    let site = try LoopbackSite(options)
    try site.waitUntilUp()
    let venue = site.venues[0]
    for side in [OrderSide.buy, .sell] {
      let cents = LoopbackVenue.reference("BTC-USD") + (side == .buy ? -50 : 50)
      try venue.place("BTC-USD", side, cents: cents, lots: 5_000_000)
    }
    venue.flush()
    site.serve(milliseconds: 100)
    return (site, venue)
  }

  // MARK: Orders

  /// First as many as go through, each connection asking again when it is answered; then twice as
  /// many, at fixed times.
  private static func orders(_ benchmarker: inout Benchmarker) throws {
    let (site, _) = try site()
    defer { site.stop() }
    let seconds = benchmarker.isQuick ? 2 : 10
    var closed = OverloadRun(site, patienceMilliseconds: patienceMilliseconds)
    let most = closed.driveClosed(seconds: seconds, connections: LoopbackSite.lanes)
    print("closed loop of \(LoopbackSite.lanes): \(try closed.finish()), \(most) orders/s")
    benchmarker.record("end-to-end/overload/orders/closed-loop", samples: closed.answers)
    let before = residentMegabytes()
    var open = OverloadRun(site, patienceMilliseconds: patienceMilliseconds)
    open.driveOpen(seconds: seconds, perSecond: 2 * most)
    print(
      "twice as many, \(2 * most) orders/s with \(patienceMilliseconds) ms each: "
        + "\(try open.finish()), \(residentMegabytes() - before) MB more resident")
    benchmarker.record("end-to-end/overload/orders/twice", samples: open.answers)
  }

  private static func residentMegabytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return 0
    }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 / 1_000_000 : 0
  }

  // MARK: Market data

  /// Floods at growing rates; after each, how long until the router's book shows what came last.
  private static func marketData(_ benchmarker: inout Benchmarker) throws {
    let (site, venue) = try site()
    defer { site.stop() }
    for rate in benchmarker.isQuick ? [10_000] : [25_000, 50_000, 100_000, 200_000, 400_000] {
      // A venue drops who does not read, and the next subscription has another socket.
      let flood = try venue.makeFlood("ETH-USD", levels: floodLevels, site.observer)
      var feed = Feed(flood, perSecond: rate)
      feed.serve(site, milliseconds: benchmarker.isQuick ? 500 : 3000)
      let behind = try catchUp(site, venue)
      let links = try site.ask("GET", "/v1/venues")["venues"]?.array?.first?["channels"]?.array
      let reconnects = (links ?? []).compactMap { $0["reconnects"]?.int64 }.reduce(0, +)
      print(
        "\(rate) messages/s of \(floodLevels) levels asked: \(feed.report), "
          + "\(behind / 1_000_000) ms behind at the end, \(reconnects) reconnects so far")
      benchmarker.record("end-to-end/overload/market-data/\(rate)", samples: [Double(behind)])
    }
  }

  /// Until a level that the venue sends now is in the router's book, in nanoseconds.
  private static func catchUp(_ site: LoopbackSite, _ venue: LoopbackVenue) throws -> Int64 {
    let start = Clock.monotonicNanoseconds()
    let cents = LoopbackVenue.reference("ETH-USD") - 13
    let order = try venue.place("ETH-USD", .buy, cents: cents, lots: 1)
    venue.flush()
    defer {
      venue.cancel(order)
      venue.flush()
      site.serve(milliseconds: 200)
    }
    while Clock.monotonicNanoseconds() - start < 20_000_000_000 {
      let book = try site.ask("GET", "/v1/books/ETH-USD?depth=1")
      let best = book["venues"]?.array?.first?["bids"]?.array?.first
      if let price = best?.array?.first?.string,
        Double(price) == Double(cents) / 100
      {
        return Clock.monotonicNanoseconds() - start
      }
      site.serve(milliseconds: 1)
    }
    throw LoopbackFailure("the book does not show what the venue sent last")
  }
}

/// Orders beyond what can be taken, and what became of each.
struct OverloadRun {
  private final class Tally {
    var accepted = 0
    var refused: [String: Int] = [:]
    var answers: [Double] = []
    var waiting = 0
    var mostWaiting = 0
  }

  private let site: LoopbackSite
  private let patienceMilliseconds: Int64
  private let tally = Tally()
  private let ordersBefore: Int
  private var sent = 0

  init(_ site: LoopbackSite, patienceMilliseconds: Int) {
    self.site = site
    self.patienceMilliseconds = Int64(patienceMilliseconds)
    ordersBefore = site.observer.orders
  }

  var answers: [Double] { tally.answers }

  /// - Returns: Orders that were accepted, per second.
  mutating func driveClosed(seconds: Int, connections: Int) -> Int {
    let end = Clock.monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
    while Clock.monotonicNanoseconds() < end {
      while tally.waiting < connections { submit(intendedAt: Clock.monotonicNanoseconds()) }
      site.turn()
    }
    return tally.accepted / seconds
  }

  mutating func driveOpen(seconds: Int, perSecond: Int) {
    let start = Clock.monotonicNanoseconds()
    let interval = Int64(1_000_000_000 / max(perSecond, 1))
    let first = sent
    while sent - first < perSecond * seconds {
      let due = start + Int64(sent - first) * interval
      if Clock.monotonicNanoseconds() >= due { submit(intendedAt: due) }
      site.turn()
    }
  }

  private mutating func submit(intendedAt: Int64) {
    sent += 1
    let side = sent % 2 == 0 ? "buy" : "sell"
    let late = Clock.monotonicNanoseconds() - intendedAt
    let expiry = Clock.wallNanoseconds() - late + patienceMilliseconds * 1_000_000
    let body =
      #"{"client_order_id":"v\#(ordersBefore)-\#(sent)","symbol":"BTC-USD","side":"\#(side)","#
      + #""quantity":"0.001","type":"market","time_in_force":"ioc","#
      + #""expires_at":"\#(RFC3339.format(expiry))"}"#
    tally.waiting += 1
    tally.mostWaiting = max(tally.mostWaiting, tally.waiting)
    site.send("POST", "/v1/orders", body) { [tally] status, body in
      tally.waiting -= 1
      if status == 201 {
        tally.accepted += 1
        tally.answers.append(Double(Clock.monotonicNanoseconds() - intendedAt))
      } else {
        tally.refused[Self.reason(status, body), default: 0] += 1
      }
    }
  }

  private static func reason(_ status: Int, _ body: [UInt8]) -> String {
    guard let problem = try? JSONValue(parsing: body) else { return "\(status)" }
    let type = problem["type"]?.string?.split(separator: ":").last.map(String.init) ?? "?"
    return "\(status) \(type)\(problem["field"]?.string.map { " \($0)" } ?? "")"
  }

  /// Waits until nothing is open, and compares what was accepted with what the venue got: an order
  /// that expired in the router gets there not at all, none twice.
  ///
  /// - Throws: What was lost or doubled.
  func finish() throws -> String {
    site.serve(milliseconds: 30_000) { tally.waiting == 0 }
    var open = 1
    for _ in 0..<200 where open > 0 {
      site.serve(milliseconds: 100)
      open = try site.ask("GET", "/v1/orders?status=open")["orders"]?.array?.count ?? 0
    }
    guard open == 0, tally.waiting == 0 else {
      throw LoopbackFailure("\(open) orders stay open, \(tally.waiting) were not answered")
    }
    let arrived = site.observer.orders - ordersBefore
    guard arrived <= tally.accepted else {
      throw LoopbackFailure("\(tally.accepted) orders were accepted, \(arrived) came to the venue")
    }
    let refused = tally.refused.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return "\(sent) sent, \(tally.accepted) accepted and ended, \(arrived) of them at the venue, "
      + "refused: \(refused.isEmpty ? "none" : refused.joined(separator: ", ")); "
      + "at most \(tally.mostWaiting) unanswered"
  }
}
