import RouterCore

@testable import VenueAdapters

/// The choice between two ways, worked out anew from everything that was ever told.
struct NaiveTransportChoice {
  private struct Sample {
    var nanoseconds: Int64
    var at: Int64
  }

  private let isFastest: Bool
  private let interval: Int
  private(set) var chosen: OrderTransport
  /// By way; a way that could not send begins anew.
  private var samples: [[Sample]] = [[], []]
  private var isUnavailable = [false, false]
  private var orders = 0

  init(_ policy: OrderTransportPolicy, explorationInterval: Int) {
    isFastest = policy == .fastest
    interval = explorationInterval
    chosen = policy == .http ? .http : .socket
  }

  /// The last 64 of a quarter of an hour, the least first.
  func latencies(_ way: OrderTransport, at time: Int64) -> [Int64] {
    samples[Int(way.rawValue)].suffix(64).filter { time - $0.at <= 900_000_000_000 }
      .map(\.nanoseconds).sorted()
  }

  /// The least latency that so many hundredths do not exceed.
  static func percentile(_ percent: Int, of latencies: [Int64]) -> Int64 {
    latencies.enumerated().first { index, _ in
      (index + 1) * 100 >= percent * latencies.count
    }?.element ?? 0
  }

  mutating func next(mayExplore: Bool, at time: Int64) -> OrderTransport {
    guard isFastest, mayExplore else { return chosen }
    orders += 1
    let other: OrderTransport = chosen == .socket ? .http : .socket
    let isEarly = latencies(other, at: time).count < 8 && !isUnavailable[Int(other.rawValue)]
    guard orders >= (isEarly ? min(8, interval) : interval) else { return chosen }
    orders = 0
    return other
  }

  mutating func record(_ nanoseconds: Int64, over way: OrderTransport, at time: Int64) -> Bool {
    samples[Int(way.rawValue)].append(Sample(nanoseconds: nanoseconds, at: time))
    isUnavailable[Int(way.rawValue)] = false
    let other: OrderTransport = chosen == .socket ? .http : .socket
    let (mine, others) = (latencies(chosen, at: time), latencies(other, at: time))
    guard isFastest, mine.count >= 8, others.count >= 8 else { return false }
    let (cost, otherCost) = (Self.cost(mine), Self.cost(others))
    guard cost - otherCost > 1_000_000, (cost - otherCost) * 10 > cost - cost % 10 else {
      return false
    }
    chosen = other
    return true
  }

  private static func cost(_ latencies: [Int64]) -> Int64 {
    percentile(50, of: latencies) + percentile(95, of: latencies) / 4
  }

  mutating func couldNotSend(over way: OrderTransport) -> Bool {
    guard isFastest else { return false }
    samples[Int(way.rawValue)] = []
    isUnavailable[Int(way.rawValue)] = true
    guard chosen == way else { return false }
    chosen = way == .socket ? .http : .socket
    orders = 0
    return true
  }
}
