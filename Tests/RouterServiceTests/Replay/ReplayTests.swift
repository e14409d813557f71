import Foundation
import RouterCore
import Testing
import Wire

@testable import RouterService

struct ReplayTests {
  static func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)").path
  }

  private func replay(
    _ name: String, _ configure: (inout Replay.Options) -> Void = { _ in }
  ) throws -> ReplayReport {
    var options = Replay.Options()
    configure(&options)
    return try Replay.run(Self.fixture(name), options)
  }

  @Test func `a Binance tape joins its snapshot and shows gap and crossing`() throws {
    let report = try replay("binance.tape")
    #expect(report.venue == .binance)
    #expect(report.messages == 7)
    let symbol = try #require(report.symbols.first)
    #expect(symbol.name == "BTCUSDT")
    #expect(symbol.scales == CaptureScales(price: 2, quantity: 3, source: "digits seen"))
    #expect(symbol.statistics.updates == 6)
    #expect(symbol.statistics.snapshots == 1)
    #expect(symbol.statistics.gaps == 1)
    #expect(symbol.statistics.trades == 1)
    // Two levels straddle the snapshot, three follow it, and two cross it and mend it.
    #expect(symbol.statistics.levelsChanged == 7)
    #expect(symbol.crossedCount == 1)
    #expect(symbol.crossedNanoseconds == 250_000_000)
    #expect(symbol.invalidations == 1)
  }

  @Test func `a Coinbase tape takes its scales from the products it holds`() throws {
    let report = try replay("coinbase-exchange.tape")
    #expect(report.venue == .coinbaseExchange)
    #expect(report.symbols.map(\.name) == ["BTC-USD", "ETH-USD"])
    #expect(report.symbols[0].scales.price == 2)
    #expect(report.symbols[0].scales.quantity == 8)
    #expect(report.symbols[0].scales.source == "https://api.exchange.coinbase.com/products")
    #expect(report.symbols[1].scales == CaptureScales(price: 3, quantity: 0, source: "digits seen"))
    #expect(report.symbols[0].statistics.levelsChanged == 2)
    #expect(report.total.trades == 1)
    #expect(report.total.updates == 2)
  }

  @Test func `a first Kraken tape verifies checksums over the text as sent`() throws {
    let report = try replay("kraken-v1.tape")
    #expect(report.venue == .krakenV1)
    let statistics = try #require(report.symbols.first).statistics
    #expect(statistics.checksumsVerified == 2)
    #expect(statistics.checksumsFailed == 1)
    #expect(statistics.trades == 2)
    #expect(report.symbols[0].invalidations == 1)
  }

  @Test func `a second Kraken capture verifies checksums over formatted numbers`() throws {
    let report = try replay("kraken-v2.jsonl")
    #expect(report.venue == .kraken)
    #expect(report.messages == 3)
    let statistics = try #require(report.symbols.first).statistics
    #expect(statistics.checksumsVerified == 3)
    #expect(statistics.checksumsFailed == 0)
    #expect(statistics.updates == 2)
    #expect(report.durationNanoseconds == 1_500_000_000)
  }

  @Test func `the books of a moment are those before the next message`() throws {
    let report = try replay("binance.tape") {
      $0.moment = Timestamp(nanoseconds: 1_700_000_000_350_000_000)
    }
    let ladder = try #require(report.symbols.first?.ladder)
    #expect(ladder.bids.map(\.price.mantissa) == [9975, 9950, 9900])
    #expect(ladder.bids.map(\.quantity.mantissa) == [125, 2000, 9000])
    #expect(ladder.asks.map(\.price.mantissa) == [10050])
    #expect(ladder.asks.map(\.quantity.mantissa) == [2500])
  }

  @Test func `only the symbols asked for are followed`() throws {
    let report = try replay("coinbase-exchange.tape") { $0.symbols = ["ETH-USD"] }
    #expect(report.symbols.map(\.name) == ["ETH-USD"])
    #expect(throws: ReplayError.noBooks(Self.fixture("binance.tape"))) {
      try replay("binance.tape") { $0.symbols = ["NOTHING"] }
    }
  }

  @Test func `a compressed capture gives the same report`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/capture.tape.gz"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "gzip -c \"$0\" > \"$1\"", Self.fixture("binance.tape"), path]
    try process.run()
    process.waitUntilExit()
    let report = try Replay.run(path, Replay.Options())
    #expect(report.total == (try replay("binance.tape")).total)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes.removeLast(12)
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(throws: ReplayError.unreadable(path, reason: "gzip says that it is damaged")) {
      try Replay.run(path, Replay.Options())
    }
  }

  @Test func `a line that is no event is named by its number`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("1\t<1\t{}\nnonsense\n")
    var options = Replay.Options()
    options.venue = .binance
    #expect(
      throws: ReplayError.malformedLine(
        path, line: 2, reason: "not a time, a kind and a payload")
    ) { try Replay.run(path, options) }
  }

  @Test func `what can not be replayed says why`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ReplayError.missingFile("/nowhere/x.tape")) {
      try Replay.run("/nowhere/x.tape", Replay.Options())
    }
    let binary = try folder.write("\u{1}\u{2}")
    #expect(throws: ReplayError.unknownFormat(binary)) {
      try Replay.run(binary, Replay.Options())
    }
    let empty = try folder.write("")
    #expect(throws: ReplayError.unknownFormat(empty)) { try Replay.run(empty, Replay.Options()) }
    let foreign = try folder.write("1\tO1\twss://ws.okx.com:8443/ws/v5/public\n")
    #expect(
      throws: ReplayError.unknownVenue(
        foreign,
        hint: "wss://ws.okx.com:8443/ws/v5/public is none of \(CaptureVenue.names)")
    ) { try Replay.run(foreign, Replay.Options()) }
  }

  @Test func `a futures capture is not taken for spot`() {
    let spot = #"{"data":{"e":"depthUpdate","U":1,"u":2,"b":[],"a":[]}}"#
    let future = #"{"data":{"e":"depthUpdate","U":1,"u":2,"pu":0,"b":[],"a":[]}}"#
    #expect(CaptureVenue(message: spot) == .binance)
    #expect(CaptureVenue(message: future) == nil)
  }

  @Test func `percentiles are by nearest rank`() {
    var samples = SampleSet()
    for value in (1...100).shuffled() { samples.add(Double(value)) }
    #expect(samples.percentiles([0, 0.01, 0.5, 0.99, 1]) == [1, 1, 50, 99, 100])
  }
}

/// A folder that is removed with its owner.
final class TemporaryFolder {
  let path: String
  private var count = 0

  init() throws {
    path = NSTemporaryDirectory() + "sluice-replay-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String) throws -> String {
    count += 1
    let file = "\(path)/\(count).tape"
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    return file
  }
}
