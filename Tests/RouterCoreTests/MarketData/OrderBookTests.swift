import RouterCore
import Testing

struct OrderBookTests {
  static func levels(_ pairs: [(Int64, Int64)]) -> [BookLevel] {
    pairs.map { BookLevel(price: Price(mantissa: $0.0), quantity: Quantity(mantissa: $0.1)) }
  }

  static func update(
    _ kind: BookUpdate.Kind, bids: Int, asks: Int, depth: Int32 = 0, at time: Int64 = 1,
    limit: Int32 = 0
  ) -> BookUpdate {
    BookUpdate(
      listing: ListingID(0), kind: kind, bidStart: 0, bidCount: Int32(bids),
      askStart: Int32(bids), askCount: Int32(asks), subscribedDepth: depth,
      venueTime: .distantPast, receivedAt: Timestamp(nanoseconds: time), snapshotLimit: limit)
  }

  @Test func `a snapshot shows its levels best first on both sides`() {
    var book = OrderBook(capacity: 8)
    book.replace(
      bids: Self.levels([(100, 1), (99, 2)]), asks: Self.levels([(101, 3), (103, 4)]),
      at: Timestamp(nanoseconds: 5))
    #expect(book.isLive == true)
    #expect(book.levels(.buy) == Self.levels([(100, 1), (99, 2)]))
    #expect(book.levels(.sell) == Self.levels([(101, 3), (103, 4)]))
    #expect(book.receivedAt == Timestamp(nanoseconds: 5))
  }

  @Test func `a delta changes, adds and deletes`() {
    var book = OrderBook(capacity: 8)
    book.replace(
      bids: Self.levels([(100, 1), (99, 2)]), asks: Self.levels([(101, 3)]),
      at: Timestamp(nanoseconds: 1))
    let changes = Self.levels([(100, 7), (98, 5), (99, 0), (97, 0), (102, 6), (101, 0)])
    #expect(book.apply(Self.update(.delta, bids: 4, asks: 2), levels: changes.span) == false)
    #expect(book.levels(.buy) == Self.levels([(100, 7), (98, 5)]))
    #expect(book.levels(.sell) == Self.levels([(102, 6)]))
  }

  @Test func `one price twice in a delta ends with the later quantity`() {
    var book = OrderBook(capacity: 8)
    book.replace(bids: [], asks: [], at: Timestamp(nanoseconds: 1))
    let changes = Self.levels([(100, 7), (100, 0), (100, 9)])
    _ = book.apply(Self.update(.delta, bids: 3, asks: 0), levels: changes.span)
    #expect(book.levels(.buy) == Self.levels([(100, 9)]))
  }

