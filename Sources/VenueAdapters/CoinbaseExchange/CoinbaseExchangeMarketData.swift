package import RouterCore
import Wire

/// Decodes Coinbase Exchange's public channels into book updates.
///
/// The feed has neither sequence numbers nor checksums on level2, so a book is as good as the
/// connection; `CoinbaseExchangeMarketStream` watches for signs of damage. This type keeps no
/// socket and no timer and can be driven by itself.
package struct CoinbaseExchangeMarketData: Sendable {
  /// What a message was.
  package enum Message: Sendable, Equatable {
    case book(product: Int, isSnapshot: Bool)
    case heartbeat(product: Int, sequence: Int64)
    /// The venue's own touch; a price of zero if the side is empty.
    case ticker(product: Int, bid: Price, ask: Price)
    case trade(product: Int)
    case subscriptions
    case error
    /// A product of ours whose book can no longer be trusted, or `nil` if none is concerned.
    case malformed(product: Int?)
    /// Nothing for us: another product, a book that waits for its snapshot, an unused channel.
    case ignored
  }

  enum Phase: UInt8, Sendable {
    case awaitingSnapshot, live
    /// The venue does not match orders in it; its levels mean nothing for a taker.
    case suspended
  }

  package let products: CoinbaseExchangeProducts
  package internal(set) var statistics: [MarketDataStatistics]
  private var phases: [Phase]
  let venueName: String
  /// Levels of a snapshot that did not come in order; empty nearly always.
  private var unsorted: [BookLevel] = []

  package init(listings: [ListingBinding], venueName: String = "coinbase-exchange") {
    products = CoinbaseExchangeProducts(listings)
    statistics = Array(repeating: MarketDataStatistics(), count: listings.count)
    phases = Array(repeating: .awaitingSnapshot, count: listings.count)
    self.venueName = venueName
  }

  package func isLive(_ product: Int) -> Bool { phases[product] == .live }
  func isSuspended(_ product: Int) -> Bool { phases[product] == .suspended }

  /// Ignores updates of this product until its next snapshot.
  package mutating func awaitSnapshot(_ product: Int) { phases[product] = .awaitingSnapshot }

  mutating func suspend(_ product: Int) { phases[product] = .suspended }

  /// Reads one message; book updates go into `output`.
  package mutating func decode(
    _ message: UnsafeRawBufferPointer, at receivedAt: Timestamp, into output: inout AdapterOutput
  ) -> Message {
    let levelCount = output.batch.levelCount
    var scanner = unsafe JSONScanner(message)
    var frame = Frame(levelCount: levelCount)
    readMembers(&scanner, &frame, into: &output)
    if frame.isTradeDeferred && frame.kind == .match && frame.product != nil && !scanner.failed {
      // Type and product are known now, which is all that was missing.
      var again = unsafe JSONScanner(message)
      readMembers(&again, &frame, into: &output)
    }
    let isWhole = frame.field == nil && scanner.finish()
    guard isWhole, let result = finish(&frame, at: receivedAt, into: &output) else {
      output.batch.truncateLevels(to: levelCount)
      return refuse(frame, offset: scanner.offset, into: &output)
    }
    return result
  }

  private mutating func finish(
    _ frame: inout Frame, at receivedAt: Timestamp, into output: inout AdapterOutput
  ) -> Message? {
    switch frame.kind {
    case .update, .snapshot: book(&frame, at: receivedAt, into: &output)
    case .subscriptions: .subscriptions
    case .error: .error
    case .other: .ignored
    case .none: nil
    case .match, .lastMatch: trade(&frame, at: receivedAt, into: &output)
    case .heartbeat:
      frame.product.map { .heartbeat(product: $0, sequence: frame.sequence) } ?? .ignored
    case .ticker:
      frame.product.map { .ticker(product: $0, bid: frame.bestBid, ask: frame.bestAsk) }
        ?? .ignored
    }
  }

  /// Tells what was wrong; a book message leaves its book invalid.
  private mutating func refuse(
    _ frame: Frame, offset: Int, into output: inout AdapterOutput
  ) -> Message {
    let symbol = frame.product.map { products.symbol($0) } ?? "unknown product"
    let field = frame.field.map { "\($0)" } ?? "message"
    if frame.kind == .match, let product = frame.product {
      return refuseTrade(product, into: &output)
    }
    output.incident(.warning, "\(venueName) \(symbol): malformed \(field) at byte \(offset)")
    guard let product = frame.product else { return .malformed(product: nil) }
    statistics[product].malformed += 1
    guard frame.kind == .update || frame.kind == .snapshot || frame.kind == .none else {
      return .malformed(product: nil)
    }
    guard phases[product] != .suspended else { return .malformed(product: nil) }
    phases[product] = .awaitingSnapshot
    output.append(.bookInvalid(products[product].listing, .malformedMessage))
    return .malformed(product: product)
  }
}

