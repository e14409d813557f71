/// The plain merge of levels, tried before anything else is known of the venues.
///
/// Most orders need no more: where the merge reaches the whole quantity, no two venues stand level
/// at its end and every venue accepts what it gets, it is the only optimum. Only the venues that
/// are used, or could be the best single one, are then looked at beyond their best level. In any
/// other case nothing is decided here.
struct RootMerge: ~Copyable, Sendable {
  private static let venues = RoutePlan.maximumLegs

  // The answer.
  private(set) var objective: Int128 = 0
  private(set) var count = 0
  /// The signed all-in cost of the worst unit.
  private(set) var worstUnit: Int128 = 0
  private(set) var singleVenue = 0
  private(set) var singleQuantity: Int64 = 0
  private(set) var singleObjective: Int128 = 0

  /// By how much the next unit of a venue costs more than the cheapest of all; `.max` if there is
  /// none, or if that is too far away to tell.
  private var keys = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// The same at the touch.
  private var touchKeys = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// How many levels of a venue are used.
  private var depths = FixedBuffer<Int>(repeating: 0, count: venues)
  /// The notional of what is taken.
  private var notionals = FixedBuffer<Int128>(repeating: 0, count: venues)
  /// The venue of the worst unit, and what its last level has beyond that.
  private var lastVenue = 0
  private var lastRest: Int64 = 0

  /// Whether the merge is the only optimum; then `take`, the children and the answer are set.
  mutating func solve(
    _ offers: inout PlanOffers, _ maximumChildren: Int, take: inout FixedBuffer<Int64>,
    _ children: inout FixedBuffer<PlanChild>
  ) -> Bool {
    guard !offers.hasOrderCosts, offers.leastKey < .max else { return false }
    start(&offers, &take)
    guard merge(&offers, &take), isAccepted(&offers, maximumChildren, &take, &children) else {
      return false
    }
    findSingle(&offers, &take)
    return true
  }

  private mutating func start(_ offers: inout PlanOffers, _ take: inout FixedBuffer<Int64>) {
    for venue in 0..<offers.count {
      let key = unsafe offers.touchKeys.base[venue]
      let distance = keyDistance(key, from: offers.leastKey)
      unsafe keys.base[venue] = distance
      unsafe touchKeys.base[venue] = distance
      unsafe depths.base[venue] = 0
      unsafe notionals.base[venue] = 0
      unsafe take.base[venue] = 0
    }
  }

  /// Takes the cheapest units of all venues; whether they are enough, and no others as cheap.
  private mutating func merge(
    _ offers: inout PlanOffers, _ take: inout FixedBuffer<Int64>
  ) -> Bool {
    let venues = offers.count
    var rest = offers.quantity
    var tiedKey = Int64.max
    while true {
      var best = Int64.max
      var second = Int64.max
      var found = 0
      for venue in 0..<venues {
        let key = unsafe keys.base[venue]
        let isBetter = key < best
        second = isBetter ? best : min(second, key)
        found = isBetter ? venue : found
        best = isBetter ? key : best
      }
      guard best < .max else { return false }
      if best == second { tiedKey = best }
      let count = unsafe offers.levelCounts.base[found]
      let factor = unsafe offers.factors.base[found]
      var depth = unsafe depths.base[found]
      var place = found &* offers.stride &+ offers.stride &- 1 &- depth
      var taken = unsafe take.base[found]
      var notional = unsafe notionals.base[found]
      var key = best
      repeat {
        let size = unsafe offers.copiedSizes.base[place]
        let part = min(size, rest)
        taken &+= part
        notional &+= product(offers.copiedPrice(place), part)
        depth &+= 1
        rest &-= part
        if rest == 0 {
          unsafe take.base[found] = taken
          unsafe notionals.base[found] = notional
          unsafe depths.base[found] = depth
          lastVenue = found
          lastRest = size &- part
          worstUnit = offers.leastKey &+ Int128(key)
          return key != tiedKey
        }
        place &-= 1
        key =
          depth < count
          ? keyDistance(product(offers.copiedPrice(place), factor), from: offers.leastKey) : .max
      } while key < second
      unsafe take.base[found] = taken
      unsafe notionals.base[found] = notional
      unsafe depths.base[found] = depth
      unsafe keys.base[found] = key
    }
  }

  /// Whether each venue accepts what it gets, and each other one surely accepts something, which
  /// is what its reason for having no child rests upon.
  private mutating func isAccepted(
    _ offers: inout PlanOffers, _ maximumChildren: Int, _ take: inout FixedBuffer<Int64>,
    _ children: inout FixedBuffer<PlanChild>
  ) -> Bool {
    count = 0
    objective = 0
    for venue in 0..<offers.count {
      let quantity = unsafe take.base[venue]
      if quantity > 0 {
        let notional = unsafe notionals.base[venue]
        let depth = unsafe depths.base[venue]
        let last = lastLevel(&offers, venue, quantity, notional, depth)
        let limit = offers.limitPrice(venue, taking: quantity, in: last)
        guard limit > 0 else { return false }
        unsafe children.base[venue] = PlanChild(
          notional: notional, limit: limit, level: depth &- 1)
        unsafe objective &+= notional &* Int128(offers.factors.base[venue])
        singleVenue = venue
        count &+= 1
      } else if unsafe offers.levelCounts.base[venue] > 0, !offers.takesTouch(venue) {
        offers.complete(venue)
      }
    }
    return count <= maximumChildren
  }

  /// The whole of the last level that a venue's take lies in, with all before it.
  @inline(__always)
  private func lastLevel(
    _ offers: inout PlanOffers, _ venue: Int, _ take: Int64, _ notional: Int128, _ depth: Int
  ) -> PlanLevel {
    let price = offers.copiedPrice(venue &* offers.stride &+ offers.stride &- depth)
    let rest = venue == lastVenue ? min(lastRest, offers.quantity &- take) : 0
    return PlanLevel(
      notional: notional &+ product(price, rest), price: price, cumulative: take &+ rest)
  }

  // The best single venue.

  /// Looks at the cheapest touch first; one that dearer than its average can not be better.
  private mutating func findSingle(
    _ offers: inout PlanOffers, _ take: inout FixedBuffer<Int64>
  ) {
    singleQuantity = 0
    singleObjective = 0
    if count == 1 { return considerSingle(&offers, singleVenue) }
    for venue in 0..<offers.count where touchKeys[venue] == 0 {
      considerSingle(&offers, venue)
    }
    for venue in 0..<offers.count {
      let key = unsafe touchKeys.base[venue]
      guard key > 0, unsafe offers.levelCounts.base[venue] > 0 else { continue }
      if singleQuantity == offers.quantity {
        let excess = singleObjective &- offers.leastKey &* Int128(singleQuantity)
        if product(key, singleQuantity) > excess { continue }
      }
      considerSingle(&offers, venue)
    }
  }

  private mutating func considerSingle(_ offers: inout PlanOffers, _ venue: Int) {
    offers.complete(venue)
    let quantity = unsafe offers.greatest.base[venue]
    guard quantity > 0, quantity >= singleQuantity else { return }
    let cost = offers.objective(venue, of: quantity, in: offers.greatestLevel[venue])
    let isBetter =
      quantity > singleQuantity || cost < singleObjective
      || (cost == singleObjective && venue < singleVenue)
    guard isBetter else { return }
    singleVenue = venue
    singleQuantity = quantity
    singleObjective = cost
  }
}
