package import Simulation

/// How one simulated venue is run.
package struct VenueServerOptions: Sendable {
  package var profile: VenueProfile
  package var host = "127.0.0.1"
  /// 0 takes any free port.
  package var port: Int
  package var adminPort: Int
  /// Shared by all venues whose prices shall agree.
  package var seed: UInt64 = 1
  /// Where orders, fills and balances are kept over restarts; nil keeps them in memory.
  package var stateDirectory: String?
  /// Where the certificate authority is, or is to be written; nil serves without TLS.
  package var certificateDirectory: String?
  /// Where the API keys are, or are to be written; nil takes those in `credentials`.
  package var credentialFile: String?
  package var credentials: [VenueCredential] = []
  /// How far the venue's clock is ahead of the machine's.
  package var clockOffsetMilliseconds: Int64 = 0
  /// What every account starts with, by asset.
  package var initialBalances: [(asset: String, amount: Amount)] = [
    ("USD", Amount(mantissa: Int64(1_000_000), scale: 0)),
    ("USDT", Amount(mantissa: Int64(1_000_000), scale: 0)),
    ("BTC", Amount(mantissa: Int64(20), scale: 0)),
    ("ETH", Amount(mantissa: Int64(400), scale: 0)),
    ("SOL", Amount(mantissa: Int64(5_000), scale: 0)),
  ]
  /// Whether the venue counts requests and refuses those beyond its limits.
  package var enforcesRateLimits = true
  /// Makes session tokens reproducible, for venues in virtual time; nil draws them from the kernel.
  package var tokenSeed: UInt64?
  package var faults: [Fault] = []
  /// False leaves the books to the clients alone.
  package var hasMarket = true

  package init(profile: VenueProfile) {
    self.profile = profile
    port = profile.port
    adminPort = profile.adminPort
  }
}
