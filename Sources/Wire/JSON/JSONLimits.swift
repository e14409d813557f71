/// How much JSON a peer may make us hold.
package struct JSONLimits: Sendable, Equatable {
  package static let standard = JSONLimits()

  /// Arrays and objects inside one another; the parser calls itself this deep, and at most 512.
  package var maximumDepth: Int
  package var maximumBytes: Int
  /// Whether a name may occur twice in an object, for a reader that looks for it itself.
  package var allowsDuplicateNames: Bool

  package init(
    maximumDepth: Int = 32, maximumBytes: Int = 64 << 20, allowsDuplicateNames: Bool = false
  ) {
    self.maximumDepth = min(maximumDepth, 512)
    self.maximumBytes = maximumBytes
    self.allowsDuplicateNames = allowsDuplicateNames
  }
}
