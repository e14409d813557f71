import Simulation
import Wire

/// A row of the trade history: one fill, or all taker fills of one order taken together.
struct KrakenTradeRow {
  /// The fill, or the newest of those taken together.
  let fill: SimulatedFill
  private(set) var quantity: Int64
  private(set) var notional: Amount
  private(set) var fee: Amount
  private var count = 1

  init(_ fill: SimulatedFill) {
    self.fill = fill
    quantity = fill.quantity
    notional = fill.notional
    fee = fill.fee
  }

  /// Rows in the order of the fills.
  static func rows(_ fills: [SimulatedFill], consolidated: Bool) -> [KrakenTradeRow] {
    guard consolidated else { return fills.map(KrakenTradeRow.init) }
    var rows: [KrakenTradeRow] = []
    var takers: [UInt64: Int] = [:]
    for fill in fills {
      if !fill.isMaker, let index = takers[fill.orderID] {
        rows[index].add(fill)
      } else {
        if !fill.isMaker { takers[fill.orderID] = rows.count }
        rows.append(KrakenTradeRow(fill))
      }
    }
    return rows
  }

  private mutating func add(_ fill: SimulatedFill) {
    quantity += fill.quantity
    notional += fill.notional
    fee += fill.fee
    count += 1
  }

  func price(_ pair: KrakenPair) -> String {
    guard count > 1, quantity > 0 else {
      return KrakenAsset.text(
        Amount(mantissa: fill.price, scale: pair.terms.priceScale), digits: 5)
    }
    let scaled = notional.units * Amount.powerOfTen(pair.terms.quantityScale)
    return KrakenAsset.text(
      Amount(units: scaled / Int128(quantity)).rounded(toDigits: 5, .nearest), digits: 5)
  }
}
