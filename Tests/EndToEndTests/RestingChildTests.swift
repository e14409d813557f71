import RouterCore
import SimulatedVenues
import Testing

/// Adapters and simulated venues agree about orders that rest and must never take.
struct RestingChildTests {
  static let venues = VenueProfiles.all.map(\.name)

  @Test(arguments: venues)
  func `a resting child fills as a maker, is found working and is cancelled`(
    _ name: String
  ) throws {
    let venue = try PairedVenue(name)
    let order = venue.order(1, .buy, 60_000, 2_000, isPostOnly: true)
    venue.command(.newOrder(order))
    venue.pass(milliseconds: 500)
    let accepted = venue.takeReports()
    #expect(accepted.first?.kind == .acknowledged, "\(venue.incidents)")
    #expect(accepted.allSatisfy { $0.kind == .acknowledged })
    #expect(venue.openOrderCount == 1)

    try venue.quote(.sell, 60_000, 1_500)
    let fills = venue.takeReports().filter { $0.kind == .fill }
    let fill = try #require(fills.first)
    #expect(fills.count == 1)
    #expect(fill.liquidity == .maker)
    #expect(fill.lastQuantity == venue.quantity(1_500))
    #expect(fill.lastPrice == order.limitPrice)

    venue.command(.query(venue.reference(order)))
    venue.pass(milliseconds: 4000)
    let answers = venue.takeReports()
    #expect(answers.last?.kind == .stillOpen)
    #expect(answers.last?.cumulativeQuantity == venue.quantity(1_500))
    let known = answers.filter { $0.kind == .fill }
    #expect(known.map(\.executionID) == [fill.executionID])
    #expect(known.map(\.liquidity) == [.maker])
    #expect(known.map(\.fee) == [fill.fee])

    venue.command(.cancel(venue.reference(order, venueOrderID: fill.venueOrderID)))
    venue.pass(milliseconds: 500)
    let ended = try #require(venue.takeReports().last)
    #expect(ended.kind == .canceled)
    #expect(ended.cumulativeQuantity == venue.quantity(1_500))
    #expect(ended.rejectReason == .none)
    #expect(venue.openOrderCount == 0)
    #expect(venue.reconnects.isEmpty)
  }

  @Test(arguments: venues)
  func `a child that must rest and would take is refused for that reason`(_ name: String) throws {
    let venue = try PairedVenue(name)
    try venue.quote(.sell, 60_000, 1_500)
    venue.command(.newOrder(venue.order(1, .buy, 60_000, 2_000, isPostOnly: true)))
    venue.pass(milliseconds: 500)
    let reports = venue.takeReports()
    #expect(reports.map(\.kind) == [.rejected])
    #expect(reports.first?.rejectReason == .postOnlyWouldTake)
    #expect(venue.openOrderCount == 0)
  }

  @Test(arguments: venues)
  func `a fill has one execution id on the stream, in a query and after a restart`(
    _ name: String
  ) throws {
    let venue = try PairedVenue(name)
    try venue.quote(.sell, 60_000, 1_000)
    try venue.quote(.sell, 60_001, 1_000)
    let order = venue.order(1, .buy, 60_001, 2_500, .immediateOrCancel)
    venue.command(.newOrder(order))
    venue.pass(milliseconds: 500)
    let reports = venue.takeReports()
    let ids = Set(reports.filter { $0.kind == .fill }.map(\.executionID))
    #expect(ids.count == 2)
    #expect(reports.contains { $0.kind == .expired || $0.kind == .canceled })
    venue.restart()
    venue.command(.query(venue.reference(order)))
    venue.pass(milliseconds: 30_000)
    let answers = venue.takeReports()
    #expect(Set(answers.filter { $0.kind == .fill }.map(\.executionID)) == ids)
    #expect(answers.last.map { [.expired, .canceled].contains($0.kind) } == true)
  }

  @Test(arguments: venues)
  func `an order that never was is not found among the trades of others`(_ name: String) throws {
    let venue = try PairedVenue(name)
    // Our own account trades, but under other ids.
    for number in 2..<6 {
      try venue.quote(.sell, 60_000, 100)
      venue.command(.newOrder(venue.order(UInt16(number), .buy, 60_000, 100, .immediateOrCancel)))
      venue.pass(milliseconds: 250)
    }
    venue.restart()
    _ = venue.takeReports()
    venue.command(.query(venue.reference(venue.order(1, .buy, 60_000, 100, .immediateOrCancel))))
    venue.pass(milliseconds: 30_000)
    #expect(venue.takeReports().map(\.kind) == [.notFound])
  }
}
