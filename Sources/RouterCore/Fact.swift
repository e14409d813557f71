/// Something that has become true; the only way in which durable state changes.
///
/// The journal keeps facts, never inputs. `RouterCore.apply` is the same live and in recovery.
package enum Fact: Sendable, Hashable, BitwiseCopyable {
  /// A run began; ids of children carry its epoch.
  case epochStarted(epoch: UInt32, at: Timestamp)

  case venueDefined(VenueDefinition)
  case assetDefined(AssetDefinition)
  case instrumentDefined(InstrumentDefinition)
  case listingChanged(Listing)
  case riskLimitsChanged(RiskLimits)
  case venueRoutingChanged(VenueRouting)
  case venueThrottleChanged(VenueThrottle)
  case venueMaintenanceChanged(VenueMaintenance)
  /// Why no new order goes to a venue for a while.
  case throttleEngaged(ThrottleEngaged)
  case haltChanged(isHalted: Bool, at: Timestamp)
  case venueHaltChanged(VenueID, isHalted: Bool, reason: RejectReason, at: Timestamp)

  case parentAccepted(ParentAccepted)
  /// Remembered so that the same client order id gets the same answer again.
  case parentRefused(ParentRefused)
  case planMade(PlanMade)
  /// One for each venue of the plan just before it, whether it got a child or not.
  case planLeg(PlanLeg)
  /// Why a part of a parent rests at a venue instead of being taken with the plan before it.
  case restPlanned(RestPlanned)
  case parentCancelRequested(ParentOrderID, at: Timestamp)
  case parentClosed(ParentClosed)
  case parentTriggered(ParentTriggered)
  case parentReplaceRequested(ParentReplacement)
  /// The replacement that was requested stands.
  case parentReplaced(ParentReplacement)

  case childIntended(ChildIntended)
  case childSent(ChildOrderID, at: Timestamp)
  /// Given up before any byte left.
  case childAbandoned(ChildOrderID, RejectReason, at: Timestamp)
  case childAcknowledged(ChildOrderID, venueOrderID: ShortText, at: Timestamp)
  /// The outcome of the request is not certain; its quantity stays reserved.
  case childUnknown(ChildOrderID, at: Timestamp)
  case cancelIntended(ChildOrderID, at: Timestamp)
  case fillRecorded(FillRecorded)
  case childClosed(ChildClosed)

  // Only in snapshots: what stands for facts that were left out.
  case positionCarried(PositionCarried)
  case requestRemembered(ClientOrderMemory.Entry)
  case parentsForgotten(ParentsForgotten)
  /// How many fills came before the next one, so that executions keep their numbers.
  case executionsCarried(count: UInt64)
  case orphanFound(OrphanFound)
  /// An orphan was taken in as the child of a parent made for it; the facts before it say how.
  case orphanAdopted(ChildOrderID, at: Timestamp)

  case venueBreakerChanged(VenueBreakerSettings)
  case breakerChanged(BreakerTransition)
}

package struct ParentAccepted: Sendable, Hashable, BitwiseCopyable {
  package var id: ParentOrderID
  package var order: NewOrderSingle
  /// The worst raw price at which we may trade: the client's limit or the collar.
  package var effectiveLimit: Price
  /// Consolidated best bid and ask when the order was accepted; zero if there was none.
  package var arrivalBid: Price
  package var arrivalAsk: Price
  package var at: Timestamp

  package init(
    id: ParentOrderID, order: NewOrderSingle, effectiveLimit: Price, arrivalBid: Price,
    arrivalAsk: Price, at: Timestamp
  ) {
    self.id = id
    self.order = order
    self.effectiveLimit = effectiveLimit
    self.arrivalBid = arrivalBid
    self.arrivalAsk = arrivalAsk
    self.at = at
  }
}

package struct ParentRefused: Sendable, Hashable, BitwiseCopyable {
  package var clientOrderID: ShortText
  package var requestDigest: UInt64
  package var reason: RejectReason
  package var at: Timestamp

  package init(
    clientOrderID: ShortText, requestDigest: UInt64, reason: RejectReason, at: Timestamp
  ) {
    self.clientOrderID = clientOrderID
    self.requestDigest = requestDigest
    self.reason = reason
    self.at = at
  }
}

