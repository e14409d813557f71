/// How a quantity is split over the venues, with the certificate of how good that is.
///
/// Costs are all-in and positive: what a buy pays, what a sell brings net of fees.
public struct RoutePlan: Sendable, BitwiseCopyable {
  /// The most venues that one plan can look at.
  public static let maximumLegs = 32

  public internal(set) var side = Side.buy
  public internal(set) var requested = Quantity.zero
  public internal(set) var planned = Quantity.zero
  /// With fees and order costs, as if every level taken were sure.
  public internal(set) var cost = AllInCost.zero
  /// What was minimised (a sell: maximised): `cost`, or the expected cost if that was asked for.
  public internal(set) var objectiveCost = AllInCost.zero
  /// No plan for `planned` has a better `objectiveCost` than this; the result of branching.
  public internal(set) var bound = AllInCost.zero
  /// The plain merge of all levels for `planned`, which anybody can recompute; no better than
  /// `bound` is for a certificate.
  public internal(set) var rootBound = AllInCost.zero
  /// The worst all-in unit taken, in units of `10^-(priceScale + 8)`; zero if nothing is planned.
  public internal(set) var marginalUnit: Int128 = 0
  /// What a missed unit costs in the expected cost, in the same units; zero for `.cost`.
  public internal(set) var replacementUnit: Int128 = 0
  /// Whether no plan is better: nothing more can be planned, and the cost equals the bound.
  public internal(set) var isProvenOptimal = false
  /// Nodes that the search looked at.
  public internal(set) var nodes = 0
  /// The best plan with one child under the same rules; quantity zero if there is none.
  public internal(set) var single = SingleVenue()

  /// One leg for each venue, in the order in which they were added, with a child or without.
  public internal(set) var legCount = 0
  private var legs = InlineArray<32, RouteLeg>(repeating: RouteLeg())

  public init() {}

  public struct SingleVenue: Sendable, Hashable, BitwiseCopyable {
    public internal(set) var venue = VenueID(0)
    public internal(set) var quantity = Quantity.zero
    public internal(set) var cost = AllInCost.zero
    public internal(set) var objectiveCost = AllInCost.zero
  }

  public var residual: Quantity { requested - planned }

  /// The worst all-in unit taken, rounded away from us to the instrument's price scale.
  public var marginalPrice: Price {
    let unit = marginalUnit.divided(by: Int128(FeeRate.one), roundingUp: side == .buy)
    return Price(mantissa: Int64(clamping: unit))
  }

  public internal(set) subscript(index: Int) -> RouteLeg {
    @inline(__always) _read {
      precondition(index >= 0 && index < legCount)
      yield legs[index]
    }
    @inline(__always) _modify {
      precondition(index >= 0 && index < legCount)
      yield &legs[index]
    }
  }

  public var childCount: Int {
    (0..<legCount).count { self[$0].quantity > .zero }
  }
}

/// What a plan does at one venue.
public struct RouteLeg: Sendable, Hashable, BitwiseCopyable {
  public internal(set) var listing = ListingID(0)
  public internal(set) var venue = VenueID(0)
  /// Zero if the venue gets no child; then `exclusion` says why.
  public internal(set) var quantity = Quantity.zero
  /// The worst level that is needed, on the venue's tick.
  public internal(set) var limitPrice = Price.zero
  /// Expected notional before fees.
  public internal(set) var notional = Notional.zero
  /// What the leg pays (a sell: brings) with fees, without the order cost.
  public internal(set) var cost = AllInCost.zero
  public internal(set) var orderCost = AllInCost.zero
  /// In parts per ten thousand; certain unless the expected cost was minimised.
  public internal(set) var fillProbability = VenueTerms.certainFill
  /// What the venue will reserve, in the asset that is given away, rounded up.
  public internal(set) var hold = Amount.zero
  public internal(set) var levelsUsed = 0
  public internal(set) var bestPrice = Price.zero
  public internal(set) var quoteAgeNanoseconds: Int64 = 0
  public internal(set) var exclusion = Exclusion.none
}
