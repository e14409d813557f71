import Foundation
import RouterCore
import Testing

struct PassivePlacementTests {
  /// A market around 100 with four decimals; a unit cost has eight more.
  private static let middle = 100.0

  private func unit(_ price: Double) -> Int128 { Int128((price * 1e12).rounded()) }

  private func parts(_ fraction: Double) -> FeeRate {
    FeeRate(partsPerHundredMillion: Int64((fraction * 1e8).rounded()))
  }

  /// The problem as a placement sees it; the tick is too wide for a price inside the spread.
  private func decide(_ problem: ContKukanov) -> PassiveDecision {
    let touch = Self.middle - problem.halfSpread
    let take = Self.middle + problem.halfSpread + problem.takerFee
    let later = Self.middle + problem.shortPenalty + problem.impact
    var placement = PassivePlacement()
    placement.begin(
      PassiveRequest(
        side: .buy, quantity: Quantity(mantissa: Int64(problem.quantity)), limitPrice: nil,
        takeUnit: unit(take), adverseMove: parts(later / take - 1),
        horizonNanoseconds: 1_000_000_000))
    for (index, each) in problem.venues.enumerated() {
      placement.add(
        venue(
          UInt8(index), price: touch, queue: each.queue, spread: 2 * problem.halfSpread,
          tick: 2 * problem.halfSpread, makerFee: -each.rebate / touch, mean: each.mean))
    }
    return placement.decide()
  }

  private func venue(
    _ id: UInt8, price: Double, queue: Double, spread: Double, tick: Double, makerFee: Double,
    mean: Double, lot: Int64 = 1, minimum: Int64 = 1, notional: Int128 = 0
  ) -> PassiveVenue {
    let listing = Listing(
      id: ListingID(UInt16(id)), venue: VenueID(id), instrument: InstrumentID(0),
      symbol: ShortText(), priceIncrement: Price(mantissa: Int64((tick * 1e4).rounded())),
      quantityIncrement: Quantity(mantissa: lot), minimumQuantity: Quantity(mantissa: minimum),
      maximumQuantity: Quantity(mantissa: .max), minimumNotional: Notional(mantissa: notional),
      takerFee: .zero, makerFee: parts(makerFee), feeAsset: .quote, status: .trading)
    return PassiveVenue(
      listing,
      touch: BookLevel(
        price: Price(mantissa: Int64((price * 1e4).rounded())),
        quantity: Quantity(mantissa: Int64(queue))),
      oppositeTouch: Price(mantissa: Int64(((price + spread) * 1e4).rounded())),
      maximumQuantity: Quantity(mantissa: .max), outflow: OutflowRate(perSecond: mean))
  }

  private func resting(_ decision: PassiveDecision) -> Int64 {
    (0..<decision.restCount).reduce(0) { $0 + decision[$1].quantity.mantissa }
  }

  /// What the problem's cost adds to the price in the middle.
  private func aboveMiddle(_ cost: AllInCost, _ problem: ContKukanov) -> Double {
    Double(cost.mantissa) / 1e12 - problem.quantity * Self.middle
      + problem.impact * problem.quantity
  }

  // One venue: routing.md, Example 7.

  private let oneVenue = ContKukanov(
    quantity: 1000, halfSpread: 0.02, takerFee: 0.003, impact: 0.0005, shortPenalty: 0.045,
    venues: [.init(queue: 2000, mean: 2200, rebate: 0.002)])

  @Test func `one venue gets what the closed form says`() {
    let decision = decide(oneVenue)
    #expect(decision.restCount == 1)
    #expect(abs(resting(decision) - 417) <= 1)
    #expect(abs(decision.takeNow.mantissa - 583) <= 1)
    // 22.559 there, from draws; 22.552 exactly.
    #expect(abs(aboveMiddle(decision.expectedCost, oneVenue) - 22.552) < 0.002)
    #expect(abs(aboveMiddle(decision.takeCost, oneVenue) - 23.5) < 0.001)
    let fill = 2200 * (exp(-2000 / 2200.0) - exp(-2417 / 2200.0)) / 417
    #expect(abs(decision[0].fillProbability - Int(fill * 10_000)) <= 5)
    #expect(decision[0].queueAhead.mantissa == 2000 && !decision[0].isInside)
  }

