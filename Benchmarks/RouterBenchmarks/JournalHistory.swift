import RouterCore

/// The facts of a busy router, one parent after the other: accepted, planned over three venues, two
/// children sent, acknowledged, filled in three executions and closed.
struct JournalHistory {
  static let factsPerParent = 18

  private(set) var settings: [Fact] = []
  private let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(1), quote: AssetID(0), priceScale: 2, quantityScale: 8)

  init() {
    settings.append(.epochStarted(epoch: 1, at: Timestamp(nanoseconds: 1)))
    for venue in 0..<3 {
      settings.append(
        .venueDefined(
          VenueDefinition(
            id: VenueID(UInt8(venue)), name: ShortText(truncating: "venue-\(venue)"),
            absenceProofMilliseconds: 5000, holdsFee: true)))
    }
    for (number, name) in ["USD", "BTC"].enumerated() {
      settings.append(
        .assetDefined(
          AssetDefinition(id: AssetID(UInt16(number)), name: ShortText(truncating: name))))
    }
    settings.append(
      .instrumentDefined(
        InstrumentDefinition(instrument: instrument, symbol: ShortText(truncating: "BTC-USD"))))
    for venue in 0..<3 { settings.append(.listingChanged(listing(venue))) }
  }

  private func listing(_ venue: Int) -> Listing {
    Listing(
      id: ListingID(UInt16(venue)), venue: VenueID(UInt8(venue)), instrument: InstrumentID(0),
      symbol: ShortText(truncating: "BTCUSD"), priceIncrement: Price(mantissa: 1),
      quantityIncrement: Quantity(mantissa: 1), minimumQuantity: Quantity(mantissa: 1),
      maximumQuantity: Quantity(mantissa: .max), minimumNotional: .zero,
      takerFee: FeeRate(partsPerHundredMillion: 100_000), makerFee: .zero, feeAsset: .quote,
      status: .trading)
  }

  /// Hands over the facts of parent `number`, counted from 1.
  func parent(_ number: UInt64, _ body: (Fact) -> Void) {
    let id = ParentOrderID(number)
    let now = Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(number) * 1_000_000)
    body(.parentAccepted(accepted(id, at: now)))
    body(.planMade(plan(id, at: now)))
    for venue in 0..<3 { body(.planLeg(leg(id, venue))) }
    for child in 0..<2 {
      body(.childIntended(intended(id, child, at: now)))
    }
    for child in 0..<2 { body(.childSent(childID(id, child), at: now)) }
    for child in 0..<2 {
      body(
        .childAcknowledged(
          childID(id, child), venueOrderID: text("V", number * 2 + UInt64(child)), at: now))
    }
    for fill in 0..<3 { body(.fillRecorded(self.fill(id, fill, number, at: now))) }
    for child in 0..<2 {
      body(
        .childClosed(
          ChildClosed(
            child: childID(id, child), outcome: .filled, reason: .none, text: ShortText(),
            at: now)))
    }
    body(.parentCancelRequested(id, at: now))
    body(
      .parentClosed(ParentClosed(parent: id, outcome: .filled, reason: .none, at: now)))
  }

  private func text(_ prefix: String, _ number: UInt64) -> ShortText {
    ShortText(truncating: "\(prefix)\(10_000_000 + number)")
  }

  private func childID(_ parent: ParentOrderID, _ child: Int) -> ChildOrderID {
    ChildOrderID(instance: 1, epoch: 1, parent: parent, child: UInt16(child + 1))
  }

  private func accepted(_ id: ParentOrderID, at now: Timestamp) -> ParentAccepted {
    let order = NewOrderSingle(
      requestID: id.rawValue, clientOrderID: text("client-order-", id.rawValue),
      requestDigest: id.rawValue &* 0x9E37_79B9_7F4A_7C15, instrument: InstrumentID(0), side: .buy,
      type: .limit, timeInForce: .goodTillCancel, quantity: Quantity(mantissa: 300),
      limitPrice: Price(mantissa: 6_500_000), stopPrice: nil, deadline: .distantFuture,
      maximumChildren: 0)
    return ParentAccepted(
      id: id, order: order, effectiveLimit: Price(mantissa: 6_500_000),
      arrivalBid: Price(mantissa: 6_400_000), arrivalAsk: Price(mantissa: 6_400_100), at: now)
  }

  private func plan(_ id: ParentOrderID, at now: Timestamp) -> PlanMade {
    PlanMade(
      parent: id, wave: 1, requested: Quantity(mantissa: 300), planned: Quantity(mantissa: 300),
      totalCost: Amount(mantissa: 1), bound: Amount(mantissa: 1),
      marginalPrice: Price(mantissa: 6_400_200), singleVenue: VenueID(0),
      singleQuantity: Quantity(mantissa: 300), singleCost: Amount(mantissa: 2), at: now,
      strategy: .bestPrice, objective: .cost, objectiveCost: Amount(mantissa: 1),
      rootBound: Amount(mantissa: 1), singleObjectiveCost: Amount(mantissa: 2), nodes: 1,
      isProven: true, replacementPrice: .zero, adverseMove: .zero)
  }

  private func leg(_ id: ParentOrderID, _ venue: Int) -> PlanLeg {
    PlanLeg(
      parent: id, wave: 1, listing: ListingID(UInt16(venue)), quantity: Quantity(mantissa: 100),
      limitPrice: Price(mantissa: 6_400_200), notional: Notional(mantissa: 640_020_000),
      levelsUsed: 2, bestPrice: Price(mantissa: 6_400_100), quoteAgeNanoseconds: 1_000_000,
      exclusion: .none, cost: Amount(mantissa: 1), orderCost: .zero, fillProbability: 10_000,
      effectiveAgeNanoseconds: 2_000_000, latencyNanoseconds: 1_000_000)
  }

  private func intended(_ id: ParentOrderID, _ child: Int, at now: Timestamp) -> ChildIntended {
    ChildIntended(
      order: NewChildOrder(
        id: childID(id, child), venue: VenueID(UInt8(child)), listing: ListingID(UInt16(child)),
        side: .buy, limitPrice: Price(mantissa: 6_400_200), quantity: Quantity(mantissa: 150),
        timeInForce: .immediateOrCancel),
      wave: 1, reserved: Amount(mantissa: 1 << 60), at: now)
  }

  private func fill(
    _ id: ParentOrderID, _ fill: Int, _ number: UInt64, at now: Timestamp
  ) -> FillRecorded {
    FillRecorded(
      child: childID(id, fill == 0 ? 0 : 1), listing: ListingID(fill == 0 ? 0 : 1), side: .buy,
      executionID: text("X", number * 3 + UInt64(fill)),
      quantity: Quantity(mantissa: fill == 0 ? 150 : 75), price: Price(mantissa: 6_400_150),
      fee: Amount(mantissa: 1 << 50), feeAsset: AssetID(0), liquidity: .taker, venueTime: now,
      at: now)
  }
}
