import Platform
import Simulation
import Wire

/// Orders of a client at one venue, as many and as fast as wanted, and what became of each.
struct OrderLoad {
  private final class Tally {
    var accepted = 0
    var refused: [String: Int] = [:]
    var answers: [Double] = []
    var waiting = 0
    var mostWaiting = 0
  }

  private let site: LoopbackSite
  /// How long each order may take, from when it should have been sent.
  private let patienceMilliseconds: Int64?
  private let tally = Tally()
  private let ordersBefore: Int
  private var sent = 0

  init(_ site: LoopbackSite, patienceMilliseconds: Int? = nil) {
    self.site = site
    self.patienceMilliseconds = patienceMilliseconds.map(Int64.init)
    ordersBefore = site.observer.orders
  }

  /// One venue with more to buy and to sell than any load takes.
  static func site() throws -> (LoopbackSite, LoopbackVenue) {
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

  /// Nanoseconds from when an order should have been sent to its acceptance.
  var answers: [Double] { tally.answers }
  var accepted: Int { tally.accepted }
  /// Orders that came to the venue.
  var arrived: Int { site.observer.orders - ordersBefore }

  /// Each connection asks again when it is answered.
  mutating func driveClosed(seconds: Int, connections: Int) {
    let end = Clock.monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
    while Clock.monotonicNanoseconds() < end {
      while tally.waiting < connections { submit(intendedAt: Clock.monotonicNanoseconds()) }
      site.turn()
    }
  }

  /// At fixed times, whatever the router answers; `step` is called at each turn.
  mutating func drive(perSecond: Int, seconds: Int, _ step: (Int64) -> Void = { _ in }) {
    let start = Clock.monotonicNanoseconds()
    let interval = Int64(1_000_000_000 / max(perSecond, 1))
    let total = sent + perSecond * seconds
    var due = start
    while sent < total {
      let now = Clock.monotonicNanoseconds()
      if now >= due {
        submit(intendedAt: due)
        due += interval
      }
      step(now)
      site.turn()
    }
  }

  private mutating func submit(intendedAt: Int64) {
    sent += 1
    let side = sent % 2 == 0 ? "buy" : "sell"
    let body =
      #"{"client_order_id":"l\#(ordersBefore)-\#(sent)","symbol":"BTC-USD","side":"\#(side)","#
      + #""quantity":"0.001","type":"market","time_in_force":"ioc"\#(expiry(intendedAt))}"#
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

  private func expiry(_ intendedAt: Int64) -> String {
    guard let patienceMilliseconds else { return "" }
    let late = Clock.monotonicNanoseconds() - intendedAt
    let time = Clock.wallNanoseconds() - late + patienceMilliseconds * 1_000_000
    return #","expires_at":"\#(RFC3339.format(time))""#
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
    guard arrived <= tally.accepted else {
      throw LoopbackFailure("\(tally.accepted) orders were accepted, \(arrived) came to the venue")
    }
    let refused = tally.refused.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return "\(sent) sent, \(tally.accepted) accepted and ended, \(arrived) of them at the venue, "
      + "refused: \(refused.isEmpty ? "none" : refused.joined(separator: ", ")); "
      + "at most \(tally.mostWaiting) unanswered"
  }
}
