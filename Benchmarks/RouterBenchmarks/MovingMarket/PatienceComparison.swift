import RouterCore

/// Taking at once against resting first, on the same orders in the same seeded markets.
enum PatienceComparison {
  static let prefix = "patience/"

  struct Row {
    var order: String
    var strategy: String
    var orders = 0
    /// Parts of what was ordered.
    var filled: [Double] = []
    var rested: [Double] = []
    /// Basis points over the middle at arrival, fees included.
    var costs: [Double] = []
    /// The same of the same order less what taking it at once costs.
    var differences: [Double] = []
  }

  private static let patience: [(name: String, milliseconds: UInt32)] = [
    ("best price, at once", 0), ("price improvement, 5 s", 5000),
    ("price improvement, 30 s", 30_000),
  ]
  /// Hundred-millionths of a bitcoin.
  private static let sizes: [(name: String, quantity: Int64)] = [
    ("0.05 BTC", 5_000_000), ("1 BTC", 100_000_000),
  ]

  static func run(filter: String, isQuick: Bool) -> [Row] {
    guard prefix.hasPrefix(filter) || filter.hasPrefix(prefix) else { return [] }
    return sizes.flatMap { compare($0, markets: isQuick ? 2 : 12) }
  }

  private static func compare(_ size: (name: String, quantity: Int64), markets: Int) -> [Row] {
    var rows = patience.map { Row(order: size.name, strategy: $0.name) }
    for seed in 1...markets {
      let outcomes = patience.map { work(UInt64(seed), size.quantity, $0.milliseconds) }
      for (index, outcome) in outcomes.enumerated() {
        for (order, result) in outcome.enumerated() {
          rows[index].orders += 1
          rows[index].filled.append(result.filled)
          rows[index].rested.append(result.rested)
          rows[index].costs.append(result.cost)
          rows[index].differences.append(result.cost - outcomes[0][order].cost)
        }
      }
    }
    return rows
  }

  private struct Outcome {
    var filled: Double
    var rested: Double
    var cost: Double
  }

  /// Ten orders, a minute apart, of both sides in turn.
  private static func work(_ seed: UInt64, _ quantity: Int64, _ passive: UInt32) -> [Outcome] {
    var market = MovingMarket(seed: seed)
    market.run(milliseconds: 5000)
    return (0..<10).map { number in
      let side: Side = number % 2 == 0 ? .buy : .sell
      let known = market.fills.count
      let middle = market.middle
      market.submit(side, quantity, passive: passive)
      market.run(milliseconds: 65_000)
      return outcome(Array(market.fills[known...]), side, quantity, middle)
    }
  }

  private static func outcome(
    _ fills: [FillRecorded], _ side: Side, _ quantity: Int64, _ middle: Double
  ) -> Outcome {
    var (filled, rested, paid) = (0.0, 0.0, 0.0)
    let unit = Double(
      powerOfTen(Amount.scale - MovingVenue.priceScale - MovingVenue.quantityScale))
    for fill in fills {
      let part = Double(fill.quantity.mantissa)
      filled += part
      if fill.liquidity == .maker { rested += part }
      let notional = part * Double(fill.price.mantissa)
      let fee = Double(fill.fee.mantissa) / unit
      paid += side == .buy ? notional + fee : fee - notional
    }
    let sign = side == .buy ? 1.0 : -1
    let cost = filled == 0 ? 0 : 1e4 * (paid - sign * filled * middle) / (filled * middle)
    return Outcome(
      filled: filled / Double(quantity), rested: rested / Double(quantity), cost: cost)
  }

  // MARK: The table

  static func table(_ rows: [Row]) -> String {
    let header = [
      "order", "strategy", "orders", "filled %", "resting %", "mean bps", "median",
      "less than at once", "+-",
    ]
    return TextTable.lines([header] + rows.map(cells), leftColumns: 2)
  }

  private static func cells(_ row: Row) -> [String] {
    let sorted = row.costs.sorted()
    return [
      row.order, row.strategy, "\(row.orders)", TextTable.fixed(100 * mean(row.filled), 1),
      TextTable.fixed(100 * mean(row.rested), 1), TextTable.fixed(mean(row.costs), 2),
      TextTable.fixed(sorted.isEmpty ? 0 : sorted[sorted.count / 2], 2),
      TextTable.fixed(-mean(row.differences), 2), TextTable.fixed(error(row.differences), 2),
    ]
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }

  /// The standard error of the mean.
  private static func error(_ values: [Double]) -> Double {
    let middle = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
    let count = Double(max(values.count, 2))
    return (squares / (count - 1) / count).squareRoot()
  }
}
