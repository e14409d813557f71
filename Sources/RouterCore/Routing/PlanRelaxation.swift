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
  /// The objective of what is taken, rounded up: every plan has a whole number.
  private(set) var cost: Int128 = 0
  /// What of it is for first segments that are cut, beyond their keys.
  private var cuts: Int128 = 0
  /// The quantity of the answer.
  private var solved: Int64 = 0
  /// The unit cost of the last segment taken, and one at which two venues stood level.
  private var lastKey = Int128.min
  /// The venue of that segment, and the unit cost of the last one taken of another venue.
  private var lastVenue = -1
  private var lastOtherKey = Int128.min
  private var tiedKey = Int128.max

  /// The level of the next unit.
  private var head = FixedBuffer<Int>(repeating: 0, count: venues)
  /// Unit cost of the next segment; `.max` if there is none.
  private var keys = FixedBuffer<Int128>(repeating: 0, count: venues)
  /// Length of a venue's first segment, zero if levels are merged from the first unit on.
  private var firstLength = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// What the unit cost of the first segment has beyond its key: this over the length.
  private var firstRest = FixedBuffer<Int64>(repeating: 0, count: venues)

  /// The venues that have a next segment, or had one, in order.
  private var open = FixedBuffer<Int>(repeating: 0, count: venues)
  private var openCount = 0
  /// How far their keys are from `leastKey`, in a word; `.max` if that is too far to tell, or if
  /// there is none.
  private var distances = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// No key is below it.
  private var leastKey: Int128 = 0
  /// A venue's last lower end: mostly the next node has it too.
  private var placedLow = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// What it costs, order cost included.
  private var placedCost = FixedBuffer<Int128>(repeating: 0, count: venues)
  /// The level of the next unit, its key, and how far that is from `leastKey`.
  private var placedHead = FixedBuffer<Int>(repeating: 0, count: venues)
  private var placedKey = FixedBuffer<Int128>(repeating: 0, count: venues)
  private var placedDistance = FixedBuffer<Int64>(repeating: 0, count: venues)

  // The same at the root.
  private var rootLength = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var rootRest = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var rootKey = FixedBuffer<Int128>(repeating: 0, count: venues)
  private var rootDistance = FixedBuffer<Int64>(repeating: 0, count: venues)

  private var isTiedAmongFineLots = false
  /// Whether finer lots were made to take a part first.
  private var isStaged = false

  /// Whether other venues could take the last units at the same cost.
  var hasTie: Bool { tiedKey == lastKey || isTiedAmongFineLots }

  // Levels only.

  /// Merges levels from nothing on, without minima and order costs; what is left of `quantity`.
  mutating func mergeLevels(_ offers: inout PlanOffers, to quantity: Int64) -> Int64 {
    tiedKey = .max
    isTiedAmongFineLots = false
    lastKey = .min
    cost = 0
    openCount = 0
    findLeastKey(&offers)
    for venue in 0..<offers.count {
      take[venue] = 0
      firstLength[venue] = 0
      head[venue] = 0
      if high[venue] > 0 {
        let key = offers.key(venue, 0)
        addOpen(venue, key: key, keyDistance(key, from: leastKey))
      }
    }
    return merge(&offers, quantity)
  }

  private mutating func findLeastKey(_ offers: inout PlanOffers) {
    leastKey = .max
    for venue in 0..<offers.count where high[venue] > 0 {
      leastKey = min(leastKey, offers.key(venue, 0))
    }
  }

  // With envelopes.

  /// Finds the first segment of each venue; `least` is the least quantity that each allows.
  mutating func prepare(_ offers: inout PlanOffers, least: borrowing FixedBuffer<Int64>) {
    findLeastKey(&offers)
    for venue in 0..<offers.count {
      placedLow[venue] = 0
      rootLength[venue] = 0
      guard high[venue] > 0 else { continue }
      let end = cheapestAverage(&offers, venue, from: least[venue])
      rootKey[venue] = offers.key(venue, 0)
      if offers.orderCost(venue) > 0 || end > offers.cumulative(venue, 0) {
        setFirstSegment(&offers, venue, end)
        rootLength[venue] = firstLength[venue]
        rootRest[venue] = firstRest[venue]
        rootKey[venue] = keys[venue]
      }
      rootDistance[venue] = keyDistance(rootKey[venue], from: leastKey)
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
    solved = quantity
    var rest = quantity
    cost = 0
    openCount = 0
    for venue in 0..<offers.count {
      place(&offers, venue)
      unsafe rest &-= take.base[venue]
    }
    guard rest >= 0 else { return nil }
    lastKey = .min
    lastVenue = -1
    lastOtherKey = .min
    isStaged = lots.isNested
    if isStaged {
      var taken: Int64 = 0
      for index in 0..<lots.count &- 1 {
        let needed = lots.leastExtra(finerThan: index &+ 1, of: quantity)
        let part = min(needed &- taken, rest)
        guard part > 0 else { continue }
        let left = merge(&offers, part, &lots, upTo: index)
        taken &+= part &- left
        rest &-= part &- left
      }
    }
    guard merge(&offers, rest) == 0 else { return nil }
    addCuts()
    return cost
  }

  /// The same where the node that was solved last was this one but for a venue's upper end, which
  /// is lower now: the merge goes on with what that venue gives up.
  ///
  /// `lowered` is that venue, or `nil` if the node is another one.
  mutating func solve(
    _ offers: inout PlanOffers, _ lots: inout LotClasses, to quantity: Int64, lowered venue: Int?
  ) -> Int128? {
    guard let venue, quantity == solved, !isStaged, !lots.isNested, !hasTie else {
      return solve(&offers, &lots, to: quantity)
    }
    let (now, most) = (take[venue], high[venue])
    guard most < now, most == 0 || (most >= firstLength[venue] && !isCut(venue)) else {
      return solve(&offers, &lots, to: quantity)
    }
    cost &-= cuts
    if isCut(venue) {
      cost &-= keys[venue] &* Int128(now)
    } else {
      cost &-=
        offers.objective(venue, of: now, in: lastLevel(&offers, venue)) &+ offers.orderCost(venue)
    }
    var key = Int128.min
    if most > 0 {
      let level = offers.level(venue, holding: most)
      head[venue] = level
      cost &+= offers.objective(venue, of: most, in: level) &+ offers.orderCost(venue)
      if most > low[venue] {
        key = max(offers.key(venue, level), firstLength[venue] > 0 ? rootKey[venue] : .min)
      }
    } else {
      firstLength[venue] = 0
    }
    take[venue] = most
    close(venue, key)
    guard merge(&offers, now &- most) == 0 else { return nil }
    addCuts()
    return cost
  }

  /// From now on the venue has no next segment, and no unit that it took above its lower end costs
  /// more than `key`.
  private mutating func close(_ venue: Int, _ key: Int128) {
    keys[venue] = .max
    for place in 0..<openCount where open[place] == venue { distances[place] = .max }
    if lastVenue == venue {
      lastVenue = -1
      lastKey = max(lastOtherKey, key)
    }
  }

  /// Takes a venue's lower end and finds what would come next.
  @inline(__always)
  private mutating func place(_ offers: inout PlanOffers, _ venue: Int) {
    let (low, high) = unsafe (low.base[venue], high.base[venue])
    unsafe take.base[venue] = low
    unsafe firstLength.base[venue] = 0
    if low > 0 {
      if unsafe placedLow.base[venue] != low { setPlaced(&offers, venue, low) }
      unsafe cost &+= placedCost.base[venue]
      unsafe head.base[venue] = placedHead.base[venue]
      if low < high {
        unsafe addOpen(venue, key: placedKey.base[venue], placedDistance.base[venue])
      }
    } else if high > 0 {
      placeOptional(&offers, venue, high)
    }
  }

  private mutating func setPlaced(_ offers: inout PlanOffers, _ venue: Int, _ low: Int64) {
    let level = offers.level(venue, holding: low)
    placedLow[venue] = low
    placedCost[venue] =
      offers.objective(venue, of: low, in: level) &+ offers.orderCost(venue)
    let isWhole = low == offers.cumulative(venue, level)
    let next = isWhole ? level &+ 1 : level
    placedHead[venue] = next
    // Behind the last level there is nothing to look at.
    guard next < offers.levelCounts[venue] else { return }
    placedKey[venue] = offers.key(venue, next)
    placedDistance[venue] = keyDistance(placedKey[venue], from: leastKey)
  }

  /// A venue that takes nothing yet goes on with its first segment, if it has one.
  @inline(__always)
  private mutating func placeOptional(_ offers: inout PlanOffers, _ venue: Int, _ high: Int64) {
    let length = unsafe rootLength.base[venue]
    if length <= high {
      unsafe firstLength.base[venue] = length
      unsafe firstRest.base[venue] = rootRest.base[venue]
      unsafe head.base[venue] = 0
      unsafe addOpen(venue, key: rootKey.base[venue], rootDistance.base[venue])
    } else {
      setFirstSegment(&offers, venue, high)
      addOpen(venue, key: keys[venue], keyDistance(keys[venue], from: leastKey))
    }
  }

  @inline(__always)
  private mutating func addOpen(_ venue: Int, key: Int128, _ distance: Int64) {
    unsafe keys.base[venue] = key
    unsafe open.base[openCount] = venue
    unsafe distances.base[openCount] = distance
    openCount &+= 1
  }

  /// Goes on from a take whose last unit lies in `level`; its venue is one of the open ones.
  private mutating func setHead(_ offers: inout PlanOffers, _ venue: Int, after level: Int) {
    let isWhole = take[venue] == offers.cumulative(venue, level)
    head[venue] = isWhole ? level &+ 1 : level
    keys[venue] = offers.key(venue, head[venue])
  }

  // The merge.

  /// Takes the cheapest segments up to `amount`; what is left of it.
  private mutating func merge(_ offers: inout PlanOffers, _ amount: Int64) -> Int64 {
    var rest = amount
    while rest > 0 {
      let (place, second) = cheapest()
      guard place >= 0 else { return rest }
      let venue = unsafe open.base[place]
      if venue != lastVenue {
        lastOtherKey = lastKey
        lastVenue = venue
      }
      var distance: Int64
      repeat {
        rest &-= consume(&offers, venue, rest)
        distance = unsafe keyDistance(keys.base[venue], from: leastKey)
      } while rest > 0 && distance < second
      unsafe distances.base[place] = distance
    }
    return 0
  }

  /// The place of the open venue whose next segment is cheapest, negative if there is none, and
  /// the distance of the next best one.
  @inline(__always)
  private mutating func cheapest() -> (place: Int, second: Int64) {
    var best = Int64.max
    var second = Int64.max
    var found = -1
    for place in 0..<openCount {
      let distance = unsafe distances.base[place]
      let isBetter = distance < best
      second = isBetter ? best : min(second, distance)
      found = isBetter ? place : found
      best = isBetter ? distance : best
    }
    if best == .max { return (cheapestFar(), second) }
    return second == best ? (cheapestEqual(found), second) : (found, second)
  }

  /// The place of the cheapest key among those that are far from the least one.
  @inline(never)
  private mutating func cheapestFar() -> Int {
    var found = -1
    for place in 0..<openCount where keys[open[place]] != .max {
      if found < 0 || keys[open[place]] < keys[open[found]] { found = place }
    }
    return found < 0 ? found : cheapestEqual(found)
  }

  /// Which of the venues with the cheapest key comes first; the earliest of them is given.
  @inline(never)
  private mutating func cheapestEqual(_ earliest: Int) -> Int {
    let key = keys[open[earliest]]
    var found = earliest
    var isTied = false
    for place in earliest &+ 1..<openCount where keys[open[place]] == key {
      let (venue, best) = (open[place], open[found])
      let difference = firstFraction(venue, against: best)
      if difference < 0 || (difference == 0 && take[venue] > 0 && take[best] == 0) {
        found = place
      }
      isTied = difference == 0 || (isTied && difference > 0)
    }
    if isTied { tiedKey = key }
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
      for place in 0..<openCount {
        let venue = open[place]
        guard keys[venue] != .max, lots.isFine(venue, upTo: last) else { continue }
        if found >= 0 && keys[venue] == keys[open[found]] {
          isTiedAmongFineLots = true
          if firstFraction(venue, against: open[found]) < 0 { found = place }
        } else if found < 0 || keys[venue] < keys[open[found]] {
          found = place
        }
      }
      guard found >= 0 else { return rest }
      let venue = open[found]
      rest &-= consume(&offers, venue, rest)
      distances[found] = keyDistance(keys[venue], from: leastKey)
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
    cost &+= lastKey &* Int128(part)
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
    cost &+= lastKey &* Int128(part)
    guard take[venue] == first else { return part }
    cost &+= Int128(firstRest[venue])
    head[venue] = offers.level(venue, holding: first)
    if first < high[venue] {
      setHead(&offers, venue, after: head[venue])
    } else {
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

  /// The level of the last unit taken.
  @inline(__always)
  mutating func level(_ offers: inout PlanOffers, _ venue: Int) -> Int {
    isCut(venue) ? offers.level(venue, holding: take[venue]) : lastLevel(&offers, venue)
  }

  /// Whether the venue would take what the relaxation gives it.
  mutating func isAllowed(_ offers: inout PlanOffers, _ venue: Int) -> Bool {
    if take[venue] == high[venue] || take[venue] == low[venue] { return true }
    if isCut(venue) { return offers.isAllowed(venue, take[venue]) }
    return offers.isAllowed(venue, take[venue], in: lastLevel(&offers, venue))
  }

  /// Adds what the first segments that are cut have beyond their keys.
  private mutating func addCuts() {
    var hasFraction = false
    cuts = 0
    for place in 0..<openCount {
      let venue = unsafe open.base[place]
      guard unsafe take.base[venue] < firstLength.base[venue], isCut(venue) else { continue }
      let length = Int128(firstLength[venue])
      let fraction = product(take[venue], firstRest[venue])
      let whole = fraction / length
      cuts &+= whole
      hasFraction = hasFraction || whole &* length != fraction
    }
    if hasFraction { cuts &+= 1 }
    cost &+= cuts
  }

  /// The objective of `take` as it is, with all order costs.
  mutating func fullCost(_ offers: inout PlanOffers) -> Int128 {
    var cost: Int128 = 0
    for venue in 0..<offers.count where take[venue] > 0 {
      cost &+= offers.objective(venue, of: take[venue]) &+ offers.orderCost(venue)
    }
    return cost
  }

  // What a node costs at least that is this one but for the range of one venue.
  //
  // What the venue takes more the others take less, and save at most what the dearest segment costs
  // that they took; what it takes less costs at least what the cheapest segment does that they
  // left. These are Lagrangian bounds: at that unit cost the others' takes are still their best.

  /// No plan of the node in which the venue takes `least` or more has a lower objective; `.max` if
  /// there is none.
  mutating func cost(_ offers: inout PlanOffers, _ venue: Int, atLeast least: Int64) -> Int128 {
    let now = take[venue]
    guard now > 0, least > now, !isStaged else { return cost }
    let key = lastVenue == venue ? lastOtherKey : lastKey
    if key == .min { return .max }
    guard isSmall(key, least &- now) else { return cost }
    let added: Int128
    if !isCut(venue) {
      added =
        offers.objective(venue, of: least)
        &- offers.objective(venue, of: now, in: lastLevel(&offers, venue))
    } else if least <= firstLength[venue] {
      added = keys[venue] &* Int128(least &- now)
    } else {
      added =
        offers.objective(venue, of: least) &+ offers.orderCost(venue)
        &- (keys[venue] &+ 1) &* Int128(now)
    }
    // One more, as the keys of first segments are rounded down.
    return max(cost, cost &+ (added &- (key &+ 1) &* Int128(least &- now)))
  }

  /// The same for a take of `most` or less.
  mutating func cost(_ offers: inout PlanOffers, _ venue: Int, atMost most: Int64) -> Int128 {
    let now = take[venue]
    guard most < now else { return cost }
    let key = leastKeyLeft(but: venue)
    if key == .max { return .max }
    guard isSmall(key, now &- most) else { return cost }
    var saved: Int128
    if isCut(venue) {
      saved = (keys[venue] &+ 1) &* Int128(now) &- keys[venue] &* Int128(most)
    } else {
      saved =
        offers.objective(venue, of: now, in: lastLevel(&offers, venue)) &+ offers.orderCost(venue)
      if most >= max(firstLength[venue], 1) {
        saved &-= offers.objective(venue, of: most) &+ offers.orderCost(venue)
      } else if most > 0 {
        guard firstLength[venue] == rootLength[venue] else { return cost }
        saved &-= rootKey[venue] &* Int128(most)
      }
    }
    return max(cost, cost &+ (key &* Int128(now &- most) &- saved))
  }

  /// The least key of the next segments of all venues but one; `.max` if there is none.
  private mutating func leastKeyLeft(but venue: Int) -> Int128 {
    var least = Int128.max
    for place in 0..<openCount {
      let other = unsafe open.base[place]
      let key = unsafe keys.base[other]
      least = other != venue && key < least ? key : least
    }
    return least
  }

  /// Whether the product is small enough to be added to a cost.
  private func isSmall(_ key: Int128, _ quantity: Int64) -> Bool {
    key.magnitude.leadingZeroBitCount &+ quantity.leadingZeroBitCount > 68
  }
}
