/// Looks for the shortest history that breaks the same invariant.
///
/// Leaves out operations, then faults, then venues, as long as the same invariant still breaks.
package struct Shrinker {
  private let invariant: Int
  private var plays: Int
  private(set) package var script: Script
  private(set) package var violation: Violation

  /// Looks with no more than `plays` histories.
  package init(_ script: Script, _ violation: Violation, plays: Int = 2000) {
    self.script = script
    self.violation = violation
    invariant = violation.invariant
    self.plays = plays
  }

  package mutating func run() {
    var before: Script
    repeat {
      before = script
      dropOperations()
      dropFaults()
      dropVenues()
      dropDelays()
    } while script != before && plays > 0
  }

  /// Keeps a shorter script if it breaks the same invariant.
  private mutating func keep(_ shorter: Script) -> Bool {
    guard plays > 0, shorter != script else { return false }
    plays -= 1
    guard let found = History.play(shorter).violation,
      found.invariant == invariant
    else { return false }
    (script, violation) = (shorter, found)
    return true
  }

  /// Leaves out runs of operations: long ones first, from the end on.
  private mutating func dropOperations() {
    var length = script.operations.count / 2
    while length > 0 {
      var start = script.operations.count - length
      while start >= 0 {
        var shorter = script
        let end = min(start + length, shorter.operations.count)
        if start < end {
          shorter.operations.removeSubrange(start..<end)
          _ = keep(shorter)
        }
        start -= length
      }
      length /= 2
    }
  }

  private mutating func dropFaults() {
    for fault in script.faults.active {
      var shorter = script
      shorter.faults[fault] = 0
      _ = keep(shorter)
    }
  }

  private mutating func dropVenues() {
    while script.venueCount > 1 {
      var shorter = script
      shorter.venueCount -= 1
      guard keep(shorter) else { return }
    }
  }

  private mutating func dropDelays() {
    for index in script.operations.indices where script.operations[index].delayMicroseconds > 0 {
      var shorter = script
      shorter.operations[index].delayMicroseconds = 0
      _ = keep(shorter)
    }
  }
}
