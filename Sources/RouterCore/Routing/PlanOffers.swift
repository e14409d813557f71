/// What the venues offer for one plan: levels within the limit and the quantities that are allowed.
///
/// All arithmetic is exact. Levels beyond 1e12 units of quote asset (1e8 at the finest scales when
/// an expected cost is minimised) are not looked at, which keeps every product and sum of a plan
/// within 128 bits.
struct PlanOffers: ~Copyable, Sendable {
  private(set) var count = 0
  private(set) var terms: FixedBuffer<VenueTerms>
  /// Signed all-in cost of one unit of notional: `one + fee` on a buy, `-(one - fee)` on a sell.
  private(set) var factors: FixedBuffer<Int64>
  /// Levels within the limit and within the quantity that is asked for.
  private(set) var levelCounts: FixedBuffer<Int>
  private(set) var bestPrices: FixedBuffer<Int64>
  /// The most that each venue allows.
  private(set) var greatest: FixedBuffer<Int64>
  /// The level in which its last unit lies.
  private(set) var greatestLevel: FixedBuffer<Int>
  /// The signed all-in cost of one unit of the best level; `.max` if there is none.
  private(set) var touchKeys: FixedBuffer<Int128>
  /// The least of them.
  private(set) var leastKey = Int128.max
  /// Venues for which the notional of each level and the greatest quantity are known.
  private var completed: UInt32 = 0
  private(set) var isBuy = true
  /// Whether all venues have the same lot and none has an order cost.
  private(set) var hasOneLot = true
  private(set) var hasOrderCosts = false
  /// Whether levels within the limit were left out, as their notional is beyond the range.
  private(set) var hasLevelsOutOfRange = false
  private(set) var quantity: Int64 = 0

  // What is minimised: notional times unit, plus quantity times base, plus the order costs.
  private var units: FixedBuffer<Int64>
  private var bases: FixedBuffer<Int128>
  /// By how much the objective is finer than a cost.
  private(set) var objectiveScale: Int128 = 1

  private let levelCapacity: Int
  private var levels: FixedBuffer<PlanLevel>
  /// The levels as they lie in the books: each venue's best one at the end of its stretch.
  private(set) var copiedKeys: FixedBuffer<Int64>
  private(set) var copiedSizes: FixedBuffer<Int64>
  /// The length of a venue's stretch.
  let stride: Int
  private var limit: Int64?
  /// The parent's limit as a key of the side of the books that the plan takes from.
  private var worstKey: Int64 = 0
  private var participation = Int64(PlanRequest.fullParticipation)
  private var notionalToAmount: Int128 = 1
  private var quantityToAmount: Int128 = 1
  private var maximumNotional: Int128 = 0
  private var notionalRange: Int128 = 0
  private var expectedNotionalRange: Int128 = 0
  /// The instrument whose scales are set.
  private var instrument: Instrument?

  /// The most that a replacement may cost for the whole quantity; it keeps sums within 128 bits.
  private let maximumReplacement = powerOfTen(32)

  init(levelCapacity: Int) {
    let venues = RoutePlan.maximumLegs
    self.levelCapacity = levelCapacity
    let noTerms = VenueTerms(
      listing: ListingID(0), venue: VenueID(0), priceIncrement: Price(mantissa: 1),
      quantityIncrement: Quantity(mantissa: 1))
    terms = FixedBuffer(repeating: noTerms, count: venues)
    factors = FixedBuffer(repeating: 0, count: venues)
    units = FixedBuffer(repeating: 0, count: venues)
    bases = FixedBuffer(repeating: 0, count: venues)
    levelCounts = FixedBuffer(repeating: 0, count: venues)
    bestPrices = FixedBuffer(repeating: 0, count: venues)
    greatest = FixedBuffer(repeating: 0, count: venues)
    greatestLevel = FixedBuffer(repeating: 0, count: venues)
    touchKeys = FixedBuffer(repeating: 0, count: venues)
    let noLevel = PlanLevel(notional: 0, price: 0, cumulative: 0)
    levels = FixedBuffer(repeating: noLevel, count: venues * levelCapacity)
    stride = max(levelCapacity, Self.firstLook)
    copiedKeys = FixedBuffer(repeating: 0, count: venues * stride)
    copiedSizes = FixedBuffer(repeating: 0, count: venues * stride)
  }

