import Foundation
import RouterCore
import VenueAdapters
import Wire

/// What the Kraken tests share.
enum KrakenFixtures {
  static let venue = VenueID(2)
  static let bitcoin = AssetID(0)
  static let dollar = AssetID(1)

  static func binding(
    _ listing: UInt16 = 7, symbol: String = "BTC/USD", priceDigits: Int = 1,
    quantityDigits: Int = 8, priceScale: UInt8 = 3, quantityScale: UInt8 = 10
  ) -> ListingBinding {
    let names = symbol.split(separator: "/").map(String.init)
    return ListingBinding(
      listing: ListingID(listing),
      instrument: Instrument(
        id: InstrumentID(listing), base: bitcoin, quote: dollar, priceScale: priceScale,
        quantityScale: quantityScale),
      definition: ListingDefinition(
        pair: PairName(base: names[0], quote: names[1]), symbol: "XBTUSD", streamSymbol: symbol,
        internalSymbol: "XXBTZUSD", priceIncrement: WrittenDecimal(mantissa: 1, scale: priceDigits),
        quantityIncrement: WrittenDecimal(mantissa: 1, scale: quantityDigits),
        minimumQuantity: WrittenDecimal(mantissa: 5, scale: 5), maximumQuantity: nil,
        minimumNotional: WrittenDecimal(mantissa: 5, scale: 1), status: .trading, feeAsset: .quote,
        priceDigits: priceDigits, quantityDigits: quantityDigits))
  }

  static func levels(_ text: String) -> String {
    text.split(separator: " ").map { level in
      let parts = level.split(separator: "/")
      return "{\"price\":\(parts[0]),\"qty\":\(parts[1])}"
    }.joined(separator: ",")
  }

  static func book(
    _ type: String, symbol: String, bids: String, asks: String, checksum: UInt32
  ) -> String {
    """
    {"channel":"book","type":"\(type)","data":[{"symbol":"\(symbol)","bids":[\(levels(bids))],\
    "asks":[\(levels(asks))],"checksum":\(checksum),"timestamp":"2026-01-02T03:04:05.123456Z"}]}
    """
  }

  /// The venue's own example of a checksum, with its digits as on the wire.
  static let bitcoinAsks = """
    45285.2/0.00100000 45286.4/1.54571953 45286.6/1.54571109 45289.6/1.54560911 \
    45290.2/0.15890660 45291.8/1.54553491 45294.7/0.04454749 45296.1/0.35380000 \
    45297.5/0.09945542 45299.5/0.18772827
    """
  static let bitcoinBids = """
    45283.5/0.10000000 45283.4/1.54582015 45282.1/0.10000000 45281.0/0.10000000 \
    45280.3/1.54592586 45279.0/0.07990000 45277.6/0.03310103 45277.5/0.30000000 \
    45277.3/1.54602737 45276.6/0.15445238
    """
  static let bitcoinSnapshot = book(
    "snapshot", symbol: "BTC/USD", bids: bitcoinBids, asks: bitcoinAsks, checksum: 3_310_070_434)

  /// The venue's other example, printed without the trailing zeros that the checksum covers.
  static let maticSnapshot = book(
    "snapshot", symbol: "MATIC/USD",
    bids: """
      0.5666/4831.75496356 0.5665/6658.22734739 0.5664/18724.91513344 0.5663/11563.92544914 \
      0.5662/14006.65365711 0.5661/17454.85679807 0.566/18097.1547 0.5659/33644.89175666 \
      0.5658/148.3464 0.5657/606.70854372
      """,
    asks: """
      0.5668/4410.79769741 0.5669/4655.40412487 0.567/49844.89424998 0.5671/24306.41678 \
      0.5672/29783.25223475 0.5673/57234.71239278 0.5674/45065.04744 0.5675/5912.76380354 \
      0.5676/42514.92434778 0.5677/36304.0847022
      """,
    checksum: 2_439_117_997)
  static let maticUpdate = book(
    "update", symbol: "MATIC/USD", bids: "0.5657/1098.3947558", asks: "",
    checksum: 2_114_181_697)
}

extension AdapterOutput {
  var bookUpdates: [BookUpdate] {
    batch.events.compactMap { if case .book(let update) = $0 { update } else { nil } }
  }

  var marketTrades: [MarketTrade] {
    batch.events.compactMap { if case .trade(let trade) = $0 { trade } else { nil } }
  }

  var bookFaults: [BookFault] {
    batch.events.compactMap { if case .bookInvalid(_, let fault) = $0 { fault } else { nil } }
  }

  func bids(_ update: BookUpdate) -> [BookLevel] {
    Array(batch.levels[Int(update.bidStart)..<Int(update.bidStart + update.bidCount)])
  }

  func asks(_ update: BookUpdate) -> [BookLevel] {
    Array(batch.levels[Int(update.askStart)..<Int(update.askStart + update.askCount)])
  }
}

extension KrakenMarketData {
  @discardableResult
  mutating func decode(_ text: String, into output: inout AdapterOutput) -> Message {
    Array(text.utf8).withUnsafeBytes {
      decode($0, at: Timestamp(nanoseconds: 1), into: &output)
    }
  }
}

extension KrakenV1BookDecoder {
  mutating func decode(_ text: String, into output: inout AdapterOutput) {
    Array(text.utf8).withUnsafeBytes {
      decode($0, at: Timestamp(nanoseconds: 1), into: &output)
    }
  }
}

/// A small generator of our own, so that a failing test names its seed.
struct KrakenRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(bound))
  }
}

/// Recorded market data, if the environment names its folder.
enum KrakenCaptures {
  static let folder = ProcessInfo.processInfo.environment["SLUICE_CAPTURES"]
  static var isAvailable: Bool { folder != nil }

  static func lines(_ name: String) throws -> [Substring] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", (folder ?? "") + "/kraken/" + name]
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
  }
}
