package import RouterCore
import Wire

/// Kraken's public stream (WebSocket v2): books, each update checked against its checksum.
///
/// Usable without an account: `sluice replay` and the benchmarks drive it as the adapter does.
package struct KrakenMarketData {
  /// What a message was, as far as this decoder is concerned.
  package enum Message: UInt8, Sendable {
    case book, trade, ticker, heartbeat
    /// Not market data: an answer to a method, the `status` or `instrument` channel, ...
    case other
  }

  /// By listing, in the order given to `init`.
  package internal(set) var statistics: [MarketDataStatistics]
  package private(set) var messageCount = 0
  /// Messages about no listing of ours that could not be understood.
  package internal(set) var malformedCount = 0
  let depth: Int
  let venueName: String
  private(set) var feeds: [KrakenBookFeed]
  private var checksumText = KrakenChecksumText()

  /// The depth, in levels a side, is rounded up to one that Kraken offers.
  package init(venueName: String = "kraken", listings: [ListingBinding], bookDepth: Int) {
    self.venueName = venueName
    let depth = Self.subscriptionDepth(for: bookDepth)
    self.depth = depth
    statistics = listings.map { _ in MarketDataStatistics() }
    feeds = listings.map {
      KrakenBookFeed($0, symbol: $0.definition.streamSymbol, depth: depth)
    }
  }

  /// The smallest depth on offer that is not below the one wanted.
  package static func subscriptionDepth(for wanted: Int) -> Int {
    [10, 25, 100, 500].first { $0 >= wanted } ?? 1000
  }

  /// Decodes one whole message; whatever it holds, it neither traps nor throws.
  @discardableResult
  package mutating func decode(
    _ message: UnsafeRawBufferPointer, at receivedAt: Timestamp, into output: inout AdapterOutput
  ) -> Message {
    messageCount &+= 1
    var scanner = unsafe JSONScanner(message)
    let envelope = KrakenEnvelope(scanner)
    switch envelope.channel {
    case .book:
      decodeBooks(&scanner, isSnapshot: envelope.isSnapshot, at: receivedAt, into: &output)
      return .book
    case .trade:
      decodeTrades(&scanner, isSnapshot: envelope.isSnapshot, at: receivedAt, into: &output)
      return .trade
    case .ticker: return .ticker
    case .heartbeat: return .heartbeat
    case .other: return .other
    }
  }
}

// MARK: - Books

extension KrakenMarketData {
  private mutating func decodeBooks(
    _ scanner: inout JSONScanner, isSnapshot: Bool, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard scanner.enterData() else { return refuse("a book message without data", into: &output) }
    while scanner.nextElement() {
      guard let index = feedIndex(scanner) else {
        malformedCount &+= 1
        scanner.skipValue()
        continue
      }
      decodeBook(
        &scanner, feed: index, isSnapshot: isSnapshot, at: receivedAt, into: &output)
      if scanner.failed { return }
    }
  }

  /// The feed of the row at the scanner, which stays where it is.
  func feedIndex(_ row: JSONScanner) -> Int? {
    var scanner = row
    guard scanner.beginObject() else { return nil }
    while let key = scanner.nextKey() {
      guard key == "symbol" else {
        scanner.skipValue()
        continue
      }
      guard let symbol = unsafe scanner.string() else { return nil }
      return feeds.indices.first { unsafe feeds[$0].symbol.elementsEqual(symbol) }
    }
    return nil
  }

