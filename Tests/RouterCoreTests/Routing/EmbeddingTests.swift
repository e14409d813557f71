import RouterCore
import Testing

/// The example of `docs/embedding.md`, word for word.
struct EmbeddingTests {
  @Test func `the example in the documentation gives the plan it speaks of`() {
    let now = Timestamp(nanoseconds: 0)
    let instrument = Instrument(
      id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 2, quantityScale: 4)

    func level(_ price: Int64, _ quantity: Int64) -> BookLevel {
      BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity))
    }

    var near = OrderBook(capacity: 100)
    near.replace(bids: [], asks: [level(6_420_020, 2500), level(6_420_100, 20_000)], at: now)
    near.set(.sell, level(6_420_100, 18_000), at: now)
    var far = OrderBook(capacity: 100)
    far.replace(bids: [], asks: [level(6_421_000, 50_000)], at: now)

    var planner = Planner(levelCapacity: 100)
    planner.begin(
      PlanRequest(
        instrument: instrument, side: .buy, quantity: Quantity(mantissa: 15_000),
        limitPrice: Price(mantissa: 6_430_000)))
    planner.add(
      VenueTerms(
        listing: ListingID(0), venue: VenueID(0), priceIncrement: Price(mantissa: 10),
        quantityIncrement: Quantity(mantissa: 1),
        fee: FeeRate(partsPerHundredMillion: 250_000)), book: near)  // 25 basis points
    planner.add(
      VenueTerms(
        listing: ListingID(1), venue: VenueID(1), priceIncrement: Price(mantissa: 1),
        quantityIncrement: Quantity(mantissa: 1),
        fee: FeeRate(partsPerHundredMillion: 100_000)), book: far)  // 10 basis points

    var plan = RoutePlan()
    planner.finish(into: &plan)
    #expect(plan[0].exclusion == .notNeeded)
    #expect(plan[1].quantity == Quantity(mantissa: 15_000))
    #expect(plan.bound == plan.cost)
    #expect(plan.isProvenOptimal)
  }
}