  mutating func begin(_ request: PlanRequest) {
    count = 0
    completed = 0
    leastKey = .max
    hasOneLot = true
    hasOrderCosts = false
    hasLevelsOutOfRange = false
    objectiveScale = 1
    isBuy = request.side == .buy
    quantity = max(request.quantity.mantissa, 0)
    limit = request.limitPrice?.mantissa
    worstKey = isBuy ? 0 &- (limit ?? .max) : limit ?? 0
    participation = Int64(min(max(request.participation, 0), PlanRequest.fullParticipation))
    if request.instrument != instrument { setScales(request.instrument) }
    maximumNotional = request.objective == .cost ? notionalRange : expectedNotionalRange
  }

  private mutating func setScales(_ instrument: Instrument) {
    self.instrument = instrument
    notionalToAmount = powerOfTen(Amount.scale - instrument.notionalScale)
    quantityToAmount = powerOfTen(Amount.scale - Int(instrument.quantityScale))
    notionalRange = powerOfTen(12 + Amount.scale) / notionalToAmount
    expectedNotionalRange = min(notionalRange, powerOfTen(24))
  }

  /// Adds a venue with the side of its book that the plan takes from.
  mutating func add(_ venue: VenueTerms, _ side: BookSide.Levels) {
    precondition(count < RoutePlan.maximumLegs)
    let index = count
    let fee = venue.fee.partsPerHundredMillion
    let factor = isBuy ? FeeRate.one &+ fee : fee &- FeeRate.one
    unsafe terms.base[index] = venue
    unsafe factors.base[index] = factor
    unsafe units.base[index] = factor
    unsafe bases.base[index] = 0
    unsafe greatest.base[index] = 0
    unsafe levelCounts.base[index] = 0
    unsafe touchKeys.base[index] = .max
    let best = unsafe side.count > 0 ? side.keys[side.end &- 1] : 0
    unsafe bestPrices.base[index] = isBuy ? 0 &- best : best
    let lot = unsafe terms.base[0].quantityIncrement
    hasOneLot = hasOneLot && venue.quantityIncrement == lot
    hasOrderCosts = hasOrderCosts || venue.orderCost > .zero
    count = index &+ 1
    let most = min(side.count, levelCapacity)
    guard venue.exclusion == .none, fee > -FeeRate.one, fee < FeeRate.one, most > 0, quantity > 0
    else { return }
    let depth = copyLevels(side, most, to: index)
    unsafe levelCounts.base[index] = depth
    guard depth > 0 else { return }
    let key = product(copiedPrice(index &* stride &+ stride &- 1), factor)
    unsafe touchKeys.base[index] = key
    leastKey = min(leastKey, key)
  }

  /// Copies the levels within the limit that suffice for the quantity, or some more, as they lie in
  /// the book; how many.
  ///
  /// Usually the first few suffice. Then there is no branch here that depends on what they hold.
  @inline(__always)
  private mutating func copyLevels(_ side: BookSide.Levels, _ most: Int, to index: Int) -> Int {
    let few = Self.firstLook
    let end = index &* stride &+ stride
    let keys = unsafe side.keys + side.end
    guard participation == PlanRequest.fullParticipation && most >= few else {
      return copyOneByOne(side, most, to: end)
    }
    let source = unsafe UnsafeRawPointer(side.sizes + (side.end &- few))
    let target = unsafe UnsafeMutableRawPointer(copiedSizes.base + (end &- few))
    var total = SIMD2<UInt64>.zero
    var bits = SIMD2<UInt64>.zero
    for pair in 0..<few / 2 {
      let sizes = unsafe source.loadUnaligned(
        fromByteOffset: pair &* 16, as: SIMD2<UInt64>.self)
      total &+= sizes
      bits |= sizes
      unsafe target.storeBytes(of: sizes, toByteOffset: pair &* 16, as: SIMD2<UInt64>.self)
    }
    guard
      unsafe bits.x | bits.y < Self.smallSize
        && total.x &+ total.y >= UInt64(bitPattern: quantity) && keys[-few] >= worstKey
    else { return copyOneByOne(side, most, to: end) }
    unsafe (copiedKeys.base + (end &- few)).update(from: keys - few, count: few)
    return few
  }

