import Simulation

/// The venue's words for what the exchange calls otherwise.
enum CoinbaseWord {
  static func side(_ side: OrderSide) -> String { side == .buy ? "buy" : "sell" }

  static func side(_ word: String?) -> OrderSide? {
    switch word {
    case "buy": .buy
    case "sell": .sell
    default: nil
    }
  }

  static func selfTradePrevention(_ value: SelfTradePrevention) -> String {
    switch value {
    case .cancelOldest: "co"
    case .cancelNewest: "cn"
    case .cancelBoth: "cb"
    case .decrement, .none: "dc"
    }
  }

  static func selfTradePrevention(_ word: String) -> SelfTradePrevention? {
    switch word {
    case "dc": .decrement
    case "co": .cancelOldest
    case "cn": .cancelNewest
    case "cb": .cancelBoth
    default: nil
    }
  }

  static func timeInForce(_ terms: NewOrder) -> String {
    switch terms.lifetime {
    case .immediateOrCancel: "IOC"
    case .fillOrKill: "FOK"
    case .goodTillCancel: terms.expiresAt > 0 ? "GTT" : "GTC"
    }
  }

  /// Why an order ended that nobody asked to end.
  static func cancelReason(_ reason: CloseReason?) -> String? {
    switch reason {
    case .immediateOrCancel, .fillOrKill, .expired: "101:Time In Force"
    case .selfTrade: "102:Self Trade Prevention"
    case .canceledByVenue: "103:Admin"
    case .priceBound: "104:Price Bound Order Protection"
    case .insufficientLiquidity: "106:Insufficient Liquidity"
    case .filled, .canceledByUser, nil: nil
    }
  }
}
