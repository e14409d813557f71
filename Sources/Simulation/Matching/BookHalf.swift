/// One side of a price-time priority book: levels in price order, each with a queue of orders.
struct BookHalf: Sendable {
  struct Level: Sendable {
    var price: Int64
    var quantity: Int64 = 0
    var head: Int32 = -1
    var tail: Int32 = -1
  }

  let side: OrderSide
  /// The best level stands last, so that the busy end of the array is the cheap one.
  private(set) var levels: [Level] = []

  init(side: OrderSide) { self.side = side }

  var best: Level? { levels.last }

  /// Whether a resting price stands before another in the queue.
  func isBetter(_ price: Int64, than other: Int64) -> Bool {
    side == .buy ? price > other : price < other
  }

  /// Whether a taker bounded by `limit` may trade at `price`; a limit of 0 is no bound.
  func satisfies(_ price: Int64, limit: Int64) -> Bool {
    limit == 0 || price == limit || isBetter(price, than: limit)
  }

  func index(of price: Int64) -> Int? {
    let position = insertionIndex(of: price)
    guard position < levels.count, levels[position].price == price else { return nil }
    return position
  }

  func quantity(at price: Int64) -> Int64 { index(of: price).map { levels[$0].quantity } ?? 0 }

  /// The index of the level at `price`, which is made if it does not exist.
  mutating func obtainLevel(_ price: Int64) -> Int {
    let position = insertionIndex(of: price)
    if position == levels.count || levels[position].price != price {
      levels.insert(Level(price: price), at: position)
    }
    return position
  }

  mutating func update(_ index: Int, _ body: (inout Level) -> Void) {
    body(&levels[index])
  }

  mutating func removeLevelIfEmpty(_ index: Int) {
    if levels[index].head < 0 { levels.remove(at: index) }
  }

  func best(_ depth: Int) -> [BookLevel] {
    levels.suffix(depth).reversed().map { BookLevel(price: $0.price, quantity: $0.quantity) }
  }

  private func insertionIndex(of price: Int64) -> Int {
    var low = 0
    var high = levels.count
    while low < high {
      let middle = (low + high) / 2
      if isBetter(price, than: levels[middle].price) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
