import RouterCore
import Testing

@testable import ClientGateways

struct ReadModelTests {
  private static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 2, quantityScale: 4)
  private static let childID = ChildOrderID(
    instance: 1, epoch: 1, parent: ParentOrderID(7), child: 1)

  private func time(_ n: Int64) -> Timestamp { Timestamp(nanoseconds: n) }

  private func model() -> ReadModel {
    var model = ReadModel()
    model.apply(.assetDefined(AssetDefinition(id: AssetID(0), name: ShortText(truncating: "BTC"))))
    model.apply(.assetDefined(AssetDefinition(id: AssetID(1), name: ShortText(truncating: "USD"))))
    model.apply(
      .venueDefined(
        VenueDefinition(
          id: VenueID(0), name: ShortText(truncating: "kraken"), absenceProofMilliseconds: 1,
          holdsFee: true)))
    model.apply(
      .instrumentDefined(
        InstrumentDefinition(
          instrument: Self.instrument, symbol: ShortText(truncating: "BTC-USD"))))
    model.apply(
      .listingChanged(
        Listing(
          id: ListingID(0), venue: VenueID(0), instrument: InstrumentID(0),
          symbol: ShortText(truncating: "XBTUSD"), priceIncrement: Price(mantissa: 10),
          quantityIncrement: Quantity(mantissa: 1), minimumQuantity: Quantity(mantissa: 1),
          maximumQuantity: Quantity(mantissa: .max), minimumNotional: .zero,
          takerFee: FeeRate(partsPerHundredMillion: 250_000), makerFee: .zero, feeAsset: .quote,
          status: .trading)))
    let order = NewOrderSingle(
      requestID: 1, clientOrderID: ShortText(truncating: "mine"), requestDigest: 5,
      instrument: InstrumentID(0), side: .buy, type: .limit, timeInForce: .goodTillCancel,
      quantity: Quantity(mantissa: 20_000), limitPrice: Price(mantissa: 10_000), stopPrice: nil,
      deadline: .distantFuture, maximumChildren: 8)
    model.apply(
      .parentAccepted(
        ParentAccepted(
          id: ParentOrderID(7), order: order, effectiveLimit: Price(mantissa: 10_000),
          arrivalBid: .zero, arrivalAsk: .zero, at: time(10))))
    return model
  }

  private func intended() -> Fact {
    .childIntended(
      ChildIntended(
        order: NewChildOrder(
          id: Self.childID, venue: VenueID(0), listing: ListingID(0), side: .buy,
          limitPrice: Price(mantissa: 10_000), quantity: Quantity(mantissa: 20_000),
          timeInForce: .immediateOrCancel), wave: 1, reserved: .zero, at: time(11)))
  }

  private func fill(_ quantity: Int64, _ price: Int64, at: Int64) -> Fact {
    .fillRecorded(
      FillRecorded(
        child: Self.childID, listing: ListingID(0), side: .buy,
        executionID: ShortText(truncating: "e\(at)"), quantity: Quantity(mantissa: quantity),
        price: Price(mantissa: price), fee: Amount(mantissa: 25), feeAsset: AssetID(1),
        liquidity: .taker, venueTime: time(at), at: time(at)))
  }

  @Test func `fills change the order, its child and the positions`() throws {
    var model = model()
    model.apply(intended())
    model.apply(.childSent(Self.childID, at: time(12)))
    model.apply(fill(5_000, 9_990, at: 15))
    model.apply(fill(15_000, 10_000, at: 16))
    let order = try #require(model.orders[ParentOrderID(7)])
    #expect(order.filled == Quantity(mantissa: 20_000))
    #expect(order.notional.mantissa == 5_000 * 9_990 + 15_000 * 10_000)
    #expect(order.fees.map(\.amount.mantissa) == [50])
    let child = try #require(order.children.first)
    #expect(child.filled == order.filled)
    #expect(child.latencyNanoseconds == 3)
    // 1.9995 - nothing: 2 BTC at scale 16, and notional + fees out of USD.
    let base = PositionKey(venue: VenueID(0), asset: AssetID(0))
    let quote = PositionKey(venue: VenueID(0), asset: AssetID(1))
    #expect(model.positions[base]?.mantissa == 20_000 * powerOfTen(12))
    #expect(model.positions[quote]?.mantissa == -order.notional.mantissa * powerOfTen(10) - 50)
  }

  @Test func `a fee in the base asset counts at its fill's price`() throws {
    var model = model()
    model.apply(intended())
    // 0.5 BTC at 100.00 with a fee of 0.0005 BTC: 0.05 USD.
    var record = FillRecorded(
      child: Self.childID, listing: ListingID(0), side: .buy,
      executionID: ShortText(truncating: "e1"), quantity: Quantity(mantissa: 5_000),
      price: Price(mantissa: 10_000), fee: Amount(mantissa: 5_000_000_000_000),
      feeAsset: AssetID(0), liquidity: .taker, venueTime: time(1), at: time(1))
    model.apply(.fillRecorded(record))
    let order = try #require(model.orders[ParentOrderID(7)])
    #expect(order.feesInQuote.mantissa == 500_000_000_000_000)
    #expect(!order.hasOtherFees)
    record.feeAsset = AssetID(9)
    model.apply(.fillRecorded(record))
    #expect(model.orders[ParentOrderID(7)]?.hasOtherFees == true)
  }

  @Test func `an order goes through its states by name`() throws {
    var model = model()
    #expect(model.orders[ParentOrderID(7)]?.status == "working")
    model.apply(intended())
    model.apply(fill(1, 10_000, at: 15))
    #expect(model.orders[ParentOrderID(7)]?.status == "partially_filled")
    model.apply(.parentCancelRequested(ParentOrderID(7), at: time(20)))
    #expect(model.orders[ParentOrderID(7)]?.status == "canceling")
    model.apply(
      .parentClosed(
        ParentClosed(parent: ParentOrderID(7), outcome: .canceled, reason: .none, at: time(30))))
    let order = try #require(model.orders[ParentOrderID(7)])
    #expect(order.status == "canceled")
    #expect(order.leaves == .zero)
  }

  @Test func `an acknowledgement after the end does not reopen a child`() throws {
    var model = model()
    model.apply(intended())
    model.apply(
      .childClosed(
        ChildClosed(
          child: Self.childID, outcome: .expired, reason: .none, text: ShortText(), at: time(20))))
    model.apply(
      .childAcknowledged(
        Self.childID, venueOrderID: ShortText(truncating: "O1"), at: time(21)))
    let child = try #require(model.orders[ParentOrderID(7)]?.children.first)
    #expect(child.status == "expired")
    #expect(child.venueOrderID == "O1")
  }

  @Test func `what rests is shown with the plan before it`() {
    var model = model()
    let rest = RestPlanned(
      parent: ParentOrderID(7), wave: 1, listing: ListingID(0), quantity: Quantity(mantissa: 5),
      price: Price(mantissa: 9_990), queueAhead: Quantity(mantissa: 3), fillProbability: 8000,
      expectedPrice: Price(mantissa: 9_995), takePrice: Price(mantissa: 10_025),
      adverseMove: .zero, until: time(50), at: time(12))
    model.apply(.restPlanned(rest))
    #expect(model.orders[ParentOrderID(7)]?.plans.isEmpty == true)
    model.apply(
      .planMade(
        PlanMade(
          parent: ParentOrderID(7), wave: 1, requested: .zero, planned: .zero, totalCost: .zero,
          bound: .zero, marginalPrice: .zero, singleVenue: VenueID(0), singleQuantity: .zero,
          singleCost: .zero, at: time(12), strategy: .priceImprovement, objective: .cost,
          objectiveCost: .zero, rootBound: .zero, singleObjectiveCost: .zero, nodes: 0,
          isProven: true, replacementPrice: .zero, adverseMove: .zero)))
    model.apply(.restPlanned(rest))
    #expect(model.orders[ParentOrderID(7)]?.plans.first?.rests == [rest])
  }

  @Test func `a client finds its order by its own id`() {
    #expect(model().order(clientOrderID: "mine")?.accepted.id == ParentOrderID(7))
    #expect(model().order(clientOrderID: "other") == nil)
  }
}
