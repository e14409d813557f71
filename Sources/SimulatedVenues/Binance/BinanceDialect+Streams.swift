import Simulation
import Wire

/// What is sent without being asked for: book changes, trades, tickers and account events.
extension BinanceDialect {
  private static let connectionLifetime: Int64 = 86_400_000_000_000

  package func flush(at now: Int64) {
    flushUserEvents(at: now)
    for index in symbols.indices { flushMarket(index, at: now) }
    for socket in sockets {
      guard let session = socket.binance, now - session.openedAt >= Self.connectionLifetime
      else { continue }
      socket.close(code: 1001, reason: "24 hours")
    }
  }

  // MARK: - Account events

  private func flushUserEvents(at now: Int64) {
    let events = exchange.drainUserEvents(at: now)
    guard !events.isEmpty else { return }
    for (index, event) in events.enumerated() {
      countFill(event, at: now)
      tell(event, completes: Self.completes(events, index), at: now)
      let isLastOfOrder = !events[(index + 1)...].contains { $0.order.id == event.order.id }
      if isLastOfOrder { tellPosition(event, at: now) }
    }
  }

  /// Whether the fill at an index is the order's last one.
  private static func completes(_ events: [UserEvent], _ index: Int) -> Bool {
    let order = events[index].order
    if order.terms.quoteQuantity == .zero { return order.executed >= order.terms.quantity }
    guard let next = events[(index + 1)...].first(where: { $0.order.id == order.id }),
      case .closed = next.kind
    else { return false }
    return next.order.closeReason == .filled
  }

  /// An order's first fill takes it off the account's unfilled ones, and more if it rested.
  private func countFill(_ event: UserEvent, at now: Int64) {
    guard case .fill(let fill) = event.kind, event.order.fillIndices.count == 1 else { return }
    gate.countOrder(event.account, fill.isMaker ? -5 : -1, at: now)
  }

  private func tell(_ event: UserEvent, completes: Bool, at now: Int64) {
    lastExecutionID += 1
    let cancelID = cancelIDs[event.order.id]
    if case .closed = event.kind { cancelIDs[event.order.id] = nil }
    broadcast(to: event.account) { time in
      BinanceUserEvent(symbol: symbol(of: event.order), time: time).report(
        event, completes: completes, cancelID: cancelID, executionID: lastExecutionID, at: now)
    }
  }

  private func tellPosition(_ event: UserEvent, at now: Int64) {
    let terms = symbol(of: event.order).terms
    let balances = [terms.base, terms.quote].map { asset in
      (asset: asset, balance: exchange.balance(event.account, asset))
    }
    broadcast(to: event.account) { time in
      BinanceUserEvent.position(balances, updatedAt: event.time, time, at: now)
    }
  }

  private func broadcast(to account: Int, _ event: (BinanceTime) -> [UInt8]?) {
    for socket in sockets {
      guard let session = socket.binance else { continue }
      for subscription in session.subscriptions where subscription.account == account {
        guard let bytes = event(session.time) else { continue }
        socket.send(Self.event(bytes, subscription.id))
      }
    }
  }

  // MARK: - Market data

  private func flushMarket(_ index: Int, at now: Int64) {
    let changes = exchange.drainLevelChanges(index)
    let trades = exchange.drainPublicTrades(index)
    books[index].add(changes)
    let fast = books[index].take(.fast, at: now)
    let slow = books[index].take(.slow, at: now)
    guard !exchange.faults.isActive(.silentMarketData, at: now) else { return }
    for trade in trades { send(trade, symbols[index], at: now) }
    if !changes.isEmpty, books[index].bestChanged(exchange) { sendBest(index) }
    if let fast { sendDepth(fast, index, "@100ms", at: now) }
    if let slow {
      sendDepth(slow, index, "", at: now)
      sendTicker(symbols[index], at: now)
    }
  }

