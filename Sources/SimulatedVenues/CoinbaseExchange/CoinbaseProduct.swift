import Simulation
import Wire

/// One product and how it writes its numbers.
struct CoinbaseProduct {
  let instrument: Int
  let terms: SimulatedInstrument

  var id: String { terms.symbol }

  func price(_ mantissa: Int64) -> String {
    DecimalText.format(mantissa, scale: terms.priceScale, fractionDigits: terms.priceScale)
  }

  func size(_ mantissa: Int64) -> String {
    DecimalText.format(mantissa, scale: terms.quantityScale, fractionDigits: terms.quantityScale)
  }

  /// Without trailing zeros.
  func shortSize(_ mantissa: Int64) -> String {
    DecimalText.format(mantissa, scale: terms.quantityScale)
  }

  func write(_ status: InstrumentStatus, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("id", id)
    writer.field("base_currency", terms.base)
    writer.field("quote_currency", terms.quote)
    writer.field("quote_increment", price(terms.tick))
    writer.field("base_increment", size(terms.lot))
    writer.field("display_name", "\(terms.base)-\(terms.quote)")
    writer.field("min_market_funds", CoinbaseAmount.short(terms.minimumNotional))
    writer.field("margin_enabled", bool: false)
    writer.field("post_only", bool: status == .postOnly)
    writer.field("limit_only", bool: status == .limitOnly)
    writer.field("cancel_only", bool: status == .cancelOnly)
    writer.field("status", "online")
    writer.field("status_message", "")
    writer.field("trading_disabled", bool: status == .halted)
    writer.field("fx_stablecoin", bool: false)
    writer.field("max_slippage_percentage", "0.02000000")
    writer.field("auction_mode", bool: false)
    writer.field("high_bid_limit_percentage", "")
    writer.endObject()
  }

  static func write(currency asset: String, _ writer: inout JSONWriter) {
    let isFiat = asset == "USD"
    let step = isFiat ? "0.01" : "0.00000001"
    writer.beginObject()
    writer.field("id", asset)
    writer.field("name", asset)
    writer.field("min_size", step)
    writer.field("status", "online")
    writer.field("message", "")
    writer.field("max_precision", step)
    writer.key("convertible_to")
    writer.raw("[]")
    writer.key("details")
    writer.raw(
      #"{"type":"\#(isFiat ? "fiat" : "crypto")","sort_order":1,"push_payment_methods":[]}"#)
    writer.key("supported_networks")
    writer.raw("[]")
    writer.endObject()
  }
}

enum CoinbaseAmount {
  static func short(_ amount: Amount) -> String {
    DecimalText.format(amount.units, scale: Amount.scale)
  }

  /// With the sixteen decimals of an account.
  static func long(_ amount: Amount) -> String {
    DecimalText.format(amount.units, scale: Amount.scale, fractionDigits: Amount.scale)
  }

  static func rate(_ rate: FeeRate) -> String {
    DecimalText.format(rate.units, scale: FeeRate.scale, fractionDigits: 4)
  }
}

enum CoinbaseTime {
  /// Universal time with microseconds.
  static func text(_ nanoseconds: Int64) -> String {
    RFC3339.format(nanoseconds, fractionDigits: 6)
  }
}
