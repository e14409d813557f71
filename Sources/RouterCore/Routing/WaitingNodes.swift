/// The nodes of a search that wait, the last one first: ranges of quantities, and a bound.
struct WaitingNodes: ~Copyable, Sendable {
  private static let venues = RoutePlan.maximumLegs
  private static let capacity = 512

  private(set) var count = 0
  /// Whether a node was given up because there was no place.
  private(set) var isCutShort = false
  private var lows = FixedBuffer<Int64>(repeating: 0, count: venues * capacity)
  private var highs = FixedBuffer<Int64>(repeating: 0, count: venues * capacity)
  private var bounds = FixedBuffer<NodeBound>(repeating: .none, count: capacity)

  mutating func removeAll() {
    count = 0
    isCutShort = false
  }

  mutating func push(
    low: borrowing FixedBuffer<Int64>, high: borrowing FixedBuffer<Int64>, _ venues: Int,
    _ bound: NodeBound
  ) {
    guard count < Self.capacity else {
      isCutShort = true
      return
    }
    let start = count &* Self.venues
    lows.copy(venues, from: low, at: 0, to: start)
    highs.copy(venues, from: high, at: 0, to: start)
    bounds[count] = bound
    count &+= 1
  }

  /// Adds a node below which there is nothing better: when its turn comes it is over.
  mutating func pushClosed() {
    guard count < Self.capacity else {
      isCutShort = true
      return
    }
    bounds[count] = .closed
    count &+= 1
  }

  /// Takes the next node; whether plans better than the given one may lie below it.
  ///
  /// If not, its ranges are not told.
  mutating func pop(
    low: inout FixedBuffer<Int64>, high: inout FixedBuffer<Int64>, _ venues: Int,
    betterThan quantity: Int64, _ objective: Int128
  ) -> Bool {
    count &-= 1
    if bounds[count].isWorse(than: quantity, objective) { return false }
    let start = count &* Self.venues
    low.copy(venues, from: lows, at: start, to: 0)
    high.copy(venues, from: highs, at: start, to: 0)
    return true
  }
}

/// No plan below a node has a greater quantity than this, or the same one at a lower objective.
struct NodeBound: Sendable, BitwiseCopyable {
  var quantity: Int64
  var objective: Int128

  static let none = NodeBound(quantity: .max, objective: .min)
  static let closed = NodeBound(quantity: -1, objective: .max)

  @inline(__always)
  func isWorse(than quantity: Int64, _ objective: Int128) -> Bool {
    self.quantity < quantity || (self.quantity == quantity && self.objective > objective)
  }
}
