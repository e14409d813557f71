package import RouterCore
import Wire

// The venue's procedure: keep diffs aside, fetch a snapshot, let the diffs after it follow.
extension BinanceMarketData {
  /// Snapshots in flight at once, so that a start with many pairs does not spend the weight of a
  /// minute in a second (50 of 6000 for 1000 levels).
  private static let maximumFetches = 4
  private static let firstRetryMilliseconds: Int64 = 500
  private static let lastRetryMilliseconds: Int64 = 30_000
  /// How often a live book is renewed, for the levels beyond its snapshot's edge.
  private static let refreshMilliseconds: Int64 = 15 * 60_000
  /// How long a book must have been live for its past troubles to count no more.
  private static let settledMilliseconds: Int64 = 60_000

  /// Begins anew on a new connection; snapshots are asked for once `subscribed` is called.
  package mutating func restart() {
    for book in books.indices { books[book].restart() }
  }

  /// The stream is subscribed: from now on a snapshot can be joined to it.
  package mutating func subscribed(at time: Timestamp, into output: inout AdapterOutput) {
    for book in books.indices { books[book].want() }
    requestSnapshots(at: time, into: &output)
  }

  /// The stream is gone, and every book with it.
  package mutating func disconnected(into output: inout AdapterOutput) {
    for book in books.indices {
      books[book].restart()
      output.append(.bookInvalid(listings[book].listing, .disconnected))
    }
  }

  package mutating func refresh(_ listing: ListingID) {
    guard let book = listings.firstIndex(where: { $0.listing == listing }) else { return }
    requestRefresh(book)
  }

  mutating func requestRefresh(_ book: Int) {
    books[book].want()
    hasWork = true
  }

  /// Sends for the snapshots that are due.
  package mutating func requestSnapshots(at time: Timestamp, into output: inout AdapterOutput) {
    hasWork = false
    guard noRequestBefore <= time else { return }
    var inFlight = books.count { $0.fetchNumber != 0 }
    for book in books.indices where inFlight < Self.maximumFetches {
      renew(book, at: time)
      guard books[book].wantsSnapshot, books[book].fetchNumber == 0, books[book].retryAt <= time
      else { continue }
      fetch(book, at: time, into: &output)
      inFlight += 1
    }
  }

  /// When `requestSnapshots` has something to do next.
  package var nextDeadline: Timestamp {
    guard books.count(where: { $0.fetchNumber != 0 }) < Self.maximumFetches else {
      return .distantFuture
    }
    var next = Timestamp.distantFuture
    for book in books where book.fetchNumber == 0 {
      if book.wantsSnapshot {
        next = min(next, max(book.retryAt, noRequestBefore))
      } else if book.phase == .live {
        next = min(next, book.liveSince.adding(milliseconds: Self.refreshMilliseconds))
      }
    }
    return next
  }

  private mutating func renew(_ book: Int, at time: Timestamp) {
    guard books[book].phase == .live,
      books[book].liveSince.adding(milliseconds: Self.refreshMilliseconds) <= time
    else { return }
    books[book].want()
  }

  private mutating func fetch(_ book: Int, at time: Timestamp, into output: inout AdapterOutput) {
    requestCount += 1
    books[book].fetchNumber = requestCount
    if books[book].phase == .live,
      books[book].liveSince.adding(milliseconds: Self.settledMilliseconds) <= time
    {
      books[book].attempts = 0
    }
    books[book].attempts += 1
    let symbol = PercentEncoding.encode(listings[book].definition.symbol)
    output.fetch(
      HTTPRequest(
        method: "GET", target: "/api/v3/depth?symbol=\(symbol)&limit=\(snapshotDepth)",
        headers: HTTPHeaders([]), body: []),
      tag: RequestTag(
        .bookSnapshot, number: requestCount, listing: listings[book].listing))
  }

  /// The snapshot that request `number` asked for has come; 0 for one that a replay has.
  package mutating func snapshot(
    _ body: UnsafeRawBufferPointer, number: UInt64, for listing: ListingID, at time: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard let book = listings.firstIndex(where: { $0.listing == listing }),
      number == 0 || books[book].fetchNumber == number
    else { return }
    books[book].fetchNumber = 0
    let levelCount = output.batch.levelCount
    guard let snapshot = unsafe readSnapshot(body, book, into: &output) else {
      output.batch.truncateLevels(to: levelCount)
      statistics[book].malformed &+= 1
      output.incident(.warning, "\(symbol(book)): depth snapshot can not be read")
      return retry(book, at: time)
    }
    guard let diffs = books[book].diffs(after: snapshot.lastID) else {
      // The venue's step 2: it is older than the first diff we kept.
      output.batch.truncateLevels(to: levelCount)
      return retry(book, at: time)
    }
    publish(snapshot, book, at: time, into: &output)
    for index in diffs { publish(books[book].kept[index], book, into: &output) }
    books[book].settle(snapshotID: snapshot.lastID, at: time)
  }