/// A stop order has become a market or limit order, and on what evidence.
package struct ParentTriggered: Sendable, Hashable, BitwiseCopyable {
  package var parent: ParentOrderID
  /// The price that was at or beyond the stop price.
  package var price: Price
  /// Venues that showed such a price, and venues that showed any.
  package var confirmingVenues: UInt8
  package var usableVenues: UInt8
  /// The worst raw price at which it may trade from now on.
  package var effectiveLimit: Price
  package var deadline: Timestamp
  package var at: Timestamp

  package init(
    parent: ParentOrderID, price: Price, confirmingVenues: UInt8, usableVenues: UInt8,
    effectiveLimit: Price, deadline: Timestamp, at: Timestamp
  ) {
    self.parent = parent
    self.price = price
    self.confirmingVenues = confirmingVenues
    self.usableVenues = usableVenues
    self.effectiveLimit = effectiveLimit
    self.deadline = deadline
    self.at = at
  }
}

/// New terms of a parent, all of them.
package struct ParentReplacement: Sendable, Hashable, BitwiseCopyable {
  package var parent: ParentOrderID
  package var quantity: Quantity
  package var limitPrice: Price?
  package var stopPrice: Price?
  /// The worst raw price at which it may trade then; zero before a stop order has triggered.
  package var effectiveLimit: Price
  package var at: Timestamp

  package init(
    parent: ParentOrderID, quantity: Quantity, limitPrice: Price?, stopPrice: Price?,
    effectiveLimit: Price, at: Timestamp
  ) {
    self.parent = parent
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.stopPrice = stopPrice
    self.effectiveLimit = effectiveLimit
    self.at = at
  }
}

/// A plan with its certificate; all costs are all-in, in the quote asset, positive.
package struct PlanMade: Sendable, Hashable, BitwiseCopyable {
  package var parent: ParentOrderID
  /// Counts the plans of this parent from 1.
  package var wave: UInt16
  package var requested: Quantity
  package var planned: Quantity
  /// All-in cost of a buy, net proceeds of a sell.
  package var totalCost: Amount
  /// No plan for `planned` can cost less (a sell: bring more) than this.
  package var bound: Amount
  /// The worst all-in unit taken, rounded away from us to the instrument's price scale.
  package var marginalPrice: Price
  /// The best feasible plan with one child; quantity zero if there is none.
  package var singleVenue: VenueID
  package var singleQuantity: Quantity
  package var singleCost: Amount
  package var at: Timestamp
  package var strategy: RoutingStrategy
  /// What was minimised; the bounds are bounds of it.
  package var objective: RoutingObjective
  /// `totalCost`, or the expected cost if that was minimised.
  package var objectiveCost: Amount
  /// The plain merge of all levels, which anybody can recompute; no better than `bound`.
  package var rootBound: Amount
  package var singleObjectiveCost: Amount
  /// Nodes that the search looked at.
  package var nodes: UInt32
  /// Whether the search proved that no plan is better.
  package var isProven: Bool
  /// What a unit that misses is expected to cost later, all-in; zero unless the expected cost was
  /// minimised.
  package var replacementPrice: Price
  /// How far the market is expected to have moved away then.
  package var adverseMove: FeeRate

  package init(
    parent: ParentOrderID, wave: UInt16, requested: Quantity, planned: Quantity, totalCost: Amount,
    bound: Amount, marginalPrice: Price, singleVenue: VenueID, singleQuantity: Quantity,
    singleCost: Amount, at: Timestamp, strategy: RoutingStrategy, objective: RoutingObjective,
    objectiveCost: Amount, rootBound: Amount, singleObjectiveCost: Amount, nodes: UInt32,
    isProven: Bool, replacementPrice: Price, adverseMove: FeeRate
  ) {
    self.parent = parent
    self.wave = wave
    self.requested = requested
    self.planned = planned
    self.totalCost = totalCost
    self.bound = bound
    self.marginalPrice = marginalPrice
    self.singleVenue = singleVenue
    self.singleQuantity = singleQuantity
    self.singleCost = singleCost
    self.at = at
    self.strategy = strategy
    self.objective = objective
    self.objectiveCost = objectiveCost
    self.rootBound = rootBound
    self.singleObjectiveCost = singleObjectiveCost
    self.nodes = nodes
    self.isProven = isProven
    self.replacementPrice = replacementPrice
    self.adverseMove = adverseMove
  }
}

