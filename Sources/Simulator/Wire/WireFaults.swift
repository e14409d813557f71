package import Simulation

/// How badly one venue and the network to it behave: drawn once for a history.
package struct WireFaults: Sendable, Equatable {
  /// One way, in nanoseconds; each message takes this much and a random part of `jitter` on top.
  package var latency: Int64 = 5_000_000
  package var jitter: Int64 = 2_000_000
  // Chances of each message, in parts per ten thousand.

  /// It is lost, and all behind it.
  package var requestLoss = 0
  /// It arrives, but nothing comes back.
  package var replyLoss = 0
  /// Half of it is written when the connection is reset.
  package var cut = 0
  /// Nothing moves for a few seconds.
  package var stall = 0
  /// Of a connection: refused, or not answered at all.
  package var refusal = 0
  package var unanswered = 0
  /// Of a request that may be repeated: it arrives twice.
  package var repeatedFetch = 0
  /// Mean seconds between resets of a connection, and between crashes of the venue; 0 is never.
  package var secondsBetweenResets = 0
  package var secondsBetweenVenueCrashes = 0
  /// Mean seconds between faults that the venue's own fault plan injects; 0 is never.
  package var secondsBetweenVenueFaults = 0
  package var venueFaults: [FaultKind] = []
  /// Mean seconds between orders that somebody else places on our account; 0 is never.
  package var secondsBetweenForeignOrders = 0
  /// How far the venue's clock is ahead of true time.
  package var venueClockOffset: Int64 = 0
  /// Mean seconds between steps of this machine's wall clock; 0 is never.
  package var secondsBetweenClockSteps = 0
  package var enforcesRateLimits = false

  package init() {}

  /// Each fault is off more often than on, so that histories differ in kind.
  package static func drawn(_ random: inout SeededRandom) -> WireFaults {
    var faults = WireFaults()
    faults.latency = Int64(random.below(40) + 1) * 1_000_000
    faults.jitter = Int64(random.below(60) + 1) * 1_000_000
    faults.requestLoss = chance(&random, most: 400)
    faults.replyLoss = chance(&random, most: 400)
    faults.cut = chance(&random, most: 400)
    faults.stall = chance(&random, most: 100)
    faults.refusal = chance(&random, most: 5000)
    faults.unanswered = chance(&random, most: 2000)
    faults.repeatedFetch = chance(&random, most: 3000)
    faults.secondsBetweenResets = seconds(&random, 5, 60)
    faults.secondsBetweenVenueCrashes = seconds(&random, 15, 60)
    faults.secondsBetweenVenueFaults = seconds(&random, 1, 15)
    faults.venueFaults = FaultKind.allCases.filter { _ in random.below(3) == 0 }
    faults.secondsBetweenForeignOrders = seconds(&random, 1, 20)
    faults.secondsBetweenClockSteps = seconds(&random, 10, 60)
    if random.below(3) == 0 {
      faults.venueClockOffset = Int64(random.below(4001) - 2000) * 1_000_000
    }
    faults.enforcesRateLimits = random.below(3) == 0
    return faults
  }

  private static func chance(_ random: inout SeededRandom, most: Int) -> Int {
    random.below(3) == 0 ? 1 + random.below(most) : 0
  }

  private static func seconds(_ random: inout SeededRandom, _ least: Int, _ most: Int) -> Int {
    random.below(3) == 0 ? least + random.below(most - least) : 0
  }
}
