internal import Journal
internal import Simulation

/// Everything that makes a history: the same script always gives the same one.
package struct Script: Sendable, Equatable {
  package enum VenueKind: String, Sendable {
    /// Answers with reports directly.
    case model
    /// Real adapters and real server dialects, over a network in virtual time.
    case wire
  }

  package var seed: UInt64
  package var venueKind: VenueKind
  package var venueCount: Int
  /// Whether facts must survive a power cut, or only a crash of the process.
  package var survivesPowerCuts: Bool
  package var segmentByteCount: Int
  /// After how many sealed bytes a snapshot is made; 0 for none.
  package var snapshotByteCount: Int64
  /// How long segments stay that nobody needs.
  package var retainSeconds: Int64
  package var faults: FaultMix
  package var operations: [Operation]

  /// Draws the script of a seed; `faults` overrides what the seed would draw.
  package init(
    seed: UInt64, steps: Int, faults given: FaultMix? = nil, venueKind: VenueKind = .model
  ) {
    var random = SeededRandom(seed: SeededRandom.hash(seed))
    self.seed = seed
    self.venueKind = venueKind
    venueCount = 2 + random.below(3)
    survivesPowerCuts = random.below(3) > 0
    segmentByteCount = [2048, 3072, 8192][random.below(3)]
    var keeping = SeededRandom(seed: SeededRandom.hash(seed ^ 0x5A95))
    snapshotByteCount =
      keeping.below(4) == 0 ? 0 : Int64(segmentByteCount * (1 + keeping.below(3)))
    retainSeconds = keeping.below(2) == 0 ? 0 : Int64(keeping.below(20))
    var drawn = FaultMix.swarm(&random)
    var apart = SeededRandom(seed: SeededRandom.hash(seed ^ 0xA9A2))
    drawn.drawApart(&apart)
    faults = given ?? drawn
    operations = []
    operations.reserveCapacity(steps)
    var submissions = 0
    for _ in 0..<steps {
      appendPolicies(&apart)
      operations.append(Self.draw(&random, faults, venueCount, &submissions))
    }
  }

  /// Changes of how a venue may be used, between the operations of the others.
  private mutating func appendPolicies(_ random: inout SeededRandom) {
    let kinds: [(Operation.Kind, Fault)] = [
      (.throttleChange, .throttleChange), (.maintenanceChange, .maintenanceChange),
    ]
    for (kind, fault) in kinds where faults.strikes(fault, &random) {
      operations.append(
        Operation(
          kind: kind, delayMicroseconds: 0, number: random.below(venueCount), seed: random.next()))
    }
  }

  package init(
    seed: UInt64, venueKind: VenueKind, venueCount: Int, survivesPowerCuts: Bool,
    segmentByteCount: Int, snapshotByteCount: Int64, retainSeconds: Int64, faults: FaultMix,
    operations: [Operation]
  ) {
    self.seed = seed
    self.venueKind = venueKind
    self.venueCount = venueCount
    self.survivesPowerCuts = survivesPowerCuts
    self.segmentByteCount = segmentByteCount
    self.snapshotByteCount = snapshotByteCount
    self.retainSeconds = retainSeconds
    self.faults = faults
    self.operations = operations
  }

  var retention: JournalRetention {
    var retention = JournalRetention()
    retention.snapshotByteCount = snapshotByteCount > 0 ? snapshotByteCount : .max
    retention.retainSeconds = retainSeconds
    return retention
  }

  private static func draw(
    _ random: inout SeededRandom, _ faults: FaultMix, _ venueCount: Int, _ submissions: inout Int
  ) -> Operation {
    var operation = Operation(
      kind: .market, delayMicroseconds: delay(&random), number: random.below(venueCount),
      seed: random.next())
    for kind in Operation.Kind.allCases {
      guard let fault = kind.fault, random.below(10_000) < faults[fault] else { continue }
      operation.kind = kind
      if kind == .resubmit || kind == .resubmitOther {
        operation.number = random.below(max(submissions, 1))
      }
      return operation
    }
    switch random.below(100) {
    case 0..<30:
      operation.kind = .submit
      operation.number = submissions
      submissions += 1
    case 30..<38:
      operation.kind = .cancel
      operation.number = random.below(max(submissions, 1))
    case 38..<44:
      operation.kind = .replace
      operation.number = random.below(max(submissions, 1))
    case 44..<48: operation.kind = .resume
    default: break
    }
    return operation
  }

  /// Often nothing, sometimes seconds.
  private static func delay(_ random: inout SeededRandom) -> Int64 {
    switch random.below(10) {
    case 0...3: Int64(random.below(2_000))
    case 4...7: Int64(random.below(150_000))
    case 8: Int64(random.below(1_500_000))
    default: Int64(random.below(6_000_000))
    }
  }
}
