internal import Platform

/// What a token may do.
package enum Scope: String, Sendable, CaseIterable {
  case read, trade, cancel, kill
}

/// The tokens of the settings; only their digests are kept.
package struct BearerTokens: Sendable {
  private struct Entry: Sendable {
    var name: String
    var digest: [UInt8]
    var scopes: Set<Scope>
  }

  private var entries: [Entry] = []

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }

  package mutating func add(name: String, token: String, scopes: Set<Scope>) {
    entries.append(
      Entry(name: name, digest: Digest.sha256(Array(token.utf8)), scopes: scopes))
  }

  /// The name behind an `Authorization` header, if it may do what `scope` asks.
  ///
  /// Every digest is compared, in constant time, whether or not one has matched.
  package func principal(authorization: String?, scope: Scope) throws(Problem) -> String {
    guard let authorization, authorization.lowercased().hasPrefix("bearer ") else {
      throw .unauthenticated
    }
    let digest = Digest.sha256(Array(authorization.dropFirst(7).utf8))
    var found: Entry?
    for entry in entries where ConstantTime.equal(entry.digest, digest) { found = entry }
    guard let found else { throw .unauthenticated }
    guard found.scopes.contains(scope) else { throw .outOfScope(scope) }
    return found.name
  }
}
