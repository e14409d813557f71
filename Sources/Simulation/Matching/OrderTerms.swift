package enum OrderSide: UInt8, Sendable {
  case buy, sell

  package var opposite: OrderSide { self == .buy ? .sell : .buy }
}

package enum OrderKind: UInt8, Sendable {
  case limit, market
}

/// How long an order lives.
///
/// Good till date is good till cancel with an expiry kept outside the book.
package enum OrderLifetime: UInt8, Sendable {
  case goodTillCancel, immediateOrCancel, fillOrKill
}

/// What happens when an account would trade with itself; the taker's instruction decides.
package enum SelfTradePrevention: UInt8, Sendable {
  case none, cancelNewest, cancelOldest, cancelBoth, decrement
}

/// Why an order left the book.
package enum CloseReason: UInt8, Sendable {
  case filled, canceledByUser, immediateOrCancel, fillOrKill, insufficientLiquidity, priceBound
  case selfTrade, expired, canceledByVenue
}

/// An order as the matching engine sees it.
package struct EngineOrder: Sendable {
  package var id: UInt64
  package var account: Int
  package var side: OrderSide
  package var kind = OrderKind.limit
  package var lifetime = OrderLifetime.goodTillCancel
  package var isPostOnly = false
  /// The limit price, or for a market order the worst price allowed; 0 is no bound.
  package var price: Int64
  package var quantity: Int64
  /// For a market order by quote amount: price mantissa times quantity mantissa; 0 otherwise.
  package var quoteQuantity: Int128 = 0
  /// What an execution by quote amount is rounded down to.
  package var lot: Int64 = 1
  package var selfTradePrevention = SelfTradePrevention.none

  package init(id: UInt64, account: Int, side: OrderSide, price: Int64, quantity: Int64) {
    self.id = id
    self.account = account
    self.side = side
    self.price = price
    self.quantity = quantity
  }
}