  /// Request `number` brought no snapshot; `retryAfterMilliseconds` if the venue said when to ask.
  package mutating func snapshotFailed(
    number: UInt64, for listing: ListingID, at time: Timestamp, retryAfterMilliseconds: Int64?
  ) {
    if let milliseconds = retryAfterMilliseconds {
      noRequestBefore = max(noRequestBefore, time.adding(milliseconds: milliseconds))
    }
    guard let book = listings.firstIndex(where: { $0.listing == listing }),
      books[book].fetchNumber == number
    else { return }
    books[book].fetchNumber = 0
    retry(book, at: time)
  }

  private mutating func retry(_ book: Int, at time: Timestamp) {
    books[book].want()
    let doublings = Int64(min(max(books[book].attempts - 1, 0), 10))
    let wait = min(Self.firstRetryMilliseconds << doublings, Self.lastRetryMilliseconds)
    books[book].retryAt = time.adding(milliseconds: wait)
  }
}

// MARK: - Reading and publishing

extension BinanceMarketData {
  private struct Snapshot {
    var lastID: Int64 = -1
    var bids: Range<Int>?
    var asks: Range<Int>?
  }

  private func readSnapshot(
    _ body: UnsafeRawBufferPointer, _ book: Int, into output: inout AdapterOutput
  ) -> Snapshot? {
    var scanner = unsafe JSONScanner(body)
    var snapshot = Snapshot()
    let instrument = listings[book].instrument
    guard scanner.beginObject() else { return nil }
    while let key = scanner.nextKey() {
      switch key {
      case "lastUpdateId": snapshot.lastID = scanner.integer() ?? -1
      case "bids": snapshot.bids = readLevels(&scanner, instrument, into: &output.batch)
      case "asks": snapshot.asks = readLevels(&scanner, instrument, into: &output.batch)
      default: scanner.skipValue()
      }
    }
    guard scanner.finish(), snapshot.lastID >= 0, snapshot.lastID < .max,
      let bids = snapshot.bids, let asks = snapshot.asks,
      isOrdered(bids, asks, output.batch)
    else { return nil }
    return snapshot
  }

  /// Whether both sides are best first, without empty levels, and do not cross.
  private func isOrdered(_ bids: Range<Int>, _ asks: Range<Int>, _ batch: EventBatch) -> Bool {
    for index in bids {
      guard batch.levels[index].quantity > .zero else { return false }
      if index > bids.lowerBound && batch.levels[index].price >= batch.levels[index - 1].price {
        return false
      }
    }
    for index in asks {
      guard batch.levels[index].quantity > .zero else { return false }
      if index > asks.lowerBound && batch.levels[index].price <= batch.levels[index - 1].price {
        return false
      }
    }
    guard let bid = bids.first, let ask = asks.first else { return true }
    return batch.levels[bid].price < batch.levels[ask].price
  }

  private mutating func publish(
    _ snapshot: Snapshot, _ book: Int, at time: Timestamp, into output: inout AdapterOutput
  ) {
    let bids = snapshot.bids ?? 0..<0
    let asks = snapshot.asks ?? 0..<0
    statistics[book].snapshots &+= 1
    // A side that is shorter than what we asked for is the whole side.
    books[book].lowestKnownBid =
      bids.count < snapshotDepth ? .zero : output.batch.levels[bids.upperBound - 1].price
    books[book].highestKnownAsk =
      asks.count < snapshotDepth
      ? Price(mantissa: .max) : output.batch.levels[asks.upperBound - 1].price
    output.append(
      .book(
        BookUpdate(
          listing: listings[book].listing, kind: .snapshot,
          bidStart: Int32(truncatingIfNeeded: bids.lowerBound),
          bidCount: Int32(truncatingIfNeeded: bids.count),
          askStart: Int32(truncatingIfNeeded: asks.lowerBound),
          askCount: Int32(truncatingIfNeeded: asks.count), subscribedDepth: 0,
          venueTime: .distantPast, receivedAt: time,
          snapshotLimit: Int32(truncatingIfNeeded: snapshotDepth))))
  }

  private mutating func publish(
    _ diff: BinanceBookSync.KeptDiff, _ book: Int, into output: inout AdapterOutput
  ) {
    let start = output.batch.levelCount
    let count = diff.bidCount + diff.askCount
    for level in books[book].keptLevels[diff.levelStart..<diff.levelStart + count] {
      output.batch.append(level)
    }
    statistics[book].levelsChanged &+= count
    let bidStart = diff.bidsFirst ? start : start + diff.askCount
    let askStart = diff.bidsFirst ? start + diff.bidCount : start
    output.append(
      .book(
        BookUpdate(
          listing: listings[book].listing, kind: .delta,
          bidStart: Int32(truncatingIfNeeded: bidStart),
          bidCount: Int32(truncatingIfNeeded: diff.bidCount),
          askStart: Int32(truncatingIfNeeded: askStart),
          askCount: Int32(truncatingIfNeeded: diff.askCount), subscribedDepth: 0,
          venueTime: diff.venueTime, receivedAt: diff.receivedAt)))
  }
}
