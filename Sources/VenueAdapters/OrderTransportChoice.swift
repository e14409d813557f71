import RouterCore

/// Chooses between two ways to a venue by what orders have measured on each.
///
/// A way is judged by `p50 + p95 / 4`. What waiting costs grows with its length, so the middle counts
/// in full. The tail counts beyond its share of the orders, because an order that was split ends with
/// its slowest child, and because a median does not move before half of the answers are slow: a way
/// that stalls four times in a row is left at once.
///
/// The choice changes only for a clear gain, a tenth and at least a millisecond, with eight samples
/// of both. Now and then an order takes the other way, so that there is something to compare: every
/// eighth while that has fewer than eight samples, then every 32nd. All of it follows from the orders
/// and the times that are told; there is no clock and no chance in it, and no memory is taken after
/// the start.
struct OrderTransportChoice: Sendable {
  static let leastSamples = 8
  static let leastGainNanoseconds: Int64 = 1_000_000
  private static let earlyInterval = 8

  let policy: OrderTransportPolicy
  private(set) var chosen: OrderTransport
  private let explorationInterval: Int
  private var socket = OrderLatencyWindow()
  private var http = OrderLatencyWindow()
  /// Orders since the last one that took the other way.
  private var sinceExploration = 0
  /// The way that could not be tried when it was tried last.
  private var unavailable: OrderTransport?

  init(_ policy: OrderTransportPolicy, explorationInterval: Int = 32) {
    self.policy = policy
    chosen = policy.fixed ?? .socket
    self.explorationInterval = max(explorationInterval, 2)
  }

  /// The way of the next order; one that does not explore takes the chosen way.
  mutating func next(mayExplore: Bool, at time: Timestamp) -> OrderTransport {
    guard policy == .fastest, mayExplore else { return chosen }
    sinceExploration += 1
    guard sinceExploration >= interval(at: time) else { return chosen }
    sinceExploration = 0
    return chosen.other
  }

  private mutating func interval(at time: Timestamp) -> Int {
    // Orders are not thrown at a way that takes none, just to fill its samples.
    guard unavailable != chosen.other else { return explorationInterval }
    forgetOld(at: time)
    return window(chosen.other).count < Self.leastSamples
      ? min(Self.earlyInterval, explorationInterval) : explorationInterval
  }

  /// Takes the time from an order's sending to its first definite answer, or, if none came, what it
  /// has waited at least.
  ///
  /// - Returns: Whether orders take another way from now on.
  mutating func record(
    _ nanoseconds: Int64, over transport: OrderTransport, at time: Timestamp
  ) -> Bool {
    if unavailable == transport { unavailable = nil }
    switch transport {
    case .socket: socket.add(nanoseconds, at: time)
    case .http: http.add(nanoseconds, at: time)
    }
    forgetOld(at: time)
    guard policy == .fastest, isOtherBetter else { return false }
    chosen = chosen.other
    return true
  }

  /// An order could not be sent at all over this way, although the other one stands.
  ///
  /// What it has measured no longer counts: it has to show anew that it works.
  ///
  /// - Returns: Whether orders take another way from now on.
  mutating func couldNotSend(over transport: OrderTransport) -> Bool {
    guard policy == .fastest else { return false }
    unavailable = transport
    switch transport {
    case .socket: socket.removeAll()
    case .http: http.removeAll()
    }
    guard chosen == transport else { return false }
    chosen = transport.other
    sinceExploration = 0
    return true
  }

  private var isOtherBetter: Bool {
    let (mine, other) = (window(chosen), window(chosen.other))
    guard min(mine.count, other.count) >= Self.leastSamples else { return false }
    let (cost, otherCost) = (Self.cost(mine), Self.cost(other))
    return otherCost + max(cost / 10, Self.leastGainNanoseconds) < cost
  }

  private static func cost(_ window: OrderLatencyWindow) -> Int64 {
    window.percentile(50) + window.percentile(95) / 4
  }

  private func window(_ transport: OrderTransport) -> OrderLatencyWindow {
    transport == .socket ? socket : http
  }

  private mutating func forgetOld(at time: Timestamp) {
    socket.forgetOld(at: time)
    http.forgetOld(at: time)
  }
}

extension OrderTransportChoice {
  func reading(at time: Timestamp) -> OrderTransportReading {
    var current = self
    current.forgetOld(at: time)
    return OrderTransportReading(
      policy: policy, chosen: chosen,
      ways: OrderTransport.allCases.map { transport in
        let window = current.window(transport)
        return OrderTransportReading.Way(
          transport, samples: window.count, medianNanoseconds: window.percentile(50),
          tailNanoseconds: window.percentile(95))
      })
  }

  /// The evidence for people.
  func words(at time: Timestamp) -> String {
    reading(at: time).ways.map { way in
      "\(way.transport.name) p50 \(Self.milliseconds(way.medianNanoseconds)) ms, "
        + "p95 \(Self.milliseconds(way.tailNanoseconds)) ms of \(way.samples) orders"
    }.joined(separator: "; ")
  }

  private static func milliseconds(_ nanoseconds: Int64) -> String {
    let tenths = nanoseconds / 100_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
