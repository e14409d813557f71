import Wire

/// Cells in columns, for a terminal.
enum TextTable {
  /// The first columns to the left, all others to the right.
  static func lines(_ rows: [[String]], leftColumns: Int) -> String {
    guard let first = rows.first else { return "" }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let pad = String(repeating: " ", count: widths[column] - cell.count)
        return column < leftColumns ? cell + pad : pad + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// A number with so many digits after the point, rounded to nearest.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    let factor = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    guard (value * factor).magnitude < 9e18 else { return "-" }
    return DecimalText.format(
      Int64((value * factor).rounded()), scale: digits, fractionDigits: digits)
  }
}
