import Simulation
import Wire

/// What is sent without being asked for: books, trades, tickers, executions, balances, heartbeats.
extension KrakenDialect {
  package func flush(at now: Int64) {
    fireCancelAll(at: now)
    for event in exchange.drainUserEvents(at: now) { broadcast(event, at: now) }
    flushStatus(at: now)
    for pair in pairs {
      flushBooks(of: pair.instrument, at: now)
      flushTrades(of: pair, at: now)
    }
    dropUnusedBooks()
    sendHeartbeats(at: now)
  }

  private var isMarketDataSilent: Bool {
    exchange.faults.isActive(.silentMarketData, at: exchange.now)
  }

  // MARK: Books

  func flushBooks(of instrument: Int, at now: Int64) {
    let changes = exchange.drainLevelChanges(instrument)
    guard !changes.isEmpty, !isMarketDataSilent else { return }
    for index in books.indices where books[index].pair.instrument == instrument {
      let symbol = books[index].pair.terms.symbol
      let isWrong = exchange.faults.take(.wrongChecksum, at: now, symbol: symbol) != nil
      guard let message = books[index].update(exchange, checksumError: isWrong ? 1 : 0, at: now)
      else { continue }
      if exchange.faults.take(.sequenceGap, at: now, symbol: symbol) != nil { continue }
      let depth = books[index].depth
      for socket in sockets
      where socket.kraken?.books.contains(.init(instrument: instrument, depth: depth)) == true {
        send(message, to: socket, at: now)
      }
      followQuotes(of: books[index].pair, at: now)
    }
  }

  private func dropUnusedBooks() {
    books.removeAll { book in
      !sockets.contains { socket in
        socket.kraken?.books.contains(
          .init(instrument: book.pair.instrument, depth: book.depth)) == true
      }
    }
  }

  // MARK: Trades and tickers

  private func flushTrades(of pair: KrakenPair, at now: Int64) {
    let trades = exchange.drainPublicTrades(pair.instrument)
    guard !trades.isEmpty, !isMarketDataSilent else { return }
    let message = tradeMessage("update", pair, trades)
    for socket in sockets {
      guard let session = socket.kraken else { continue }
      if session.trades.contains(pair.instrument) { send(message, to: socket, at: now) }
      if session.tickers.contains(where: { $0.instrument == pair.instrument }) {
        sendTicker(pair, "update", socket, at: now)
      }
    }
  }

  private func followQuotes(of pair: KrakenPair, at now: Int64) {
    for socket in sockets {
      let follows = socket.kraken?.tickers.contains {
        $0.instrument == pair.instrument && $0.followsQuotes
      }
      if follows == true { sendTicker(pair, "update", socket, at: now) }
    }
  }

  func sendTradeSnapshot(_ pair: KrakenPair, _ socket: VenueSocket, at now: Int64) {
    let trades = exchange.publicTrades(pair.instrument).suffix(50)
    send(tradeMessage("snapshot", pair, Array(trades)), to: socket, at: now)
  }

  private func tradeMessage(_ type: String, _ pair: KrakenPair, _ trades: [PublicTrade]) -> [UInt8]
  {
    var writer = Self.start("trade", type)
    for trade in trades {
      writer.beginObject()
      writer.field("symbol", pair.symbol)
      writer.field("side", trade.takerSide == .buy ? "buy" : "sell")
      writer.field("price", number: pair.price(trade.price))
      writer.field("qty", number: pair.quantity(trade.quantity))
      writer.field("ord_type", "limit")
      writer.field("trade_id", integer: Int64(clamping: trade.tradeID))
      writer.field("timestamp", KrakenTime.text(trade.time))
      writer.endObject()
    }
    Self.finish(&writer)
    return writer.bytes
  }

  func sendTicker(_ pair: KrakenPair, _ type: String, _ socket: VenueSocket, at now: Int64) {
    let ticker = KrakenTicker(pair, exchange)
    var writer = Self.start("ticker", type)
    writer.beginObject()
    writer.field("symbol", pair.symbol)
    writer.field("bid", number: ticker.bid)
    writer.field("bid_qty", number: ticker.bidQuantity)
    writer.field("ask", number: ticker.ask)
    writer.field("ask_qty", number: ticker.askQuantity)
    writer.field("last", number: ticker.last)
    writer.field("volume", number: ticker.volume)
    writer.field("vwap", number: ticker.averagePrice)
    writer.field("low", number: ticker.low)
    writer.field("high", number: ticker.high)
    writer.field("change", number: ticker.change)
    writer.field("change_pct", number: ticker.changePercent)
    writer.field("timestamp", KrakenTime.text(now))
    writer.endObject()
    Self.finish(&writer)
    send(writer.bytes, to: socket, at: now)
  }

  // MARK: Instruments

  private func flushStatus(at now: Int64) {
    let changed = pairs.indices.filter { toldStatus[$0] != exchange.status(of: $0) }
    guard !changed.isEmpty else { return }
    for index in changed { toldStatus[index] = exchange.status(of: index) }
    let message = instrumentMessage("update", changed, withAssets: false)
    for socket in sockets where socket.kraken?.instruments == true {
      send(message, to: socket, at: now)
    }
  }

