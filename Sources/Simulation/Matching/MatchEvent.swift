/// One execution in the book.
package struct EngineTrade: Sendable, Equatable {
  package var tradeID: UInt64
  package var takerID: UInt64
  package var takerAccount: Int
  package var takerSide: OrderSide
  package var makerID: UInt64
  package var makerAccount: Int
  package var price: Int64
  package var quantity: Int64
}

package struct BookLevel: Sendable, Equatable {
  package var price: Int64
  package var quantity: Int64

  package init(price: Int64, quantity: Int64) {
    self.price = price
    self.quantity = quantity
  }
}

/// The new total of one price level; a quantity of zero means that the level is gone.
package struct LevelChange: Sendable, Equatable {
  /// Grows by one with every change of the instrument's book.
  package var sequence: UInt64
  package var side: OrderSide
  package var price: Int64
  package var quantity: Int64
}

package enum EngineRefusal: UInt8, Sendable {
  case invalid, duplicateID, wouldTake
}

/// Everything the matching engine reports, in the order in which it happened.
package enum MatchEvent: Sendable, Equatable {
  case accepted(id: UInt64)
  case rejected(id: UInt64, EngineRefusal)
  case trade(EngineTrade)
  /// Self-trade prevention shortened the order without a fill.
  case reduced(id: UInt64, remaining: Int64)
  case rested(id: UInt64, remaining: Int64)
  case done(id: UInt64, CloseReason, remaining: Int64)
  case level(LevelChange)
}
