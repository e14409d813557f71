import ClientGateways
import Testing

struct BearerTokensTests {
  private var tokens: BearerTokens {
    var tokens = BearerTokens()
    tokens.add(name: "reader", token: "reader-token-0123456789", scopes: [.read])
    tokens.add(name: "trader", token: "trader-token-0123456789", scopes: [.read, .trade])
    return tokens
  }

  private func outcome(_ authorization: String?, _ scope: Scope) -> String {
    do {
      return try tokens.principal(authorization: authorization, scope: scope)
    } catch {
      return error.name
    }
  }

  @Test func `a token names its principal`() {
    #expect(outcome("Bearer reader-token-0123456789", .read) == "reader")
    #expect(outcome("bearer trader-token-0123456789", .trade) == "trader")
  }

  @Test func `a token without the scope is told which one is needed`() {
    #expect(outcome("Bearer reader-token-0123456789", .trade) == "out-of-scope")
  }

  @Test func `anything else is nobody`() {
    #expect(outcome(nil, .read) == "unauthenticated")
    #expect(outcome("Bearer ", .read) == "unauthenticated")
    #expect(outcome("Bearer reader-token-012345678", .read) == "unauthenticated")
    #expect(outcome("Basic reader-token-0123456789", .read) == "unauthenticated")
  }
}
