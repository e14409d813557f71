import Simulation
import Wire

/// Orders of every kind that a client may ask for, and changes to those that last.
enum OrderMix: Int, CaseIterable {
  case marketOnce, market, sequential
  case limitOnce, fillOrKill, fillOrKillInParts
  case crossing, resting, restingUntil, improving, held, postOnly, postOnlyUntil
  case stop, stopUntil, stopLimit, farStop

  /// Best prices in whole units.
  struct Touch: Sendable {
    var bid: Int64
    var ask: Int64
  }

  static func draw(_ random: inout SeededRandom) -> OrderMix {
    allCases[random.below(allCases.count)]
  }

  /// Whether it may still be open when somebody wants to change it.
  var isLasting: Bool {
    switch self {
    case .marketOnce, .limitOnce, .fillOrKill, .fillOrKillInParts: false
    default: true
    }
  }

  private var hasLimit: Bool {
    switch self {
    case .crossing, .resting, .restingUntil, .improving, .held, .postOnly, .postOnlyUntil,
      .stopLimit:
      true
    default: false
    }
  }

  private var isStop: Bool {
    switch self {
    case .stop, .stopUntil, .stopLimit, .farStop: true
    default: false
    }
  }

  // MARK: Terms

  /// All fields but the id, the symbol, the side and the quantity.
  func terms(isBuy: Bool, _ touch: Touch, _ random: inout SeededRandom) -> String {
    let prices = Prices(isBuy: isBuy, touch)
    switch self {
    case .marketOnce: return #""type":"market","time_in_force":"ioc""#
    case .market: return #""type":"market","time_in_force":"gtc","expires_in_ms":20000"#
    case .sequential:
      return #""type":"market","time_in_force":"gtc","expires_in_ms":20000,"#
        + #""routing":{"arrival":"sequential"}"#
    case .limitOnce: return Self.limit(prices.through, "ioc")
    case .fillOrKill: return Self.limit(prices.through, "fok")
    case .fillOrKillInParts: return Self.limit(prices.through, "fok") + #","fok":"best_effort""#
    case .crossing: return Self.limit(prices.through, "gtc")
    case .resting: return Self.limit(prices.behind, "gtc")
    case .restingUntil: return Self.limit(prices.behind, "gtd") + #","expires_in_ms":4000"#
    case .improving:
      return Self.limit(prices.beside, "gtd") + #","expires_in_ms":6000,"#
        + #""routing":{"strategy":"price_improvement","passive_ms":2000}"#
    case .held: return Self.limit(prices.beside, "gtc") + #","routing":{"residual":"hold"}"#
    case .postOnly: return Self.limit(prices.beside, "gtc") + #","post_only":true"#
    case .postOnlyUntil:
      return Self.limit(prices.beside, "gtd") + #","post_only":true,"expires_in_ms":5000"#
    case .stop, .stopUntil, .stopLimit, .farStop: return stopTerms(prices, &random)
    }
  }

  private func stopTerms(_ prices: Prices, _ random: inout SeededRandom) -> String {
    let stop = self == .farStop ? prices.through : prices.ahead(random.below(4))
    let trigger = ["bid_ask", "mid", "last"][random.below(3)]
    let common = #""stop_price":"\#(stop)","trigger":"\#(trigger)","#
    switch self {
    case .stopLimit:
      return common
        + #""type":"stop_limit","time_in_force":"gtc","limit_price":"\#(prices.through)""#
    case .stopUntil:
      return common + #""type":"stop","time_in_force":"gtd","expires_in_ms":9000"#
    default: return common + #""type":"stop","time_in_force":"gtc""#
    }
  }

  private static func limit(_ price: Int64, _ timeInForce: String) -> String {
    #""type":"limit","limit_price":"\#(price)","time_in_force":"\#(timeInForce)""#
  }

  /// New terms for an order of this kind.
  func change(
    isBuy: Bool, _ touch: Touch, quantity: String, _ random: inout SeededRandom
  ) -> String {
    let prices = Prices(isBuy: isBuy, touch)
    var fields: [String] = []
    if hasLimit && random.below(3) > 0 {
      let price = [prices.behind, prices.beside, prices.through][random.below(3)]
      fields.append(#""limit_price":"\#(price)""#)
    }
    if isStop && random.below(3) > 0 {
      fields.append(#""stop_price":"\#(prices.ahead(random.below(4)))""#)
    }
    if fields.isEmpty || random.below(2) == 0 { fields.append(#""quantity":"\#(quantity)""#) }
    return "{\(fields.joined(separator: ","))}"
  }

  /// Prices around the touch as one side sees them.
  private struct Prices {
    /// Takes all that is shown.
    let through: Int64
    /// Rests far from the touch.
    let behind: Int64
    /// Rests at the touch.
    let beside: Int64
    private let far: Int64
    private let step: Int64

    init(isBuy: Bool, _ touch: Touch) {
      through = isBuy ? touch.ask * 101 / 100 : touch.bid * 99 / 100
      behind = isBuy ? touch.bid * 985 / 1000 : touch.ask * 1015 / 1000
      beside = isBuy ? touch.bid : touch.ask
      far = isBuy ? touch.ask : touch.bid
      step = max(far / 25_000, 1) * (isBuy ? 1 : -1)
    }

    /// Where a stop waits: at the other side's touch, or some way beyond it.
    func ahead(_ steps: Int) -> Int64 { far + Int64(steps) * step }
  }
}
