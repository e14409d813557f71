/// What the venues offer for one plan: levels within the limit and the quantities that are allowed.
///
/// All arithmetic is exact. Levels beyond 1e12 units of quote asset are not looked at, which keeps
/// every product and sum of a plan within 128 bits.
struct PlanOffers: ~Copyable, Sendable {
  private(set) var count = 0
  private(set) var terms: FixedBuffer<VenueTerms>
  /// Signed all-in cost of one unit of notional: `one + fee` on a buy, `-(one - fee)` on a sell.
  private(set) var factors: FixedBuffer<Int64>
  /// Levels within the limit and within the quantity that is asked for.
  private(set) var levelCounts: FixedBuffer<Int>
  private(set) var bestPrices: FixedBuffer<Int64>

  private let levelCapacity: Int
  private var prices: FixedBuffer<Int64>
  /// Quantity of a level and all before it.
  private var cumulative: FixedBuffer<Int64>
  /// Notional of a level and all before it.
  private var notionals: FixedBuffer<Int128>

  private(set) var isBuy = true
  private var quantity: Int64 = 0
  private var limit: Int64?
  private var notionalToAmount: Int128 = 1
  private var quantityToAmount: Int128 = 1
  private var maximumNotional: Int128 = 0

  /// Amounts above this are as good as no limit; 1e12 units at the scale of `Amount`.
  private static let unlimited = powerOfTen(12 + Amount.scale)

  init(levelCapacity: Int) {
    let venues = RoutePlan.maximumLegs
    self.levelCapacity = levelCapacity
    let noTerms = VenueTerms(
      listing: ListingID(0), venue: VenueID(0), priceIncrement: Price(mantissa: 1),
      quantityIncrement: Quantity(mantissa: 1))
    terms = FixedBuffer(repeating: noTerms, count: venues)
    factors = FixedBuffer(repeating: 0, count: venues)
    levelCounts = FixedBuffer(repeating: 0, count: venues)
    bestPrices = FixedBuffer(repeating: 0, count: venues)
    prices = FixedBuffer(repeating: 0, count: venues * levelCapacity)
    cumulative = FixedBuffer(repeating: 0, count: venues * levelCapacity)
    notionals = FixedBuffer(repeating: 0, count: venues * levelCapacity)
  }

  mutating func begin(_ request: PlanRequest) {
    count = 0
    isBuy = request.side == .buy
    quantity = request.quantity.mantissa
    limit = request.limitPrice?.mantissa
    notionalToAmount = powerOfTen(Amount.scale - request.instrument.notionalScale)
    quantityToAmount = powerOfTen(Amount.scale - Int(request.instrument.quantityScale))
    maximumNotional = Self.unlimited / notionalToAmount
  }

  mutating func add(_ venue: VenueTerms, book: borrowing OrderBook) {
    precondition(count < RoutePlan.maximumLegs)
    let fee = venue.fee.partsPerHundredMillion
    terms[count] = venue
    factors[count] = isBuy ? FeeRate.one &+ fee : fee &- FeeRate.one
    levelCounts[count] = 0
    bestPrices[count] = (isBuy ? book.bestAsk : book.bestBid)?.price.mantissa ?? 0
    if venue.exclusion == .none && abs(fee) < FeeRate.one {
      if isBuy { copyLevels(book.asks) } else { copyLevels(book.bids) }
    }
    count += 1
  }

  /// Copies levels until they suffice for the whole quantity.
  private mutating func copyLevels(_ side: borrowing BookSide) {
    let start = count * levelCapacity
    let increment = terms[count].priceIncrement.mantissa
    let worst = inwardLimit(increment)
    var total: Int64 = 0
    var notional: Int128 = 0
    var index = 0
    let available = min(side.count, levelCapacity)
    while index < available && total < quantity {
      let level = side.level(index)
      let price = level.price.mantissa
      guard isBuy ? price <= worst : price >= worst else { break }
      let size = min(level.quantity.mantissa, quantity &- total)
      let (outward, overflow) = price.addingReportingOverflow(increment)
      guard !overflow, product(outward, total &+ size) <= maximumNotional else { break }
      total &+= size
      notional &+= product(price, size)
      prices[start &+ index] = price
      cumulative[start &+ index] = total
      notionals[start &+ index] = notional
      index &+= 1
    }
    levelCounts[count] = index
  }

  /// The limit on the venue's tick, on our side of the parent's limit.
  private func inwardLimit(_ increment: Int64) -> Int64 {
    guard let limit else { return isBuy ? .max : 0 }
    guard limit > 0 else { return isBuy ? 0 : 1 }
    let below = limit - limit % increment
    if isBuy || below == limit { return below }
    let (above, overflow) = below.addingReportingOverflow(increment)
    return overflow ? .max : above
  }

