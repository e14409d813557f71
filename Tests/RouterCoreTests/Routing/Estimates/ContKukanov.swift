import Foundation

/// Cont and Kukanov's problem over drawn outflows, solved by projected stochastic gradient with
/// iterate averaging (`routing.md` section 4): slow and obvious, to judge the closed form by.
struct ContKukanov {
  struct Venue {
    var queue: Double
    var mean: Double
    var rebate: Double
  }

  var quantity: Double
  var halfSpread: Double
  var takerFee: Double
  var impact = 0.0
  var shortPenalty: Double
  /// `nil`: no more may rest than may fill, and all of it is placed.
  var overPenalty: Double?
  var venues: [Venue]

  /// One joint draw of the outflows.
  func draw(_ random: inout SeededRandom) -> [Double] {
    venues.map { venue in
      -venue.mean * log((Double(random.next() >> 11) + 0.5) / 9_007_199_254_740_992)
    }
  }

  func cost(_ placement: [Double], _ outflows: [Double]) -> Double {
    let market = placement[0]
    var filled = market
    var cost = (halfSpread + takerFee) * market
    for (index, venue) in venues.enumerated() {
      let resting = placement[index + 1]
      let fill =
        max(outflows[index] - venue.queue, 0) - max(outflows[index] - venue.queue - resting, 0)
      filled += fill
      cost -= (halfSpread + venue.rebate) * fill
    }
    let short = max(quantity - filled, 0)
    cost += impact * (placement.reduce(0, +) + short) + shortPenalty * short
    return cost + (overPenalty ?? 0) * max(filled - quantity, 0)
  }

  func expectedCost(_ placement: [Double], draws: Int, seed: UInt64) -> Double {
    var random = SeededRandom(seed: seed)
    var sum = 0.0
    for _ in 0..<draws { sum += cost(placement, draw(&random)) }
    return sum / Double(draws)
  }

  func solve(steps: Int, stepSize: Double, seed: UInt64) -> [Double] {
    var random = SeededRandom(seed: seed)
    var placement = [Double](
      repeating: quantity / Double(venues.count + 1), count: venues.count + 1)
    var sum = [Double](repeating: 0, count: placement.count)
    for step in 1...steps {
      let slope = gradient(placement, draw(&random))
      let length = stepSize / Double(step).squareRoot()
      for index in placement.indices { placement[index] -= length * slope[index] }
      project(&placement)
      if step > steps / 2 { for index in sum.indices { sum[index] += placement[index] } }
    }
    return sum.map { $0 / Double(steps - steps / 2) }
  }

  private func gradient(_ placement: [Double], _ outflows: [Double]) -> [Double] {
    var filled = placement[0]
    for (index, venue) in venues.enumerated() {
      filled += min(max(outflows[index] - venue.queue, 0), placement[index + 1])
    }
    let side =
      (filled < quantity ? -(impact + shortPenalty) : 0)
      + (filled > quantity ? overPenalty ?? 0 : 0)
    var slope = [halfSpread + takerFee + impact + side]
    for (index, venue) in venues.enumerated() {
      let fills = outflows[index] > venue.queue + placement[index + 1]
      slope.append(impact + (fills ? side - halfSpread - venue.rebate : 0))
    }
    return slope
  }

  private func project(_ placement: inout [Double]) {
    guard overPenalty == nil else {
      for index in placement.indices { placement[index] = min(max(placement[index], 0), quantity) }
      return
    }
    // Onto what is not negative and adds up to the quantity.
    let sorted = placement.sorted(by: >)
    var sum = 0.0
    var shift = 0.0
    for (index, value) in sorted.enumerated() {
      sum += value
      let candidate = (sum - quantity) / Double(index + 1)
      if value > candidate { shift = candidate }
    }
    for index in placement.indices { placement[index] = max(placement[index] - shift, 0) }
  }
}
