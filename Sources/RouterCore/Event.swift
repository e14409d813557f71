/// Everything that can happen to the core.
///
/// Events of one batch share `EventBatch.levels`, where book updates keep their levels.
package enum Event: Sendable, BitwiseCopyable {
  /// Time has passed; see `RouterCore.nextDeadline`.
  case clock
  /// How long our own path takes from a decision to the last byte, at its 99th percentile.
  case pathLatencyMeasured(nanoseconds: Int64)

  // Settings, as events, so that the record explains every decision.
  case venueDefined(VenueDefinition)
  case assetDefined(AssetDefinition)
  case instrumentDefined(InstrumentDefinition)
  case listingChanged(Listing)
  case riskLimitsChanged(RiskLimits)
  case venueRoutingChanged(VenueRouting)
  case venueBreakerChanged(VenueBreakerSettings)
  case venueThrottleChanged(VenueThrottle)
  case venueMaintenanceChanged(VenueMaintenance)

  // Market data.
  case book(BookUpdate)
  case bookInvalid(ListingID, BookFault)
  case trade(MarketTrade)
  /// No more market data is ready: what waits for the market looks at the books now.
  case marketReview

  // A venue's connections and account.
  case linkChanged(VenueID, VenueLink, isUp: Bool)
  /// A venue is not to be asked for a while: it says so, or its budget is used up.
  case venueBusy(VenueID, until: Timestamp)
  case balanceObserved(BalanceObservation)
  case childReport(VenueExecutionReport)
  /// One of a venue's open orders; ours by its id.
  case openOrderObserved(OpenOrderObservation)
  /// Every open order of a venue has been told.
  case openOrdersListed(VenueID)

  // Clients.
  case newOrderSingle(NewOrderSingle)
  case orderCancelRequest(OrderCancelRequest)
  case orderReplaceRequest(OrderReplaceRequest)
  case haltRequested(requestID: UInt64)
  case resumeRequested(requestID: UInt64)
}

/// The three connections whose health decides whether a venue may be sent an order.
package enum VenueLink: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case marketData = 0
  case orderEntry = 1
  /// The private stream is subscribed and in sync.
  case dropCopy = 2
}

package struct VenueDefinition: Sendable, Hashable, BitwiseCopyable {
  package var id: VenueID
  package var name: ShortText
  /// How long after a request's own expiry the venue's "not found" becomes proof of absence.
  package var absenceProofMilliseconds: Int64
  /// Whether the venue reserves the fee on top of a buy's notional.
  package var holdsFee: Bool

  package init(id: VenueID, name: ShortText, absenceProofMilliseconds: Int64, holdsFee: Bool) {
    self.id = id
    self.name = name
    self.absenceProofMilliseconds = absenceProofMilliseconds
    self.holdsFee = holdsFee
  }
}

package struct AssetDefinition: Sendable, Hashable, BitwiseCopyable {
  package var id: AssetID
  package var name: ShortText

  package init(id: AssetID, name: ShortText) {
    self.id = id
    self.name = name
  }
}

package struct InstrumentDefinition: Sendable, Hashable, BitwiseCopyable {
  package var instrument: Instrument
  /// `BASE-QUOTE`, for example `BTC-USD`.
  package var symbol: ShortText

  package init(instrument: Instrument, symbol: ShortText) {
    self.instrument = instrument
    self.symbol = symbol
  }
}

/// A public trade of a listing, whoever traded.
package struct MarketTrade: Sendable, Hashable, BitwiseCopyable {
  package var listing: ListingID
  package var price: Price
  package var quantity: Quantity
  package var venueTime: Timestamp
  package var receivedAt: Timestamp

  package init(
    listing: ListingID, price: Price, quantity: Quantity, venueTime: Timestamp,
    receivedAt: Timestamp
  ) {
    self.listing = listing
    self.price = price
    self.quantity = quantity
    self.venueTime = venueTime
    self.receivedAt = receivedAt
  }
}

/// What a venue says of one asset on our account.
package struct BalanceObservation: Sendable, Hashable, BitwiseCopyable {
  package var venue: VenueID
  package var asset: AssetID
  /// Free to trade: total less what open orders hold.
  package var available: Amount
  package var total: Amount
  package var observedAt: Timestamp

  package init(
    venue: VenueID, asset: AssetID, available: Amount, total: Amount, observedAt: Timestamp
  ) {
    self.venue = venue
    self.asset = asset
    self.available = available
    self.total = total
    self.observedAt = observedAt
  }
}

