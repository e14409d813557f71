internal import RouterCore

/// The scales at which a problem's numbers are whole, and the units in which the planner sees them.
///
/// The planner's amounts have 16 digits after the point and it plans up to 1e12 units of the quote
/// asset. Where a problem's scales do not suit that, its assets are counted in units of another power
/// of ten, which changes no mantissa of a price or a quantity.
struct PlanScales: Equatable {
  /// Digits after the point of prices and quantities, as the document writes them.
  let price: Int
  let quantity: Int
  /// The same in the planner's units.
  private(set) var plannerPrice: Int
  private(set) var plannerQuantity: Int

  /// Prices, quantities and increments must be below this in units of their scale.
  static let maximumMantissa: Int128 = 1_000_000_000_000_000_000
  static let maximumDigits = 18
  /// Digits after the point of a notional in the planner's units.
  private static let maximumNotionalDigits = Amount.scale

  init(price: Int, quantity: Int) {
    self.price = price
    self.quantity = quantity
    let excess = max(price + quantity - Self.maximumNotionalDigits, 0)
    plannerPrice = max(price - excess, 0)
    plannerQuantity = min(quantity, Self.maximumNotionalDigits - plannerPrice)
  }

  /// Digits after the point of a notional.
  var notional: Int { price + quantity }
  var cost: Int { notional + AllInCost.feeDigits }

  /// Up to this notional, in units of `10^-notional`, the planner plans.
  var maximumNotional: Int128 { powerOfTen(12 + plannerPrice + plannerQuantity) }

  /// The power of ten of the quote asset up to which the planner plans.
  var worthDigits: Int { 12 + plannerPrice + plannerQuantity - notional }

  /// Counts the quote asset in greater units until a notional of `mantissa` is within bounds.
  ///
  /// - Returns: Whether that was possible.
  mutating func fit(_ mantissa: Int128) -> Bool {
    while mantissa > maximumNotional {
      guard plannerPrice + plannerQuantity < Self.maximumNotionalDigits else { return false }
      plannerPrice += 1
    }
    return true
  }

  /// The scale at which an amount of the base asset becomes one of the planner's.
  var baseAmount: Int { Amount.scale + quantity - plannerQuantity }
  var quoteAmount: Int { Amount.scale + notional - plannerPrice - plannerQuantity }

  var instrument: Instrument {
    Instrument(
      id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: UInt8(plannerPrice),
      quantityScale: UInt8(plannerQuantity))
  }
}