  private static let firstLook = 16
  /// Sums of `firstLook` sizes below it do not overflow.
  private static let smallSize: UInt64 = 1 << 58

  @inline(never)
  private mutating func copyOneByOne(_ side: BookSide.Levels, _ most: Int, to end: Int) -> Int {
    let isWhole = participation == PlanRequest.fullParticipation
    var rest = quantity
    var target = end
    var place = side.end
    let last = place &- most
    while place > last && rest > 0 {
      place &-= 1
      let key = unsafe side.keys[place]
      guard key >= worstKey else { break }
      let size = unsafe isWhole ? side.sizes[place] : portion(side.sizes[place])
      guard size > 0 else { continue }
      rest &-= size
      target &-= 1
      unsafe copiedKeys.base[target] = key
      unsafe copiedSizes.base[target] = size
    }
    return end &- target
  }

  /// The part of a displayed size that may be taken, rounded down.
  private func portion(_ size: Int64) -> Int64 {
    Int64(product(size, participation) / Int128(PlanRequest.fullParticipation))
  }

  mutating func completeAll() {
    for venue in 0..<count { complete(venue) }
  }

  /// Sums up a venue's levels and finds the greatest quantity that it allows.
  mutating func complete(_ venue: Int) {
    guard completed & (1 << UInt32(venue)) == 0 else { return }
    completed |= 1 << UInt32(venue)
    levelCounts[venue] = sumLevels(venue, levelCounts[venue])
    findGreatest(venue)
  }

  @inline(__always)
  func isComplete(_ venue: Int) -> Bool { completed & (1 << UInt32(venue)) != 0 }

  /// Sums up copied levels until they reach the quantity; how many do.
  ///
  /// Prices and sizes of a book are positive, so that products are those of unsigned words.
  private mutating func sumLevels(_ venue: Int, _ count: Int) -> Int {
    let levels = unsafe levels.base + venue &* levelCapacity
    let top = venue &* stride &+ stride &- 1
    var rest = quantity
    var notional: UInt128 = 0
    var index = 0
    while index < count && rest > 0 {
      let price = copiedPrice(top &- index)
      let part = unsafe min(copiedSizes.base[top &- index], rest)
      rest &-= part
      notional &+= UInt128(UInt64(bitPattern: price)) &* UInt128(UInt64(bitPattern: part))
      unsafe levels[index] = PlanLevel(
        notional: Int128(truncatingIfNeeded: notional), price: price, cumulative: quantity &- rest)
      index &+= 1
    }
    return index
  }

  /// The price of a copied level.
  @inline(__always) func copiedPrice(_ place: Int) -> Int64 {
    unsafe isBuy ? 0 &- copiedKeys.base[place] : copiedKeys.base[place]
  }

  /// Drops the worst levels as long as a limit on the tick would pass the parent's limit, or as
  /// the notional is out of range; then finds the greatest allowed quantity.
  private mutating func findGreatest(_ venue: Int) {
    var last = levelCounts[venue] &- 1
    var limit: Int64 = 0
    while last >= 0 {
      limit = usableLimit(venue, levels[venue &* levelCapacity &+ last])
      if limit > 0 { break }
      let price = limitPrice(venue, last)
      hasLevelsOutOfRange = hasLevelsOutOfRange || (price > 0 && isWithinLimit(price))
      last &-= 1
    }
    levelCounts[venue] = last &+ 1
    guard last >= 0 else { return }
    let before = last == 0 ? 0 : cumulative(venue, last &- 1)
    let most = roundedMost(venue, last)
    if most > before && accepts(venue, most, limit: limit) {
      greatest[venue] = most
      greatestLevel[venue] = last
    } else if most > 0 {
      let covered = coveredLevel(venue, upTo: level(venue, holding: most))
      greatest[venue] = largestAllowed(venue, atMost: most, in: covered)
      greatestLevel[venue] = level(venue, holding: greatest[venue])
    }
  }

