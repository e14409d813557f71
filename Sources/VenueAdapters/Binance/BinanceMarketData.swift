package import RouterCore
import Wire

/// Binance's diff depth stream and its snapshots, decoded to book updates.
///
/// Usable without an account: feed it messages and snapshots. It asks for snapshots through
/// `AdapterOutput.fetch`; a replay ignores those and feeds the snapshots it has. It reads both the
/// combined form (`/stream`, wrapped in `data`) and the raw one (`/ws`).
package struct BinanceMarketData {
  /// What a message was, as far as the owner of the socket has to know.
  package enum Message: Sendable, Hashable {
    case marketData
    /// The answer to our request of this number.
    case reply(number: Int64, isError: Bool)
    /// The venue is about to close the connection.
    case serverShutdown
    /// Not JSON, or not what the sheet says, and it does not tell which book it concerns.
    case unreadable
  }

  let listings: [ListingBinding]
  let symbols: BinanceSymbolTable
  /// Levels a side that a snapshot is asked for.
  let snapshotDepth: Int
  var books: [BinanceBookSync]
  /// One for each listing, in the order of the listings.
  package internal(set) var statistics: [MarketDataStatistics]
  package private(set) var messages = 0
  /// Messages that were no JSON, or named no listing of ours and could not be understood.
  package private(set) var unreadableMessages = 0
  var requestCount: UInt64 = 0
  /// The venue told us not to ask before this.
  var noRequestBefore = Timestamp.distantPast
  /// Whether a book has come to want a snapshot since `requestSnapshots` was called.
  package internal(set) var hasWork = false
  private var didReportUnknownSymbol = false

  package init(listings: [ListingBinding], snapshotDepth: Int = 1000) {
    self.listings = listings
    self.snapshotDepth = min(max(snapshotDepth, 100), 5000)
    symbols = BinanceSymbolTable(listings.map(\.definition.symbol))
    books = listings.map { _ in BinanceBookSync() }
    statistics = listings.map { _ in MarketDataStatistics() }
  }

  /// Decodes one message; book updates and faults go to `output`.
  @discardableResult
  package mutating func decode(
    _ message: UnsafeRawBufferPointer, at receivedAt: Timestamp, into output: inout AdapterOutput
  ) -> Message {
    messages &+= 1
    let levelCount = output.batch.levelCount
    var scanner = unsafe JSONScanner(message)
    var frame = BinanceDepthFrame()
    readObject(&scanner, &frame, isOuter: true, into: &output.batch)
    if frame.hasDeferredSides { readDeferredSides(&scanner, &frame, into: &output.batch) }
    if frame.isTradeDeferred && frame.kind == .trade && frame.book >= 0 && !scanner.failed {
      // Kind and symbol are known now, which is all that was missing.
      var again = unsafe JSONScanner(message)
      readObject(&again, &frame, isOuter: true, into: &output.batch)
      if again.failed { scanner.fail() }
    }
    guard scanner.finish(), !frame.isBroken else {
      output.batch.truncateLevels(to: levelCount)
      return broken(frame, offset: scanner.offset, into: &output)
    }
    return accept(frame, levelCount: levelCount, at: receivedAt, into: &output)
  }
}

// MARK: - Reading