  @Test func `a small penalty rests all and a large one takes all`() {
    var problem = oneVenue
    problem.shortPenalty = 0.0379
    #expect(resting(decide(problem)) == 1000)
    problem.shortPenalty = 0.0381
    #expect((1..<1000).contains(resting(decide(problem))))
    problem.shortPenalty = 0.0527
    #expect((1..<1000).contains(resting(decide(problem))))
    problem.shortPenalty = 0.0530
    #expect(decide(problem).restCount == 0)
    #expect(decide(problem).takeNow.mantissa == 1000)
  }

  // Several venues.

  @Test func `the oracle finds the worked example's cost`() {
    // routing.md, Example 8: over-posting allowed, at a price.
    let problem = ContKukanov(
      quantity: 1000, halfSpread: 0.02, takerFee: 0.003, shortPenalty: 0.05, overPenalty: 0.14,
      venues: [
        .init(queue: 2000, mean: 2200, rebate: 0.002),
        .init(queue: 1200, mean: 1500, rebate: 0.003),
      ])
    let closedForm = problem.expectedCost([212, 532, 683], draws: 60_000, seed: 7)
    let found = problem.solve(steps: 60_000, stepSize: 3_000, seed: 3)
    #expect(abs(closedForm - 21.863) < 0.2)
    #expect(problem.expectedCost(found, draws: 60_000, seed: 7) < closedForm + 0.05)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `several venues cost no more than the oracle finds`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let venues = (0..<random.next(in: 2...4)).map { _ in
      ContKukanov.Venue(
        queue: Double(random.next(in: 0...2000)), mean: Double(random.next(in: 300...3000)),
        rebate: Double(random.next(in: -10...10)) / 1000)
    }
    let problem = ContKukanov(
      quantity: 1000, halfSpread: 0.02, takerFee: 0.003,
      shortPenalty: Double(random.next(in: 24...60)) / 1000, venues: venues)
    let decision = decide(problem)
    var ours = [Double(decision.takeNow.mantissa)] + venues.map { _ in 0.0 }
    for index in 0..<decision.restCount {
      ours[decision[index].venue.index + 1] = Double(decision[index].quantity.mantissa)
    }
    let theirs = problem.solve(steps: 20_000, stepSize: 3_000, seed: seed)
    let cost = problem.expectedCost(ours, draws: 20_000, seed: 99)
    // The same draws for both; what is left is the oracle's own error and the price's rounding.
    #expect(cost <= problem.expectedCost(theirs, draws: 20_000, seed: 99) + 0.02)
    #expect(abs(aboveMiddle(decision.expectedCost, problem) - cost) < 0.5)
  }

  @Test func `without a risk of waiting everything rests where it saves most`() {
    let problem = ContKukanov(
      quantity: 1000, halfSpread: 0.02, takerFee: 0.003, shortPenalty: 0.023,
      venues: [.init(queue: 5, mean: 900, rebate: 0), .init(queue: 500, mean: 900, rebate: 0)])
    let decision = decide(problem)
    #expect(decision.takeNow == .zero && resting(decision) == 1000 && decision.restCount == 2)
    // The last units of both have the same chance: the queue counts like what rests before.
    #expect(abs(decision[0].quantity.mantissa - decision[1].quantity.mantissa - 495) <= 1)
  }

  // Prices and rules.

  @Test func `a wide spread and a long queue make it rest one tick inside`() {
    var placement = PassivePlacement()
    let request = PassiveRequest(
      side: .buy, quantity: Quantity(mantissa: 100), limitPrice: Price(mantissa: 999_900),
      takeUnit: unit(100.10), adverseMove: parts(0.0001), horizonNanoseconds: 1_000_000_000)
    placement.begin(request)
    placement.add(
      venue(0, price: 99.90, queue: 10_000, spread: 0.20, tick: 0.01, makerFee: 0, mean: 1000))
    let inside = placement.decide()
    #expect(inside[0].isInside && inside[0].price.mantissa == 999_100)
    #expect(inside[0].queueAhead == .zero)

    placement.begin(request)
    placement.add(
      venue(0, price: 99.90, queue: 10, spread: 0.01, tick: 0.01, makerFee: 0, mean: 1000))
    let touch = placement.decide()
    #expect(!touch[0].isInside && touch[0].price.mantissa == 999_000)

    placement.begin(request)
    placement.add(
      venue(0, price: 99.995, queue: 10, spread: 0.01, tick: 0.001, makerFee: 0, mean: 1000))
    #expect(placement.decide().restCount == 0, "beyond the limit")
  }

  @Test func `a maker fee above what the spread brings leaves nothing to rest for`() {
    var problem = oneVenue
    problem.venues[0].rebate = -0.05
    #expect(decide(problem).restCount == 0)
  }

  @Test func `a sell mirrors a buy`() {
    func decide(_ side: Side) -> PassiveDecision {
      let sign = side == .buy ? 1.0 : -1.0
      var placement = PassivePlacement()
      placement.begin(
        PassiveRequest(
          side: side, quantity: Quantity(mantissa: 1000), limitPrice: nil,
          takeUnit: unit(100 + sign * 0.023), adverseMove: parts(0.0002),
          horizonNanoseconds: 1_000_000_000))
      placement.add(
        venue(
          0, price: 100 - sign * 0.02, queue: 2000, spread: sign * 0.04, tick: 0.04, makerFee: 0,
          mean: 2200))
      return placement.decide()
    }
    let (buy, sell) = (decide(.buy), decide(.sell))
    #expect(sell.restCount == 1)
    #expect(abs(sell[0].quantity.mantissa - buy[0].quantity.mantissa) <= 2)
    #expect(sell.expectedCost > sell.takeCost && buy.expectedCost < buy.takeCost)
    #expect(sell[0].expectedUnit > unit(99.977) && buy[0].expectedUnit < unit(100.023))
  }

  @Test func `a share below a venue's minimum goes to the others or grows to it`() {
    var placement = PassivePlacement()
    let request = PassiveRequest(
      side: .buy, quantity: Quantity(mantissa: 1000), limitPrice: nil, takeUnit: unit(100.02),
      adverseMove: parts(0.0001), horizonNanoseconds: 1_000_000_000)
    placement.begin(request)
    for (id, minimum) in [(0, 1), (1, 600)] as [(UInt8, Int64)] {
      placement.add(
        venue(
          id, price: 99.98, queue: 10, spread: 0.04, tick: 0.04, makerFee: 0, mean: 700,
          minimum: minimum))
    }
    let shared = placement.decide()
    #expect(shared.restCount == 1 && shared[0].venue == VenueID(0))

    placement.begin(request)
    placement.add(
      venue(
        1, price: 99.98, queue: 10, spread: 0.04, tick: 0.04, makerFee: 0, mean: 200,
        minimum: 1, notional: 400 * 999_800))
    let grown = placement.decide()
    #expect(grown.restCount == 1 && grown[0].quantity.mantissa == 400)
    #expect(grown.expectedCost < grown.takeCost)

    placement.begin(request)
    placement.add(
      venue(
        1, price: 99.98, queue: 10, spread: 0.04, tick: 0.04, makerFee: 0, mean: 20,
        minimum: 900))
    #expect(placement.decide().restCount == 0)
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func `every decision keeps every rule and saves`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let side = random.pick(Side.allCases)
    let quantity = random.next(in: 1...5000)
    let limit: Price? =
      random.chance(50) ? Price(mantissa: random.next(in: 995_000...1_005_000)) : nil
    var placement = PassivePlacement()
    let maximumRests = Int(random.next(in: 0...6))
    placement.begin(
      PassiveRequest(
        side: side, quantity: Quantity(mantissa: quantity), limitPrice: limit,
        takeUnit: unit(100 + Double(random.next(in: -20...20)) / 1000),
        adverseMove: FeeRate(partsPerHundredMillion: random.next(in: -100...60_000)),
        horizonNanoseconds: random.next(in: 0...20_000_000_000), maximumRests: maximumRests))
    var venues: [PassiveVenue] = []
    for id in 0..<UInt8(random.next(in: 0...8)) {
      let sign = side == .buy ? 1.0 : -1.0
      let each = venue(
        id, price: 100 - sign * Double(random.next(in: 0...60)) / 1000,
        queue: Double(random.next(in: 0...3000)),
        spread: sign * Double(random.next(in: 1...80)) / 1000,
        tick: Double(random.next(in: 1...40)) / 1000,
        makerFee: Double(random.next(in: -20...40)) / 100_000,
        mean: Double(random.next(in: 0...2000)),
        lot: random.pick([1, 1, 5, 100]), minimum: random.next(in: 0...400),
        notional: Int128(random.next(in: 0...400)) * 1_000_000)
      venues.append(each)
      placement.add(each)
    }
    let decision = placement.decide()
    #expect(decision.takeNow.mantissa + resting(decision) == quantity)
    #expect(decision.takeNow >= .zero && decision.restCount <= maximumRests)
    let isBetter =
      side == .buy
      ? decision.expectedCost < decision.takeCost : decision.expectedCost > decision.takeCost
    #expect(isBetter == (decision.restCount > 0))
    for index in 0..<decision.restCount {
      let rest = decision[index]
      let rules = venues[rest.venue.index]
      #expect(rest.quantity.mantissa % rules.quantityIncrement.mantissa == 0)
      #expect(rest.quantity >= rules.minimumQuantity && rest.quantity <= rules.maximumQuantity)
      #expect(rest.price * rest.quantity >= rules.minimumNotional)
      #expect(side == .buy ? rest.price < rules.oppositeTouch : rest.price > rules.oppositeTouch)
      if let limit { #expect(side == .buy ? rest.price <= limit : rest.price >= limit) }
      #expect((0...10_000).contains(rest.fillProbability))
    }
  }

  @Test func `no number traps`() {
    let numbers: [Int64] = [.min, -1, 0, 1, 1_000_000, .max]
    for seed in SeedRange.standing(3000) {
      var random = SeededRandom(seed: seed)
      func pick() -> Int64 { random.pick(numbers) }
      var placement = PassivePlacement()
      let quantity = pick()
      placement.begin(
        PassiveRequest(
          side: random.pick(Side.allCases), quantity: Quantity(mantissa: quantity),
          limitPrice: random.chance(50) ? nil : Price(mantissa: pick()),
          takeUnit: random.pick([.min, -1, 0, 1, 100_000_000_000_000, .max]),
          adverseMove: FeeRate(partsPerHundredMillion: pick()), horizonNanoseconds: pick(),
          maximumRests: Int(pick())))
      for id in 0..<40 as Range<UInt8> {
        var each = venue(
          id, price: 100, queue: 5, spread: 0.02, tick: 0.01, makerFee: 0, mean: 1000)
        each.touch = BookLevel(price: Price(mantissa: pick()), quantity: Quantity(mantissa: pick()))
        each.oppositeTouch = Price(mantissa: pick())
        each.priceIncrement = Price(mantissa: pick())
        each.quantityIncrement = Quantity(mantissa: pick())
        each.minimumQuantity = Quantity(mantissa: pick())
        each.maximumQuantity = Quantity(mantissa: pick())
        each.minimumNotional = Notional(mantissa: random.pick([.min, -1, 0, 1, .max]))
        each.makerFee = FeeRate(partsPerHundredMillion: pick())
        each.outflow = OutflowRate(perSecond: random.pick([0, 1, 1e18, .infinity, .nan]))
        placement.add(each)
      }
      let decision = placement.decide()
      #expect(decision.takeNow.mantissa <= max(quantity, 0) || quantity < 0)
    }
  }

  @Test func `the same inputs give the same decision`() {
    let (first, second) = (decide(oneVenue), decide(oneVenue))
    #expect(first[0] == second[0] && first.expectedCost == second.expectedCost)
  }
}