  /// A level's price on the tick, or zero if the level is out of the limit or of range.
  @inline(__always)
  private mutating func usableLimit(_ venue: Int, _ level: PlanLevel) -> Int64 {
    let increment = unsafe (terms.base + venue).pointee.priceIncrement.mantissa
    let limit = tickPrice(level.price, increment)
    let isUsable =
      isWithinLimit(limit) && level.notional <= maximumNotional
      && product(limit, level.cumulative) <= maximumNotional
    return isUsable ? limit : 0
  }

  /// The limit price with which the venue takes `quantity`, whose last unit lies in `level`; zero
  /// if it does not.
  @inline(__always)
  mutating func limitPrice(_ venue: Int, taking quantity: Int64, in level: PlanLevel) -> Int64 {
    let terms = unsafe terms.base + venue
    let limit = usableLimit(venue, level)
    let isTaken =
      unsafe limit > 0 && quantity % terms.pointee.quantityIncrement.mantissa == 0
      && quantity <= terms.pointee.maximumQuantity.mantissa
      && accepts(venue, quantity, limit: limit)
    return isTaken ? limit : 0
  }

  /// The most that a venue's lot and greatest order allow up to a level, its minima aside.
  @inline(__always)
  private mutating func roundedMost(_ venue: Int, _ level: Int) -> Int64 {
    let most = min(cumulative(venue, level), terms[venue].maximumQuantity.mantissa)
    return most &- most % terms[venue].quantityIncrement.mantissa
  }

  /// Whether a venue takes a whole number of lots, not above its greatest order, at this limit.
  @inline(__always)
  private mutating func accepts(_ venue: Int, _ quantity: Int64, limit: Int64) -> Bool {
    let terms = unsafe terms.base + venue
    let notional = product(limit, quantity)
    return unsafe quantity >= terms.pointee.minimumQuantity.mantissa
      && notional >= terms.pointee.minimumNotional.mantissa && covers(venue, notional, quantity)
  }

  /// Whether a venue surely allows some quantity, by a look at its best level alone.
  ///
  /// Neither price nor quantity is rounded here: what must hold does so at both ends of what the
  /// rounding could give.
  @inline(__always)
  mutating func takesTouch(_ venue: Int) -> Bool {
    let terms = unsafe terms.base + venue
    let top = venue &* stride &+ stride &- 1
    let price = copiedPrice(top)
    let most = unsafe min(
      copiedSizes.base[top], quantity, terms.pointee.maximumQuantity.mantissa)
    let depth = unsafe min(copiedSizes.base[top], quantity)
    let excess = unsafe terms.pointee.priceIncrement.mantissa &- 1
    let (worst, overflow) =
      isBuy ? price.addingReportingOverflow(excess) : (price &- excess, false)
    guard !overflow, worst > 0, isWithinLimit(worst) else { return false }
    let (low, high) = isBuy ? (price, worst) : (worst, price)
    guard product(high, depth) <= maximumNotional else { return false }
    let least = unsafe most &- terms.pointee.quantityIncrement.mantissa &+ 1
    return unsafe least > 0 && least >= terms.pointee.minimumQuantity.mantissa
      && product(low, least) >= terms.pointee.minimumNotional.mantissa
      && covers(venue, product(high, most), most)
  }

  @inline(__always) private mutating func isWithinLimit(_ price: Int64) -> Bool {
    guard let limit else { return true }
    return isBuy ? price <= limit : price >= limit
  }

