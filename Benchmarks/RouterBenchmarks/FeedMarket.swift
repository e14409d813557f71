import RouterCore
import Wire

/// A book whose levels keep their prices and change their sizes, as text.
struct FeedMarket {
  private let priceDigits: Int
  private var bids: [Int64]
  private var asks: [Int64]
  private var random: SeededRandom

  /// Prices lie a tenth apart around 60,000; sizes have eight decimals.
  init(priceDigits: Int, levels: Int, seed: UInt64) {
    self.priceDigits = priceDigits
    var random = SeededRandom(seed: seed)
    bids = (0..<levels).map { _ in 1 + Int64(random.below(500_000_000)) }
    asks = (0..<levels).map { _ in 1 + Int64(random.below(500_000_000)) }
    self.random = random
  }

  /// Gives one level near the touch a new size.
  mutating func changeOne(_ side: Side) -> (price: String, quantity: String) {
    let place = random.below(16)
    let size = 1 + Int64(random.below(500_000_000))
    if side == .buy { bids[place] = size } else { asks[place] = size }
    return level(side, place)
  }

  /// Gives the `count` best levels new sizes, and returns them as a list.
  mutating func change(_ side: Side, count: Int) -> String {
    let levels = (0..<count).map { place in
      let size = 1 + Int64(random.below(500_000_000))
      if side == .buy { bids[place] = size } else { asks[place] = size }
      let level = level(side, place)
      return #"["\#(level.price)","\#(level.quantity)"]"#
    }
    return "[\(levels.joined(separator: ","))]"
  }

  /// The whole side as `[["price","quantity"],...]`.
  func text(_ side: Side) -> String {
    let levels = bids.indices.map { place in
      let level = level(side, place)
      return #"["\#(level.price)","\#(level.quantity)"]"#
    }
    return "[\(levels.joined(separator: ","))]"
  }

  /// The whole side as `[{"price":p,"qty":q},...]`.
  func rows(_ side: Side) -> String {
    "[\(bids.indices.map { Self.row(level(side, $0)) }.joined(separator: ","))]"
  }

  static func row(_ level: (price: String, quantity: String)) -> String {
    #"{"price":\#(level.price),"qty":\#(level.quantity)}"#
  }

  /// Kraken's: the ten best asks and bids, digits only, without zeros in front.
  var checksum: UInt32 {
    var text = ""
    for side in [Side.sell, .buy] {
      for place in 0..<10 {
        let level = level(side, place)
        for number in [level.price, level.quantity] {
          text += number.filter { $0 != "." }.drop { $0 == "0" }
        }
      }
    }
    return CRC32.checksum(Array(text.utf8))
  }

  private func level(_ side: Side, _ place: Int) -> (price: String, quantity: String) {
    let tenths = side == .buy ? 600_000 - Int64(place) : 600_001 + Int64(place)
    let size = side == .buy ? bids[place] : asks[place]
    return (
      DecimalText.format(tenths, scale: 1, fractionDigits: priceDigits),
      DecimalText.format(size, scale: 8, fractionDigits: 8)
    )
  }
}
