/// How a venue has answered new orders over the last minute, in slots of five seconds.
///
/// While it refuses more than half of them for being asked too often, a part of the new orders is
/// refused here already: of `requests` all but `2 * accepts` (`routing.md` section 9, K = 2). So
/// about twice as many are sent as the venue takes, and a recovery shows at once.
package struct OutcomeWindow: Sendable, BitwiseCopyable {
  private static let slotCount = 12
  private static let slotNanoseconds: Int64 = 5_000_000_000
  private static let acceptWeight: UInt64 = 2

  private struct Slot: Sendable, BitwiseCopyable {
    var number = Int64.min
    var requests: UInt32 = 0
    var accepts: UInt32 = 0
  }

  private var slots = InlineArray<12, Slot>(repeating: Slot())
  /// The slot of the last refusal; without one in the window there is nothing to add up.
  private var lastRefusal = -Int64(1) << 40

  package init() {}

  /// Counts a new order: accepted unless it was refused for being one too many, there or here.
  package mutating func record(isAccepted: Bool, at now: Timestamp) {
    let number = Self.round(at: now)
    let place = Int(number % Int64(Self.slotCount))
    if slots[place].number != number {
      slots[place] = Slot()
      slots[place].number = number
    }
    slots[place].requests &+= 1
    if isAccepted {
      slots[place].accepts &+= 1
    } else {
      lastRefusal = number
    }
  }

  package func counts(at now: Timestamp) -> (requests: UInt64, accepts: UInt64) {
    let number = Self.round(at: now)
    var (requests, accepts): (UInt64, UInt64) = (0, 0)
    for place in 0..<Self.slotCount {
      let slot = slots[place]
      guard slot.requests > 0, number &- slot.number < Int64(Self.slotCount) else { continue }
      requests += UInt64(slot.requests)
      accepts += UInt64(slot.accepts)
    }
    return (requests, accepts)
  }

  /// Whether a new order is to be refused here; `draw` decides, and is even over all 64 bits.
  package func refuses(draw: UInt64, at now: Timestamp) -> Bool {
    guard Self.round(at: now) < lastRefusal &+ Int64(Self.slotCount) else { return false }
    let (requests, accepts) = counts(at: now)
    guard requests > Self.acceptWeight * accepts else { return false }
    return draw % (requests + 1) < requests - Self.acceptWeight * accepts
  }

  /// The number of the slot that a time falls into.
  static func round(at now: Timestamp) -> Int64 {
    max(now.nanoseconds, 0) / slotNanoseconds
  }
}
