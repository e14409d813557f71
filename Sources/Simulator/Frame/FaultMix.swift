package import Simulation

/// How often each fault strikes in one history, in parts per ten thousand.
package struct FaultMix: Sendable, Equatable {
  private var strengths = [Int32](repeating: 0, count: Fault.allCases.count)

  package static let none = FaultMix()

  package init() {}

  /// The mix of a seed: some faults, each with a strength of its own.
  package static func swarm(_ random: inout SeededRandom) -> FaultMix {
    var mix = FaultMix()
    for fault in Fault.allCases
    where !fault.isDrawnApart && random.below(10_000) < fault.share {
      mix[fault] = 1 + random.below(fault.greatest)
    }
    return mix
  }

  /// Adds what is drawn apart.
  mutating func drawApart(_ random: inout SeededRandom) {
    for fault in Fault.allCases
    where fault.isDrawnApart && random.below(10_000) < fault.share {
      self[fault] = 1 + random.below(fault.greatest)
    }
  }

  package subscript(fault: Fault) -> Int {
    get { Int(strengths[Int(fault.rawValue)]) }
    set { strengths[Int(fault.rawValue)] = Int32(newValue) }
  }

  package var active: [Fault] { Fault.allCases.filter { self[$0] > 0 } }

  func strikes(_ fault: Fault, _ random: inout SeededRandom) -> Bool {
    let strength = self[fault]
    return strength > 0 && random.below(10_000) < strength
  }

  /// Whether a venue may fill more than it should in this history.
  var hasLies: Bool { self[.overfill] > 0 || self[.lateFill] > 0 }

  /// Reads `swarm` (nothing is fixed: `nil`), `none`, or `NAME=PROBABILITY,...`.
  package init?(_ text: String) {
    guard text != "none" else { return }
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=")
      guard sides.count == 2, let probability = Double(sides[1]), probability >= 0,
        probability <= 1, let fault = Fault.allCases.first(where: { $0.name == sides[0] })
      else { return nil }
      self[fault] = Int((probability * 10_000).rounded())
    }
  }

  /// The form that `init` reads.
  package var text: String {
    let parts = active.map { fault -> String in
      let digits = String(self[fault])
      let zeros = String(repeating: "0", count: max(0, 5 - digits.utf8.count))
      let padded = zeros + digits
      return "\(fault.name)=\(padded.dropLast(4)).\(padded.suffix(4))"
    }
    return parts.isEmpty ? "none" : parts.joined(separator: ",")
  }
}
