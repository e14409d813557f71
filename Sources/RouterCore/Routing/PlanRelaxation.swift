/// The relaxed problem of one node of the search, solved by merging convex costs.
///
/// A node gives each venue a range of quantities, from zero if it need not trade. Relaxed are lots,
/// gaps in what is allowed, and that a venue takes its minimum or nothing. In place of the last
/// stands the convex envelope: the way from nothing to the quantity with the least average cost,
/// order cost included, is one straight segment (Fisher's convexification of a fixed charge). All
/// segments of all venues are then taken in the order of their unit costs, which is optimal for
/// separable convex costs (Gross 1956, Fox 1966), so that at most one segment is cut.
struct PlanRelaxation: ~Copyable, Sendable {
  static let venues = RoutePlan.maximumLegs

  /// The node: zero or an allowed quantity each.
  var low = FixedBuffer<Int64>(repeating: 0, count: venues)
  var high = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// The answer.
  private(set) var take = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// The unit cost of the last segment taken, and one at which two venues stood level.
  private var lastKey = Int128.min
  private var tiedKey = Int128.max

  /// The level of the next unit.
  private var head = FixedBuffer<Int>(repeating: 0, count: venues)
  /// Unit cost of the next segment; `.max` if there is none.
  private var keys = FixedBuffer<Int128>(repeating: 0, count: venues)
  /// Length of a venue's first segment, zero if levels are merged from the first unit on.
  private var firstLength = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// What the unit cost of the first segment has beyond its key: this over the length.
  private var firstRest = FixedBuffer<Int64>(repeating: 0, count: venues)

  // The same at the root.
  private var rootLength = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var rootRest = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var rootKey = FixedBuffer<Int128>(repeating: 0, count: venues)

  private var isTiedAmongFineLots = false

  /// Whether other venues could take the last units at the same cost.
  var hasTie: Bool { tiedKey == lastKey || isTiedAmongFineLots }

  // Levels only.

  /// Merges levels from nothing on, without minima and order costs; what is left of `quantity`.
  mutating func mergeLevels(_ offers: inout PlanOffers, to quantity: Int64) -> Int64 {
    tiedKey = .max
    isTiedAmongFineLots = false
    lastKey = .min
    var venue = 0
    while venue < offers.count {
      take[venue] = 0
      firstLength[venue] = 0
      head[venue] = 0
      keys[venue] = high[venue] > 0 ? offers.key(venue, 0) : .max
      venue &+= 1
    }
    return merge(&offers, quantity)
  }

  /// The objective of what is taken, without order costs.
  mutating func levelCost(_ offers: inout PlanOffers) -> Int128 {
    var cost: Int128 = 0
    for venue in 0..<offers.count where take[venue] > 0 {
      cost &+= offers.objective(venue, of: take[venue], in: lastLevel(&offers, venue))
    }
    return cost
  }

  // With envelopes.

  /// Finds the first segment of each venue; `least` is the least quantity that each allows.
  mutating func prepare(_ offers: inout PlanOffers, least: borrowing FixedBuffer<Int64>) {
    for venue in 0..<offers.count {
      rootLength[venue] = 0
      guard high[venue] > 0 else { continue }
      let end = cheapestAverage(&offers, venue, from: least[venue])
      let isPlain = offers.orderCost(venue) == 0 && end <= offers.cumulative(venue, 0)
      if !isPlain { setFirstSegment(&offers, venue, end) }
      rootLength[venue] = firstLength[venue]
      rootRest[venue] = firstRest[venue]
      rootKey[venue] = keys[venue]
      if isPlain { rootLength[venue] = 0 }
    }
  }

  /// Where the average cost from nothing, order cost included, is least.
  private mutating func cheapestAverage(
    _ offers: inout PlanOffers, _ venue: Int, from least: Int64
  ) -> Int64 {
    let orderCost = offers.orderCost(venue)
    guard orderCost > 0 else { return least }
    var quantity = least
    var level = offers.level(venue, holding: least)
    while quantity < high[venue] {
      if quantity == offers.cumulative(venue, level) { level &+= 1 }
      let total = offers.objective(venue, of: quantity) &+ orderCost
      guard offers.key(venue, level) &* Int128(quantity) < total else { break }
      quantity = min(offers.cumulative(venue, level), high[venue])
    }
    return quantity
  }

