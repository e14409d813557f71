import Simulation
import Wire

/// A symbol's book changes on their way to the diff streams, one batch for each speed.
struct BinanceBookFeed {
  /// The changes of one interval, of which each price's last one counts.
  struct Batch {
    fileprivate(set) var first: UInt64 = 0
    fileprivate(set) var last: UInt64 = 0
    private var bids: [Int64: Int64] = [:]
    private var asks: [Int64: Int64] = [:]

    var isEmpty: Bool { first == 0 }

    fileprivate mutating func add(_ change: LevelChange) {
      if isEmpty { first = change.sequence }
      last = change.sequence
      if change.side == .buy {
        bids[change.price] = change.quantity
      } else {
        asks[change.price] = change.quantity
      }
    }

    var bidLevels: [BookLevel] {
      bids.keys.sorted(by: >).map { BookLevel(price: $0, quantity: bids[$0] ?? 0) }
    }

    var askLevels: [BookLevel] {
      asks.keys.sorted().map { BookLevel(price: $0, quantity: asks[$0] ?? 0) }
    }
  }

  enum Speed: Int64, CaseIterable {
    case fast = 100
    case slow = 1000
  }

  let symbol: BinanceSymbol
  private var fast = Batch()
  private var slow = Batch()
  private var fastSlot: Int64 = 0
  private var slowSlot: Int64 = 0
  private(set) var best: (bid: BookLevel?, ask: BookLevel?) = (nil, nil)

  init(_ symbol: BinanceSymbol) {
    self.symbol = symbol
  }

  mutating func add(_ changes: [LevelChange]) {
    for change in changes {
      fast.add(change)
      slow.add(change)
    }
  }

  /// The batch of a speed once its interval is over.
  ///
  /// Nil before that; an empty batch where nothing changed.
  mutating func take(_ speed: Speed, at now: Int64) -> Batch? {
    let slot = now / (speed.rawValue * 1_000_000)
    switch speed {
    case .fast:
      guard slot != fastSlot else { return nil }
      fastSlot = slot
      defer { fast = Batch() }
      return fast
    case .slow:
      guard slot != slowSlot else { return nil }
      slowSlot = slot
      defer { slow = Batch() }
      return slow
    }
  }

  /// Whether the best prices or their quantities are others than at the last call.
  mutating func bestChanged(_ exchange: SimulatedExchange) -> Bool {
    let bid = exchange.levels(symbol.instrument, .buy, depth: 1).first
    let ask = exchange.levels(symbol.instrument, .sell, depth: 1).first
    guard bid != best.bid || ask != best.ask else { return false }
    best = (bid, ask)
    return true
  }
}
