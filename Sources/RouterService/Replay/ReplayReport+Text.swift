import Foundation
import RouterCore
import VenueAdapters
import Wire

extension ReplayReport {
  /// The report for people.
  package var text: String {
    var lines = [
      "\(path)",
      "\(venue.rawValue): \(Self.grouped(messages)) messages in "
        + "\(Self.fixed(Double(durationNanoseconds) / 1e9, 1)) s of market time; decoded in "
        + "\(Self.fixed(Double(decodeNanoseconds) / 1e6, 1)) ms, "
        + "\(Self.grouped(Int(messagesPerSecond))) messages/s",
      "decimals from: \(scaleSources)", "",
    ]
    lines += Self.table(
      [
        "symbol", "updates", "levels", "snapshots", "stale", "gaps", "checksums", "failed",
        "trades", "crossed", "crossed s",
      ], symbols.map(countRow))
    lines.append("")
    lines += Self.table(
      ["symbol", "spread bps p1", "p50", "p99"]
        + Self.depthBasisPoints.flatMap { ["depth \($0) bps p10", "p50", "p90"] },
      symbols.map(measureRow))
    for symbol in symbols { lines += ladderLines(symbol) }
    if !problems.isEmpty { lines += [""] + problems.map { "note: \($0)" } }
    return lines.joined(separator: "\n")
  }

  private var scaleSources: String {
    var sources: [String] = []
    for symbol in symbols where !sources.contains(symbol.scales.source) {
      sources.append(symbol.scales.source)
    }
    return sources.map { source in
      let count = symbols.count { $0.scales.source == source }
      return "\(source) (\(count) of \(symbols.count))"
    }.joined(separator: ", ")
  }

  private func countRow(_ symbol: Symbol) -> [String] {
    let statistics = symbol.statistics
    let counts = [
      statistics.updates, statistics.levelsChanged, statistics.snapshots,
      statistics.staleUpdates, statistics.gaps, statistics.checksumsVerified,
      statistics.checksumsFailed, statistics.trades, symbol.crossedCount,
    ]
    return [symbol.name] + counts.map(Self.grouped)
      + [Self.fixed(Double(symbol.crossedNanoseconds) / 1e9, 3)]
  }

  private func measureRow(_ symbol: Symbol) -> [String] {
    guard let spread = symbol.spread else { return [symbol.name] }
    return [symbol.name]
      + [spread.low, spread.median, spread.high].map { Self.fixed($0, 3) }
      + symbol.depths.flatMap { [$0.low, $0.median, $0.high] }.map { Self.fixed($0, 0) }
  }

  private func ladderLines(_ symbol: Symbol) -> [String] {
    guard let ladder = symbol.ladder, let moment else { return [] }
    func cell(_ levels: [BookLevel], _ row: Int) -> [String] {
      guard row < levels.count else { return ["", ""] }
      return [
        DecimalText.format(levels[row].quantity.mantissa, scale: symbol.scales.quantity),
        DecimalText.format(
          levels[row].price.mantissa, scale: symbol.scales.price,
          fractionDigits: symbol.scales.price),
      ]
    }
    let count = max(ladder.bids.count, ladder.asks.count)
    let rows = (0..<count).map { row in
      ["\(row + 1)"] + cell(ladder.bids, row) + cell(ladder.asks, row).reversed()
    }
    return ["", "\(symbol.name) at \(RFC3339.format(moment.nanoseconds))"]
      + Self.table(["level", "bid size", "bid", "ask", "ask size"], rows)
  }

  /// Columns set flush right, the first one flush left.
  private static func table(_ header: [String], _ rows: [[String]]) -> [String] {
    let all = [header] + rows
    let widths = header.indices.map { column in
      all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return all.map { row in
      row.enumerated().map { column, cell in
        let pad = String(repeating: " ", count: max(0, widths[column] - cell.count))
        return column == 0 ? cell + pad : pad + cell
      }.joined(separator: "  ")
    }
  }

  static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  private static func grouped(_ value: Int) -> String {
    var text = ""
    for (place, digit) in String(value).reversed().enumerated() {
      if place > 0 && place % 3 == 0 && digit != "-" { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
