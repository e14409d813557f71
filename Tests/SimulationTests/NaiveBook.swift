@testable import Simulation

/// A slow and obvious matcher: one flat list, searched from the start for every execution.
struct NaiveBook {
  struct Resting {
    var order: EngineOrder
    var remaining: Int64
    var arrival: Int
  }

  var resting: [Resting] = []
  var arrivals = 0

  func bestIndex(against order: EngineOrder) -> Int? {
    var best: Int?
    for (index, other) in resting.enumerated() where other.order.side != order.side {
      let price = other.order.price
      let crosses = order.side == .buy ? price <= order.price : price >= order.price
      guard crosses || order.price == 0 else { continue }
      guard let current = best else {
        best = index
        continue
      }
      let champion = resting[current]
      let isBetter =
        order.side == .buy ? price < champion.order.price : price > champion.order.price
      if isBetter || (price == champion.order.price && other.arrival < champion.arrival) {
        best = index
      }
    }
    return best
  }

  /// The fills as (maker, price, quantity), and whether the order was refused.
  mutating func submit(_ order: EngineOrder) -> [(maker: UInt64, price: Int64, quantity: Int64)] {
    var fills: [(maker: UInt64, price: Int64, quantity: Int64)] = []
    if order.isPostOnly, bestIndex(against: order) != nil { return [] }
    if order.lifetime == .fillOrKill {
      var copy = self
      var probe = order
      probe.lifetime = .immediateOrCancel
      let reachable = copy.submit(probe).reduce(0) { $0 + $1.quantity }
      guard reachable == order.quantity else { return [] }
    }
    var remaining = order.quantity
    while remaining > 0, let index = bestIndex(against: order) {
      let quantity = min(remaining, resting[index].remaining)
      fills.append((resting[index].order.id, resting[index].order.price, quantity))
      remaining -= quantity
      resting[index].remaining -= quantity
      if resting[index].remaining == 0 { resting.remove(at: index) }
    }
    if remaining > 0, order.kind == .limit, order.lifetime == .goodTillCancel {
      arrivals += 1
      resting.append(Resting(order: order, remaining: remaining, arrival: arrivals))
    }
    return fills
  }

  mutating func cancel(_ id: UInt64) { resting.removeAll { $0.order.id == id } }

  func levels(_ side: OrderSide) -> [BookLevel] {
    var levels: [BookLevel] = []
    let sorted = resting.filter { $0.order.side == side }.sorted {
      side == .buy ? $0.order.price > $1.order.price : $0.order.price < $1.order.price
    }
    for order in sorted {
      if levels.last?.price == order.order.price {
        levels[levels.count - 1].quantity += order.remaining
      } else {
        levels.append(BookLevel(price: order.order.price, quantity: order.remaining))
      }
    }
    return levels
  }
}
