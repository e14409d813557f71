package enum InstrumentStatus: String, Sendable, CaseIterable {
  case online, halted, cancelOnly, postOnly, limitOnly
}

/// One tradable pair of a simulated venue, in the venue's own units.
package struct SimulatedInstrument: Sendable {
  /// The neutral name, "BTC-USD".
  package var symbol: String
  /// What seeds the reference price: all pairs with an equal name follow one price at all venues.
  package var referenceName: String
  package var base: String
  package var quote: String
  /// Decimals of a price mantissa and of a quantity mantissa; together at most 16.
  package var priceScale: Int
  package var quantityScale: Int
  package var tick: Int64
  package var lot: Int64
  package var minimumQuantity: Int64
  package var maximumQuantity: Int64
  package var minimumNotional: Amount
  package var shape: MarketShape
  package var status = InstrumentStatus.online

  package init(
    base: String, quote: String, priceScale: Int, quantityScale: Int, tick: Int64, lot: Int64,
    minimumQuantity: Int64, maximumQuantity: Int64, minimumNotional: Amount, shape: MarketShape
  ) {
    precondition(priceScale + quantityScale <= Amount.scale && tick > 0 && lot > 0)
    symbol = base + "-" + quote
    referenceName = ["USD", "USDT", "USDC"].contains(quote) ? base + "-USD" : symbol
    self.base = base
    self.quote = quote
    self.priceScale = priceScale
    self.quantityScale = quantityScale
    self.tick = tick
    self.lot = lot
    self.minimumQuantity = minimumQuantity
    self.maximumQuantity = maximumQuantity
    self.minimumNotional = minimumNotional
    self.shape = shape
  }

  /// A trillion of the quote asset: no order is larger, so that no amount overflows.
  package var maximumNotional: Amount { Amount(mantissa: Int64(1_000_000_000_000), scale: 0) }

  /// Whether price times quantity stays within `maximumNotional`.
  package func isAffordable(price: Int64, quantity: Int64) -> Bool {
    Int128(price) * Int128(quantity) <= Amount.powerOfTen(12 + priceScale + quantityScale)
  }

  /// A product of a price mantissa and a quantity mantissa as an amount of the quote asset.
  package func quoteAmount(_ product: Int128) -> Amount {
    Amount(mantissa: product, scale: priceScale + quantityScale)
  }

  package func notional(price: Int64, quantity: Int64) -> Amount {
    quoteAmount(Int128(price) * Int128(quantity))
  }

  package func baseAmount(_ quantity: Int64) -> Amount {
    Amount(mantissa: quantity, scale: quantityScale)
  }
}
