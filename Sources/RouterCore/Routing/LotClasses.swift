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
  /// The greatest common divisor of all lots.
  private var common: Int64 = 1
  private var classes = FixedBuffer<LotClass>(repeating: LotClass(), count: venues)
  /// What the venues that are fixed take.
  private var fixedTake: Int64 = 0
  /// What is left of the quantity beyond all lower ends; negative if they exceed it.
  private var rest: Int64 = 0

  // Of all venues of the problem: their lots in order, and the place of each venue's among them.
  private var allCount = 0
  private var allLots = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var ranks = FixedBuffer<Int>(repeating: 0, count: venues)
  private var tallies = FixedBuffer<LotTally>(repeating: LotTally(), count: venues)
  /// Which of them the classes were made of.
  private var present: UInt32 = 0

  /// Finds the different lots of a problem, of which each node has some.
  mutating func prepare(_ offers: inout PlanOffers) {
    allCount = 0
    for venue in 0..<offers.count { insert(offers.terms[venue].quantityIncrement.mantissa) }
    for venue in 0..<offers.count {
      let lot = offers.terms[venue].quantityIncrement.mantissa
      var rank = 0
      while allLots[rank] != lot { rank &+= 1 }
      ranks[venue] = rank
    }
    present = 0
    makeClasses()
  }

  private mutating func insert(_ lot: Int64) {
    var index = 0
    while index < allCount && allLots[index] < lot { index &+= 1 }
    guard index == allCount || allLots[index] != lot else { return }
    allLots.move(from: index, to: index &+ 1, length: allCount &- index)
    allLots[index] = lot
    allCount &+= 1
  }

  /// Sorts the venues whose range is more than one quantity by their lots.
  mutating func sort(
    _ offers: inout PlanOffers, low: borrowing FixedBuffer<Int64>,
    high: borrowing FixedBuffer<Int64>
  ) {
    let most = offers.quantity
    // Addresses and sums in registers: what is written through one could be another.
    let (lows, highs) = unsafe (low.base, high.base)
    let (tallies, ranks) = unsafe (tallies.base, ranks.base)
    for rank in 0..<allCount { unsafe tallies[rank] = LotTally() }
    var present: UInt32 = 0
    var rest = most
    var fixedTake: Int64 = 0
    for venue in 0..<offers.count {
      let (low, high) = unsafe (lows[venue], highs[venue])
      rest = low <= rest ? rest &- low : -1
      if low < high {
        let rank = unsafe ranks[venue]
        let tally = unsafe tallies + rank
        unsafe tally.pointee.venues |= 1 &<< UInt32(truncatingIfNeeded: venue)
        unsafe tally.pointee.room &+= min(high &- low, most &- tally.pointee.room)
        unsafe tally.pointee.taken &+= low
        present |= 1 &<< UInt32(truncatingIfNeeded: rank)
      } else {
        fixedTake &+= low
      }
    }
    self.rest = rest
    self.fixedTake = fixedTake
    if present != self.present {
      self.present = present
      makeClasses()
    }
  }

  /// Makes a class of each lot that is present; mostly the node before had the same ones.
  private mutating func makeClasses() {
    count = 0
    for rank in 0..<allCount where present & (1 << UInt32(rank)) != 0 {
      classes[count] = LotClass(lot: allLots[rank], rank: rank)
      count &+= 1
    }
    isNested = count > 1
    common = count > 0 ? classes[0].lot : 1
    var index = 1
    while index < count {
      let lot = classes[index].lot
      if lot % classes[index &- 1].lot != 0 { isNested = false }
      if lot % common != 0 { common = greatestCommonDivisor(lot, common) }
      index &+= 1
    }
    if count > 1 {
      for index in 0..<count { findPeriod(index) }
    }
  }

  private mutating func findPeriod(_ own: Int) {
    var others: Int64 = 0
    for index in 0..<count where index != own {
      others = greatestCommonDivisor(classes[index].lot, others)
    }
    classes[own].others = others
    classes[own].period = others / greatestCommonDivisor(classes[own].lot, others)
  }

  @inline(__always)
  private mutating func tally(_ index: Int) -> LotTally { tallies[classes[index].rank] }

  /// Whether an open venue's lot belongs to class `last` or a finer one.
  mutating func isFine(_ venue: Int, upTo last: Int) -> Bool {
    ranks[venue] <= classes[last].rank
  }

  /// The greatest part of the quantity that lots allow between the ends, minima aside; `nil` if the
  /// lower ends exceed it.
  mutating func greatestQuantity(_ offers: inout PlanOffers) -> Int64? {
    guard rest >= 0 else { return nil }
    let most = offers.quantity
    var left = rest
    guard isNested else {
      var room: Int64 = 0
      for index in 0..<count { room &+= min(tally(index).room, most &- room) }
      let extra = min(room, left)
      return most &- left &+ reachable(atMost: extra &- extra % common)
    }
    var index = count &- 1
    while index >= 0 {
      left &-= min(tally(index).room, left &- left % classes[index].lot)
      index &-= 1
    }
    return most &- left
  }

  /// The greatest sum of lots up to `most`; not less than it, where that takes long to find.
  private mutating func reachable(atMost most: Int64) -> Int64 {
    guard count > 1, count <= Self.mostMixedLots else { return most }
    var sum = most
    for _ in 0..<Self.mostTries {
      if sum <= 0 || canMake(sum, of: count &- 1) { break }
      sum &-= common
    }
    return max(sum, 0)
  }

  /// Whether lots up to a class may add up to `sum`.
  private mutating func canMake(_ sum: Int64, of index: Int) -> Bool {
    let lot = classes[index].lot
    if index == 0 { return sum % lot == 0 && sum <= tally(0).room }
    var lotCount = min(sum, tally(index).room) / lot
    for tries in 0..<Self.mostTries {
      let rest = sum &- lotCount &* lot
      if index == 1 {
        // The most of the coarse lot that fits leaves the least; more tries leave more.
        if rest % classes[0].lot == 0 { return rest <= tally(0).room }
      } else if canMake(rest, of: index &- 1) {
        return true
      }
      if lotCount == 0 { return false }
      // Fewer coarse lots leave more for finer ones that are used up already.
      if index == 2 && common == classes[0].lot && rest >= tally(1).room {
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
  mutating func leastExtra(finerThan index: Int, of quantity: Int64) -> Int64 {
    var rest = quantity &- fixedTake
    for finer in 0..<index { rest &-= tally(finer).taken }
    let lot = classes[index].lot
    let excess = rest % lot
    return excess < 0 ? excess &+ lot : excess
  }

  /// The open venues whose lot no other open venue has and for which that may say something, a bit
  /// for each.
  mutating func loneVenues() -> UInt32 {
    var venues: UInt32 = 0
    guard count > 1 else { return venues }
    for index in 0..<count where classes[index].period > 1 && tally(index).hasOneVenue {
      venues |= tally(index).venues
    }
    return venues
  }

  /// The only quantities of an open venue with which `quantity` can be reached exactly: from
  /// `first` on in steps, for a venue whose lot no other open venue has; `nil` if that says no more
  /// than its lot does.
  mutating func progression(_ venue: Int, of quantity: Int64) -> (first: Int64, step: Int64)? {
    let rank = ranks[venue]
    guard count > 1, tallies[rank].hasOneVenue else { return nil }
    var index = 0
    while classes[index].rank != rank { index &+= 1 }
    let (lot, others, period) = (classes[index].lot, classes[index].others, classes[index].period)
    guard period > 1, period <= Self.longestPeriod, lot <= Int64.max / Self.longestPeriod else {
      return nil
    }
    let rest = quantity &- fixedTake
    for step in 0..<period where (rest &- lot &* step) % others == 0 {
      return (lot &* step, lot &* period)
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

/// One lot size of a node.
struct LotClass: Sendable, BitwiseCopyable {
  var lot: Int64 = 1
  /// Its place among the lots of all venues of the problem.
  var rank = 0
  /// The greatest common divisor of the other classes' lots.
  var others: Int64 = 1
  /// After so many lots the same remainder by `others` comes again.
  var period: Int64 = 1
}

/// The open venues of one lot size.
struct LotTally: Sendable, BitwiseCopyable {
  /// Which they are, a bit for each.
  var venues: UInt32 = 0
  /// What they can take beyond their lower ends, at most the whole quantity.
  var room: Int64 = 0
  /// Their lower ends.
  var taken: Int64 = 0

  var hasOneVenue: Bool { venues != 0 && venues & (venues &- 1) == 0 }
}