  private mutating func decodeBook(
    _ scanner: inout JSONScanner, feed index: Int, isSnapshot: Bool, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) {
    if !isSnapshot { statistics[index].updates &+= 1 }
    guard isSnapshot || feeds[index].state == .live else { return scanner.skipValue() }
    if isSnapshot { feeds[index].book.removeAll() }
    let levelMark = output.batch.levelCount
    var row = KrakenBookRow()
    row.decode(&scanner, into: &feeds[index], output: &output)
    guard !scanner.failed, let expected = row.checksum else {
      output.batch.truncateLevels(to: levelMark)
      return fail(index, .malformedMessage, "field \(row.field)", into: &output)
    }
    feeds[index].book.truncate()
    let actual = feeds[index].book.currentChecksum(&checksumText)
    guard actual == expected else {
      output.batch.truncateLevels(to: levelMark)
      statistics[index].checksumsFailed &+= 1
      return fail(
        index, .checksumMismatch, "checksum \(expected) against \(actual)", into: &output)
    }
    statistics[index].checksumsVerified &+= 1
    statistics[index].levelsChanged &+= isSnapshot ? 0 : output.batch.levelCount - levelMark
    publish(
      row, feed: index, isSnapshot: isSnapshot, levelMark: levelMark, at: receivedAt,
      into: &output)
  }

  private mutating func publish(
    _ row: KrakenBookRow, feed index: Int, isSnapshot: Bool, levelMark: Int,
    at receivedAt: Timestamp, into output: inout AdapterOutput
  ) {
    if isSnapshot {
      // Sent anew from the book, since the core wants a snapshot's levels best first.
      output.batch.truncateLevels(to: levelMark)
      feeds[index].state = .live
      statistics[index].snapshots &+= 1
    }
    guard !feeds[index].isHalted else { return output.batch.truncateLevels(to: levelMark) }
    if isSnapshot {
      guard
        let update = feeds[index].snapshot(
          at: receivedAt, venueTime: row.venueTime, into: &output)
      else {
        output.batch.truncateLevels(to: levelMark)
        return fail(index, .malformedMessage, "a level out of range", into: &output)
      }
      output.append(.book(update))
    } else {
      output.append(
        .book(row.delta(feeds[index].listing, depth: feeds[index].book.depth, at: receivedAt)))
    }
  }

  private mutating func fail(
    _ index: Int, _ fault: BookFault, _ detail: String, into output: inout AdapterOutput
  ) {
    if fault == .malformedMessage { statistics[index].malformed &+= 1 }
    feeds[index].state = .broken
    output.append(.bookInvalid(feeds[index].listing, fault))
    let symbol = String(decoding: feeds[index].symbol, as: UTF8.self)
    output.incident(.warning, "\(venueName) \(symbol): book broken, \(detail)")
  }

  private mutating func refuse(_ detail: String, into output: inout AdapterOutput) {
    malformedCount &+= 1
    output.incident(.warning, "\(venueName): \(detail)")
  }
}

// MARK: - What the adapter steers

extension KrakenMarketData {
  func state(of listing: ListingID) -> KrakenBookFeed.State? {
    index(of: listing).map { feeds[$0].state }
  }

  /// Whether a book is broken and not yet asked for again.
  var hasBrokenListings: Bool {
    feeds.indices.contains { feeds[$0].state == .broken }
  }

  /// Forgets a book until its next snapshot.
  mutating func awaitSnapshot(of listing: ListingID) {
    guard let index = index(of: listing) else { return }
    feeds[index].state = .synchronizing
    feeds[index].book.removeAll()
  }

  mutating func setHalted(_ isHalted: Bool, _ listing: ListingID) {
    guard let index = index(of: listing) else { return }
    feeds[index].isHalted = isHalted
  }

  func isHalted(_ listing: ListingID) -> Bool {
    index(of: listing).map { feeds[$0].isHalted } ?? false
  }

  /// The book has to be asked for anew.
  mutating func markBroken(_ listing: ListingID) {
    guard let index = index(of: listing) else { return }
    feeds[index].state = .broken
  }

  func digits(of listing: ListingID) -> (price: Int, quantity: Int)? {
    index(of: listing).map { (feeds[$0].priceDigits, feeds[$0].quantityDigits) }
  }

  mutating func setDigits(_ listing: ListingID, price: Int, quantity: Int) {
    guard let index = index(of: listing) else { return }
    feeds[index].setDigits(price: price, quantity: quantity)
    feeds[index].state = .broken
  }

  /// By index, since a feed that is handed out whole has all its arrays retained.
  private func index(of listing: ListingID) -> Int? {
    feeds.indices.first { feeds[$0].listing == listing }
  }
}
