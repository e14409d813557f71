import RouterCore

/// Updates of one side of a book of 1,000 levels.
///
/// Near the touch as venues send them: half change a level, a quarter add one, a quarter delete
/// one, at a mean distance of eight levels. Deep: the same, anywhere in the book.
enum BookBenchmarks {
  private static let levels = 1000
  private static let batch = 64
  private static let middle: Int64 = 600_000_000
  private static let tick: Int64 = 100

  static func run(_ benchmarker: inout Benchmarker) {
    measure(&benchmarker, "near", reach: 16)
    measure(&benchmarker, "deep", reach: levels)
  }

  private static func measure(_ benchmarker: inout Benchmarker, _ name: String, reach: Int) {
    let fast = "book/update/\(name)"
    let naive = "naive/book/update/\(name)"
    guard benchmarker.wants(fast) || benchmarker.wants(naive) else { return }
    let updates = makeUpdates(reach: reach)
    let batches = updates.count / batch
    var book = OrderBook(capacity: 1024)
    let time = Timestamp(nanoseconds: 0)
    book.replace(bids: bids(), asks: asks(), at: time)
    benchmarker.measure(fast, calls: 20_000, batch: batch) { call in
      let start = call % batches * batch
      for index in start..<start + batch { book.set(.buy, updates[index], at: time) }
      return UInt64(truncatingIfNeeded: book.bestBid?.price.mantissa ?? 0)
    }
    var dictionary = DictionaryBook(bids: bids(), asks: asks())
    benchmarker.measure(naive, calls: 2000, batch: batch) { call in
      let start = call % batches * batch
      for index in start..<start + batch {
        dictionary.set(.buy, updates[index])
        _ = dictionary.bestBid
      }
      return UInt64(truncatingIfNeeded: dictionary.bestBid ?? 0)
    }
  }

  private static func bids() -> [BookLevel] {
    (0..<levels).map { level(middle - Int64($0) * tick, 1_000_000) }
  }

  private static func asks() -> [BookLevel] {
    (0..<levels).map { level(middle + Int64($0 + 1) * tick, 1_000_000) }
  }

  private static func level(_ price: Int64, _ quantity: Int64) -> BookLevel {
    BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity))
  }

  /// 64 thousand updates that keep the book at about its size: an added price is deleted later.
  private static func makeUpdates(reach: Int) -> [BookLevel] {
    var random = SeededRandom(seed: 7)
    var added: [Int64] = []
    return (0..<65_536).map { _ in
      let place = Int64(random.below(reach))
      switch random.below(4) {
      case 0:
        // Between two levels of the start, so that it is a new one.
        let price = middle - place * tick - 1 - Int64(random.below(Int(tick) - 1))
        added.append(price)
        return level(price, 1 + Int64(random.below(1_000_000)))
      case 1 where !added.isEmpty:
        return level(added.swapRemove(at: random.below(added.count)), 0)
      default:
        return level(middle - place * tick, 1 + Int64(random.below(1_000_000)))
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