  @Test func `a delta before the first snapshot is ignored`() {
    var book = OrderBook(capacity: 8)
    #expect(
      book.apply(Self.update(.delta, bids: 1, asks: 0), levels: Self.levels([(1, 1)]).span) == false
    )
    #expect(book.status == .empty)
    #expect(book.bestBid == nil)
  }

  @Test func `the worst level goes when a side is full and nothing beyond it is believed`() {
    var book = OrderBook(capacity: 3)
    book.replace(
      bids: Self.levels([(100, 1), (99, 1), (98, 1), (97, 1)]), asks: [],
      at: Timestamp(nanoseconds: 1))
    #expect(book.bids.horizon == Price(mantissa: 97))
    _ = book.apply(
      Self.update(.delta, bids: 3, asks: 0), levels: Self.levels([(101, 1), (97, 9), (98, 4)]).span)
    #expect(book.levels(.buy) == Self.levels([(101, 1), (100, 1), (99, 1)]))
    #expect(book.bids.horizon == Price(mantissa: 98))
  }

  @Test func `a side that lost its known levels asks once for a snapshot`() {
    var book = OrderBook(capacity: 8)
    let nine = (0..<9).map { (Int64(100 - $0), Int64(1)) }
    book.replace(bids: Self.levels(nine), asks: [], at: Timestamp(nanoseconds: 1))
    var asked: [Bool] = []
    for price in 0..<8 {
      let gone = Self.levels([(Int64(100 - price), 0)])
      asked.append(book.apply(Self.update(.delta, bids: 1, asks: 0), levels: gone.span))
    }
    #expect(asked == [false, false, false, false, false, false, true, false])
    let fresh = Self.levels(nine)
    #expect(book.apply(Self.update(.snapshot, bids: 9, asks: 0), levels: fresh.span) == false)
    #expect(book.count(.buy) == 8)
  }

  @Test func `a snapshot that the venue cut ends at its last level`() {
    var book = OrderBook(capacity: 8)
    let two = Self.levels([(100, 1), (99, 1)])
    _ = book.apply(Self.update(.snapshot, bids: 2, asks: 0, limit: 2), levels: two.span)
    _ = book.apply(
      Self.update(.delta, bids: 2, asks: 0), levels: Self.levels([(98, 5), (99, 6)]).span)
    #expect(book.levels(.buy) == Self.levels([(100, 1), (99, 6)]))
  }

  @Test func `a book is cut to the depth that was subscribed`() {
    var book = OrderBook(capacity: 8)
    let four = Self.levels([(100, 1), (99, 1), (101, 1), (102, 1)])
    _ = book.apply(Self.update(.snapshot, bids: 2, asks: 2, depth: 2), levels: four.span)
    let better = Self.levels([(100, 0), (101, 5), (100, 3)])
    _ = book.apply(Self.update(.delta, bids: 2, asks: 1, depth: 2), levels: better.span)
    #expect(book.levels(.buy) == Self.levels([(101, 5), (99, 1)]))
    #expect(book.levels(.sell) == Self.levels([(100, 3), (101, 1)]))
    #expect(book.bids.horizon == nil)
  }

  @Test func `forty-six thousand levels leave the best and a horizon`() {
    var book = OrderBook(capacity: 1024)
    let many = (0..<46_000).map { (Int64(1_000_000 - $0), Int64($0 + 1)) }
    book.replace(bids: Self.levels(many), asks: [], at: Timestamp(nanoseconds: 1))
    #expect(book.count(.buy) == 1024)
    #expect(book.bestBid == Self.levels([(1_000_000, 1)])[0])
    #expect(book.bids.horizon == Price(mantissa: 1_000_000 - 1024))
  }

  @Test func `an unsorted snapshot is sorted and zero quantities are dropped`() {
    var book = OrderBook(capacity: 8)
    book.replace(
      bids: Self.levels([(99, 2), (100, 1), (98, 0)]), asks: [], at: Timestamp(nanoseconds: 1))
    #expect(book.levels(.buy) == Self.levels([(100, 1), (99, 2)]))
  }

  @Test(arguments: [(0, 1), (-5, 1), (5, -1)])
  func `a price or quantity that can not be makes the book invalid`(price: Int64, size: Int64) {
    var book = OrderBook(capacity: 8)
    book.replace(bids: [], asks: [], at: Timestamp(nanoseconds: 1))
    let bad = Self.levels([(price, size)])
    #expect(book.apply(Self.update(.delta, bids: 1, asks: 0), levels: bad.span) == true)
    #expect(book.status == .invalid(.malformedMessage))
  }

  @Test func `ranges outside the batch make the book invalid instead of a trap`() {
    var book = OrderBook(capacity: 8)
    book.replace(bids: [], asks: [], at: Timestamp(nanoseconds: 1))
    _ = book.apply(Self.update(.delta, bids: 3, asks: 0), levels: Self.levels([(1, 1)]).span)
    #expect(book.status == .invalid(.malformedMessage))
  }

  @Test func `age, crossing and faults each exclude a book`() {
    var book = OrderBook(capacity: 8)
    let start = Timestamp(nanoseconds: 0)
    func exclusion(_ book: borrowing OrderBook, _ milliseconds: Int64) -> Exclusion {
      book.exclusion(at: start.adding(milliseconds: milliseconds), maximumAgeMilliseconds: 10)
    }
    #expect(exclusion(book, 0) == .bookEmpty)
    book.replace(bids: Self.levels([(100, 1)]), asks: Self.levels([(101, 1)]), at: start)
    #expect(exclusion(book, 10) == .none)
    #expect(exclusion(book, 11) == .bookStale)
    book.set(.buy, Self.levels([(101, 1)])[0], at: start)
    #expect(exclusion(book, 0) == .bookCrossed)
    book.invalidate(.sequenceGap)
    #expect(exclusion(book, 0) == .bookInvalid)
    #expect(book.bestBid == nil)
  }

  @Test func `a book that stays crossed is asked for again`() {
    var book = OrderBook(capacity: 8)
    book.replace(
      bids: Self.levels([(101, 1)]), asks: Self.levels([(101, 1)]), at: Timestamp(nanoseconds: 0))
    let second: Int64 = 1_000_000_000
    #expect(
      book.apply(Self.update(.delta, bids: 0, asks: 0, at: 1), levels: Self.levels([]).span)
        == false)
    #expect(
      book.apply(
        Self.update(.delta, bids: 0, asks: 0, at: second - 1), levels: Self.levels([]).span)
        == false)
    #expect(
      book.apply(
        Self.update(.delta, bids: 0, asks: 0, at: second), levels: Self.levels([]).span) == true
    )
    #expect(
      book.apply(
        Self.update(.delta, bids: 0, asks: 0, at: second + 1), levels: Self.levels([]).span)
        == false)
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `random updates agree with a sorted list`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let capacity = Int(random.pick([4, 16, 100, 300] as [Int64]))
    let depth = random.chance(50) ? 0 : Int32(random.next(in: 1...Int64(capacity)))
    var book = OrderBook(capacity: capacity)
    var naive = NaiveBook(capacity: capacity, depth: Int(depth))
    for round in 0..<600 {
      let isSnapshot = round == 0 || random.chance(1)
      let count = isSnapshot ? random.next(in: 0...Int64(capacity * 2)) : random.next(in: 0...6)
      var bids: [BookLevel] = []
      var asks: [BookLevel] = []
      for _ in 0..<count {
        let size = random.chance(isSnapshot ? 0 : 35) ? 0 : random.next(in: 1...50)
        let level = Self.levels([(random.next(in: 1...600), size)])[0]
        if random.chance(50) { bids.append(level) } else { asks.append(level) }
      }
      if isSnapshot && random.chance(80) {
        bids.sort { $0.price > $1.price }
        asks.sort { $0.price < $1.price }
      }
      let update = Self.update(
        isSnapshot ? .snapshot : .delta, bids: bids.count, asks: asks.count, depth: depth)
      _ = book.apply(update, levels: (bids + asks).span)
      naive.apply(isSnapshot: isSnapshot, bids: bids, asks: asks)
      #expect(book.levels(.buy) == naive.bids.levels)
      #expect(book.levels(.sell) == naive.asks.levels)
    }
  }
}

