import Simulation
import Wire

// What the feed says of the market without being asked.
extension CoinbaseExchangeDialect {
  private static let batchNanoseconds: Int64 = 50_000_000
  private static let secondNanoseconds: Int64 = 1_000_000_000
  /// How long a connection may wait with its first subscription.
  private static let greetingNanoseconds: Int64 = 5_000_000_000

  package func flush(at now: Int64) {
    for event in exchange.drainUserEvents(at: now) { tell(event, at: now) }
    flushStatus()
    for product in products {
      flushBook(product, at: now)
      flushBatch(product, at: now)
      flushTrades(product)
    }
    for socket in sockets { keepTime(socket, at: now) }
  }

  private var isMarketDataSilent: Bool {
    exchange.faults.isActive(.silentMarketData, at: exchange.now)
  }

  private func send(_ bytes: [UInt8], _ channel: CoinbaseChannel, _ instrument: Int) {
    for socket in sockets where socket.coinbase?.follows(channel, instrument) == true {
      socket.send(bytes)
    }
  }

  private func isFollowed(_ channel: CoinbaseChannel, _ instrument: Int) -> Bool {
    sockets.contains { $0.coinbase?.follows(channel, instrument) == true }
  }

  // MARK: Books

  /// One message for each change, as the venue nearly always does.
  func flushBook(_ product: CoinbaseProduct, at now: Int64) {
    let changes = exchange.drainLevelChanges(product.instrument)
    sequences[product.instrument] += Int64(changes.count)
    guard !isMarketDataSilent else { return }
    let isLive = isFollowed(.level2, product.instrument)
    let isBatched = isFollowed(.level2Batch, product.instrument)
    for change in changes {
      if exchange.faults.take(.sequenceGap, at: now, symbol: product.terms.symbol) != nil {
        continue
      }
      if isBatched { batches[product.instrument].add(change) }
      guard isLive else { continue }
      send(updateMessage(product, [change], at: now), .level2, product.instrument)
    }
  }

  private func flushBatch(_ product: CoinbaseProduct, at now: Int64) {
    guard batches[product.instrument].sentAt + Self.batchNanoseconds <= now else { return }
    let changes = batches[product.instrument].take()
    guard !changes.isEmpty else { return }
    batches[product.instrument].sentAt = now
    send(updateMessage(product, changes, at: now), .level2Batch, product.instrument)
  }