  /// Replaces the objective by the expected cost: a part of each unit misses and costs the
  /// replacement, which is a signed all-in cost of one unit.
  ///
  /// - Returns: The replacement, cut to the range of the arithmetic.
  mutating func expect(replacement: Int128) -> Int128 {
    let most = maximumReplacement / Int128(max(quantity, 1))
    let replacement = min(max(replacement, -most), most)
    objectiveScale = Int128(VenueTerms.certainFill)
    for venue in 0..<count {
      let chance = Int64(min(max(terms[venue].fillProbability, 0), VenueTerms.certainFill))
      units[venue] = factors[venue] &* chance
      bases[venue] = replacement &* Int128(Int64(VenueTerms.certainFill) &- chance)
    }
    return replacement
  }

  // One venue's levels.

  @inline(__always) mutating func price(_ venue: Int, _ level: Int) -> Int64 {
    levels[venue &* levelCapacity &+ level].price
  }

  @inline(__always) mutating func cumulative(_ venue: Int, _ level: Int) -> Int64 {
    levels[venue &* levelCapacity &+ level].cumulative
  }

  mutating func depth(_ venue: Int) -> Int64 {
    levelCounts[venue] == 0 ? 0 : cumulative(venue, levelCounts[venue] &- 1)
  }

  /// What one more unit of a level adds to the objective, which ranks levels across venues.
  @inline(__always) mutating func key(_ venue: Int, _ level: Int) -> Int128 {
    product(price(venue, level), units[venue]) &+ bases[venue]
  }

  /// The signed all-in cost of one unit of a level.
  mutating func unitCost(_ venue: Int, _ level: Int) -> Int128 {
    product(price(venue, level), factors[venue])
  }

  /// The level in which the last unit of `quantity` lies.
  mutating func level(_ venue: Int, holding quantity: Int64) -> Int {
    var low = 0
    var high = levelCounts[venue] &- 1
    while low < high {
      let middle = (low &+ high) / 2
      if cumulative(venue, middle) >= quantity { high = middle } else { low = middle &+ 1 }
    }
    return low
  }

  /// A level's price on the venue's tick, away from us, so that the level is reached; zero if there
  /// is no such price.
  mutating func limitPrice(_ venue: Int, _ level: Int) -> Int64 {
    tickPrice(price(venue, level), terms[venue].priceIncrement.mantissa)
  }

  @inline(__always)
  private mutating func tickPrice(_ price: Int64, _ increment: Int64) -> Int64 {
    let excess = price % increment
    if excess == 0 { return price }
    guard isBuy else { return price &- excess }
    let (above, overflow) = (price &- excess).addingReportingOverflow(increment)
    return overflow ? 0 : above
  }

  mutating func notional(_ venue: Int, of quantity: Int64) -> Int128 {
    guard quantity > 0 else { return 0 }
    return notional(venue, of: quantity, in: level(venue, holding: quantity))
  }

  /// The notional of a quantity whose last unit lies in `level`.
  @inline(__always)
  mutating func notional(_ venue: Int, of quantity: Int64, in level: Int) -> Int128 {
    let index = venue &* levelCapacity &+ level
    let whole = levels[index]
    return whole.notional &- product(whole.price, whole.cumulative &- quantity)
  }

  /// The signed cost of `quantity`, fees and nothing else.
  mutating func cost(_ venue: Int, of quantity: Int64) -> Int128 {
    notional(venue, of: quantity) &* Int128(factors[venue])
  }

  /// The objective of `quantity` without the order cost.
  mutating func objective(_ venue: Int, of quantity: Int64) -> Int128 {
    guard quantity > 0 else { return 0 }
    return objective(venue, of: quantity, in: level(venue, holding: quantity))
  }

  @inline(__always)
  mutating func objective(_ venue: Int, of quantity: Int64, in level: Int) -> Int128 {
    notional(venue, of: quantity, in: level) &* Int128(units[venue])
      &+ bases[venue] &* Int128(quantity)
  }