/// A client's new order, FIX message D; already checked for form at the edge.
package struct NewOrderSingle: Sendable, Hashable, BitwiseCopyable {
  /// Names the request in the reply; unique within a run.
  package var requestID: UInt64
  package var clientOrderID: ShortText
  /// A digest of the whole request: the same id with another digest is refused.
  package var requestDigest: UInt64
  package var instrument: InstrumentID
  package var side: Side
  package var type: OrderType
  package var timeInForce: TimeInForce
  package var quantity: Quantity
  /// `nil` for a market order, which then gets a collar from the risk limits.
  package var limitPrice: Price?
  /// Of a stop or stop-limit order: a buy triggers at or above it, a sell at or below it.
  package var stopPrice: Price?
  /// When to stop working the order; `distantFuture` if the client named none.
  package var deadline: Timestamp
  package var maximumChildren: UInt8
  package var routing: RoutingOptions
  /// What a stop order looks at; of no meaning for other types.
  package var trigger: TriggerSource
  /// Never takes: the whole order rests, and is refused where it would trade at once.
  package var isPostOnly: Bool
  /// Whether a fill-or-kill order may go to several venues, each part whole or not at all.
  package var allowsSplit: Bool

  package init(
    requestID: UInt64, clientOrderID: ShortText, requestDigest: UInt64, instrument: InstrumentID,
    side: Side, type: OrderType, timeInForce: TimeInForce, quantity: Quantity, limitPrice: Price?,
    stopPrice: Price?, deadline: Timestamp, maximumChildren: UInt8,
    routing: RoutingOptions = RoutingOptions(), trigger: TriggerSource = .bidAsk,
    isPostOnly: Bool = false, allowsSplit: Bool = false
  ) {
    self.requestID = requestID
    self.clientOrderID = clientOrderID
    self.requestDigest = requestDigest
    self.instrument = instrument
    self.side = side
    self.type = type
    self.timeInForce = timeInForce
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.stopPrice = stopPrice
    self.deadline = deadline
    self.maximumChildren = maximumChildren
    self.routing = routing
    self.trigger = trigger
    self.isPostOnly = isPostOnly
    self.allowsSplit = allowsSplit
  }

  /// The most that the client has agreed to get: more than `quantity` only with over-routing.
  package var worstQuantity: Quantity {
    #if MUTATIONS
      let isIgnored = Mutation.overRoutingConsentIsIgnored.isActive
      let share = isIgnored ? RoutingOptions.maximumOverRouting : routing.overRouting
    #else
      let share = routing.overRouting
    #endif
    let more = product(quantity.mantissa, Int64(share)) / 10_000
    return quantity.addingSaturated(Quantity(mantissa: Int64(clamping: more)))
  }

  /// Whether it may stay open when nothing can be taken.
  package var isLasting: Bool { timeInForce == .goodTillCancel || timeInForce == .goodTillDate }

  /// Whether it waits for a trigger before it is worked.
  package var isStop: Bool { type == .stop || type == .stopLimit }

  /// Whether its limit is the client's own, rather than a collar.
  package var hasLimit: Bool { type == .limit || type == .stopLimit }
}

/// A client's wish to end an order, FIX message F.
package struct OrderCancelRequest: Sendable, Hashable, BitwiseCopyable {
  package var requestID: UInt64
  package var parent: ParentOrderID

  package init(requestID: UInt64, parent: ParentOrderID) {
    self.requestID = requestID
    self.parent = parent
  }
}

/// A client's wish to change an order, FIX message G; what is `nil` stays as it is.
package struct OrderReplaceRequest: Sendable, Hashable, BitwiseCopyable {
  package var requestID: UInt64
  package var parent: ParentOrderID
  /// The new total, of which what is filled is a part.
  package var quantity: Quantity?
  package var limitPrice: Price?
  /// Only until the order has triggered.
  package var stopPrice: Price?

  package init(
    requestID: UInt64, parent: ParentOrderID, quantity: Quantity? = nil, limitPrice: Price? = nil,
    stopPrice: Price? = nil
  ) {
    self.requestID = requestID
    self.parent = parent
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.stopPrice = stopPrice
  }
}