  private mutating func setFirstSegment(
    _ offers: inout PlanOffers, _ venue: Int, _ length: Int64
  ) {
    let total = offers.objective(venue, of: length) &+ offers.orderCost(venue)
    let key = total.divided(by: Int128(length), roundingUp: false)
    firstLength[venue] = length
    firstRest[venue] = Int64(total &- key &* Int128(length))
    keys[venue] = key
  }

  /// Solves the node for `quantity`; the least objective, or `nil` if the lower ends exceed it.
  ///
  /// `lots` says how much the finer lots must take at least.
  mutating func solve(
    _ offers: inout PlanOffers, _ lots: inout LotClasses, to quantity: Int64
  ) -> Int128? {
    tiedKey = .max
    isTiedAmongFineLots = false
    var rest = quantity
    for venue in 0..<offers.count {
      place(&offers, venue)
      rest &-= take[venue]
    }
    guard rest >= 0 else { return nil }
    lastKey = .min
    if lots.isNested {
      var taken: Int64 = 0
      for index in 0..<lots.count &- 1 {
        let needed = lots.leastExtra(&offers, low, finerThan: index &+ 1, of: quantity)
        let part = min(needed &- taken, rest)
        guard part > 0 else { continue }
        let left = merge(&offers, part, &lots, upTo: index)
        taken &+= part &- left
        rest &-= part &- left
      }
    }
    guard merge(&offers, rest) == 0 else { return nil }
    return cost(&offers)
  }

  /// Takes a venue's lower end and finds what would come next.
  private mutating func place(_ offers: inout PlanOffers, _ venue: Int) {
    take[venue] = low[venue]
    firstLength[venue] = 0
    keys[venue] = .max
    guard low[venue] < high[venue] else {
      if low[venue] > 0 { head[venue] = offers.level(venue, holding: low[venue]) }
      return
    }
    if low[venue] > 0 || rootLength[venue] == 0 {
      setHead(&offers, venue)
    } else if rootLength[venue] <= high[venue] {
      firstLength[venue] = rootLength[venue]
      firstRest[venue] = rootRest[venue]
      keys[venue] = rootKey[venue]
    } else {
      setFirstSegment(&offers, venue, high[venue])
    }
  }

  private mutating func setHead(_ offers: inout PlanOffers, _ venue: Int) {
    let level = take[venue] == 0 ? 0 : offers.level(venue, holding: take[venue] &+ 1)
    head[venue] = level
    keys[venue] = offers.key(venue, level)
  }

  // The merge.

  /// Takes the cheapest segments up to `amount`; what is left of it.
  private mutating func merge(_ offers: inout PlanOffers, _ amount: Int64) -> Int64 {
    var rest = amount
    while rest > 0 {
      let (venue, second) = cheapest(offers.count)
      guard venue >= 0 else { return rest }
      repeat {
        rest &-= consume(&offers, venue, rest)
      } while rest > 0 && keys[venue] < second
    }
    return 0
  }

  /// The venue whose next segment is cheapest, and the key of the next best one.
  @inline(__always)
  private mutating func cheapest(_ count: Int) -> (venue: Int, second: Int128) {
    var best = Int128.max
    var second = Int128.max
    var found = -1
    var venue = 0
    while venue < count {
      let key = unsafe keys.base[venue]
      if key < best {
        second = best
        best = key
        found = venue
      } else if key < second {
        second = key
      }
      venue &+= 1
    }
    return second == best && found >= 0 ? (cheapestEqual(found, count), second) : (found, second)
  }

  /// Which of the venues with the cheapest key comes first; the earliest of them is given.
  @inline(never)
  private mutating func cheapestEqual(_ earliest: Int, _ count: Int) -> Int {
    var found = earliest
    var isTied = false
    for venue in earliest &+ 1..<count where keys[venue] == keys[earliest] {
      let difference = firstFraction(venue, against: found)
      if difference < 0 || (difference == 0 && take[venue] > 0 && take[found] == 0) {
        found = venue
      }
      isTied = difference == 0 || (isTied && difference > 0)
    }
    if isTied { tiedKey = keys[found] }
    return found
  }

  /// By how much the unit cost of `a` exceeds that of `b`, whose key is the same; only the sign.
  private mutating func firstFraction(_ a: Int, against b: Int) -> Int128 {
    let isFirst = take[a] < firstLength[a]
    let isOtherFirst = take[b] < firstLength[b]
    let fraction = isFirst ? product(firstRest[a], isOtherFirst ? firstLength[b] : 1) : 0
    let other = isOtherFirst ? product(firstRest[b], isFirst ? firstLength[a] : 1) : 0
    return fraction &- other
  }

