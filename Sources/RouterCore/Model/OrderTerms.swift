/// What kind of order a client asked for; FIX tag 40.
package enum OrderType: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case market = 1
  case limit = 2
  case stop = 3
  case stopLimit = 4
}

/// How long an order works; FIX tag 59.
package enum TimeInForce: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case goodTillCancel = 1
  case immediateOrCancel = 3
  case fillOrKill = 4
  case goodTillDate = 6
}

/// Which price of the market triggers a stop order; FIX tag 1107.
package enum TriggerSource: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  /// A buy looks at the best ask, a sell at the best bid.
  case bidAsk = 1
  /// Halfway between best bid and best ask.
  case mid = 2
  /// The last public trade.
  case last = 3
}

/// Whether our side of a fill rested or took.
package enum Liquidity: UInt8, Sendable, BitwiseCopyable {
  case unknown = 0
  case maker = 1
  case taker = 2
}
