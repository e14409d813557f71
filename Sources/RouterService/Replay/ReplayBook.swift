import RouterCore

/// One symbol's book during a replay, with what was measured of it after each message.
final class ReplayBook {
  /// Wide enough for every level that a venue's stream tells.
  private static let capacity = 16_384
  static let depthBasisPoints = [1, 10, 50]

  let symbol: String
  let instrument: Instrument
  private var book = OrderBook(capacity: ReplayBook.capacity)
  private(set) var crossedCount = 0
  private(set) var crossedNanoseconds: Int64 = 0
  private var crossedSince: Timestamp?
  private(set) var spreads = SampleSet()
  private(set) var depths = ReplayBook.depthBasisPoints.map { _ in SampleSet() }
  private(set) var invalidations = 0

  init(symbol: String, instrument: Instrument) {
    self.symbol = symbol
    self.instrument = instrument
  }

  func apply(_ update: BookUpdate, _ levels: [BookLevel]) {
    _ = book.apply(update, levels: levels.span)
  }

  func invalidate(_ fault: BookFault, at time: Timestamp) {
    invalidations += 1
    book.invalidate(fault)
    uncross(at: time)
  }

  /// Measures the book as it stands after a message.
  func measure(at time: Timestamp) {
    guard book.isLive, let bid = book.bestBid, let ask = book.bestAsk else {
      return uncross(at: time)
    }
    if bid.price >= ask.price {
      guard crossedSince == nil else { return }
      crossedSince = time
      crossedCount += 1
    } else {
      uncross(at: time)
      let middle = Double(bid.price.mantissa + ask.price.mantissa) / 2
      spreads.add(Double(ask.price.mantissa - bid.price.mantissa) / middle * 10_000)
      measureDepth(middle)
    }
  }

  func finish(at time: Timestamp) { uncross(at: time) }

  private func uncross(at time: Timestamp) {
    guard let since = crossedSince else { return }
    crossedNanoseconds += max(0, time.since(since))
    crossedSince = nil
  }

  /// Notional within so many basis points of the middle, in the quote asset, mean of both sides.
  private func measureDepth(_ middle: Double) {
    let unit = 1 / Double(powerOfTen(instrument.notionalScale))
    for side in Side.allCases {
      var notional = 0.0
      var index = 0
      for (place, points) in Self.depthBasisPoints.enumerated() {
        let reach = middle * Double(points) / 10_000
        while index < book.count(side) {
          let level = book.level(side, index)
          guard abs(Double(level.price.mantissa) - middle) <= reach else { break }
          notional += Double(level.price.mantissa) * Double(level.quantity.mantissa) * unit / 2
          index += 1
        }
        partial[place] += notional
      }
    }
    for place in partial.indices {
      depths[place].add(partial[place])
      partial[place] = 0
    }
  }

  private var partial = ReplayBook.depthBasisPoints.map { _ in 0.0 }

  /// The best levels of both sides.
  func ladder(limit: Int) -> (bids: [BookLevel], asks: [BookLevel]) {
    (book.levels(.buy, limit: limit), book.levels(.sell, limit: limit))
  }
}
