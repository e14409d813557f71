import RouterCore

/// Orders over seeded books: the same in every run and on every machine.
///
/// Ordinary is a liquid pair on a usual day: one lot, small minima, full balances, fees between
/// nothing and 40 bp. Nasty has one trouble in every venue: coarse lots, minima near the size of
/// a child, balances that bind, rebates, a fee for each order, a tight cap on children, a limit.
enum SeededDecks {
  static func ordinary(_ count: Int) -> [RoutingProblem] {
    var random = SeededRandom(seed: 101)
    return (0..<count).map { _ in
      let side: Side = random.below(2) == 0 ? .buy : .sell
      let books = (0..<3 + random.below(6)).map { _ in
        makeBook(side, 20 + random.below(31), &random)
      }
      return ordinaryOrder(side, books, &random)
    }
  }

  static func nasty(_ count: Int) -> [RoutingProblem] {
    var random = SeededRandom(seed: 202)
    return (0..<count).map { _ in
      let side: Side = random.below(2) == 0 ? .buy : .sell
      let books = (0..<3 + random.below(6)).map { _ in
        makeBook(side, 5 + random.below(26), &random)
      }
      return nastyOrder(side, books, &random)
    }
  }

  /// Prices have four decimals and quantities eight.
  static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 4, quantityScale: 8)
  private static let middle: Int64 = 600_000_000
  private static let tick: Int64 = 100
  private static let lot: Int64 = 1000

  // MARK: Books

  /// Levels around the middle, thicker away from it, the spread of a few basis points.
  private static func makeBook(_ side: Side, _ levels: Int, _ random: inout SeededRandom)
    -> [BookLevel]
  {
    let sign: Int64 = side == .buy ? 1 : -1
    // Venues stand within two basis points of each other.
    var price = middle + sign * Int64(random.below(1200)) * tick
    return (0..<levels).map { place in
      price += sign * tick * Int64(1 + random.below(120))
      let most = 40_000 + 6_000 * place
      return BookLevel(
        price: Price(mantissa: price),
        quantity: Quantity(mantissa: lot * Int64(1 + random.below(most))))
    }
  }

  private static func depth(_ books: [[BookLevel]]) -> Int64 {
    books.joined().reduce(0) { $0 + $1.quantity.mantissa }
  }

  // MARK: Orders

  static func ordinaryOrder(
    _ side: Side, _ books: [[BookLevel]], _ random: inout SeededRandom
  ) -> RoutingProblem {
    let quantity = size(of: depth(books), 30, &random)
    let terms = books.indices.map { venue in
      var terms = makeTerms(venue, fee: Int64(random.below(9)) * 50_000)
      terms.minimumNotional = Notional(mantissa: 10 * powerOfTen(instrument.notionalScale))
      return terms
    }
    let cap = random.below(3) == 0 ? min(3, books.count) : books.count
    let request = PlanRequest(
      instrument: instrument, side: side, quantity: Quantity(mantissa: quantity), limitPrice: nil,
      maximumChildren: cap)
    return RoutingProblem(request: request, terms: terms, books: books)
  }

  static func nastyOrder(
    _ side: Side, _ books: [[BookLevel]], _ random: inout SeededRandom
  ) -> RoutingProblem {
    let quantity = size(of: depth(books), 70, &random)
    let best = books.map { $0[0].price.mantissa }
    let reference = (side == .buy ? best.min() : best.max()) ?? middle
    let terms = books.indices.map { venue in
      let terms = makeTerms(venue, fee: Int64(random.below(9)) * 50_000 - 50_000)
      return trouble(terms, side, quantity, reference, &random)
    }
    var limit: Price?
    if random.below(3) == 0 {
      // Between 10 and 80 bp from the touch.
      let reach = reference / 10_000 * Int64(10 + random.below(70))
      let price = side == .buy ? reference + reach : reference - reach
      limit = Price(mantissa: price - price % tick)
    }
    let request = PlanRequest(
      instrument: instrument, side: side, quantity: Quantity(mantissa: quantity),
      limitPrice: limit, maximumChildren: 2 + random.below(books.count - 1))
    return RoutingProblem(request: request, terms: terms, books: books)
  }

  /// From a thousandth of the depth to so many hundredths of it, small orders as often as large.
  private static func size(
    of depth: Int64, _ percent: Int64, _ random: inout SeededRandom
  ) -> Int64 {
    let most = depth / 100 * percent
    let quantity = most >> Int64(random.below(9))
    let spread = quantity / 2 + Int64(random.below(Int(quantity / 2) + 1))
    return max(lot, spread - spread % lot)
  }

  private static func makeTerms(_ venue: Int, fee: Int64) -> VenueTerms {
    VenueTerms(
      listing: ListingID(UInt16(venue)), venue: VenueID(UInt8(venue)),
      priceIncrement: Price(mantissa: tick), quantityIncrement: Quantity(mantissa: lot),
      minimumQuantity: Quantity(mantissa: lot),
      fee: FeeRate(partsPerHundredMillion: fee), holdsFee: venue % 2 == 0)
  }

  /// Gives the venue lots of its own, and one or two of the other troubles.
  private static func trouble(
    _ terms: VenueTerms, _ side: Side, _ order: Int64, _ price: Int64,
    _ random: inout SeededRandom
  ) -> VenueTerms {
    var terms = terms
    let lots = [lot, lot, lot * 10, lot * 100, lot * 1000]
    terms.quantityIncrement = Quantity(mantissa: lots[random.below(lots.count)])
    for _ in 0..<1 + random.below(2) {
      // A part of the order between a twentieth and a half.
      let part = order / 20 + Int64(random.below(Int(order / 2) + 1))
      switch random.below(5) {
      case 0: terms.minimumQuantity = Quantity(mantissa: max(lot, part))
      case 1: terms.minimumNotional = Notional(mantissa: Int128(part) * Int128(price))
      case 2: terms.available = balance(side, part, price)
      case 3: terms.maximumQuantity = Quantity(mantissa: max(lot, part))
      default:
        // Up to 5 in quote for each order.
        terms.orderCost = AllInCost(
          mantissa: Int128(1 + random.below(5)) * powerOfTen(12) * Int128(FeeRate.one))
      }
    }
    return terms
  }

  private static func balance(_ side: Side, _ quantity: Int64, _ price: Int64) -> Amount {
    let notional = Int128(quantity) * Int128(price)
    return side == .buy
      ? Amount(mantissa: notional * powerOfTen(Amount.scale - instrument.notionalScale))
      : Amount(
        mantissa: Int128(quantity) * powerOfTen(Amount.scale - Int(instrument.quantityScale)))
  }
}
