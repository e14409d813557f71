package import RouterCore

/// A parent order as clients see it: the fold of its facts.
package struct OrderView: Sendable {
  package var accepted: ParentAccepted
  package var closed: ParentClosed?
  package var isCancelRequested = false
  /// What set a stop order to work, and on what evidence.
  package var triggered: ParentTriggered?
  /// Terms that were asked for and do not stand yet.
  package var replacing: ParentReplacement?
  /// The terms that stand, and those before them, oldest first.
  package var terms: OrderTermsView
  package var formerTerms: [OrderTermsView] = []
  package var filled = Quantity.zero
  package var notional = Notional.zero
  /// By asset, in the order in which the fees came.
  package var fees: [(asset: AssetID, amount: Amount)] = []
  /// All fees in the quote asset; what was taken from the base counts at its fill's price.
  package var feesInQuote = Amount.zero
  /// A fee was taken in a third asset, which has no price here.
  package var hasOtherFees = false
  package var plans: [PlanView] = []
  package var children: [ChildView] = []
  package var updatedAt: Timestamp

  init(_ accepted: ParentAccepted) {
    self.accepted = accepted
    terms = OrderTermsView(accepted)
    updatedAt = accepted.at
  }

  package var status: String {
    switch closed?.outcome {
    case .filled?: "filled"
    case .canceled?: "canceled"
    case .expired?: "expired"
    case .rejected?: "rejected"
    case nil: openStatus
    }
  }

  private var openStatus: String {
    if isCancelRequested { return "canceling" }
    if replacing != nil { return "replace_pending" }
    if isArmed { return "armed" }
    return filled > .zero ? "partially_filled" : "working"
  }

  /// A stop order that waits for its trigger.
  package var isArmed: Bool {
    closed == nil && triggered == nil && accepted.order.type.needsStop
  }

  package var leaves: Quantity {
    closed == nil ? max(terms.quantity - filled, .zero) : .zero
  }

  mutating func trigger(_ fact: ParentTriggered) {
    triggered = fact
    terms.effectiveLimit = fact.effectiveLimit
    terms.deadline = fact.deadline
  }

  mutating func replace(_ fact: ParentReplacement) {
    replacing = nil
    terms.endedAt = fact.at
    formerTerms.append(terms)
    terms = OrderTermsView(fact, deadline: terms.deadline)
  }

  /// Adds a fill's fee to `feesInQuote`, rounded up to the last place.
  mutating func value(_ fill: FillRecorded, _ instrument: Instrument) {
    if fill.feeAsset == instrument.quote {
      feesInQuote += fill.fee
    } else if fill.feeAsset == instrument.base {
      let scale = powerOfTen(Int(instrument.priceScale))
      let (product, overflow) = fill.fee.mantissa.multipliedReportingOverflow(
        by: Int128(fill.price.mantissa))
      hasOtherFees = hasOtherFees || overflow
      if !overflow {
        feesInQuote += Amount(mantissa: product / scale + (product % scale > 0 ? 1 : 0))
      }
    } else {
      hasOtherFees = hasOtherFees || fill.fee != .zero
    }
  }

  mutating func addFee(_ amount: Amount, _ asset: AssetID) {
    if let place = fees.firstIndex(where: { $0.asset == asset }) {
      fees[place].amount += amount
    } else {
      fees.append((asset, amount))
    }
  }
}

/// What an order asks for, for as long as it asks for that.
package struct OrderTermsView: Sendable {
  package var quantity: Quantity
  package var limitPrice: Price?
  package var stopPrice: Price?
  /// Zero while it is not known: before a stop order without limit has triggered.
  package var effectiveLimit: Price
  package var deadline: Timestamp
  package var since: Timestamp
  package var endedAt: Timestamp?

  init(_ accepted: ParentAccepted) {
    quantity = accepted.order.quantity
    limitPrice = accepted.order.limitPrice
    stopPrice = accepted.order.stopPrice
    effectiveLimit = accepted.effectiveLimit
    deadline = accepted.order.deadline
    since = accepted.at
  }

  init(_ replacement: ParentReplacement, deadline: Timestamp) {
    quantity = replacement.quantity
    limitPrice = replacement.limitPrice
    stopPrice = replacement.stopPrice
    effectiveLimit = replacement.effectiveLimit
    self.deadline = deadline
    since = replacement.at
  }
}

/// One plan of a parent with the evidence of each venue.
package struct PlanView: Sendable {
  package var made: PlanMade
  package var legs: [PlanLeg] = []
  package var rests: [RestPlanned] = []
}

/// A child order as clients see it.
package struct ChildView: Sendable {
  package var intended: ChildIntended
  package var status = "intended"
  package var venueOrderID = ""
  package var sentAt: Timestamp?
  package var acknowledgedAt: Timestamp?
  package var firstFillAt: Timestamp?
  package var lastFillAt: Timestamp?
  package var closedAt: Timestamp?
  package var filled = Quantity.zero
  package var notional = Notional.zero
  package var fees: [(asset: AssetID, amount: Amount)] = []
  package var reason = RejectReason.none
  package var text = ""

  init(_ intended: ChildIntended) {
    self.intended = intended
  }

  /// From the request's last byte to the venue's first word about it.
  package var latencyNanoseconds: Int64? {
    guard let sentAt else { return nil }
    let answers = [acknowledgedAt, firstFillAt, closedAt].compactMap(\.self)
    return answers.min().map { $0.since(sentAt) }
  }
}
