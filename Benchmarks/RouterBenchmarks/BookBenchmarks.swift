import RouterCore

/// Updates of one side of a book of 1,000 levels, forty in a message.
///
/// Near the touch as venues send them: half change a level, a quarter add one, a quarter delete
/// one, eight levels from the best on average, and the best itself comes and goes. Deep: the same,
/// anywhere in the book.
enum BookBenchmarks {
  private static let levels = 1000
  private static let batch = 40
  private static let middle: Int64 = 600_000_000
  private static let tick: Int64 = 100
  /// How many added levels stand in the book at once.
  private static let extra = 6

  static func run(_ benchmarker: inout Benchmarker) {
    measure(&benchmarker, "near", reach: 13)
    measure(&benchmarker, "deep", reach: levels)
  }

  private static func measure(_ benchmarker: inout Benchmarker, _ name: String, reach: Int) {
    let fast = "book/update/\(name)"
    let naive = "naive/book/update/\(name)"
    guard benchmarker.wants(fast) || benchmarker.wants(naive) else { return }
    let updates = makeUpdates(reach: reach)
    let batches = updates.count / batch
    var book = OrderBook(capacity: 1024)
    book.replace(bids: bids(), asks: asks(), at: Timestamp(nanoseconds: 0))
    benchmarker.measure(fast, calls: 20_000, batch: batch) { call in
      _ = book.apply(delta(call % batches * batch), levels: updates.span)
      return UInt64(truncatingIfNeeded: book.bestBid?.price.mantissa ?? 0)
    }
    precondition(book.count(.buy) <= levels + extra)
    var dictionary = DictionaryBook(bids: bids(), asks: asks())
    benchmarker.measure(naive, calls: 2000, batch: batch) { call in
      let start = call % batches * batch
      for index in start..<start + batch { dictionary.set(.buy, updates[index]) }
      return UInt64(truncatingIfNeeded: dictionary.bestBid ?? 0)
    }
  }

  private static func delta(_ start: Int) -> BookUpdate {
    BookUpdate(
      listing: ListingID(0), kind: .delta, bidStart: Int32(start), bidCount: Int32(batch),
      askStart: 0, askCount: 0, subscribedDepth: 0, venueTime: .distantPast,
      receivedAt: Timestamp(nanoseconds: 1))
  }

  private static func bids() -> [BookLevel] {
    (0..<levels).map { level(middle - Int64($0) * tick, 1_000_000) }
  }

  private static func asks() -> [BookLevel] {
    (0..<levels).map { level(middle + Int64($0 + 2) * tick, 1_000_000) }
  }

  private static func level(_ price: Int64, _ quantity: Int64) -> BookLevel {
    BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity))
  }

  /// 64 thousand updates that keep the book at its size: an added price is deleted later, and the
  /// last ones are deletions, so that the updates may begin anew.
  private static func makeUpdates(reach: Int) -> [BookLevel] {
    var random = SeededRandom(seed: 7)
    var added: [Int64] = []
    let count = 65_520
    return (0..<count).map { number in
      let isEnding = number >= count - extra
      let isFull = added.count >= extra || isEnding
      switch random.below(4) {
      case 0 where !isFull, 1 where !isFull && added.isEmpty:
        // Between two levels of the start, or above them all.
        let place = Int64(random.below(reach + 1)) - 1
        let price = middle - place * tick - 1 - Int64(random.below(Int(tick) - 1))
        guard !added.contains(price) else { return level(price, 1) }
        added.append(price)
        return level(price, 1 + Int64(random.below(1_000_000)))
      case 0 where !added.isEmpty, 1 where !added.isEmpty, _ where isEnding && !added.isEmpty:
        return level(added.swapRemove(at: random.below(added.count)), 0)
      default:
        return level(
          middle - Int64(random.below(reach)) * tick, 1 + Int64(random.below(1_000_000)))
      }
    }
  }
}

extension [Int64] {
  fileprivate mutating func swapRemove(at index: Int) -> Int64 {
    swapAt(index, count - 1)
    return removeLast()
  }
}
