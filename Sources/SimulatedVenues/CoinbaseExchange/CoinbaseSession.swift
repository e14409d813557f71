import Simulation

/// The channels of the feed that can be subscribed to.
enum CoinbaseChannel: String, CaseIterable {
  case heartbeat, status, ticker
  case tickerBatch = "ticker_batch"
  case level2
  case level2Batch = "level2_batch"
  case matches, user, balance

  /// The channel under its own name or one of its older ones.
  init?(name: String) {
    switch name {
    case "level2_50": self = .level2Batch
    case "ticker_1000": self = .tickerBatch
    default: self.init(rawValue: name)
    }
  }

  var needsKey: Bool { self == .level2 || self == .user || self == .balance }

  /// Whether the channel is of products; the others are of everything.
  var isOfProducts: Bool { self != .status && self != .balance }
}

/// What one connection has subscribed to.
final class CoinbaseSession {
  let openedAt: Int64
  var hasSubscribed = false
  /// The account of the last key that signed a subscription.
  var account: Int?
  /// The instruments of each channel, in the order in which they came.
  private(set) var instruments: [[Int]] = CoinbaseChannel.allCases.map { _ in [] }
  var hearsStatus = false
  /// Assets whose balances are told.
  var balances: [String] = []
  var heartbeatAt: Int64
  var statusAt: Int64
  var tickerBatchAt: Int64
  /// Products with a trade since the last `ticker_batch`.
  var freshTickers: [Int] = []
  /// Messages of the client that may still come this second.
  var allowance = 1000.0
  var allowanceAt: Int64

  init(at now: Int64) {
    openedAt = now
    heartbeatAt = now
    statusAt = now
    tickerBatchAt = now
    allowanceAt = now
  }

  func follows(_ channel: CoinbaseChannel, _ instrument: Int) -> Bool {
    instruments[Self.index(channel)].contains(instrument)
  }

  func instruments(_ channel: CoinbaseChannel) -> [Int] { instruments[Self.index(channel)] }

  func follow(_ channel: CoinbaseChannel, _ instrument: Int) {
    guard !follows(channel, instrument) else { return }
    instruments[Self.index(channel)].append(instrument)
  }

  func leave(_ channel: CoinbaseChannel, _ left: [Int]) {
    instruments[Self.index(channel)].removeAll { left.contains($0) }
  }

  private static func index(_ channel: CoinbaseChannel) -> Int {
    CoinbaseChannel.allCases.firstIndex(of: channel) ?? 0
  }
}

extension VenueSocket {
  var coinbase: CoinbaseSession? { session as? CoinbaseSession }
}

/// The changes of one product's book that `level2_batch` has not told yet.
struct CoinbaseBatch {
  private(set) var changes: [LevelChange] = []
  var sentAt: Int64 = 0

  /// A later change of the same level takes the place of the earlier one.
  mutating func add(_ change: LevelChange) {
    changes.removeAll { $0.side == change.side && $0.price == change.price }
    changes.append(change)
  }

  mutating func take() -> [LevelChange] {
    defer { changes.removeAll(keepingCapacity: true) }
    return changes
  }
}
