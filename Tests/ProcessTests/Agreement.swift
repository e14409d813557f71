import Journal
import RouterService
import Testing
import Wire

extension Site {
  /// Orders that each venue has ever taken.
  func orderCounts() throws -> [Int] {
    try venueNames.map { try state(of: $0)["orders"]?.array?.count ?? -1 }
  }

  /// What the venues hold is what the router believes, and each order came there once; `before` are
  /// the balances at the start.
  func expectAgreement(with router: RouterProcess, since before: [String: Int128]) throws {
    let positions = try router.positions()
    for (key, after) in try balances() {
      #expect(after - (before[key] ?? 0) == positions[key] ?? 0, "\(key)")
    }
    for name in venueNames {
      let state = try state(of: name)
      for request in state["requests"]?.members ?? [] {
        #expect(request.value.int64 == 1, "\(name) got \(request.name) more than once")
      }
    }
    #expect(throws: Never.self) {
      _ = try JournalReader.read(directory: router.journalDirectory) { _, _ in }
    }
  }
}

extension RouterProcess {
  /// Why an order is refused; `nil` if it is taken.
  func refusal() throws -> String? {
    do {
      _ = try submit("buy", "0.01")
      return nil
    } catch {
      guard case ClientFailure.refused(503, let problem) = error else { throw error }
      return problem["detail"]?.string ?? ""
    }
  }
}