  func instrumentMessage(_ type: String, _ indices: [Int], withAssets: Bool) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("channel", "instrument")
    writer.field("type", type)
    writer.key("data")
    writer.beginObject()
    writer.key("assets")
    writer.beginArray()
    if withAssets { for asset in exchange.ledger.assets { write(asset: asset, &writer) } }
    writer.endArray()
    writer.key("pairs")
    writer.beginArray()
    for index in indices { write(instrument: pairs[index], &writer) }
    writer.endArray()
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  private func write(asset: String, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("id", asset)
    writer.field("status", "enabled")
    writer.field("precision", integer: Int64(KrakenAsset.decimals(asset)))
    writer.field("precision_display", integer: asset == "USD" ? 2 : 5)
    writer.field("borrowable", bool: false)
    writer.field("collateral_value", number: "1.00")
    writer.endObject()
  }

  private func write(instrument pair: KrakenPair, _ writer: inout JSONWriter) {
    let terms = pair.terms
    writer.beginObject()
    writer.field("symbol", pair.symbol)
    writer.field("base", terms.base)
    writer.field("quote", terms.quote)
    writer.field("status", Self.word(exchange.status(of: pair.instrument)))
    writer.field("qty_precision", integer: Int64(terms.quantityScale))
    writer.field("qty_increment", number: pair.quantity(terms.lot))
    writer.field("price_precision", integer: Int64(terms.priceScale))
    writer.field("cost_precision", integer: 5)
    writer.field("marginable", bool: false)
    writer.field("has_index", bool: true)
    writer.field(
      "cost_min", number: DecimalText.format(terms.minimumNotional.units, scale: Amount.scale))
    writer.field("tick_size", number: pair.price(terms.tick))
    writer.field("price_increment", number: pair.price(terms.tick))
    writer.field(
      "qty_min", number: DecimalText.format(terms.minimumQuantity, scale: terms.quantityScale))
    writer.endObject()
  }

  // MARK: Account events

  private func broadcast(_ event: UserEvent, at now: Int64) {
    let pair = pair(of: event.order)
    for socket in sockets {
      guard let session = socket.kraken else { continue }
      if let executions = session.executions, executions.account == event.account {
        let rows = KrakenExecution.rows(event, pair, tellsStatus: executions.tellsStatus)
        for row in rows { sendExecutions("update", [row], session, socket, at: now) }
      }
      if case .fill(let fill) = event.kind, session.balances?.account == event.account {
        for row in KrakenExecution.balanceRows(fill, pair) {
          sendBalances("update", [row], session, socket, at: now)
        }
      }
    }
  }

  private func sendExecutions(
    _ type: String, _ rows: [JSONWriter], _ session: KrakenSession, _ socket: VenueSocket,
    at now: Int64
  ) {
    session.executions?.sequence += 1
    var writer = Self.start("executions", type)
    for row in rows { writer.raw(row.bytes) }
    Self.finish(&writer, sequence: session.executions?.sequence)
    send(writer.bytes, to: socket, at: now)
  }

  private func sendBalances(
    _ type: String, _ rows: [JSONWriter], _ session: KrakenSession, _ socket: VenueSocket,
    at now: Int64
  ) {
    session.balances?.sequence += 1
    var writer = Self.start("balances", type)
    for row in rows { writer.raw(row.bytes) }
    Self.finish(&writer, sequence: session.balances?.sequence)
    send(writer.bytes, to: socket, at: now)
  }

  func sendExecutionSnapshot(
    _ account: Int, _ wantsOrders: Bool, _ wantsTrades: Bool, _ session: KrakenSession,
    _ socket: VenueSocket, at now: Int64
  ) {
    var rows: [JSONWriter] = []
    if wantsOrders {
      rows += exchange.openOrders(account).map { order in
        KrakenExecution.snapshotRow(order, pair(of: order))
      }
    }
    if wantsTrades {
      let fills = exchange.fills.reversed().lazy.filter { $0.account == account }.prefix(50)
      for fill in fills {
        guard let order = exchange.order(id: fill.orderID) else { continue }
        rows.append(KrakenExecution.trade(fill, order, pair(of: order)))
      }
    }
    sendExecutions("snapshot", rows, session, socket, at: now)
  }

  func sendBalanceSnapshot(
    _ account: Int, _ session: KrakenSession, _ socket: VenueSocket, at now: Int64
  ) {
    let rows = exchange.ledger.assets.map { asset in
      let balance = exchange.balance(account, asset).total
      let text = KrakenAsset.text(balance, digits: KrakenAsset.decimals(asset))
      var writer = JSONWriter()
      writer.beginObject()
      writer.field("asset", asset)
      writer.field("asset_class", "currency")
      writer.field("balance", number: text)
      writer.key("wallets")
      writer.raw(#"[{"type":"spot","id":"main","balance":\#(text)}]"#)
      writer.endObject()
      return writer
    }
    sendBalances("snapshot", rows, session, socket, at: now)
  }

  // MARK: Heartbeats

  private static let heartbeat = Array(#"{"channel":"heartbeat"}"#.utf8)

  private func sendHeartbeats(at now: Int64) {
    guard !isMarketDataSilent else { return }
    for socket in sockets {
      guard let session = socket.kraken, session.tellsHeartbeat,
        now - session.sentAt >= 1_000_000_000
      else { continue }
      send(Self.heartbeat, to: socket, at: now)
    }
  }
}
