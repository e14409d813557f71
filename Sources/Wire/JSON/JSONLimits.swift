/// How much JSON a peer may make us hold.
package struct JSONLimits: Sendable, Equatable {
  package static let standard = JSONLimits()

  /// Arrays and objects inside one another; the parser calls itself this deep, and at most 512.
  package var maximumDepth: Int
  package var maximumBytes: Int

  package init(maximumDepth: Int = 32, maximumBytes: Int = 64 << 20) {
    self.maximumDepth = min(maximumDepth, 512)
    self.maximumBytes = maximumBytes
  }
}