  /// The same merge over the venues whose lot belongs to one of the finest classes.
  private mutating func merge(
    _ offers: inout PlanOffers, _ amount: Int64, _ lots: inout LotClasses, upTo last: Int
  ) -> Int64 {
    var rest = amount
    while rest > 0 {
      var found = -1
      for venue in 0..<offers.count where keys[venue] != .max && lots.classes[venue] <= last {
        if found >= 0 && keys[venue] == keys[found] {
          isTiedAmongFineLots = true
          if firstFraction(venue, against: found) < 0 { found = venue }
        } else if found < 0 || keys[venue] < keys[found] {
          found = venue
        }
      }
      guard found >= 0 else { return rest }
      rest &-= consume(&offers, found, rest)
    }
    return 0
  }

  /// Takes at most `most` of the next segment of a venue that has one.
  @inline(__always)
  private mutating func consume(
    _ offers: inout PlanOffers, _ venue: Int, _ most: Int64
  ) -> Int64 {
    lastKey = unsafe keys.base[venue]
    let taken = unsafe take.base[venue]
    guard unsafe taken >= firstLength.base[venue] else { return consumeFirst(&offers, venue, most) }
    let level = unsafe head.base[venue]
    let last = unsafe high.base[venue]
    let end = offers.cumulative(venue, level)
    let part = min(min(end, last) &- taken, most)
    let now = taken &+ part
    unsafe take.base[venue] = now
    if now == last {
      unsafe keys.base[venue] = .max
    } else if now == end {
      unsafe head.base[venue] = level &+ 1
      unsafe keys.base[venue] = offers.key(venue, level &+ 1)
    }
    return part
  }

  private mutating func consumeFirst(
    _ offers: inout PlanOffers, _ venue: Int, _ most: Int64
  ) -> Int64 {
    let first = firstLength[venue]
    let part = min(first &- take[venue], most)
    take[venue] &+= part
    guard take[venue] == first else { return part }
    if first < high[venue] {
      setHead(&offers, venue)
    } else {
      head[venue] = offers.level(venue, holding: first)
      keys[venue] = .max
    }
    return part
  }

  // The answer.

  /// Whether a venue's take lies within its first segment, and so costs more than was charged.
  mutating func isCut(_ venue: Int) -> Bool {
    take[venue] > 0 && take[venue] < firstLength[venue]
  }

  /// The level of the last unit taken; not for a take within the first segment.
  @inline(__always)
  mutating func lastLevel(_ offers: inout PlanOffers, _ venue: Int) -> Int {
    let level = head[venue]
    return level > 0 && take[venue] <= offers.cumulative(venue, level &- 1) ? level &- 1 : level
  }

  /// Whether the venue would take what the relaxation gives it.
  mutating func isAllowed(_ offers: inout PlanOffers, _ venue: Int) -> Bool {
    if take[venue] == high[venue] || take[venue] == low[venue] { return true }
    if isCut(venue) { return offers.isAllowed(venue, take[venue]) }
    return offers.isAllowed(venue, take[venue], in: lastLevel(&offers, venue))
  }

  /// The objective of what is taken, rounded up: every plan has a whole number.
  private mutating func cost(_ offers: inout PlanOffers) -> Int128 {
    var cost: Int128 = 0
    var hasFraction = false
    for venue in 0..<offers.count where take[venue] > 0 {
      if isCut(venue) {
        cost &+= keys[venue] &* Int128(take[venue])
        let fraction = product(take[venue], firstRest[venue])
        cost &+= fraction / Int128(firstLength[venue])
        hasFraction = hasFraction || fraction % Int128(firstLength[venue]) != 0
      } else {
        cost &+= offers.objective(venue, of: take[venue], in: lastLevel(&offers, venue))
        cost &+= offers.orderCost(venue)
      }
    }
    return hasFraction ? cost &+ 1 : cost
  }

  /// The objective of `take` as it is, with all order costs.
  mutating func fullCost(_ offers: inout PlanOffers) -> Int128 {
    var cost: Int128 = 0
    for venue in 0..<offers.count where take[venue] > 0 {
      cost &+= offers.objective(venue, of: take[venue]) &+ offers.orderCost(venue)
    }
    return cost
  }
}
