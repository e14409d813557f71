package import ClientGateways
package import Journal
package import RouterCore
package import VenueAdapters
package import VenueGateways

/// Everything the service is told, checked and ready to use; no secret is in it.
package struct ServiceSettings: Sendable {
  package enum Mode: String, Sendable, CaseIterable {
    /// Venues on loopback that only simulate.
    case simulated
    /// The venues' own test environments.
    case testnet
    /// Real money.
    case live
  }

  package struct Token: Sendable {
    package var name: String
    package var reference: SecretReference
    package var scopes: Set<Scope>
  }

  package struct Fees: Sendable {
    package var taker: FeeRate
    package var maker: FeeRate
  }

  package struct Venue: Sendable {
    package var gateway: GatewaySettings
    package var dialect: String
    package var key: SecretReference
    package var secret: SecretReference
    package var passphrase: SecretReference?
    /// Used instead of asking the venue; for venues that can not be asked.
    package var fees: Fees?
    /// What is assumed of the venue until it has been measured; its number is filled in later.
    package var routing = VenueRouting(venue: VenueID(0))
    /// When its circuit breakers open; its number is filled in later.
    package var breaker = VenueBreakerSettings(venue: VenueID(0))
    /// `nil`: what the venue publishes, or no limit worth the name for one that only simulates.
    package var throttle: VenueThrottle?
    package var maintenance = VenueMaintenance(venue: VenueID(0))
    package var requestWindowMilliseconds: Int64
    package var bookDepth: Int
    /// `nil`: the faster way where the venue has two.
    package var orderTransport: OrderTransportPolicy?
    /// One in so many new orders takes the way that is not chosen; no setting of the file.
    package var orderExplorationInterval = 32
    /// The symbols of this venue; all of the service's if empty.
    package var symbols: [PairName]
  }

  package var mode = Mode.simulated
  package var instance: UInt32 = 1
  package var host = "127.0.0.1"
  package var port = 8080
  package var certificateFile: String?
  package var keyFile: String?
  package var stateDirectory = ""
  package var durability = Durability.power
  package var retention = JournalRetention()
  /// Whether facts are written through memory where the file system can.
  package var mapsJournal = true
  package var tokens: [Token] = []
  package var symbols: [PairName] = []
  /// Assets beyond those of the symbols: fee tokens such as BNB.
  package var extraAssets: [String] = []
  package var risk = RiskLimits.closed
  /// Whether orders of ours that the journal does not know are taken in, not just cancelled.
  package var adoptsOrphans = false
  package var venues: [Venue] = []
  package var busyPolling = false
  /// Whether a core thread that polls rehearses the way of an order while it has nothing to do.
  package var keepsWarm = true
  /// The processor that the core thread stays on; `nil` leaves that to the kernel.
  package var coreProcessor: Int?
  package var latency = LatencySettings()
  /// Where every run's inputs are recorded; `nil` records nothing.
  package var recorderDirectory: String?

  package init() {}
}

/// Whether and where latencies are measured and kept.
package struct LatencySettings: Sendable {
  package var isEnabled = true
  /// Where the histograms of every interval are written as `.hlog`; `nil` writes none.
  package var logDirectory: String?
  package var intervalSeconds: Int64 = 60
}

/// Where a secret stands; never the secret.
package enum SecretReference: Sendable, Hashable {
  case environment(String)
  case file(String)
}

/// What is wrong with a settings file; all of it at once.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
  package var file: String
  package var faults: [String]

  package var description: String {
    let lines = faults.map { "  - \($0)" }.joined(separator: "\n")
    return "\(file) can not be used:\n\(lines)"
  }
}
