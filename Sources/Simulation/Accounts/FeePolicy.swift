package enum FeeAsset: UInt8, Sendable {
  case quote, base, received
}

/// What a venue charges per trade, in which asset and how rounded.
package struct FeePolicy: Sendable {
  package var maker: FeeRate
  package var taker: FeeRate
  package var asset: FeeAsset
  package var digits: Int
  package var rounding: FeeRounding

  package init(
    maker: FeeRate, taker: FeeRate, asset: FeeAsset = .quote, digits: Int = 8,
    rounding: FeeRounding = .nearest
  ) {
    self.maker = maker
    self.taker = taker
    self.asset = asset
    self.digits = digits
    self.rounding = rounding
  }

  /// Whether an order of this side pays in the quote asset.
  package static func isQuote(_ asset: FeeAsset, _ side: OrderSide) -> Bool {
    switch asset {
    case .quote: true
    case .base: false
    case .received: side == .sell
    }
  }

  package func fee(on amount: Amount, isMaker: Bool) -> Amount {
    (isMaker ? maker : taker).of(amount).rounded(toDigits: digits, rounding)
  }
}

/// How a venue reserves an order's funds.
package struct HoldPolicy: Sendable {
  /// A market buy by base quantity takes the whole quote balance on hold.
  package var marketBuyHoldsWholeBalance: Bool

  package init(marketBuyHoldsWholeBalance: Bool = false) {
    self.marketBuyHoldsWholeBalance = marketBuyHoldsWholeBalance
  }
}
