/// A broken invariant: its number in `docs/reliability.md`, and what was seen.
package struct Violation: Sendable, Equatable, CustomStringConvertible {
  package var invariant: Int
  package var detail: String

  package init(_ invariant: Int, _ detail: String) {
    self.invariant = invariant
    self.detail = detail
  }

  package var description: String { "invariant \(invariant): \(detail)" }
}