  mutating func orderCost(_ venue: Int) -> Int128 {
    terms[venue].orderCost.mantissa &* objectiveScale
  }

  // Which quantities are allowed.

  /// The greatest allowed quantity that is not above `most`, or zero.
  mutating func largestAllowed(_ venue: Int, atMost most: Int64) -> Int64 {
    let most = min(most, depth(venue), terms[venue].maximumQuantity.mantissa)
    guard most > 0 else { return 0 }
    return largestAllowed(venue, atMost: most, in: level(venue, holding: most))
  }

  /// The same, with the level in which the last unit of `most` lies.
  mutating func largestAllowed(_ venue: Int, atMost most: Int64, in level: Int) -> Int64 {
    guard most >= terms[venue].minimumQuantity.mantissa else { return 0 }
    var level = level
    while true {
      if let quantity = largestAllowed(venue, in: level, atMost: most) { return quantity }
      if level == 0 { return 0 }
      level &-= 1
    }
  }

  /// The least allowed quantity that is not below `least`, or `nil`.
  mutating func smallestAllowed(_ venue: Int, atLeast least: Int64) -> Int64? {
    guard levelCounts[venue] > 0, least <= depth(venue) else { return nil }
    return smallestAllowed(venue, atLeast: least, in: level(venue, holding: max(least, 1)))
  }

  /// The same, with the level in which the last unit of `least` lies.
  mutating func smallestAllowed(_ venue: Int, atLeast least: Int64, in level: Int) -> Int64? {
    for level in level..<levelCounts[venue] {
      if let quantity = smallestAllowed(venue, in: level, atLeast: least) { return quantity }
    }
    return nil
  }

  mutating func isAllowed(_ venue: Int, _ quantity: Int64) -> Bool {
    guard quantity > 0, quantity <= depth(venue) else { return false }
    return isAllowed(venue, quantity, in: level(venue, holding: quantity))
  }

  /// Whether the venue takes `quantity`, not above its depth, whose last unit lies in `level`.
  mutating func isAllowed(_ venue: Int, _ quantity: Int64, in level: Int) -> Bool {
    guard quantity % terms[venue].quantityIncrement.mantissa == 0,
      quantity >= terms[venue].minimumQuantity.mantissa,
      quantity <= terms[venue].maximumQuantity.mantissa
    else { return false }
    let notional = product(limitPrice(venue, level), quantity)
    return notional >= terms[venue].minimumNotional.mantissa && covers(venue, notional, quantity)
  }

  /// The greatest allowed quantity up to `most` whose last unit lies in `level`.
  private mutating func largestAllowed(
    _ venue: Int, in level: Int, atMost most: Int64
  ) -> Int64? {
    let terms = unsafe terms.base + venue
    let least = unsafe max(start(venue, level), terms.pointee.minimumQuantity.mantissa)
    var high = unsafe min(
      most, cumulative(venue, level), terms.pointee.maximumQuantity.mantissa)
    guard least <= high else { return nil }
    let limit = limitPrice(venue, level)
    if !covers(venue, product(limit, high), high) {
      guard covers(venue, product(limit, least), least) else { return nil }
      high = affordable(venue, limit)
    }
    unsafe high &-= high % terms.pointee.quantityIncrement.mantissa
    let reaches = unsafe product(limit, high) >= terms.pointee.minimumNotional.mantissa
    return high >= least && reaches ? high : nil
  }

