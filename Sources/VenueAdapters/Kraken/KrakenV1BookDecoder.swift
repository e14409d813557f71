package import RouterCore
import Wire

/// Decodes book captures of Kraken's old WebSocket v1, for replay only.
///
/// A message is an array: channel number, one object with a snapshot or one or two with updates,
/// `book-<depth>`, and the pair. Numbers are strings whose digits, trailing zeros included, are what the
/// checksum covers.
package struct KrakenV1BookDecoder {
  /// By listing, in the order given to `init`.
  package private(set) var statistics: [MarketDataStatistics]
  package private(set) var messageCount = 0
  package private(set) var malformedCount = 0
  private var feeds: [KrakenBookFeed]
  private var checksumText = KrakenChecksumText()

  /// - Parameter listings: `streamSymbol` holds the v1 name of the pair, such as `XBT/USD`.
  package init(listings: [ListingBinding]) {
    statistics = listings.map { _ in MarketDataStatistics() }
    feeds = listings.map { KrakenBookFeed($0, symbol: $0.definition.streamSymbol, depth: 1000) }
  }

  /// Decodes one whole message; whatever it holds, it neither traps nor throws.
  package mutating func decode(
    _ message: UnsafeRawBufferPointer, at receivedAt: Timestamp, into output: inout AdapterOutput
  ) {
    messageCount &+= 1
    var scanner = unsafe JSONScanner(message)
    // Events such as `heartbeat` and `subscriptionStatus` are objects.
    guard scanner.peek() == UInt8(ascii: "[") else { return }
    guard let frame = KrakenV1Frame(scanner) else {
      malformedCount &+= 1
      return output.incident(.warning, "kraken v1: a message that is no data frame")
    }
    let index = feeds.firstIndex { unsafe $0.symbol.elementsEqual(frame.pair) }
    guard let index else { return }
    switch frame.kind {
    case .book(let depth):
      decodeBook(&scanner, feed: index, depth: depth, at: receivedAt, into: &output)
    case .trades(let count): statistics[index].trades &+= count
    case .other: return
    }
  }

  private mutating func decodeBook(
    _ scanner: inout JSONScanner, feed index: Int, depth: Int, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) {
    feeds[index].setDepth(depth)
    let levelMark = output.batch.levelCount
    var frame = KrakenV1BookFrame()
    frame.decode(&scanner, into: &feeds[index], output: &output)
    guard !scanner.failed else {
      return fail(index, .malformedMessage, levelMark: levelMark, into: &output)
    }
    guard frame.isSnapshot || feeds[index].state == .live else {
      return output.batch.truncateLevels(to: levelMark)
    }
    feeds[index].book.truncate()
    if let expected = frame.checksum {
      guard feeds[index].book.currentChecksum(&checksumText) == expected else {
        statistics[index].checksumsFailed &+= 1
        return fail(index, .checksumMismatch, levelMark: levelMark, into: &output)
      }
      statistics[index].checksumsVerified &+= 1
    }
    publish(frame, feed: index, levelMark: levelMark, at: receivedAt, into: &output)
  }

  private mutating func publish(
    _ frame: KrakenV1BookFrame, feed index: Int, levelMark: Int, at receivedAt: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard frame.isSnapshot else {
      statistics[index].updates &+= 1
      statistics[index].levelsChanged &+= output.batch.levelCount - levelMark
      let depth = feeds[index].book.depth
      frame.appendDeltas(feeds[index].listing, depth: depth, at: receivedAt, to: &output)
      return
    }
    statistics[index].snapshots &+= 1
    feeds[index].state = .live
    output.batch.truncateLevels(to: levelMark)
    guard
      let update = feeds[index].snapshot(
        at: receivedAt, venueTime: frame.venueTime, into: &output)
    else { return fail(index, .malformedMessage, levelMark: levelMark, into: &output) }
    output.append(.book(update))
  }

  private mutating func fail(
    _ index: Int, _ fault: BookFault, levelMark: Int, into output: inout AdapterOutput
  ) {
    if fault == .malformedMessage { statistics[index].malformed &+= 1 }
    output.batch.truncateLevels(to: levelMark)
    feeds[index].state = .broken
    output.append(.bookInvalid(feeds[index].listing, fault))
  }
}
