import Foundation
import Testing

/// Cases of the same kind as others, which cost a minute each: a venue is sure of what it never got
/// after as long.
enum LongTests {
  static let areWanted = ProcessInfo.processInfo.environment["SLUICE_LONG_TESTS"] == "1"

  static let enabled: ConditionTrait = .enabled(
    if: areWanted, "takes minutes; make long plays it")

  /// All cases if they are wanted, else the first ones.
  static func some<Case>(_ cases: [Case], first count: Int = 1) -> [Case] {
    areWanted ? cases : Array(cases.prefix(count))
  }
}
