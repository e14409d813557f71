package import RouterCore

/// An order under an id of ours that the journal did not know as open, and what was done.
package struct OrphanView: Sendable {
  package let found: OrphanFound
  package var isAdopted = false

  init(_ found: OrphanFound) {
    self.found = found
  }

  package var action: String {
    switch found.verdict {
    case .otherRouter: "halted"
    case .ended: "canceled"
    case .unknown: isAdopted ? "adopted" : "canceled"
    }
  }
}

extension OrphanFound {
  /// What a second router on the account means, for people.
  package static let otherRouterWords =
    "another running router uses this account with our instance number; stop one of the two, then"
    + " 'sluice resume'"
}
