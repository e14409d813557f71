import RouterCore
import Wire

/// How much of the account's order counts and of the address's request weight is used, by the venue's
/// own counters.
///
/// The WebSocket API tells limit and count in its answers, REST counts alone in its headers; they are
/// the same counters. A limit that has not been told yet bounds nothing: then the venue's refusals
/// are obeyed, as they are in any case. Intervals follow the calendar: minutes begin at :00.
struct BinanceUsage: Sendable {
  enum Counter: Sendable { case orders, requestWeight }

  private struct Budget {
    var counter: Counter
    var interval: Int64
    var limit: Int64?
    var count: Int64 = 0
    /// Which interval since 1970 the count is of.
    var period: Int64 = 0
    var notedAt = Timestamp.distantPast
  }

  /// A count is believed for so long: it may have been one of the interval before, and while nothing
  /// is sent nobody tells another.
  private static let longestWaitMilliseconds: Int64 = 60_000
  private static let capacity = 16
  private var budgets: [Budget] = []

  /// Takes `rateLimits` of an answer on the socket.
  mutating func note(_ limits: JSONValue?, at stamp: RequestStamp) {
    for row in limits?.array ?? [] {
      guard let counter = Self.counter(row["rateLimitType"]?.string),
        let unit = Self.unit(row["interval"]?.string), let number = row["intervalNum"]?.int64,
        let limit = row["limit"]?.int64, let count = row["count"]?.int64, limit > 0
      else { continue }
      note(counter, number, unit, count, limit: limit, at: stamp)
    }
  }

  /// Takes the counters in the headers of an answer over HTTP.
  mutating func note(_ headers: HTTPHeaders, at stamp: RequestStamp) {
    for header in headers.pairs {
      let name = header.name.lowercased()
      for (prefix, counter) in Self.headers where name.hasPrefix(prefix) {
        guard let (number, unit) = Self.interval(name.dropFirst(prefix.count)),
          let count = DecimalText.parse(header.value, scale: 0)
        else { continue }
        note(counter, number, unit, count, limit: nil, at: stamp)
      }
    }
  }

  /// Until when there is no room for a new order, if there is none.
  func fullUntil(_ stamp: RequestStamp) -> Timestamp? {
    var latest = stamp.time
    for budget in budgets {
      guard let limit = budget.limit, budget.count >= limit,
        stamp.venueNanoseconds / budget.interval == budget.period
      else { continue }
      let end = (budget.period + 1) * budget.interval - stamp.venueNanoseconds
      let believed = budget.notedAt.adding(milliseconds: Self.longestWaitMilliseconds)
      latest = max(latest, min(Timestamp(nanoseconds: stamp.time.nanoseconds + end), believed))
    }
    return latest > stamp.time ? latest : nil
  }

  private mutating func note(
    _ counter: Counter, _ number: Int64, _ unit: Int64, _ count: Int64, limit: Int64?,
    at stamp: RequestStamp
  ) {
    guard (1...10_000).contains(number), count >= 0 else { return }
    let interval = number * unit
    let known = budgets.firstIndex { $0.counter == counter && $0.interval == interval }
    guard let index = known ?? append(Budget(counter: counter, interval: interval)) else { return }
    if let limit { budgets[index].limit = limit }
    budgets[index].count = count
    budgets[index].period = stamp.venueNanoseconds / interval
    budgets[index].notedAt = stamp.time
  }

  private mutating func append(_ budget: Budget) -> Int? {
    guard budgets.count < Self.capacity else { return nil }
    budgets.append(budget)
    return budgets.count - 1
  }

  // MARK: The venue's words

  private static let headers: [(String, Counter)] = [
    ("x-mbx-used-weight-", .requestWeight), ("x-mbx-order-count-", .orders),
  ]

  private static func counter(_ text: String?) -> Counter? {
    switch text {
    case "ORDERS": .orders
    case "REQUEST_WEIGHT": .requestWeight
    default: nil
    }
  }

  private static func unit(_ text: String?) -> Int64? {
    switch text {
    case "SECOND": second
    case "MINUTE": 60 * second
    case "HOUR": 3600 * second
    case "DAY": 86_400 * second
    default: nil
    }
  }

  private static let second: Int64 = 1_000_000_000

  /// `10S`, `1M`, `1H`, `1D`: the number and what one of it is in nanoseconds.
  private static func interval(_ text: Substring) -> (Int64, Int64)? {
    guard let number = DecimalText.parse(String(text.dropLast()), scale: 0) else { return nil }
    switch text.last {
    case "s": return (number, second)
    case "m": return (number, 60 * second)
    case "h": return (number, 3600 * second)
    case "d": return (number, 86_400 * second)
    default: return nil
    }
  }
}
