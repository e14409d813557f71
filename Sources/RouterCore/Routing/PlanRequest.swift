/// What to split over the venues.
public struct PlanRequest: Sendable, BitwiseCopyable {
  public var instrument: Instrument
  public var side: Side
  public var quantity: Quantity
  /// The worst raw price at which to trade, inclusive; `nil` for none.
  public var limitPrice: Price?
  /// The most children, at most one for each venue.
  public var maximumChildren: Int
  /// How many nodes the search may look at; the same number always gives the same plan.
  public var nodeBudget: Int
  public var objective: PlanObjective
  /// How much of each displayed level may be taken, in parts per ten thousand.
  public var participation: Int

  /// Enough to prove almost every instance; a node takes a fraction of a microsecond.
  public static let defaultNodeBudget = 1024
  /// All that a level displays.
  public static let fullParticipation = 10_000

  public init(
    instrument: Instrument, side: Side, quantity: Quantity, limitPrice: Price?,
    maximumChildren: Int = RoutePlan.maximumLegs, nodeBudget: Int = Self.defaultNodeBudget,
    objective: PlanObjective = .cost, participation: Int = Self.fullParticipation
  ) {
    self.instrument = instrument
    self.side = side
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.maximumChildren = maximumChildren
    self.nodeBudget = nodeBudget
    self.objective = objective
    self.participation = participation
  }
}

/// What a plan minimises, after it has planned as much as it can.
public enum PlanObjective: Sendable, Hashable, BitwiseCopyable {
  /// The all-in cost, as if every displayed level were sure.
  case cost
  /// What a unit costs on average when a part of it misses and is bought later at the replacement
  /// price: the marginal all-in price of the plan for `.cost`, made worse by the adverse move.
  case expectedCost(adverseMove: FeeRate)
}

/// The rules and the means of one venue for one plan.
public struct VenueTerms: Sendable, BitwiseCopyable {
  // In this order they take 112 bytes, which are copied without a call.
  public var minimumNotional: Notional
  /// A fixed cost of each child; not negative and at most `maximumOrderCost`.
  public var orderCost: AllInCost
  /// What can be spent: quote asset on a buy, base asset on a sell; `nil` for no limit.
  public var available: Amount?
  /// Whether a buy reserves the fee on top of limit price times quantity.
  public var holdsFee: Bool
  /// Why the venue must not be used, or `.none`.
  public var exclusion: Exclusion
  public var venue: VenueID
  public var listing: ListingID
  public var fee: FeeRate
  public var priceIncrement: Price
  public var quantityIncrement: Quantity
  public var minimumQuantity: Quantity
  /// `Quantity(mantissa: .max)` if the venue names none.
  public var maximumQuantity: Quantity
  public var quoteAgeNanoseconds: Int64
  /// The part of a child that is expected to fill, in parts per ten thousand; for `.expectedCost`.
  public var fillProbability: Int

  /// - Precondition: Both increments are positive.
  public init(
    listing: ListingID, venue: VenueID, priceIncrement: Price, quantityIncrement: Quantity,
    minimumQuantity: Quantity = .zero, maximumQuantity: Quantity = Quantity(mantissa: .max),
    minimumNotional: Notional = .zero, fee: FeeRate = .zero, holdsFee: Bool = false,
    available: Amount? = nil, orderCost: AllInCost = .zero, quoteAgeNanoseconds: Int64 = 0,
    fillProbability: Int = Self.certainFill, exclusion: Exclusion = .none
  ) {
    precondition(priceIncrement > .zero && quantityIncrement > .zero)
    precondition(orderCost >= .zero && orderCost <= Self.maximumOrderCost)
    self.listing = listing
    self.venue = venue
    self.priceIncrement = priceIncrement
    self.quantityIncrement = quantityIncrement
    self.minimumQuantity = minimumQuantity
    self.maximumQuantity = maximumQuantity
    self.minimumNotional = minimumNotional
    self.fee = fee
    self.holdsFee = holdsFee
    self.available = available
    self.orderCost = orderCost
    self.quoteAgeNanoseconds = quoteAgeNanoseconds
    self.fillProbability = fillProbability
    self.exclusion = exclusion
  }

  /// Keeps the sums of a plan within 128 bits.
  public static let maximumOrderCost = AllInCost(mantissa: powerOfTen(32))
  /// A fill probability of one.
  public static let certainFill = 10_000

  package init(
    _ listing: Listing, holdsFee: Bool, available: Amount, quoteAgeNanoseconds: Int64,
    exclusion: Exclusion
  ) {
    self.init(
      listing: listing.id, venue: listing.venue, priceIncrement: listing.priceIncrement,
      quantityIncrement: listing.quantityIncrement, minimumQuantity: listing.minimumQuantity,
      maximumQuantity: listing.maximumQuantity, minimumNotional: listing.minimumNotional,
      fee: listing.takerFee, holdsFee: holdsFee, available: available,
      quoteAgeNanoseconds: quoteAgeNanoseconds, exclusion: exclusion)
  }
}