  func snapshot(_ product: CoinbaseProduct, at now: Int64) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "snapshot")
    writer.field("product_id", product.id)
    for (name, side) in [("bids", OrderSide.buy), ("asks", .sell)] {
      writer.key(name)
      writer.beginArray()
      for level in exchange.levels(product.instrument, side, depth: .max) {
        writer.beginArray()
        writer.string(product.price(level.price))
        writer.string(product.size(level.quantity))
        writer.endArray()
      }
      writer.endArray()
    }
    writer.field("time", CoinbaseTime.text(now))
    writer.endObject()
    return writer.bytes
  }

  private func updateMessage(
    _ product: CoinbaseProduct, _ changes: [LevelChange], at now: Int64
  ) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 256)
    writer.beginObject()
    writer.field("type", "l2update")
    writer.field("product_id", product.id)
    writer.key("changes")
    writer.beginArray()
    for change in changes {
      writer.beginArray()
      writer.string(CoinbaseWord.side(change.side))
      writer.string(product.price(change.price))
      writer.string(product.size(change.quantity))
      writer.endArray()
    }
    writer.endArray()
    writer.field("time", CoinbaseTime.text(now))
    writer.endObject()
    return writer.bytes
  }

  // MARK: Trades and tickers

  private func flushTrades(_ product: CoinbaseProduct) {
    let trades = exchange.drainPublicTrades(product.instrument)
    guard !trades.isEmpty else { return }
    sequences[product.instrument] += Int64(trades.count)
    guard !isMarketDataSilent else { return }
    if isFollowed(.matches, product.instrument) {
      for trade in trades {
        send(matchMessage("match", trade, product), .matches, product.instrument)
      }
    }
    // Several matches at once make one ticker.
    if isFollowed(.ticker, product.instrument) {
      send(tickerMessage(product), .ticker, product.instrument)
    }
    for socket in sockets {
      guard let session = socket.coinbase, session.follows(.tickerBatch, product.instrument),
        !session.freshTickers.contains(product.instrument)
      else { continue }
      session.freshTickers.append(product.instrument)
    }
  }

  func matchMessage(_ type: String, _ trade: PublicTrade, _ product: CoinbaseProduct) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", type)
    writeMatch(trade, product, &writer)
    writer.endObject()
    return writer.bytes
  }

  func writeMatch(_ trade: PublicTrade, _ product: CoinbaseProduct, _ writer: inout JSONWriter) {
    writer.field("trade_id", integer: Int64(clamping: trade.tradeID))
    writer.field("maker_order_id", CoinbaseIdentifier.order(trade.makerOrderID))
    writer.field("taker_order_id", CoinbaseIdentifier.order(trade.takerOrderID))
    // The maker's side: the aggressor did the opposite.
    writer.field("side", CoinbaseWord.side(trade.takerSide.opposite))
    writer.field("size", product.size(trade.quantity))
    writer.field("price", product.price(trade.price))
    writer.field("product_id", product.id)
    writer.field("sequence", integer: sequences[product.instrument])
    writer.field("time", CoinbaseTime.text(trade.time))
  }

  func tickerMessage(_ product: CoinbaseProduct) -> [UInt8] {
    let day = CoinbaseDay(product, exchange)
    let takerSide = exchange.publicTrades(product.instrument).last?.takerSide ?? .buy
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "ticker")
    writer.field("sequence", integer: sequences[product.instrument])
    writer.field("product_id", product.id)
    writer.field("price", product.price(day.last))
    writer.field("open_24h", product.price(day.open))
    writer.field("volume_24h", day.volume)
    writer.field("low_24h", product.price(day.low))
    writer.field("high_24h", product.price(day.high))
    writer.field("volume_30d", day.volume)
    writer.field("best_bid", product.price(day.bid?.price ?? 0))
    writer.field("best_bid_size", product.size(day.bid?.quantity ?? 0))
    writer.field("best_ask", product.price(day.ask?.price ?? 0))
    writer.field("best_ask_size", product.size(day.ask?.quantity ?? 0))
    writer.field("side", CoinbaseWord.side(takerSide))
    writer.field("time", CoinbaseTime.text(day.lastTime))
    writer.field("trade_id", integer: day.lastTradeID)
    writer.field("last_size", day.lastSize)
    writer.endObject()
    return writer.bytes
  }

  // MARK: Status

  private func flushStatus() {
    let status = products.map { exchange.status(of: $0.instrument) }
    guard status != toldStatus else { return }
    toldStatus = status
    for socket in sockets where socket.coinbase?.hearsStatus == true {
      socket.send(statusMessage())
    }
  }

  func statusMessage() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "status")
    writer.key("products")
    writer.beginArray()
    for product in products { product.write(exchange.status(of: product.instrument), &writer) }
    writer.endArray()
    writer.key("currencies")
    writer.beginArray()
    for asset in exchange.ledger.assets { CoinbaseProduct.write(currency: asset, &writer) }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  // MARK: Time

  /// Heartbeats each second, batched tickers and status each five, and the end of silent guests.
  private func keepTime(_ socket: VenueSocket, at now: Int64) {
    guard let session = socket.coinbase else { return }
    if !session.hasSubscribed, session.openedAt + Self.greetingNanoseconds <= now {
      return socket.close(code: 1008, reason: "no subscription within 5 seconds")
    }
    if session.heartbeatAt + Self.secondNanoseconds <= now {
      session.heartbeatAt = now
      for instrument in session.instruments(.heartbeat) {
        socket.send(heartbeat(products[instrument], at: now))
      }
    }
    if session.statusAt + 5 * Self.secondNanoseconds <= now {
      session.statusAt = now
      if session.hearsStatus { socket.send(statusMessage()) }
    }
    guard session.tickerBatchAt + 5 * Self.secondNanoseconds <= now else { return }
    session.tickerBatchAt = now
    for instrument in session.freshTickers { socket.send(tickerMessage(products[instrument])) }
    session.freshTickers.removeAll()
  }

  /// It goes on while market data is silent: its sequence is what betrays the silence.
  private func heartbeat(_ product: CoinbaseProduct, at now: Int64) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "heartbeat")
    writer.field("sequence", integer: sequences[product.instrument])
    writer.field(
      "last_trade_id",
      integer: Int64(clamping: exchange.publicTrades(product.instrument).last?.tradeID ?? 0))
    writer.field("product_id", product.id)
    writer.field("time", CoinbaseTime.text(now))
    writer.endObject()
    return writer.bytes
  }
}