// MARK: - Members

extension CoinbaseExchangeMarketData {
  enum Kind: UInt8, Sendable {
    case none, update, snapshot, match, lastMatch, ticker, heartbeat, subscriptions, error, other
  }

  /// Where a run of levels lies in the output.
  struct Span: Sendable {
    var start = 0
    var count = 0
  }

  /// What has been read of one message.
  ///
  /// Members may come in any order. Levels are read where they stand if type and product are
  /// already known, which is always so in practice; otherwise `pending...` remembers the place.
  struct Frame {
    /// How many levels of earlier messages the output holds.
    let levelCount: Int
    var kind = Kind.none
    var product: Int?
    var hasProduct = false
    var time = Timestamp.distantPast
    var sequence: Int64 = 0
    var bestBid = Price.zero
    var bestAsk = Price.zero
    var bids = Span()
    var asks = Span()
    var hasChanges = false
    var hasBids = false
    var hasAsks = false
    var pendingChanges: JSONScanner?
    var pendingBids: JSONScanner?
    var pendingAsks: JSONScanner?
    /// Of a match; -1 while not read.
    var tradePrice: Int64 = -1
    var tradeQuantity: Int64 = -1
    /// Price or size came before type or product, and with it the scale.
    var isTradeDeferred = false
    /// The member that could not be read.
    var field: StaticString?

    init(levelCount: Int) { self.levelCount = levelCount }
  }

  private mutating func readMembers(
    _ scanner: inout JSONScanner, _ frame: inout Frame, into output: inout AdapterOutput
  ) {
    guard scanner.beginObject() else { return }
    while frame.field == nil, let key = scanner.nextKey() {
      switch key.firstByte {
      case UInt8(ascii: "t") where key == "type": readType(&scanner, &frame)
      case UInt8(ascii: "t") where key == "time": readTime(&scanner, &frame)
      case UInt8(ascii: "p") where key == "product_id": readProduct(&scanner, &frame)
      case UInt8(ascii: "c") where key == "changes":
        readChanges(&scanner, &frame, into: &output)
      case UInt8(ascii: "b") where key == "bids": readBids(&scanner, &frame, into: &output)
      case UInt8(ascii: "a") where key == "asks": readAsks(&scanner, &frame, into: &output)
      case UInt8(ascii: "b") where key == "best_bid": readTouch(&scanner, &frame, .buy)
      case UInt8(ascii: "b") where key == "best_ask": readTouch(&scanner, &frame, .sell)
      case UInt8(ascii: "s") where key == "sequence": readSequence(&scanner, &frame)
      case UInt8(ascii: "p") where key == "price": readTrade(&scanner, &frame, isPrice: true)
      case UInt8(ascii: "s") where key == "size": readTrade(&scanner, &frame, isPrice: false)
      default: scanner.skipValue()
      }
    }
  }

  private func readType(_ scanner: inout JSONScanner, _ frame: inout Frame) {
    guard let text = unsafe scanner.string() else { return frame.field = "type" }
    frame.kind = unsafe Self.kind(text)
  }

  private static func kind(_ text: UnsafeRawBufferPointer) -> Kind {
    func isText(_ literal: StaticString) -> Bool {
      unsafe CoinbaseExchangeText.equal(text, literal)
    }
    if isText("l2update") { return .update }
    if isText("snapshot") { return .snapshot }
    if isText("match") { return .match }
    if isText("ticker") { return .ticker }
    if isText("heartbeat") { return .heartbeat }
    if isText("last_match") { return .lastMatch }
    if isText("subscriptions") { return .subscriptions }
    if isText("error") { return .error }
    return .other
  }

  private func readProduct(_ scanner: inout JSONScanner, _ frame: inout Frame) {
    guard let text = unsafe scanner.string() else { return frame.field = "product_id" }
    frame.product = unsafe products.index(of: text)
    frame.hasProduct = true
  }

  private func readTime(_ scanner: inout JSONScanner, _ frame: inout Frame) {
    guard let text = unsafe scanner.string() else { return frame.field = "time" }
    // A time is evidence, not state: one that can not be read does not spoil a book.
    guard let time = unsafe RFC3339.parse(text) else { return }
    frame.time = Timestamp(nanoseconds: time)
  }

  private func readSequence(_ scanner: inout JSONScanner, _ frame: inout Frame) {
    guard frame.kind == .heartbeat else { return scanner.skipValue() }
    guard let sequence = scanner.integer() else { return frame.field = "sequence" }
    frame.sequence = sequence
  }

