internal import Wire

/// Compares what the venues hold with what the router believes, to the last unit.
struct BalanceAudit {
  private let before: [String: [String: Int128]]

  init(venues: DemoVenues) throws(DemoError) {
    var before: [String: [String: Int128]] = [:]
    for name in DemoVenues.names { before[name] = try venues.balances(of: name) }
    self.before = before
  }

  /// - Throws: The first asset whose change at a venue is not the router's own position.
  mutating func compare(
    venues: DemoVenues, client: APIClient, say: (String) -> Void
  ) throws {
    var believed: [String: [String: Int128]] = [:]
    for position in try client.get("/v1/positions")["positions"]?.array ?? [] {
      guard let venue = position["venue"]?.string, let asset = position["asset"]?.string else {
        continue
      }
      believed[venue, default: [:]][asset] =
        DecimalText.parse128(position["change"]?.text ?? "", scale: 16)
    }
    var table = TextTable("venue", "asset", ">change at the venue", ">router's position", "")
    var isEqual = true
    for name in DemoVenues.names {
      let after = try venues.balances(of: name)
      for asset in after.keys.sorted() {
        let change = (after[asset] ?? 0) - (before[name]?[asset] ?? 0)
        let position = believed[name]?[asset] ?? 0
        guard change != 0 || position != 0 else { continue }
        isEqual = isEqual && change == position
        table.add(
          name, asset, DecimalText.format(change, scale: 16),
          DecimalText.format(position, scale: 16), change == position ? "equal" : "DIFFERENT")
      }
    }
    say("\nbalances at the venues against the router's positions:\n\(table.text)")
    guard isEqual else { throw DemoError("a balance differs from the router's position") }
  }
}