extension BinanceMarketData {
  private func readObject(
    _ scanner: inout JSONScanner, _ frame: inout BinanceDepthFrame, isOuter: Bool,
    into batch: inout EventBatch
  ) {
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      if key.count == 1 {
        readShort(key.firstByte, &scanner, &frame, into: &batch)
      } else if isOuter && key == "data" {
        readObject(&scanner, &frame, isOuter: false, into: &batch)
      } else if isOuter && (key == "result" || key == "error" || key == "id" || key == "msg") {
        readControl(key, &scanner, &frame)
      } else {
        scanner.skipValue()
      }
    }
  }

  /// Field names of the venue are one letter and differ by case (`u` and `U`).
  @inline(__always)
  private func readShort(
    _ key: UInt8, _ scanner: inout JSONScanner, _ frame: inout BinanceDepthFrame,
    into batch: inout EventBatch
  ) {
    switch key {
    case UInt8(ascii: "e"): frame.readKind(&scanner)
    case UInt8(ascii: "E"): frame.readEventTime(&scanner)
    case UInt8(ascii: "U"): frame.readFirstID(&scanner)
    case UInt8(ascii: "u"): frame.readLastID(&scanner)
    case UInt8(ascii: "s"): readSymbol(&scanner, &frame)
    case UInt8(ascii: "b"): readSide(&scanner, &frame, .bids, into: &batch)
    case UInt8(ascii: "a"): readSide(&scanner, &frame, .asks, into: &batch)
    case UInt8(ascii: "p"), UInt8(ascii: "q"), UInt8(ascii: "T"):
      readTrade(key, &scanner, &frame)
    default: scanner.skipValue()
    }
  }

  private func readSymbol(_ scanner: inout JSONScanner, _ frame: inout BinanceDepthFrame) {
    guard let text = unsafe scanner.string() else { return }
    frame.hasSymbol = true
    frame.book = unsafe symbols.index(of: text)
  }

  private func readControl(
    _ key: JSONKey, _ scanner: inout JSONScanner, _ frame: inout BinanceDepthFrame
  ) {
    switch key {
    case "id":
      frame.replyNumber = scanner.peek() == UInt8(ascii: "n") ? nil : scanner.integer()
      if frame.replyNumber == nil && !scanner.failed { scanner.skipValue() }
    case "result":
      frame.isReply = true
      scanner.skipValue()
    default:
      frame.isReply = true
      frame.isError = true
      scanner.skipValue()
    }
  }

  /// Reads `[["price","quantity"], ...]`; in a bookTicker the same letter is a single price.
  @inline(__always)
  private func readSide(
    _ scanner: inout JSONScanner, _ frame: inout BinanceDepthFrame, _ side: BinanceDepthFrame.Side,
    into batch: inout EventBatch
  ) {
    guard scanner.peek() == UInt8(ascii: "[") else { return scanner.skipValue() }
    if frame.book >= 0 {
      frame.note(side, readLevels(&scanner, listings[frame.book].instrument, into: &batch))
    } else if frame.hasSymbol {
      scanner.skipValue()
      frame.note(side, 0..<0)
    } else {
      frame.`defer`(side, scanner)
      scanner.skipValue()
    }
  }

  /// Levels that came before the symbol, and with it the scales, was known.
  private func readDeferredSides(
    _ scanner: inout JSONScanner, _ frame: inout BinanceDepthFrame, into batch: inout EventBatch
  ) {
    for side in [BinanceDepthFrame.Side.bids, .asks] {
      guard var deferred = frame.deferred(side), frame.book >= 0, !scanner.failed else { continue }
      let instrument = listings[frame.book].instrument
      frame.note(side, readLevels(&deferred, instrument, into: &batch))
      if deferred.failed { scanner.fail() }
    }
  }

  /// Reads the levels of one side; a price or a quantity that can not be fails the scanner.
  func readLevels(
    _ scanner: inout JSONScanner, _ instrument: Instrument, into batch: inout EventBatch
  ) -> Range<Int> {
    let start = batch.levelCount
    let priceScale = DecimalScale(Int(instrument.priceScale))
    let quantityScale = DecimalScale(Int(instrument.quantityScale))
    // A local, so that it stays in registers.
    var local = scanner
    guard local.beginArray() else {
      scanner = local
      return start..<start
    }
    while local.nextElement() {
      guard let (price, quantity) = local.level(priceScale, quantityScale), price > 0,
        quantity >= 0
      else {
        local.fail()
        break
      }
      batch.append(
        BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity)))
    }
    scanner = local
    return start..<batch.levelCount
  }
}

// MARK: - Accepting

extension BinanceMarketData {
  private mutating func accept(
    _ frame: BinanceDepthFrame, levelCount: Int, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) -> Message {
    switch frame.kind {
    case .depthUpdate:
      acceptDepth(frame, levelCount: levelCount, at: receivedAt, into: &output)
      return .marketData
    case .trade:
      acceptTrade(frame, at: receivedAt, into: &output)
    case .serverShutdown:
      return .serverShutdown
    case .none where frame.isReply || frame.replyNumber != nil:
      return .reply(number: frame.replyNumber ?? -1, isError: frame.isError)
    case .none, .other:
      break
    }
    output.batch.truncateLevels(to: levelCount)
    return .marketData
  }

  private mutating func acceptDepth(
    _ frame: BinanceDepthFrame, levelCount: Int, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard frame.book >= 0 else {
      output.batch.truncateLevels(to: levelCount)
      reportUnknownSymbol(into: &output)
      return
    }
    statistics[frame.book].updates &+= 1
    let diff = BinanceBookSync.KeptDiff(
      firstID: frame.firstID, lastID: frame.lastID, venueTime: frame.eventTime,
      receivedAt: receivedAt, levelStart: frame.bids.lowerBound, bidCount: frame.bids.count,
      askCount: frame.asks.count)
    switch books[frame.book].judge(firstID: frame.firstID, lastID: frame.lastID) {
    case .apply:
      apply(frame, diff, at: receivedAt, into: &output)
    case .keep:
      keep(frame, diff, into: &output)
      output.batch.truncateLevels(to: levelCount)
    case .stale:
      statistics[frame.book].staleUpdates &+= 1
      output.batch.truncateLevels(to: levelCount)
    case .gap:
      gap(frame, diff, at: receivedAt, into: &output)
      output.batch.truncateLevels(to: levelCount)
    }
  }

