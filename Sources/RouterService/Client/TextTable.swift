/// Columns of text, each as wide as its widest cell.
package struct TextTable {
  private let titles: [String]
  private let rightAligned: Set<Int>
  private var rows: [[String]] = []

  /// - Parameter columns: Titles; one that begins with `>` is aligned to the right.
  package init(_ columns: String...) {
    rightAligned = Set(columns.indices.filter { columns[$0].hasPrefix(">") })
    titles = columns.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
  }

  package mutating func add(_ cells: String...) {
    rows.append(cells)
  }

  package mutating func add(_ cells: [String]) {
    rows.append(cells)
  }

  package var text: String {
    let widths = titles.indices.map { column in
      ([titles] + rows).map { $0[column].count }.max() ?? 0
    }
    let lines = ([titles] + rows).map { cells in
      let padded = cells.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        return rightAligned.contains(column) ? blanks + cell : cell + blanks
      }
      return padded.joined(separator: "  ").trimmedRight
    }
    return lines.joined(separator: "\n")
  }
}

extension String {
  fileprivate var trimmedRight: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
