/// What is traded: a base asset priced in a quote asset, at the scales of its decimals.
///
/// Listings merge into one instrument only if both assets are identical.
public struct Instrument: Sendable, Hashable, BitwiseCopyable {
  public let id: InstrumentID
  public let base: AssetID
  public let quote: AssetID
  /// Decimal places of `Price`: two more than the finest venue needs.
  public let priceScale: UInt8
  /// Decimal places of `Quantity`: two more than the finest venue needs.
  public let quantityScale: UInt8

  /// - Precondition: The two scales add up to no more than `Amount.scale`.
  public init(
    id: InstrumentID, base: AssetID, quote: AssetID, priceScale: UInt8, quantityScale: UInt8
  ) {
    precondition(Int(priceScale) + Int(quantityScale) <= Amount.scale)
    self.id = id
    self.base = base
    self.quote = quote
    self.priceScale = priceScale
    self.quantityScale = quantityScale
  }

  /// Decimal places of `Notional`.
  @inlinable public var notionalScale: Int { Int(priceScale) + Int(quantityScale) }
}