  private func readTouch(_ scanner: inout JSONScanner, _ frame: inout Frame, _ side: Side) {
    guard frame.kind == .ticker, let product = frame.product else { return scanner.skipValue() }
    let scale = Int(products[product].instrument.priceScale)
    guard let mantissa = scanner.decimal(scale: scale) else {
      return frame.field = side == .buy ? "best_bid" : "best_ask"
    }
    if side == .buy {
      frame.bestBid = Price(mantissa: mantissa)
    } else {
      frame.bestAsk = Price(mantissa: mantissa)
    }
  }
}

// MARK: - Levels

extension CoinbaseExchangeMarketData {
  private mutating func readChanges(
    _ scanner: inout JSONScanner, _ frame: inout Frame, into output: inout AdapterOutput
  ) {
    guard !frame.hasChanges else { return frame.field = "changes (twice)" }
    frame.hasChanges = true
    guard frame.hasProduct, frame.kind == .update else {
      frame.pendingChanges = scanner
      return scanner.skipValue()
    }
    guard let product = frame.product, phases[product] == .live else { return scanner.skipValue() }
    appendChanges(&scanner, &frame, of: product, into: &output)
  }

  /// Bids and asks each lie together in the output, so a message with both is read twice.
  private func appendChanges(
    _ scanner: inout JSONScanner, _ frame: inout Frame, of product: Int,
    into output: inout AdapterOutput
  ) {
    let start = scanner
    var first: Side?
    var hasOther = false
    let span = appendChanges(&scanner, of: product, side: &first, &hasOther, into: &output)
    guard let side = first, let span else {
      if scanner.failed { frame.field = "changes" }
      return
    }
    frame.set(span, side)
    guard hasOther else { return }
    var again = start
    var other: Side? = side.opposite
    guard let rest = appendChanges(&again, of: product, side: &other, &hasOther, into: &output)
    else { return frame.field = "changes" }
    frame.set(rest, side.opposite)
  }

  /// Appends the changes of one side; if `side` is `nil`, of the side of the first change.
  private func appendChanges(
    _ scanner: inout JSONScanner, of product: Int, side: inout Side?, _ hasOther: inout Bool,
    into output: inout AdapterOutput
  ) -> Span? {
    let priceScale = Int(products[product].instrument.priceScale)
    let quantityScale = Int(products[product].instrument.quantityScale)
    let start = output.batch.levelCount
    guard scanner.beginArray() else { return nil }
    while scanner.nextElement() {
      guard scanner.beginArray(), scanner.nextElement(), let change = Self.side(&scanner) else {
        scanner.fail()
        return nil
      }
      guard let level = Self.level(&scanner, priceScale, quantityScale) else { return nil }
      if side == nil { side = change }
      if change == side { output.batch.append(level) } else { hasOther = true }
    }
    return scanner.failed ? nil : Span(start: start, count: output.batch.levelCount - start)
  }

  private static func side(_ scanner: inout JSONScanner) -> Side? {
    guard let text = unsafe scanner.string() else { return nil }
    if unsafe CoinbaseExchangeText.equal(text, "buy") { return .buy }
    if unsafe CoinbaseExchangeText.equal(text, "sell") { return .sell }
    return nil
  }

