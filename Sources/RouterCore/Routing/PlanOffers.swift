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
  private(set) var isBuy = true
  /// Whether all venues have the same lot and none has an order cost.
  private(set) var hasOneLot = true
  private(set) var hasOrderCosts = false
  private(set) var quantity: Int64 = 0

  // What is minimised: notional times unit, plus quantity times base, plus the order costs.
  private var units: FixedBuffer<Int64>
  private var bases: FixedBuffer<Int128>
  /// By how much the objective is finer than a cost.
  private(set) var objectiveScale: Int128 = 1

  private let levelCapacity: Int
  private var levels: FixedBuffer<PlanLevel>
  private var limit: Int64?
  private var participation = Int64(PlanRequest.fullParticipation)
  private var notionalToAmount: Int128 = 1
  private var quantityToAmount: Int128 = 1
  private var maximumNotional: Int128 = 0
  private var notionalRange: Int128 = 0
  private var expectedNotionalRange: Int128 = 0
  /// The instrument whose scales are set.
  private var instrument: Instrument?

  /// Amounts above this are as good as no limit; 1e12 units at the scale of `Amount`.
  private let unlimited = powerOfTen(12 + Amount.scale)
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
    let noLevel = PlanLevel(notional: 0, price: 0, cumulative: 0)
    levels = FixedBuffer(repeating: noLevel, count: venues * levelCapacity)
  }

  mutating func begin(_ request: PlanRequest) {
    count = 0
    hasOneLot = true
    hasOrderCosts = false
    objectiveScale = 1
    isBuy = request.side == .buy
    quantity = max(request.quantity.mantissa, 0)
    limit = request.limitPrice?.mantissa
    participation = Int64(min(max(request.participation, 0), PlanRequest.fullParticipation))
    if request.instrument != instrument { setScales(request.instrument) }
    maximumNotional = request.objective == .cost ? notionalRange : expectedNotionalRange
  }

  private mutating func setScales(_ instrument: Instrument) {
    self.instrument = instrument
    notionalToAmount = powerOfTen(Amount.scale - instrument.notionalScale)
    quantityToAmount = powerOfTen(Amount.scale - Int(instrument.quantityScale))
    notionalRange = unlimited / notionalToAmount
    expectedNotionalRange = min(notionalRange, powerOfTen(24))
  }

  mutating func add(_ venue: VenueTerms, book: borrowing OrderBook) {
    precondition(count < RoutePlan.maximumLegs)
    let fee = venue.fee.partsPerHundredMillion
    let factor = isBuy ? FeeRate.one &+ fee : fee &- FeeRate.one
    terms[count] = venue
    factors[count] = factor
    units[count] = factor
    bases[count] = 0
    levelCounts[count] = 0
    greatest[count] = 0
    bestPrices[count] = (isBuy ? book.bestAsk : book.bestBid)?.price.mantissa ?? 0
    hasOneLot = hasOneLot && venue.quantityIncrement == terms[0].quantityIncrement
    hasOrderCosts = hasOrderCosts || venue.orderCost > .zero
    if venue.exclusion == .none && fee > -FeeRate.one && fee < FeeRate.one {
      if isBuy { copyLevels(book.asks) } else { copyLevels(book.bids) }
      unsafe findGreatest(terms.base + count)
    }
    count &+= 1
  }

  /// Copies levels until they suffice for the whole quantity.
  private mutating func copyLevels(_ side: borrowing BookSide) {
    let worst = side.sign &* (limit ?? (isBuy ? .max : 0))
    let target = unsafe levels.base + count &* levelCapacity
    let most = min(side.count, levelCapacity)
    levelCounts[count] =
      unsafe participation == PlanRequest.fullParticipation
      ? Self.copy(side, most, worst, until: quantity, to: target)
      : Self.copy(side, most, worst, until: quantity, to: target, share: participation)
  }

  /// Copies up to `most` levels with keys not below `worst` until `quantity` is reached.
  ///
  /// Prices and sizes of a book are positive, so that products are those of unsigned words.
  @unsafe @inline(never)
  private static func copy(
    _ side: borrowing BookSide, _ most: Int, _ worst: Int64, until quantity: Int64,
    to levels: UnsafeMutablePointer<PlanLevel>
  ) -> Int {
    let sign = side.sign
    let keys = unsafe side.keys + (side.end &- 1)
    let sizes = unsafe side.sizes + (side.end &- 1)
    var rest = quantity
    var notional: UInt128 = 0
    var index = 0
    while unsafe index < most && rest > 0 && keys[0 &- index] >= worst {
      let price = unsafe sign &* keys[0 &- index]
      let part = unsafe min(sizes[0 &- index], rest)
      rest &-= part
      notional &+= UInt128(UInt64(bitPattern: price)) &* UInt128(UInt64(bitPattern: part))
      unsafe levels[index] = PlanLevel(
        notional: Int128(truncatingIfNeeded: notional), price: price, cumulative: quantity &- rest)
      index &+= 1
    }
    return index
  }

  /// The same where only a share of each level, in parts per ten thousand, may be taken.
  @unsafe @inline(never)
  private static func copy(
    _ side: borrowing BookSide, _ most: Int, _ worst: Int64, until quantity: Int64,
    to levels: UnsafeMutablePointer<PlanLevel>, share: Int64
  ) -> Int {
    var rest = quantity
    var notional: Int128 = 0
    var index = 0
    for depth in 0..<most where rest > 0 {
      let key = unsafe side.keys[side.end &- 1 &- depth]
      guard key >= worst else { break }
      let part = unsafe min(portion(side.sizes[side.end &- 1 &- depth], share), rest)
      guard part > 0 else { continue }
      rest &-= part
      notional &+= product(side.sign &* key, part)
      unsafe levels[index] = PlanLevel(
        notional: notional, price: side.sign &* key, cumulative: quantity &- rest)
      index &+= 1
    }
    return index
  }

  /// The part of a displayed size that may be taken, rounded down.
  private static func portion(_ size: Int64, _ share: Int64) -> Int64 {
    Int64(product(size, share) / Int128(PlanRequest.fullParticipation))
  }

  /// Drops the worst levels as long as a limit on the tick would pass the parent's limit, or as
  /// the notional is out of range; then finds the greatest allowed quantity.
  @unsafe
  private mutating func findGreatest(_ venue: UnsafeMutablePointer<VenueTerms>) {
    let levels = unsafe levels.base + count &* levelCapacity
    var last = levelCounts[count] &- 1
    var limit: Int64 = 0
    while last >= 0 {
      let level = unsafe levels[last]
      limit = unsafe tickPrice(level.price, venue.pointee.priceIncrement.mantissa)
      if limit > 0, isWithinLimit(limit), level.notional <= maximumNotional,
        product(limit, level.cumulative) <= maximumNotional
      {
        break
      }
      last &-= 1
    }
    levelCounts[count] = last &+ 1
    guard last >= 0 else { return }
    var most = unsafe min(levels[last].cumulative, venue.pointee.maximumQuantity.mantissa)
    unsafe most &-= most % venue.pointee.quantityIncrement.mantissa
    let notional = product(limit, most)
    let isMost =
      unsafe most > (last == 0 ? 0 : levels[last &- 1].cumulative)
      && most >= venue.pointee.minimumQuantity.mantissa
      && notional >= venue.pointee.minimumNotional.mantissa
      && covers(count, notional, most)
    greatest[count] = isMost ? most : largestAllowed(count, atMost: most)
    greatestLevel[count] = isMost ? last : level(count, holding: greatest[count])
  }

  private mutating func isWithinLimit(_ price: Int64) -> Bool {
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
    guard most > 0, most >= terms[venue].minimumQuantity.mantissa else { return 0 }
    var level = level(venue, holding: most)
    while true {
      if let range = allowed(venue, level, from: 1, to: most) { return range.high }
      if level == 0 { return 0 }
      level &-= 1
    }
  }

  /// The least allowed quantity that is not below `least`, or `nil`.
  mutating func smallestAllowed(_ venue: Int, atLeast least: Int64) -> Int64? {
    guard levelCounts[venue] > 0, least <= depth(venue) else { return nil }
    var level = level(venue, holding: max(least, 1))
    while level < levelCounts[venue] {
      if let range = allowed(venue, level, from: least, to: .max) { return range.low }
      level &+= 1
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

  /// The allowed quantities between two bounds whose last unit lies in `level`.
  mutating func allowed(
    _ venue: Int, _ level: Int, from least: Int64, to most: Int64, ignoringBalance: Bool = false
  ) -> (low: Int64, high: Int64)? {
    let before = level == 0 ? 0 : cumulative(venue, level &- 1)
    var low = max(least, before &+ 1, terms[venue].minimumQuantity.mantissa)
    var high = min(most, cumulative(venue, level), terms[venue].maximumQuantity.mantissa)
    guard low <= high else { return nil }
    let limit = limitPrice(venue, level)
    let minimum = terms[venue].minimumNotional.mantissa
    if product(limit, low) < minimum {
      guard product(limit, high) >= minimum else { return nil }
      low = Int64(minimum.divided(by: Int128(limit), roundingUp: true))
    }
    if !ignoringBalance { high = affordable(venue, limit, atMost: high) }
    let increment = terms[venue].quantityIncrement.mantissa
    high &-= high % increment
    guard high >= low else { return nil }
    let excess = low % increment
    if excess != 0 { low &+= increment &- excess }
    return low <= high ? (low, high) : nil
  }

  /// The most of `most` whose hold at this limit price the balance covers.
  private mutating func affordable(_ venue: Int, _ limit: Int64, atMost most: Int64) -> Int64 {
    guard let available = terms[venue].available?.mantissa, available < unlimited else {
      return most
    }
    guard available > 0 else { return 0 }
    guard isBuy else {
      if Int128(most) &* quantityToAmount <= available { return most }
      return Int64(available / quantityToAmount)
    }
    let unit = Int128(limit) &* notionalToAmount &* Int128(holdFactor(venue))
    let budget = available &* Int128(FeeRate.one)
    return unit &* Int128(most) <= budget ? most : Int64(budget / unit)
  }

  /// Whether the balance covers the hold of `quantity`, whose limit makes it `notional`.
  @inline(__always)
  private mutating func covers(_ venue: Int, _ notional: Int128, _ quantity: Int64) -> Bool {
    guard let available = terms[venue].available else { return true }
    if isBuy {
      let hold = notional &* (notionalToAmount &* Int128(holdFactor(venue)))
      return available.mantissa >= unlimited || hold <= available.mantissa &* Int128(FeeRate.one)
    }
    return Int128(quantity) &* quantityToAmount <= available.mantissa
  }

  /// What the venue reserves for a child, rounded up.
  mutating func hold(_ venue: Int, limit: Int64, _ quantity: Int64) -> Amount {
    guard isBuy else { return Amount(mantissa: Int128(quantity) &* quantityToAmount) }
    let exact = product(limit, quantity) &* notionalToAmount &* Int128(holdFactor(venue))
    return Amount(mantissa: exact.divided(by: Int128(FeeRate.one), roundingUp: true))
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
