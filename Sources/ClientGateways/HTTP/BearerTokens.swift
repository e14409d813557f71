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
    guard let authorization, Self.isBearer(authorization) else { throw .unauthenticated }
    let digest = Digest.sha256(Array(authorization.utf8.dropFirst(Self.scheme.utf8.count)))
    var found: Entry?
    for entry in entries where ConstantTime.equal(entry.digest, digest) { found = entry }
    guard let found else { throw .unauthenticated }
    guard found.scopes.contains(scope) else { throw .outOfScope(scope) }
    return found.name
  }

  private static let scheme = "bearer "

  /// The scheme's name has no case (RFC 9110, section 11.1).
  private static func isBearer(_ authorization: String) -> Bool {
    let words = authorization.utf8.prefix(scheme.utf8.count)
    return words.count == scheme.utf8.count
      && zip(words, scheme.utf8).allSatisfy { $0 | 0x20 == $1 }
  }
}