/// What a plan does at one venue, and on what evidence.
package struct PlanLeg: Sendable, Hashable, BitwiseCopyable {
  package var parent: ParentOrderID
  package var wave: UInt16
  package var listing: ListingID
  /// Zero if the venue got no child; then `exclusion` says why.
  package var quantity: Quantity
  package var limitPrice: Price
  /// Expected notional before fees.
  package var notional: Notional
  package var levelsUsed: UInt16
  package var bestPrice: Price
  package var quoteAgeNanoseconds: Int64
  package var exclusion: Exclusion
  /// With fees, without the order cost.
  package var cost: Amount
  package var orderCost: Amount
  /// The part that was expected to fill, in parts per ten thousand; all unless estimates counted.
  package var fillProbability: UInt16
  /// How old the quote would be when the child arrives, as far as we knew.
  package var effectiveAgeNanoseconds: Int64
  /// How long the child was expected to take to the venue.
  package var latencyNanoseconds: Int64

  package init(
    parent: ParentOrderID, wave: UInt16, listing: ListingID, quantity: Quantity, limitPrice: Price,
    notional: Notional, levelsUsed: UInt16, bestPrice: Price, quoteAgeNanoseconds: Int64,
    exclusion: Exclusion, cost: Amount, orderCost: Amount, fillProbability: UInt16,
    effectiveAgeNanoseconds: Int64, latencyNanoseconds: Int64
  ) {
    self.parent = parent
    self.wave = wave
    self.listing = listing
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.notional = notional
    self.levelsUsed = levelsUsed
    self.bestPrice = bestPrice
    self.quoteAgeNanoseconds = quoteAgeNanoseconds
    self.exclusion = exclusion
    self.cost = cost
    self.orderCost = orderCost
    self.fillProbability = fillProbability
    self.effectiveAgeNanoseconds = effectiveAgeNanoseconds
    self.latencyNanoseconds = latencyNanoseconds
  }
}

/// A part of a parent that rests, with what made that look better than taking it at once.
package struct RestPlanned: Sendable, Hashable, BitwiseCopyable {
  package var parent: ParentOrderID
  package var wave: UInt16
  package var listing: ListingID
  package var quantity: Quantity
  package var price: Price
  /// What was displayed at that price, and so stands before it.
  package var queueAhead: Quantity
  /// The part expected to fill while it rests, in parts per ten thousand.
  package var fillProbability: UInt16
  /// What a unit is expected to cost (a sell: bring) with the maker fee, what does not fill taken
  /// later at the moved price; rounded away from us to the instrument's price scale.
  package var expectedPrice: Price
  /// What a unit cost if all were taken at once, fees included.
  package var takePrice: Price
  /// How far the market was expected to have moved away from what does not fill.
  package var adverseMove: FeeRate
  package var until: Timestamp
  package var at: Timestamp

  package init(
    parent: ParentOrderID, wave: UInt16, listing: ListingID, quantity: Quantity, price: Price,
    queueAhead: Quantity, fillProbability: UInt16, expectedPrice: Price, takePrice: Price,
    adverseMove: FeeRate, until: Timestamp, at: Timestamp
  ) {
    self.parent = parent
    self.wave = wave
    self.listing = listing
    self.quantity = quantity
    self.price = price
    self.queueAhead = queueAhead
    self.fillProbability = fillProbability
    self.expectedPrice = expectedPrice
    self.takePrice = takePrice
    self.adverseMove = adverseMove
    self.until = until
    self.at = at
  }
}

