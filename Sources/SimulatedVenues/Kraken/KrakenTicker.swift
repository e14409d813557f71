import Simulation
import Wire

/// The figures of a ticker, over the public trades that are kept.
struct KrakenTicker {
  let ask: String
  let askQuantity: String
  let bid: String
  let bidQuantity: String
  let last: String
  let lastQuantity: String
  let volume: String
  let averagePrice: String
  let low: String
  let high: String
  let open: String
  let change: String
  let changePercent: String
  let tradeCount: Int

  init(_ pair: KrakenPair, _ exchange: SimulatedExchange) {
    let bestAsk = exchange.levels(pair.instrument, .sell, depth: 1).first
    let bestBid = exchange.levels(pair.instrument, .buy, depth: 1).first
    let trades = exchange.publicTrades(pair.instrument)
    let lastPrice = exchange.lastPrice(pair.instrument)
    let first = trades.first?.price ?? lastPrice
    ask = pair.price(bestAsk?.price ?? 0)
    askQuantity = pair.quantity(bestAsk?.quantity ?? 0)
    bid = pair.price(bestBid?.price ?? 0)
    bidQuantity = pair.quantity(bestBid?.quantity ?? 0)
    last = pair.price(lastPrice)
    lastQuantity = pair.quantity(trades.last?.quantity ?? 0)
    low = pair.price(trades.map(\.price).min() ?? lastPrice)
    high = pair.price(trades.map(\.price).max() ?? lastPrice)
    open = pair.price(first)
    tradeCount = trades.count
    var quantity: Int64 = 0
    var product: Int128 = 0
    for trade in trades {
      quantity += trade.quantity
      product += Int128(trade.price) * Int128(trade.quantity)
    }
    volume = pair.quantity(quantity)
    averagePrice = pair.price(quantity > 0 ? Int64(product / Int128(quantity)) : lastPrice)
    change = pair.price(lastPrice - first)
    let hundredths = first > 0 ? Int128(lastPrice - first) * 10_000 / Int128(first) : 0
    changePercent = DecimalText.format(Int64(hundredths), scale: 2, fractionDigits: 2)
  }
}
