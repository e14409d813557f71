import Foundation
import Testing

@testable import RouterService

/// Where recorded captures are, if anywhere.
enum RecordedCaptures {
  static let folder = ProcessInfo.processInfo.environment["SLUICE_CAPTURES"]
}

/// Replays of recorded captures; they are too large for the repository.
@Suite(
  .enabled(
    if: RecordedCaptures.folder != nil,
    "SLUICE_CAPTURES does not name a folder of recorded captures"))
struct RecordedCaptureTests {

  struct Expectation: CustomTestStringConvertible, Sendable {
    var path: String
    var venue: CaptureVenue
    var messages: Int
    var updates: Int
    var trades: Int
    var checksums = 0
    var testDescription: String { path }
  }

  /// Counts of the recordings' own description, or counted from them with another program.
  static let expectations = [
    Expectation(
      path: "binance/2021-04-04_btcusdt-ethusdt-dotusdt.tape.gz", venue: .binance,
      messages: 4716, updates: 2688, trades: 1910),
    Expectation(
      path: "binance/2021-08-14_ftmusdt-sxpbtc-badgerbtc-xmrbtc.tape.gz", venue: .binance,
      messages: 1003, updates: 546, trades: 28),
    Expectation(
      path: "binance/2024-08-08_btcusdt.tape.gz", venue: .binance, messages: 41_248,
      updates: 3451, trades: 9757),
    Expectation(
      path: "binance/2024-08-08_ethusdt.tape.gz", venue: .binance, messages: 33_617,
      updates: 3434, trades: 6106),
    Expectation(
      path: "binance-us/2021-04-05_ten-symbols.tape.gz", venue: .binanceUS, messages: 6008,
      updates: 3196, trades: 188),
    Expectation(
      path: "coinbase-exchange/2021-04-17_six-products.tape.gz", venue: .coinbaseExchange,
      messages: 7141, updates: 6968, trades: 76),
    Expectation(
      path: "kraken/2021-04-05_v1_ten-pairs.tape.gz", venue: .krakenV1, messages: 14_930,
      updates: 14_496, trades: 28, checksums: 14_496),
    Expectation(
      path: "kraken/2023-07-30_v2_book10_btcusd_first-300.jsonl.gz", venue: .kraken,
      messages: 301, updates: 300, trades: 0, checksums: 301),
  ]

  @Test(arguments: expectations)
  func `a recorded capture replays without gap, fault or crossing`(
    expected: Expectation
  ) throws {
    let folder = try #require(RecordedCaptures.folder)
    let report = try Replay.run("\(folder)/\(expected.path)", Replay.Options())
    let total = report.total
    #expect(report.venue == expected.venue)
    #expect(report.messages == expected.messages)
    #expect(total.updates == expected.updates)
    #expect(total.trades == expected.trades)
    #expect(total.checksumsVerified == expected.checksums)
    #expect(total.checksumsFailed == 0)
    #expect(total.gaps == 0)
    #expect(total.malformed == 0)
    #expect(report.problems.isEmpty)
    for symbol in report.symbols {
      #expect(symbol.crossedCount == 0, "\(symbol.name)")
      #expect(symbol.statistics.snapshots == 1, "\(symbol.name)")
      #expect(symbol.invalidations == 0, "\(symbol.name)")
    }
  }

  @Test func `levels, spreads and the decimals' source are those of the recording`() throws {
    let folder = try #require(RecordedCaptures.folder)
    let report = try Replay.run(
      "\(folder)/coinbase-exchange/2021-04-17_six-products.tape.gz", Replay.Options())
    let symbol = try #require(report.symbols.first { $0.name == "SKL-USD" })
    #expect(symbol.statistics.levelsChanged == 2592)
    #expect(symbol.scales.source.hasSuffix("/products"))
    let spread = try #require(symbol.spread)
    #expect(abs(spread.low - 1.265) < 0.001)
    #expect(abs(spread.median - 12.649) < 0.001)
    #expect(abs(spread.high - 21.485) < 0.001)
  }
}