  /// The least allowed quantity from `least` on whose last unit lies in `level`.
  mutating func smallestAllowed(
    _ venue: Int, in level: Int, atLeast least: Int64, ignoringBalance: Bool = false
  ) -> Int64? {
    let terms = unsafe terms.base + venue
    var low = unsafe max(least, start(venue, level), terms.pointee.minimumQuantity.mantissa)
    let high = unsafe min(
      cumulative(venue, level), terms.pointee.maximumQuantity.mantissa)
    guard low <= high else { return nil }
    let limit = limitPrice(venue, level)
    let minimum = unsafe terms.pointee.minimumNotional.mantissa
    if product(limit, low) < minimum {
      guard product(limit, high) >= minimum else { return nil }
      low = Int64(minimum.divided(by: Int128(limit), roundingUp: true))
    }
    let increment = unsafe terms.pointee.quantityIncrement.mantissa
    let excess = low % increment
    if excess != 0 {
      guard low <= high &- (increment &- excess) else { return nil }
      low &+= increment &- excess
    }
    return ignoringBalance || covers(venue, product(limit, low), low) ? low : nil
  }

  /// The last level up to `last` whose first unit the balance covers with all before it: what a
  /// venue holds grows from level to level.
  @inline(__always)
  private mutating func coveredLevel(_ venue: Int, upTo last: Int) -> Int {
    if coversStart(venue, last) { return last }
    var low = 0
    var high = last
    while low < high &- 1 {
      let middle = (low &+ high) / 2
      if coversStart(venue, middle) { low = middle } else { high = middle }
    }
    return low
  }

  private mutating func coversStart(_ venue: Int, _ level: Int) -> Bool {
    let quantity = start(venue, level)
    return covers(venue, product(limitPrice(venue, level), quantity), quantity)
  }

  /// The least quantity whose last unit lies in `level`.
  @inline(__always) private mutating func start(_ venue: Int, _ level: Int) -> Int64 {
    level == 0 ? 1 : cumulative(venue, level &- 1) &+ 1
  }

  /// The most whose hold at this limit price the balance covers, where it does not cover all.
  private mutating func affordable(_ venue: Int, _ limit: Int64) -> Int64 {
    guard let available = terms[venue].available?.mantissa, available > 0 else { return 0 }
    guard isBuy else { return Int64(available / quantityToAmount) }
    // Both are below 2e38: with its fee a hold may be nearly twice what is out of the range.
    let unit = UInt128(Int128(limit) &* notionalToAmount) &* UInt128(holdFactor(venue))
    return Int64(UInt128(available) &* UInt128(FeeRate.one) / unit)
  }

  /// Whether the balance covers the hold of `quantity`, whose limit makes it `notional`.
  @inline(__always)
  private mutating func covers(_ venue: Int, _ notional: Int128, _ quantity: Int64) -> Bool {
    let terms = unsafe terms.base + venue
    guard let available = unsafe terms.pointee.available?.mantissa else { return true }
    guard isBuy else { return Int128(quantity) &* quantityToAmount <= available }
    // A fee at most doubles what is held.
    let unit = notional &* notionalToAmount
    if unit <= available >> 1 { return true }
    guard unit <= available else { return false }
    let fee = unsafe terms.pointee.holdsFee ? terms.pointee.fee.partsPerHundredMillion : 0
    return unit &* Int128(fee) <= (available &- unit) &* Int128(FeeRate.one)
  }

  /// What the venue reserves for a child, rounded up.
  mutating func hold(_ venue: Int, limit: Int64, _ quantity: Int64) -> Amount {
    guard isBuy else { return Amount(mantissa: Int128(quantity) &* quantityToAmount) }
    let unit = product(limit, quantity) &* notionalToAmount
    let fee = holdFactor(venue) &- FeeRate.one
    if fee == 0 { return Amount(mantissa: unit) }
    let exact = unit &* Int128(fee)
    return Amount(mantissa: unit &+ exact.divided(by: Int128(FeeRate.one), roundingUp: true))
  }

  private mutating func holdFactor(_ venue: Int) -> Int64 {
    let fee = terms[venue].fee.partsPerHundredMillion
    return terms[venue].holdsFee && fee > 0 ? FeeRate.one &+ fee : FeeRate.one
  }
}

/// A level with everything before it.
struct PlanLevel: Sendable, BitwiseCopyable {
  /// Of this level and all before it.
  var notional: Int128
  var price: Int64
  /// Quantity of this level and all before it.
  var cumulative: Int64
}