  @inline(__always)
  private mutating func apply(
    _ frame: BinanceDepthFrame, _ diff: BinanceBookSync.KeptDiff, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) {
    statistics[frame.book].levelsChanged &+= frame.bids.count &+ frame.asks.count
    output.append(
      .book(
        BookUpdate(
          listing: listings[frame.book].listing, kind: .delta,
          bidStart: Int32(truncatingIfNeeded: frame.bids.lowerBound),
          bidCount: Int32(truncatingIfNeeded: frame.bids.count),
          askStart: Int32(truncatingIfNeeded: frame.asks.lowerBound),
          askCount: Int32(truncatingIfNeeded: frame.asks.count), subscribedDepth: 0,
          venueTime: frame.eventTime, receivedAt: receivedAt)))
    if books[frame.book].wantsSnapshot {
      keep(frame, diff, into: &output)
    } else if leavesKnownRange(frame, output.batch) {
      requestRefresh(frame.book)
    }
  }

  /// Whether the market has moved to where the snapshot's levels end.
  ///
  /// Beyond its worst level the book holds only what has changed since, so it is true but thin.
  private func leavesKnownRange(_ frame: BinanceDepthFrame, _ batch: EventBatch) -> Bool {
    let lowestBid = books[frame.book].lowestKnownBid
    let highestAsk = books[frame.book].highestKnownAsk
    let levels = batch.levels.span
    for index in frame.asks
    where levels[index].price <= lowestBid && levels[index].quantity > .zero {
      return true
    }
    for index in frame.bids
    where levels[index].price >= highestAsk && levels[index].quantity > .zero {
      return true
    }
    return false
  }

  private mutating func keep(
    _ frame: BinanceDepthFrame, _ diff: BinanceBookSync.KeptDiff, into output: inout AdapterOutput
  ) {
    var diff = diff
    // The two sides lie side by side, whichever the message named first.
    let bidsFirst = frame.bids.lowerBound <= frame.asks.lowerBound
    let start = bidsFirst ? frame.bids.lowerBound : frame.asks.lowerBound
    let levels = output.batch.levels[start..<start + diff.bidCount + diff.askCount]
    diff.bidsFirst = bidsFirst
    guard !books[frame.book].keep(diff, levels: levels) else { return }
    output.incident(
      .warning, "\(symbol(frame.book)): too many depth updates wait for a snapshot, dropped them")
  }

  private mutating func gap(
    _ frame: BinanceDepthFrame, _ diff: BinanceBookSync.KeptDiff, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) {
    statistics[frame.book].gaps &+= 1
    output.incident(
      .warning,
      "\(symbol(frame.book)): depth update \(frame.firstID) does not follow "
        + "\(books[frame.book].bookID), resynchronizing")
    lose(frame.book, .sequenceGap, into: &output)
    // This diff is the first that the new snapshot has to reach.
    keep(frame, diff, into: &output)
  }

  mutating func lose(_ book: Int, _ fault: BookFault, into output: inout AdapterOutput) {
    books[book].lose()
    hasWork = true
    output.append(.bookInvalid(listings[book].listing, fault))
  }

  func symbol(_ book: Int) -> String { listings[book].definition.symbol }

  private mutating func broken(
    _ frame: BinanceDepthFrame, offset: Int, into output: inout AdapterOutput
  ) -> Message {
    guard frame.book >= 0 else {
      unreadableMessages &+= 1
      output.incident(.warning, "market data: message can not be read at byte \(offset)")
      return .unreadable
    }
    guard frame.kind != .trade else { return brokenTrade(frame.book, into: &output) }
    statistics[frame.book].malformed &+= 1
    output.incident(
      .warning,
      "\(symbol(frame.book)): \(frame.problem) in market data at byte \(offset), resynchronizing")
    // A lost bookTicker costs nothing, but a broken message does not always say its kind.
    lose(frame.book, .malformedMessage, into: &output)
    return .marketData
  }

  private mutating func reportUnknownSymbol(into output: inout AdapterOutput) {
    guard !didReportUnknownSymbol else { return }
    didReportUnknownSymbol = true
    output.incident(.notice, "market data: depth update for a symbol that is not ours")
  }
}
