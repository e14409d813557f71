/// What a venue lets us do with an instrument at the moment.
package enum ListingStatus: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case trading = 1
  /// Limit orders only; they may still take.
  case limitOnly = 2
  /// Only orders that rest.
  case postOnly = 3
  case cancelOnly = 4
  case halted = 5

  package var allowsTaking: Bool { self == .trading || self == .limitOnly }
}

/// Which asset a venue takes its fee from.
public enum FeeAsset: UInt8, Sendable, BitwiseCopyable {
  /// On top of what a buyer pays, out of what a seller gets.
  case quote = 1
  /// Base on a buy, quote on a sell.
  case received = 2
}

/// An instrument at one venue: its increments, minima, fees and status.
package struct Listing: Sendable, Hashable, BitwiseCopyable {
  package let id: ListingID
  package let venue: VenueID
  package let instrument: InstrumentID
  /// The venue's own name, for people.
  package var symbol: ShortText
  package var priceIncrement: Price
  package var quantityIncrement: Quantity
  package var minimumQuantity: Quantity
  /// `Quantity(mantissa: .max)` if the venue names none.
  package var maximumQuantity: Quantity
  package var minimumNotional: Notional
  package var takerFee: FeeRate
  package var makerFee: FeeRate
  package var feeAsset: FeeAsset
  package var status: ListingStatus

  package init(
    id: ListingID, venue: VenueID, instrument: InstrumentID, symbol: ShortText,
    priceIncrement: Price, quantityIncrement: Quantity, minimumQuantity: Quantity,
    maximumQuantity: Quantity, minimumNotional: Notional, takerFee: FeeRate, makerFee: FeeRate,
    feeAsset: FeeAsset, status: ListingStatus
  ) {
    precondition(priceIncrement > .zero && quantityIncrement > .zero)
    self.id = id
    self.venue = venue
    self.instrument = instrument
    self.symbol = symbol
    self.priceIncrement = priceIncrement
    self.quantityIncrement = quantityIncrement
    self.minimumQuantity = minimumQuantity
    self.maximumQuantity = maximumQuantity
    self.minimumNotional = minimumNotional
    self.takerFee = takerFee
    self.makerFee = makerFee
    self.feeAsset = feeAsset
    self.status = status
  }

  /// The least that an order may be at a price: the minima of both kinds, rounded up to a lot.
  package func smallestChild(at price: Price) -> Quantity {
    var least = Int128(max(minimumQuantity, quantityIncrement, Quantity(mantissa: 1)).mantissa)
    if price > .zero, minimumNotional.mantissa > 0 {
      least = max(
        least, minimumNotional.mantissa.divided(by: Int128(price.mantissa), roundingUp: true))
    }
    let lot = Int128(quantityIncrement.mantissa)
    return Quantity(
      mantissa: Int64(
        clamping: least.divided(by: lot, roundingUp: true).multipliedSaturated(by: lot)))
  }
}

extension Int128 {
  fileprivate func multipliedSaturated(by factor: Int128) -> Int128 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