  private func sendDepth(
    _ batch: BinanceBookFeed.Batch, _ index: Int, _ suffix: String, at now: Int64
  ) {
    guard !batch.isEmpty else { return }
    let symbol = symbols[index]
    let isLost =
      exchange.faults.take(.sequenceGap, at: now, symbol: symbol.terms.symbol) != nil
    if !isLost {
      send(symbol.streamName + "@depth" + suffix) { time in
        Self.depthUpdate(batch, symbol, time.of(now))
      }
    }
    for depth in [5, 10, 20] {
      send(symbol.streamName + "@depth\(depth)" + suffix) { _ in
        partialDepth(symbol, depth)
      }
    }
  }

  private static func depthUpdate(
    _ batch: BinanceBookFeed.Batch, _ symbol: BinanceSymbol, _ time: Int64
  ) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 1024)
    writer.beginObject()
    writer.field("e", "depthUpdate")
    writer.field("E", integer: time)
    writer.field("s", symbol.name)
    writer.field("U", integer: Int64(clamping: batch.first))
    writer.field("u", integer: Int64(clamping: batch.last))
    write("b", batch.bidLevels, symbol, &writer)
    write("a", batch.askLevels, symbol, &writer)
    writer.endObject()
    return writer.bytes
  }

  private func partialDepth(_ symbol: BinanceSymbol, _ depth: Int) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 2048)
    writer.beginObject()
    writer.field(
      "lastUpdateId", integer: Int64(clamping: exchange.bookSequence(symbol.instrument)))
    Self.write("bids", exchange.levels(symbol.instrument, .buy, depth: depth), symbol, &writer)
    Self.write("asks", exchange.levels(symbol.instrument, .sell, depth: depth), symbol, &writer)
    writer.endObject()
    return writer.bytes
  }

  private func sendBest(_ index: Int) {
    let symbol = symbols[index]
    let best = books[index].best
    send(symbol.streamName + "@bookTicker") { _ in
      var writer = JSONWriter()
      writer.beginObject()
      writer.field("u", integer: Int64(clamping: exchange.bookSequence(index)))
      writer.field("s", symbol.name)
      writer.field("b", symbol.price(best.bid?.price ?? 0))
      writer.field("B", symbol.quantity(best.bid?.quantity ?? 0))
      writer.field("a", symbol.price(best.ask?.price ?? 0))
      writer.field("A", symbol.quantity(best.ask?.quantity ?? 0))
      writer.endObject()
      return writer.bytes
    }
  }

  private func send(_ trade: PublicTrade, _ symbol: BinanceSymbol, at now: Int64) {
    for isAggregate in [false, true] {
      send(symbol.streamName + (isAggregate ? "@aggTrade" : "@trade")) { time in
        var writer = JSONWriter()
        let id = Int64(clamping: trade.tradeID)
        writer.beginObject()
        writer.field("e", isAggregate ? "aggTrade" : "trade")
        writer.field("E", integer: time.of(now))
        writer.field("s", symbol.name)
        writer.field(isAggregate ? "a" : "t", integer: id)
        writer.field("p", symbol.price(trade.price))
        writer.field("q", symbol.quantity(trade.quantity))
        if isAggregate {
          writer.field("f", integer: id)
          writer.field("l", integer: id)
        }
        writer.field("T", integer: time.of(trade.time))
        writer.field("m", bool: trade.takerSide == .sell)
        writer.field("M", bool: true)
        writer.endObject()
        return writer.bytes
      }
    }
  }

  private func sendTicker(_ symbol: BinanceSymbol, at now: Int64) {
    send(symbol.streamName + "@ticker") { time in
      BinanceTicker(symbol, exchange).event(time, at: now)
    }
  }

  // MARK: - Sending

  /// Sends a message to everyone who has subscribed to the stream.
  private func send(_ stream: String, _ message: (BinanceTime) -> [UInt8]) {
    for socket in sockets {
      guard let session = socket.binance, session.streams.contains(stream) else { continue }
      let bytes = message(session.time)
      socket.send(session.isCombined ? Self.wrapped(bytes, stream) : bytes)
    }
  }

  private static func wrapped(_ data: [UInt8], _ stream: String) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: data.count + 64)
    writer.beginObject()
    writer.field("stream", stream)
    writer.key("data")
    writer.raw(data)
    writer.endObject()
    return writer.bytes
  }
}
