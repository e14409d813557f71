import Simulation
import Wire

/// One pair under all the names Kraken has for it.
struct KrakenPair {
  let instrument: Int
  /// The key of REST answers: `XXBTZUSD`.
  let id: String
  /// `XBTUSD`.
  let altname: String
  /// The WebSocket v1 name: `XBT/USD`.
  let wsname: String
  /// The WebSocket v2 name: `BTC/USD`.
  let symbol: String
  let baseID: String
  let quoteID: String
  let terms: SimulatedInstrument

  init(_ instrument: Int, _ terms: SimulatedInstrument) {
    self.instrument = instrument
    self.terms = terms
    baseID = KrakenAsset.id(terms.base)
    quoteID = KrakenAsset.id(terms.quote)
    let base = KrakenAsset.altname(terms.base)
    let quote = KrakenAsset.altname(terms.quote)
    altname = base + quote
    wsname = base + "/" + quote
    symbol = terms.base + "/" + terms.quote
    // Only pairs of two old assets carry the prefixes: XXBTZUSD, but SOLUSD and XBTUSDT.
    id = baseID != base && quoteID != quote ? baseID + quoteID : altname
  }

  func isNamed(_ name: String) -> Bool {
    name == id || name == altname || name == wsname || name == symbol
  }

  func price(_ mantissa: Int64) -> String {
    DecimalText.format(mantissa, scale: terms.priceScale, fractionDigits: terms.priceScale)
  }

  func quantity(_ mantissa: Int64) -> String {
    DecimalText.format(mantissa, scale: terms.quantityScale, fractionDigits: terms.quantityScale)
  }

  /// The average price of an order, with five decimals at least.
  func averagePrice(_ order: SimulatedOrder) -> String {
    guard order.executed > 0 else {
      return DecimalText.format(Int64(0), scale: 0, fractionDigits: 5)
    }
    let scaled = order.executedNotional.units * Amount.powerOfTen(terms.quantityScale)
    let average = Amount(units: scaled / Int128(order.executed)).rounded(toDigits: 8, .nearest)
    return KrakenAsset.text(average, digits: 5)
  }
}

/// Kraken's names and digits for assets.
enum KrakenAsset {
  /// The REST name.
  static func id(_ asset: String) -> String {
    switch asset {
    case "BTC": "XXBT"
    case "ETH": "XETH"
    case "USD": "ZUSD"
    default: asset
    }
  }

  static func altname(_ asset: String) -> String { asset == "BTC" ? "XBT" : asset }

  static func decimals(_ asset: String) -> Int {
    switch asset {
    case "USD": 4
    case "USDT": 8
    default: 10
    }
  }

  static func text(_ amount: Amount, digits: Int) -> String {
    DecimalText.format(amount.units, scale: Amount.scale, fractionDigits: digits)
  }
}
