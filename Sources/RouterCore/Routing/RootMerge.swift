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
  /// The level of the next unit.
  private var heads = FixedBuffer<Int>(repeating: 0, count: venues)

  /// Whether the merge is the only optimum; then `take` and the answer are set.
  mutating func solve(
    _ offers: inout PlanOffers, _ maximumChildren: Int, take: inout FixedBuffer<Int64>
  ) -> Bool {
    guard !offers.hasOrderCosts, offers.leastKey < .max else { return false }
    start(&offers, &take)
    guard merge(&offers, &take), isAccepted(&offers, maximumChildren, &take) else { return false }
    findSingle(&offers, &take)
    return true
  }

  private mutating func start(_ offers: inout PlanOffers, _ take: inout FixedBuffer<Int64>) {
    let least = offers.leastKey
    for venue in 0..<offers.count {
      let key = unsafe offers.touchKeys.base[venue]
      let distance = key == .max ? Int64.max : Int64(clamping: key &- least)
      unsafe keys.base[venue] = distance
      unsafe touchKeys.base[venue] = distance
      unsafe heads.base[venue] = 0
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
      let depth = unsafe offers.levelCounts.base[found]
      let factor = unsafe offers.factors.base[found]
      var level = unsafe heads.base[found]
      var place = found &* offers.stride &+ offers.stride &- 1 &- level
      var taken = unsafe take.base[found]
      var key = best
      repeat {
        let part = unsafe offers.copiedSizes.base[place]
        if part >= rest {
          unsafe take.base[found] = taken &+ rest
          unsafe heads.base[found] = level
          worstUnit = offers.leastKey &+ Int128(key)
          return key != tiedKey
        }
        rest &-= part
        taken &+= part
        level &+= 1
        place &-= 1
        key =
          level < depth
          ? Int64(clamping: product(offers.copiedPrice(place), factor) &- offers.leastKey) : .max
      } while key < second
      unsafe take.base[found] = taken
      unsafe heads.base[found] = level
      unsafe keys.base[found] = key
    }
  }

  /// Whether each venue accepts what it gets, and each other one surely accepts something, which
  /// is what its reason for having no child rests upon.
  private mutating func isAccepted(
    _ offers: inout PlanOffers, _ maximumChildren: Int, _ take: inout FixedBuffer<Int64>
  ) -> Bool {
    count = 0
    objective = 0
    for venue in 0..<offers.count {
      let quantity = unsafe take.base[venue]
      guard quantity > 0 else { continue }
      offers.complete(venue)
      var level = unsafe heads.base[venue]
      if level > 0 && offers.cumulative(venue, level &- 1) == quantity { level &-= 1 }
      guard unsafe quantity <= offers.greatest.base[venue],
        offers.isAllowed(venue, quantity, in: level)
      else { return false }
      objective &+= offers.objective(venue, of: quantity, in: level)
      singleVenue = venue
      count &+= 1
    }
    guard count <= maximumChildren else { return false }
    for venue in 0..<offers.count {
      guard unsafe take.base[venue] == 0, unsafe offers.levelCounts.base[venue] > 0,
        !offers.takesTouch(venue)
      else { continue }
      offers.complete(venue)
    }
    return true
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
