/// An API key of a simulated venue.
package struct VenueCredential: Sendable, Equatable {
  package var account = "main"
  package var key: String
  package var secret: String
  /// Empty where the venue has none.
  package var passphrase = ""
  /// In the venue's own words; empty grants everything.
  package var permissions: [String] = []

  package init(key: String, secret: String) {
    self.key = key
    self.secret = secret
  }

  package func grants(_ permission: String) -> Bool {
    permissions.isEmpty || permissions.contains(permission)
  }
}
