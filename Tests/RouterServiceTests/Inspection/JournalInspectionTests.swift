import Foundation
import Journal
import RouterCore
import RouterService
import Testing
import Wire

struct JournalInspectionTests {
  private final class Lines {
    var lines: [String] = []
    var complaints: [String] = []
    var progress: [String] = []

    var output: JournalInspection.Output {
      JournalInspection.Output(
        line: { self.lines.append($0) }, complaint: { self.complaints.append($0) },
        progress: { self.progress.append($0) })
    }
  }

  private let directory =
    FileManager.default.temporaryDirectory
    .appendingPathComponent("sluice-inspection-\(UUID().uuidString)").path
  private let lines = Lines()

  private func text(_ words: String) -> ShortText { ShortText(truncating: words) }

  private func write() throws {
    let writer = try JournalWriter(
      directory: directory, instance: 5, durability: .process, segmentByteCount: 8192,
      onDurable: { _ in })
    let at = Timestamp(nanoseconds: 1_800_000_000_123_456_789)
    let instrument = Instrument(
      id: InstrumentID(3), base: AssetID(0), quote: AssetID(1), priceScale: 4, quantityScale: 6)
    let listing = Listing(
      id: ListingID(8), venue: VenueID(1), instrument: InstrumentID(3), symbol: text("BTC/USD"),
      priceIncrement: Price(mantissa: 100), quantityIncrement: Quantity(mantissa: 10),
      minimumQuantity: .zero, maximumQuantity: Quantity(mantissa: 5_000_000),
      minimumNotional: .zero, takerFee: FeeRate(partsPerHundredMillion: 100_000),
      makerFee: FeeRate(partsPerHundredMillion: -2_500), feeAsset: .quote, status: .trading)
    let facts: [Fact] = [
      .epochStarted(epoch: 1, at: at),
      .instrumentDefined(InstrumentDefinition(instrument: instrument, symbol: text("BTC-USD"))),
      .listingChanged(listing), .haltChanged(isHalted: true, at: at),
    ]
    for fact in facts { try writer.append(fact) }
    try writer.commit()
    try writer.close()
  }

  @Test func `a whole journal is verified and anchored`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try write()
    #expect(JournalInspection.verify(directory: directory, anchor: nil, to: lines.output) == 0)
    #expect(lines.lines.contains { $0.hasPrefix("4 facts in 1 segments, instance 5") })
    #expect(lines.progress == ["segment 1 of 1, fact 4"])
    let hash = try #require(lines.lines.last?.split(separator: " ").last.map(String.init))
    #expect(JournalInspection.verify(directory: directory, anchor: hash, to: lines.output) == 0)
    #expect(lines.lines.last?.contains("nothing up to fact 4 was changed") == true)
    let other = String(repeating: "0", count: 64)
    #expect(JournalInspection.verify(directory: directory, anchor: other, to: lines.output) == 1)
    #expect(JournalInspection.verify(directory: directory, anchor: "x", to: lines.output) == 2)
  }

  @Test func `damage is named with its file and offset`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try write()
    let file = URL(fileURLWithPath: "\(directory)/segment-0000000001.journal")
    var bytes = try Data(contentsOf: file)
    bytes[170] ^= 1
    try bytes.write(to: file)
    #expect(JournalInspection.verify(directory: directory, anchor: nil, to: lines.output) == 1)
    #expect(lines.complaints[0].contains("segment-0000000001.journal is damaged at offset 128"))
    #expect(
      JournalInspection.dump(directory: directory, from: 1, isJSON: true, to: lines.output) == 1)
  }

  @Test func `what is no journal is said to be none`() throws {
    #expect(JournalInspection.verify(directory: directory, anchor: nil, to: lines.output) == 2)
    #expect(
      JournalInspection.dump(directory: directory, from: 1, isJSON: false, to: lines.output) == 2)
    #expect(lines.complaints.allSatisfy { $0.contains(directory) })
  }

  @Test func `facts are shown with exact decimals, also from an index on`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try write()
    #expect(
      JournalInspection.dump(directory: directory, from: 3, isJSON: true, to: lines.output) == 0)
    #expect(lines.lines.count == 2)
    let listing = try JSONValue(parsing: lines.lines[0])
    #expect(listing["index"] == .number("3") && listing["fact"] == .string("listing_changed"))
    #expect(listing["symbol"] == .string("BTC/USD") && listing["venue"] == .number("1"))
    #expect(listing["price_increment"] == .string("0.01"))
    #expect(listing["maximum_quantity"] == .string("5"))
    #expect(listing["taker_fee"] == .string("0.001"))
    #expect(listing["status"] == .string("trading"))
    let halt = try JSONValue(parsing: lines.lines[1])
    #expect(halt["fact"] == .string("halt_changed") && halt["is_halted"] == .bool(true))
    #expect(halt["at"] == .string("2027-01-15T08:00:00.123456789Z"))
  }

  @Test func `the lines for people say the same`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try write()
    #expect(
      JournalInspection.dump(directory: directory, from: 4, isJSON: false, to: lines.output) == 0)
    #expect(
      lines.lines == ["4 halt_changed is_halted=true at=2027-01-15T08:00:00.123456789Z"])
  }
}
