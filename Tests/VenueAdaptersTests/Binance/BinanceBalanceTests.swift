import RouterCore
import Testing
import Wire

@testable import VenueAdapters

/// When the account's balances are asked for; both cases were found on the simulated wire.
struct BinanceBalanceTests {
  private static let refresh = VenueCommand.refreshBalances(VenueID(3))
  private static let account = #"{"balances":[{"asset":"BTC","free":"1","locked":"0"}]}"#

  /// The timer was due at once and found nothing to do, over and over, until the silence ended.
  @Test func `balances that are wanted again wait for the end of a silence`() throws {
    var harness = BinanceHarness()
    try harness.start()
    let tag = try #require(harness.encode(Self.refresh).fetched.first?.tag)
    harness.encode(Self.refresh)
    try beSilent(&harness)
    harness.answer(tag, 200, Self.account)
    #expect(harness.adapter.nextDeadline > harness.stamp.time)
    let purposes = harness.wait(milliseconds: 1000).fetched.map(\.tag.purpose)
    #expect(purposes.contains(.balances))
  }

  /// The same, until the request in flight was answered.
  @Test func `a wish during a silence waits for the request in flight`() throws {
    var harness = BinanceHarness()
    try harness.start()
    let tag = try #require(harness.encode(Self.refresh).fetched.first?.tag)
    try beSilent(&harness)
    harness.encode(Self.refresh)
    harness.milliseconds += 2000
    harness.adapter.timerExpired(
      at: harness.stamp, signer: harness.signer, into: &harness.output)
    _ = harness.take()
    #expect(harness.adapter.nextDeadline > harness.stamp.time)
    harness.answer(tag, 200, Self.account)
    let purposes = harness.wait(milliseconds: 1).fetched.map(\.tag.purpose)
    #expect(purposes.contains(.balances))
  }

  /// The venue refuses a query and asks for a second of silence.
  private func beSilent(_ harness: inout BinanceHarness) throws {
    let child = ChildReference(
      id: BinanceHarness.child(), venue: VenueID(3), listing: ListingID(0),
      venueOrderID: ShortText(), sentAt: Timestamp(nanoseconds: 1_699_999_990_000_000_000))
    let id = try #require(harness.encode(.query(child)).sent.last?.json["id"]?.string)
    let until = harness.milliseconds + 1000
    harness.receive(
      #"{"id":"\#(id)","status":429,"error":{"code":-1003,"msg":"x","data":{"serverTime":1,"retryAfter":\#(until)}}}"#
    )
  }
}
