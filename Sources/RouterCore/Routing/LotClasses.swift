/// The different lot sizes of a node, and what they say about the quantities that can be reached.
///
/// Only venues whose quantity is still open count. Where each lot divides the next coarser one, as
/// venues' lots mostly do, the greatest quantity is found by filling coarse lots first, and the
/// finer lots together must take what the coarser ones can not: the quantity modulo the coarser
/// lot. Of other mixes only the common divisor is used, and the rest is left to the search.
struct LotClasses: ~Copyable, Sendable {
  private static let venues = RoutePlan.maximumLegs

  private(set) var count = 0
  /// Whether there are several lots and each divides the next.
  private(set) var isNested = false
  /// Each open venue's class, the finest lot first; `count` for a venue that is fixed.
  private(set) var classes = FixedBuffer<Int>(repeating: 0, count: venues)
  /// The greatest common divisor of all lots.
  private var common: Int64 = 1
  private var lots = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var rooms = FixedBuffer<Int64>(repeating: 0, count: venues)

  /// Sorts the lots of the venues whose range is more than one quantity.
  mutating func sort(
    _ offers: inout PlanOffers, low: borrowing FixedBuffer<Int64>,
    high: borrowing FixedBuffer<Int64>
  ) {
    count = 0
    for venue in 0..<offers.count where low[venue] < high[venue] {
      insert(offers.terms[venue].quantityIncrement.mantissa)
    }
    for venue in 0..<offers.count {
      classes[venue] = count
      guard low[venue] < high[venue] else { continue }
      let lot = offers.terms[venue].quantityIncrement.mantissa
      var index = 0
      while lots[index] != lot { index &+= 1 }
      classes[venue] = index
    }
    isNested = count > 1
    common = count > 0 ? lots[0] : 1
    var index = 1
    while index < count {
      if lots[index] % lots[index &- 1] != 0 { isNested = false }
      if lots[index] % common != 0 { common = greatestCommonDivisor(lots[index], common) }
      index &+= 1
    }
  }

  private mutating func insert(_ lot: Int64) {
    var index = 0
    while index < count && lots[index] < lot { index &+= 1 }
    guard index == count || lots[index] != lot else { return }
    var last = count
    while last > index {
      lots[last] = lots[last &- 1]
      last &-= 1
    }
    lots[index] = lot
    count &+= 1
  }

  /// The greatest quantity up to `most` that lots allow between these ends, minima aside; `nil` if
  /// the lower ends exceed it.
  mutating func greatestQuantity(
    _ offers: inout PlanOffers, low: borrowing FixedBuffer<Int64>,
    high: borrowing FixedBuffer<Int64>, atMost most: Int64
  ) -> Int64? {
    var rest = most
    var room: Int64 = 0
    for venue in 0..<offers.count where high[venue] > 0 {
      guard low[venue] <= rest else { return nil }
      rest &-= low[venue]
      room &+= min(high[venue] &- low[venue], most &- room)
    }
    guard isNested else {
      let extra = min(room, rest)
      return most &- rest &+ reachable(&offers, low, high, atMost: extra &- extra % common)
    }
    var index = count &- 1
    while index >= 0 {
      var classRoom: Int64 = 0
      for venue in 0..<offers.count where classes[venue] == index {
        classRoom &+= min(high[venue] &- low[venue], rest &- classRoom)
      }
      rest &-= min(classRoom, rest &- rest % lots[index])
      index &-= 1
    }
    return most &- rest
  }

  /// The greatest sum of lots up to `most`; not less than it, where that takes long to find.
  private mutating func reachable(
    _ offers: inout PlanOffers, _ low: borrowing FixedBuffer<Int64>,
    _ high: borrowing FixedBuffer<Int64>, atMost most: Int64
  ) -> Int64 {
    guard count > 1, count <= Self.mostMixedLots else { return most }
    for index in 0..<count { rooms[index] = 0 }
    for venue in 0..<offers.count where classes[venue] < count {
      rooms[classes[venue]] &+= min(high[venue] &- low[venue], most &- rooms[classes[venue]])
    }
    var sum = most
    for _ in 0..<Self.mostTries {
      if sum <= 0 || canMake(sum, of: count &- 1) { break }
      sum &-= common
    }
    return max(sum, 0)
  }

  /// Whether lots up to a class may add up to `sum`.
  private mutating func canMake(_ sum: Int64, of index: Int) -> Bool {
    let lot = lots[index]
    if index == 0 { return sum % lot == 0 && sum <= rooms[0] }
    var lotCount = min(sum, rooms[index]) / lot
    for tries in 0..<Self.mostTries {
      let rest = sum &- lotCount &* lot
      if index == 1 {
        // The most of the coarse lot that fits leaves the least; more tries leave more.
        if rest % lots[0] == 0 { return rest <= rooms[0] }
      } else if canMake(rest, of: index &- 1) {
        return true
      }
      if lotCount == 0 { return false }
      // Fewer coarse lots leave more for finer ones that are used up already.
      if index == 2 && common == lots[0] && rest >= rooms[1] {
        return tries &+ Int(clamping: lotCount) >= Self.mostTries
      }
      lotCount &-= 1
    }
    return true
  }

  private static let mostMixedLots = 3
  private static let mostTries = 24

  /// What the lots finer than class `index` must take beyond their lower ends if `quantity` is to
  /// be reached exactly.
  mutating func leastExtra(
    _ offers: inout PlanOffers, _ low: borrowing FixedBuffer<Int64>, finerThan index: Int,
    of quantity: Int64
  ) -> Int64 {
    var rest = quantity
    for venue in 0..<offers.count where classes[venue] < index || classes[venue] == count {
      rest &-= low[venue]
    }
    let lot = lots[index]
    let excess = rest % lot
    return excess < 0 ? excess &+ lot : excess
  }

  /// The only quantities of a venue with which `quantity` can be reached exactly: from `first` on
  /// in steps, for a venue whose lot no other open venue has; `nil` if that says no more than its
  /// lot does.
  mutating func progression(
    _ offers: inout PlanOffers, _ low: borrowing FixedBuffer<Int64>, _ venue: Int,
    of quantity: Int64
  ) -> (first: Int64, step: Int64)? {
    guard count > 1, classes[venue] != count else { return nil }
    var rest = quantity
    for other in 0..<offers.count where other != venue {
      if classes[other] == classes[venue] { return nil }
      if classes[other] == count { rest &-= low[other] }
    }
    var others: Int64 = 0
    for index in 0..<count where index != classes[venue] {
      others = greatestCommonDivisor(lots[index], others)
    }
    let lot = lots[classes[venue]]
    let period = others / greatestCommonDivisor(lot, others)
    guard period > 1, period <= Self.longestPeriod, lot <= Int64.max / Self.longestPeriod else {
      return nil
    }
    for index in 0..<period where (rest &- lot &* index) % others == 0 {
      return (lot &* index, lot &* period)
    }
    return nil
  }

  private static let longestPeriod: Int64 = 64

  private mutating func greatestCommonDivisor(_ a: Int64, _ b: Int64) -> Int64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
