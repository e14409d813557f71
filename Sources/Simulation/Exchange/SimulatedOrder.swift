/// What a client asks for, already in the instrument's units.
package struct NewOrder: Sendable {
  package var instrument: Int
  package var side: OrderSide
  package var kind: OrderKind
  package var lifetime = OrderLifetime.goodTillCancel
  package var isPostOnly = false
  /// The limit price; for a market order the worst price allowed, or 0.
  package var price: Int64 = 0
  /// 0 if `quoteQuantity` says how much.
  package var quantity: Int64 = 0
  package var quoteQuantity = Amount.zero
  package var selfTradePrevention = SelfTradePrevention.cancelNewest
  package var clientOrderID = ""
  /// A second, not unique tag (Kraken's `userref`); 0 is none.
  package var userReference: Int64 = 0
  /// In which asset the fee is taken; nil is the venue's policy.
  package var feeAsset: FeeAsset?
  /// When the order expires by itself; 0 is never.
  package var expiresAt: Int64 = 0
  /// Words a dialect wants to find again with the order, for example its type as sent.
  package var label = ""

  package init(instrument: Int, side: OrderSide, kind: OrderKind) {
    self.instrument = instrument
    self.side = side
    self.kind = kind
  }
}

/// A client's order as the venue knows it.
package struct SimulatedOrder: Sendable {
  package enum Status: UInt8, Sendable {
    case open, filled, canceled, expired
  }

  package let id: UInt64
  package let account: Int
  package var terms: NewOrder
  package var feeAsset: FeeAsset
  package let createdAt: Int64
  package var updatedAt: Int64
  package var closedAt: Int64 = 0
  package var status = Status.open
  package var closeReason: CloseReason?
  /// What still rests or works; reduced by fills, amendments and self-trade prevention.
  package var remaining: Int64
  package var executed: Int64 = 0
  /// Executed notional, and fees in whichever asset they were charged.
  package var executedNotional = Amount.zero
  package var fees = Amount.zero
  package var hold = Amount.zero
  package var isResting = false
  package var isAmended = false
  package var fillIndices: [Int] = []

  package var isOpen: Bool { status == .open }
}

/// One execution of a client's order.
package struct SimulatedFill: Sendable {
  package let index: Int
  package let orderID: UInt64
  package let account: Int
  package let instrument: Int
  /// Unique per instrument; both sides of one trade share it.
  package let tradeID: UInt64
  package let side: OrderSide
  package let isMaker: Bool
  package let price: Int64
  package let quantity: Int64
  package let notional: Amount
  package let fee: Amount
  package let isFeeInQuote: Bool
  package let time: Int64
  /// Balances right after the fill.
  package let baseBalance: Amount
  package let quoteBalance: Amount
}

package struct PublicTrade: Sendable {
  package let tradeID: UInt64
  package let price: Int64
  package let quantity: Int64
  package let takerSide: OrderSide
  package let makerOrderID: UInt64
  package let takerOrderID: UInt64
  package let time: Int64

  package init(
    tradeID: UInt64, price: Int64, quantity: Int64, takerSide: OrderSide, makerOrderID: UInt64,
    takerOrderID: UInt64, time: Int64
  ) {
    self.tradeID = tradeID
    self.price = price
    self.quantity = quantity
    self.takerSide = takerSide
    self.makerOrderID = makerOrderID
    self.takerOrderID = takerOrderID
    self.time = time
  }
}

/// Something that happened to a client's order.
package struct UserEvent: Sendable {
  package enum Kind: Sendable {
    case accepted
    /// The order, or what is left of it, stands in the book.
    case rested
    case fill(SimulatedFill)
    /// Self-trade prevention shortened it.
    case reduced
    case amended
    case closed
  }

  package let kind: Kind
  package let account: Int
  /// The order as it is after the event.
  package let order: SimulatedOrder
  package let time: Int64
}