/// Why a venue got no child; a closed list.
public enum Exclusion: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case none = 0
  case notNeeded = 1
  case bookEmpty = 2
  case bookStale = 3
  case bookCrossed = 4
  case bookInvalid = 5
  case outsideLimit = 6
  case belowMinimumQuantity = 7
  case belowMinimumNotional = 8
  case insufficientBalance = 9
  case listingNotTrading = 10
  case linkDown = 11
  case venueHalted = 12
  case childLimit = 13
  /// It refused or missed in this parent's earlier waves, and others were not tried yet; or what
  /// became of a child there is not known.
  case setAside = 14
  case incrementTooCoarse = 15
  /// Its circuit breaker keeps new orders from it, or its books from being used.
  case breakerOpen = 16
  /// Its request budget has no room for a new order, or it asked for a pause.
  case throttled = 17
  case maintenance = 18
  /// One order in a hundred would arrive there after the deadline.
  case tooSlow = 19
}

package struct ChildIntended: Sendable, Hashable, BitwiseCopyable {
  package var order: NewChildOrder
  package var wave: UInt16
  /// What the venue will hold for it, in the asset it gives away.
  package var reserved: Amount
  package var at: Timestamp
  package var role: ChildRole

  package init(
    order: NewChildOrder, wave: UInt16, reserved: Amount, at: Timestamp, role: ChildRole = .taker
  ) {
    self.order = order
    self.wave = wave
    self.reserved = reserved
    self.at = at
    self.role = role
  }
}

/// What a child is for.
package enum ChildRole: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  /// Takes what is displayed.
  case taker = 0
  /// Rests for a while where that is expected to cost less than taking.
  case passive = 1
  /// Rests at the parent's limit until that is filled or ended.
  case residual = 2
}

package struct FillRecorded: Sendable, Hashable, BitwiseCopyable {
  package var child: ChildOrderID
  package var listing: ListingID
  package var side: Side
  package var executionID: ShortText
  package var quantity: Quantity
  package var price: Price
  package var fee: Amount
  package var feeAsset: AssetID
  package var liquidity: Liquidity
  package var venueTime: Timestamp
  package var at: Timestamp

  package init(
    child: ChildOrderID, listing: ListingID, side: Side, executionID: ShortText,
    quantity: Quantity, price: Price, fee: Amount, feeAsset: AssetID, liquidity: Liquidity,
    venueTime: Timestamp, at: Timestamp
  ) {
    self.child = child
    self.listing = listing
    self.side = side
    self.executionID = executionID
    self.quantity = quantity
    self.price = price
    self.fee = fee
    self.feeAsset = feeAsset
    self.liquidity = liquidity
    self.venueTime = venueTime
    self.at = at
  }
}

package struct ChildClosed: Sendable, Hashable, BitwiseCopyable {
  package enum Outcome: UInt8, Sendable, BitwiseCopyable {
    case filled = 1
    case canceled = 2
    case expired = 3
    case rejected = 4
    /// Proved never to have reached the venue.
    case neverAccepted = 5
  }

  package var child: ChildOrderID
  package var outcome: Outcome
  package var reason: RejectReason
  /// The venue's words, cut to fit.
  package var text: ShortText
  package var at: Timestamp

  package init(
    child: ChildOrderID, outcome: Outcome, reason: RejectReason, text: ShortText, at: Timestamp
  ) {
    self.child = child
    self.outcome = outcome
    self.reason = reason
    self.text = text
    self.at = at
  }
}

package struct ParentClosed: Sendable, Hashable, BitwiseCopyable {
  package enum Outcome: UInt8, Sendable, BitwiseCopyable {
    case filled = 1
    case canceled = 2
    case expired = 3
    case rejected = 4
  }

  package var parent: ParentOrderID
  package var outcome: Outcome
  package var reason: RejectReason
  package var at: Timestamp

  package init(parent: ParentOrderID, outcome: Outcome, reason: RejectReason, at: Timestamp) {
    self.parent = parent
    self.outcome = outcome
    self.reason = reason
    self.at = at
  }
}