/// The same book without any cleverness: an array sorted anew after each change.
private struct NaiveBook {
  struct NaiveSide {
    var levels: [BookLevel] = []
    var horizon: Int64?
    let sign: Int64
    let capacity: Int

    func key(_ level: BookLevel) -> Int64 { level.price.mantissa * sign }

    mutating func set(_ level: BookLevel) {
      if let horizon, key(level) <= horizon { return }
      levels.removeAll { $0.price == level.price }
      if level.quantity > .zero { levels.append(level) }
      let sign = sign
      levels.sort { $0.price.mantissa * sign > $1.price.mantissa * sign }
      if levels.count > capacity { horizon = key(levels.removeLast()) }
    }
  }

  var bids: NaiveSide
  var asks: NaiveSide
  let depth: Int

  init(capacity: Int, depth: Int) {
    bids = NaiveSide(sign: 1, capacity: capacity)
    asks = NaiveSide(sign: -1, capacity: capacity)
    self.depth = depth
  }

  mutating func apply(isSnapshot: Bool, bids newBids: [BookLevel], asks newAsks: [BookLevel]) {
    if isSnapshot {
      bids = NaiveSide(sign: 1, capacity: bids.capacity)
      asks = NaiveSide(sign: -1, capacity: asks.capacity)
    }
    newBids.forEach { bids.set($0) }
    newAsks.forEach { asks.set($0) }
    if depth > 0 {
      bids.levels = Array(bids.levels.prefix(depth))
      asks.levels = Array(asks.levels.prefix(depth))
    }
  }
}
