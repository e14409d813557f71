import Simulation
import Wire

/// What one connection is and has subscribed to.
final class BinanceSession {
  enum Kind {
    /// Market streams; wrapped ones name their stream.
    case streams(isCombined: Bool)
    case api
  }

  struct Subscription {
    let id: Int64
    let account: Int
  }

  var kind: Kind
  let openedAt: Int64
  let time: BinanceTime
  var returnsLimits = true
  /// The names as subscribed to, which are also those of the messages.
  var streams: [String] = []
  /// A session that has logged on signs no more requests.
  var loggedOn: VenueCredential?
  var loggedOnAt: Int64 = 0
  private(set) var subscriptions: [Subscription] = []
  private var ended: [Int64] = []
  private var nextSubscription: Int64 = 0
  private var messageTimes: [Int64] = []

  init(_ kind: Kind, openedAt: Int64, time: BinanceTime) {
    self.kind = kind
    self.openedAt = openedAt
    self.time = time
  }

  func subscribe(_ account: Int) -> Int64 {
    defer { nextSubscription += 1 }
    subscriptions.append(Subscription(id: nextSubscription, account: account))
    return nextSubscription
  }

  /// Ends one subscription, or all of them.
  func endSubscription(_ id: Int64?) {
    ended += subscriptions.map(\.id).filter { id == nil || $0 == id }
    subscriptions.removeAll { id == nil || $0.id == id }
  }

  /// The subscriptions that have ended since the last call.
  func takeEnded() -> [Int64] {
    defer { ended.removeAll() }
    return ended
  }

  /// Whether the client has sent more than five messages within a second.
  func isTooFast(at now: Int64) -> Bool {
    messageTimes.removeAll { $0 <= now - 1_000_000_000 }
    messageTimes.append(now)
    return messageTimes.count > 5
  }

  var isCombined: Bool {
    if case .streams(isCombined: true) = kind { true } else { false }
  }
}

extension VenueSocket {
  var binance: BinanceSession? { session as? BinanceSession }
}
