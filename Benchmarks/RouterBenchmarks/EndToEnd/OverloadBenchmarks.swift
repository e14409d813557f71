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

  // MARK: Orders

  /// First as many as go through, each connection asking again when it is answered; then twice as
  /// many, at fixed times.
  private static func orders(_ benchmarker: inout Benchmarker) throws {
    let (site, _) = try OrderLoad.site()
    defer { site.stop() }
    let seconds = benchmarker.isQuick ? 2 : 10
    var closed = OrderLoad(site)
    closed.driveClosed(seconds: seconds, connections: LoopbackSite.lanes)
    let most = closed.accepted / seconds
    print("closed loop of \(LoopbackSite.lanes): \(try closed.finish()), \(most) orders/s")
    benchmarker.record("end-to-end/overload/orders/closed-loop", samples: closed.answers)
    let before = residentMegabytes()
    var open = OrderLoad(site, patienceMilliseconds: patienceMilliseconds)
    open.drive(perSecond: 2 * most, seconds: seconds)
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
    let (site, venue) = try OrderLoad.site()
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