  // One venue's levels.

  @inline(__always) func price(_ venue: Int, _ level: Int) -> Int64 {
    prices[venue &* levelCapacity &+ level]
  }

  @inline(__always) func cumulative(_ venue: Int, _ level: Int) -> Int64 {
    cumulative[venue &* levelCapacity &+ level]
  }

  func depth(_ venue: Int) -> Int64 {
    levelCounts[venue] == 0 ? 0 : cumulative(venue, levelCounts[venue] - 1)
  }

  /// The signed all-in cost of one unit at a level, which ranks levels across venues.
  @inline(__always) func key(_ venue: Int, _ level: Int) -> Int128 {
    product(price(venue, level), factors[venue])
  }

  /// The level in which the last unit of `quantity` lies.
  func level(_ venue: Int, holding quantity: Int64) -> Int {
    var low = 0
    var high = levelCounts[venue] - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative(venue, middle) >= quantity { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// A level's price on the venue's tick, away from us, so that the level is reached.
  func limitPrice(_ venue: Int, _ level: Int) -> Int64 {
    let price = price(venue, level)
    let increment = terms[venue].priceIncrement.mantissa
    let excess = price % increment
    if excess == 0 { return price }
    return isBuy ? price - excess + increment : price - excess
  }

  func notional(_ venue: Int, of quantity: Int64) -> Int128 {
    guard quantity > 0 else { return 0 }
    let level = level(venue, holding: quantity)
    guard level > 0 else { return product(price(venue, 0), quantity) }
    let rest = quantity - cumulative(venue, level - 1)
    return notionals[venue * levelCapacity + level - 1] + product(price(venue, level), rest)
  }

  /// The signed cost of `quantity` without the order cost.
  func cost(_ venue: Int, of quantity: Int64) -> Int128 {
    notional(venue, of: quantity) &* Int128(factors[venue])
  }

  // Which quantities are allowed.

  /// The greatest allowed quantity that is not above `most`, or zero.
  func largestAllowed(_ venue: Int, atMost most: Int64) -> Int64 {
    let most = min(most, depth(venue), terms[venue].maximumQuantity.mantissa)
    guard most > 0, most >= terms[venue].minimumQuantity.mantissa else { return 0 }
    var level = level(venue, holding: most)
    while true {
      if let range = allowed(venue, level, from: 1, to: most) { return range.high }
      if level == 0 { return 0 }
      level -= 1
    }
  }

  /// The least allowed quantity that is not below `least`, or `nil`.
  func smallestAllowed(_ venue: Int, atLeast least: Int64) -> Int64? {
    guard levelCounts[venue] > 0, least <= depth(venue) else { return nil }
    for level in level(venue, holding: max(least, 1))..<levelCounts[venue] {
      if let range = allowed(venue, level, from: least, to: .max) { return range.low }
    }
    return nil
  }

  func isAllowed(_ venue: Int, _ quantity: Int64) -> Bool {
    guard quantity > 0, quantity <= depth(venue) else { return false }
    return allowed(venue, level(venue, holding: quantity), from: quantity, to: quantity) != nil
  }

  /// The allowed quantities between two bounds whose last unit lies in `level`.
  func allowed(
    _ venue: Int, _ level: Int, from least: Int64, to most: Int64, ignoringBalance: Bool = false
  ) -> (low: Int64, high: Int64)? {
    let before = level == 0 ? 0 : cumulative(venue, level - 1)
    var low = max(least, before + 1, terms[venue].minimumQuantity.mantissa)
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
    high -= high % increment
    guard high >= low else { return nil }
    let excess = low % increment
    if excess != 0 { low += increment - excess }
    return low <= high ? (low, high) : nil
  }

  /// The most of `most` whose hold at this limit price the balance covers.
  private func affordable(_ venue: Int, _ limit: Int64, atMost most: Int64) -> Int64 {
    guard let available = terms[venue].available?.mantissa, available < Self.unlimited else {
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

  /// What the venue reserves for a child, rounded up.
  func hold(_ venue: Int, limit: Int64, _ quantity: Int64) -> Amount {
    guard isBuy else { return Amount(mantissa: Int128(quantity) &* quantityToAmount) }
    let exact = product(limit, quantity) &* notionalToAmount &* Int128(holdFactor(venue))
    return Amount(mantissa: exact.divided(by: Int128(FeeRate.one), roundingUp: true))
  }

  private func holdFactor(_ venue: Int) -> Int64 {
    let fee = terms[venue].fee.partsPerHundredMillion
    return terms[venue].holdsFee && fee > 0 ? FeeRate.one + fee : FeeRate.one
  }
}
