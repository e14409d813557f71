import RouterCore
import Testing
import VenueAdapters

struct KrakenV1BookDecoderTests {
  private let doge = KrakenFixtures.binding(
    3, symbol: "XDG/USD", priceDigits: 7, quantityDigits: 8, priceScale: 7, quantityScale: 8)
  private let snapshot: String

  init() {
    let asks = (0..<10).map { "[\"0.0\(5005 + 5 * $0)\",\"0.00000500\",\"1582905487.684110\"]" }
    let bids = ["5000", "4995", "4990", "4980", "4975", "4970", "4965", "4960", "4955", "4950"]
      .map { "[\"0.0\($0)\",\"0.00000500\",\"1582905486.493034\"]" }
    snapshot =
      "[9,{\"as\":[\(asks.joined(separator: ","))],\"bs\":[\(bids.joined(separator: ","))]},"
      + "\"book-10\",\"XDG/USD\"]"
  }

  private func update(_ members: String...) -> String {
    "[9,\(members.joined(separator: ",")),\"book-10\",\"XDG/USD\"]"
  }

  @Test func `the digits of the wire are what the checksum covers`() {
    var decoder = KrakenV1BookDecoder(listings: [doge])
    var output = AdapterOutput()
    decoder.decode(snapshot, into: &output)
    // The venue's own vector, reached by setting a level to what it already is.
    decoder.decode(
      update("{\"a\":[[\"0.05050\",\"0.00000500\",\"1582905488.1\"]],\"c\":\"974947235\"}"),
      into: &output)
    #expect(decoder.statistics[0].checksumsVerified == 1)
    #expect(output.bookUpdates.count == 2)
    #expect(output.bookFaults.isEmpty)
  }

  @Test func `an update in two objects carries its checksum in the second`() throws {
    var decoder = KrakenV1BookDecoder(listings: [doge])
    var output = AdapterOutput()
    decoder.decode(snapshot, into: &output)
    output.removeAll()
    decoder.decode(
      update(
        "{\"a\":[[\"0.05050\",\"0.00000500\",\"1582905488.1\",\"r\"]]}",
        "{\"b\":[[\"0.04950\",\"0.00000500\",\"1582905488.2\"]],\"c\":\"974947235\"}"),
      into: &output)
    let delta = try #require(output.bookUpdates.first)
    #expect(output.bookUpdates.count == 1)
    #expect(output.asks(delta).map(\.price.mantissa) == [505_000])
    #expect(output.bids(delta).map(\.price.mantissa) == [495_000])
    #expect(delta.venueTime.nanoseconds == 1_582_905_488_200_000_000)
  }

  @Test func `a wrong checksum breaks the book until the next snapshot`() {
    var decoder = KrakenV1BookDecoder(listings: [doge])
    var output = AdapterOutput()
    decoder.decode(snapshot, into: &output)
    output.removeAll()
    decoder.decode(
      update("{\"a\":[[\"0.05050\",\"0.00000501\",\"1.0\"]],\"c\":\"974947235\"}"), into: &output)
    #expect(output.bookFaults == [.checksumMismatch])
    decoder.decode(
      update("{\"a\":[[\"0.05050\",\"0.00000500\",\"1.0\"]],\"c\":\"974947235\"}"), into: &output)
    #expect(output.bookUpdates.isEmpty)
  }

  @Test func `events, other channels and broken frames are passed over`() {
    var decoder = KrakenV1BookDecoder(listings: [doge])
    var output = AdapterOutput()
    decoder.decode("{\"event\":\"heartbeat\"}", into: &output)
    decoder.decode(
      "[1,[[\"1\",\"2\",\"3\",\"b\",\"l\",\"\"]],\"trade\",\"XDG/USD\"]", into: &output)
    decoder.decode("[1,{\"a\":[\"1\"]},\"ticker\",\"XDG/USD\"]", into: &output)
    decoder.decode("[1,{\"a\":", into: &output)
    #expect(output.batch.isEmpty)
    #expect(decoder.statistics[0].trades == 1)
    #expect(decoder.malformedCount == 1)
  }

  @Test func `a frame cut anywhere never traps`() {
    for count in 0..<snapshot.utf8.count {
      var decoder = KrakenV1BookDecoder(listings: [doge])
      var output = AdapterOutput()
      decoder.decode(
        String(decoding: snapshot.utf8.prefix(count), as: UTF8.self), into: &output)
      #expect(output.bookUpdates.isEmpty)
    }
  }

  @Test(.enabled(if: KrakenCaptures.isAvailable, "SLUICE_CAPTURES names no folder"))
  func `all recorded v1 checksums verify`() throws {
    let symbols = [
      "XBT/USD", "DASH/EUR", "FIL/XBT", "ALGO/XBT", "ICX/USD", "LSK/USD", "KAVA/USD", "WAVES/ETH",
      "AUD/USD", "USDC/GBP",
    ]
    let listings = symbols.enumerated().map { index, symbol in
      KrakenFixtures.binding(
        UInt16(index), symbol: symbol, priceScale: symbol.hasSuffix("XBT") ? 9 : 8,
        quantityScale: symbol.hasSuffix("XBT") ? 7 : 8)
    }
    var decoder = KrakenV1BookDecoder(
      listings: listings.map { $0.definition.streamSymbol.hasSuffix("XBT") ? wide($0) : $0 })
    var output = AdapterOutput()
    for line in try KrakenCaptures.lines("2021-04-05_v1_ten-pairs.tape.gz") {
      let fields = line.split(separator: "\t", maxSplits: 2)
      guard fields[1].hasPrefix("<") else { continue }
      output.removeAll()
      decoder.decode(String(fields[2]), into: &output)
      #expect(output.bookFaults.isEmpty)
    }
    let total = decoder.statistics.reduce(0) { $0 + $1.checksumsVerified }
    #expect(total == 14_496)
    #expect(decoder.statistics.map(\.snapshots) == Array(repeating: 1, count: 10))
    #expect(decoder.statistics.reduce(0) { $0 + $1.checksumsFailed + $1.malformed } == 0)
  }

  /// The XBT pairs write 9 price decimals and 8 of quantity: one more than fit together.
  private func wide(_ binding: ListingBinding) -> ListingBinding {
    var binding = binding
    binding.instrument = Instrument(
      id: binding.instrument.id, base: binding.instrument.base, quote: binding.instrument.quote,
      priceScale: 8, quantityScale: 8)
    return binding
  }
}