  /// Reads `price, size]`, with or without elements after them.
  private static func level(
    _ scanner: inout JSONScanner, _ priceScale: Int, _ quantityScale: Int
  ) -> BookLevel? {
    guard scanner.nextElement(), let price = scanner.decimal(scale: priceScale), price > 0,
      scanner.nextElement(), let quantity = scanner.decimal(scale: quantityScale), quantity >= 0
    else {
      scanner.fail()
      return nil
    }
    while scanner.nextElement() { scanner.skipValue() }
    guard !scanner.failed else { return nil }
    return BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity))
  }

  private mutating func readBids(
    _ scanner: inout JSONScanner, _ frame: inout Frame, into output: inout AdapterOutput
  ) {
    frame.hasBids = true
    guard frame.hasProduct, frame.kind == .snapshot else {
      frame.pendingBids = scanner
      return scanner.skipValue()
    }
    guard let product = frame.product else { return scanner.skipValue() }
    guard let span = appendSide(&scanner, .buy, of: product, into: &output) else {
      return frame.field = "bids"
    }
    frame.bids = span
  }

  private mutating func readAsks(
    _ scanner: inout JSONScanner, _ frame: inout Frame, into output: inout AdapterOutput
  ) {
    frame.hasAsks = true
    guard frame.hasProduct, frame.kind == .snapshot else {
      frame.pendingAsks = scanner
      return scanner.skipValue()
    }
    guard let product = frame.product else { return scanner.skipValue() }
    guard let span = appendSide(&scanner, .sell, of: product, into: &output) else {
      return frame.field = "asks"
    }
    frame.asks = span
  }

  /// Appends one side of a snapshot, best first.
  ///
  /// The venue sends it in order; nothing promises that, so it is checked.
  private mutating func appendSide(
    _ scanner: inout JSONScanner, _ side: Side, of product: Int, into output: inout AdapterOutput
  ) -> Span? {
    let priceScale = Int(products[product].instrument.priceScale)
    let quantityScale = Int(products[product].instrument.quantityScale)
    let start = output.batch.levelCount
    let origin = scanner
    var previous: Price?
    guard scanner.beginArray() else { return nil }
    while scanner.nextElement() {
      guard scanner.beginArray(), let level = Self.level(&scanner, priceScale, quantityScale)
      else { return nil }
      guard level.quantity > .zero else { continue }
      if let last = previous, side == .buy ? level.price >= last : level.price <= last {
        output.batch.truncateLevels(to: start)
        scanner = origin
        return appendUnsorted(&scanner, side, priceScale, quantityScale, into: &output)
      }
      previous = level.price
      output.batch.append(level)
    }
    return scanner.failed ? nil : Span(start: start, count: output.batch.levelCount - start)
  }

  private mutating func appendUnsorted(
    _ scanner: inout JSONScanner, _ side: Side, _ priceScale: Int, _ quantityScale: Int,
    into output: inout AdapterOutput
  ) -> Span? {
    unsorted.removeAll(keepingCapacity: true)
    guard scanner.beginArray() else { return nil }
    while scanner.nextElement() {
      guard scanner.beginArray(), let level = Self.level(&scanner, priceScale, quantityScale)
      else { return nil }
      if level.quantity > .zero { unsorted.append(level) }
    }
    guard !scanner.failed else { return nil }
    unsorted.sort { side == .buy ? $0.price > $1.price : $0.price < $1.price }
    // The same price twice says that we do not understand the message.
    for (a, b) in zip(unsorted, unsorted.dropFirst()) where a.price == b.price { return nil }
    let start = output.batch.levelCount
    for level in unsorted { output.batch.append(level) }
    return Span(start: start, count: unsorted.count)
  }

  private mutating func book(
    _ frame: inout Frame, at receivedAt: Timestamp, into output: inout AdapterOutput
  ) -> Message? {
    guard frame.hasProduct else { return nil }
    guard let product = frame.product else { return .ignored }
    guard readPending(&frame, of: product, into: &output) else { return nil }
    let isSnapshot = frame.kind == .snapshot
    if isSnapshot {
      guard frame.hasBids, frame.hasAsks else { return nil }
      guard phases[product] != .suspended else {
        output.batch.truncateLevels(to: frame.levelCount)
        return .ignored
      }
      statistics[product].snapshots += 1
      phases[product] = .live
    } else {
      statistics[product].updates += 1
      guard frame.hasChanges else { return nil }
      guard phases[product] == .live else { return .ignored }
      statistics[product].levelsChanged += frame.bids.count + frame.asks.count
    }
    output.append(.book(update(frame, of: product, at: receivedAt)))
    return .book(product: product, isSnapshot: isSnapshot)
  }

  private mutating func readPending(
    _ frame: inout Frame, of product: Int, into output: inout AdapterOutput
  ) -> Bool {
    if frame.kind == .update, var changes = frame.pendingChanges, phases[product] == .live {
      appendChanges(&changes, &frame, of: product, into: &output)
    }
    if frame.kind == .snapshot, var bids = frame.pendingBids {
      readBids(&bids, &frame, into: &output)
    }
    if frame.kind == .snapshot, var asks = frame.pendingAsks {
      readAsks(&asks, &frame, into: &output)
    }
    return frame.field == nil
  }

  private func update(_ frame: Frame, of product: Int, at receivedAt: Timestamp) -> BookUpdate {
    BookUpdate(
      listing: products[product].listing, kind: frame.kind == .snapshot ? .snapshot : .delta,
      bidStart: Int32(clamping: frame.bids.start), bidCount: Int32(clamping: frame.bids.count),
      askStart: Int32(clamping: frame.asks.start), askCount: Int32(clamping: frame.asks.count),
      subscribedDepth: 0, venueTime: frame.time, receivedAt: receivedAt)
  }
}

extension CoinbaseExchangeMarketData.Frame {
  fileprivate mutating func set(_ span: CoinbaseExchangeMarketData.Span, _ side: Side) {
    if side == .buy { bids = span } else { asks = span }
  }
}
