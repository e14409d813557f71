import RouterCore
import Testing
import Wire

@testable import ClientGateways

struct RoutingRequestTests {
  private func decode(
    _ text: String?, _ timeInForce: TimeInForce = .goodTillCancel, type: OrderType = .limit,
    isPostOnly: Bool = false
  ) throws -> RoutingOptions {
    try RoutingRequest.decode(
      try text.map { try JSONValue(parsing: $0) }, quantityScale: 8,
      OrderConditions(type: type, timeInForce: timeInForce), isPostOnly: isPostOnly)
  }

  @Test func `absent, null and empty are the standard options`() throws {
    for text in [nil, "null", "{}"] { #expect(try decode(text) == RoutingOptions()) }
  }

  @Test func `every option is read exactly`() throws {
    let options = try decode(
      #"""
      {"strategy":"price_improvement","objective":"expected_cost","arrival":"synchronized",
       "max_participation":"0.25","max_child_quantity":"1.5","size_jitter":"0.2",
       "jitter_tolerance_bps":"0.5","wave_interval_ms":250,"passive_ms":5000}
      """#)
    var expected = RoutingOptions()
    expected.strategy = .priceImprovement
    expected.usesExpectedCost = true
    expected.arrival = .synchronized
    expected.maximumParticipation = 2500
    expected.maximumChildQuantity = Quantity(mantissa: 150_000_000)
    expected.sizeJitter = 2000
    expected.jitterTolerance = 50
    expected.waveIntervalMilliseconds = 250
    expected.passiveMilliseconds = 5000
    #expect(options == expected)
  }

  @Test(arguments: [
    ("best_price", RoutingStrategy.bestPrice), ("fewest_venues", .fewestVenues),
    ("single_venue", .singleVenue), ("pro_rata", .proRata),
  ])
  func `strategies have these names`(name: String, strategy: RoutingStrategy) throws {
    #expect(try decode(#"{"strategy":"\#(name)"}"#).strategy == strategy)
  }

  @Test(
    arguments: [
      ("7", ["routing"]), ("[]", ["routing"]), (#"{"speed":1}"#, ["routing.speed"]),
      (#"{"strategy":"best"}"#, ["routing.strategy"]), (#"{"strategy":1}"#, ["routing.strategy"]),
      (#"{"objective":"price"}"#, ["routing.objective"]),
      (#"{"arrival":"all"}"#, ["routing.arrival"]),
      (#"{"max_participation":"0"}"#, ["routing.max_participation"]),
      (#"{"max_participation":"1.0001"}"#, ["routing.max_participation"]),
      (#"{"max_participation":"0.00001"}"#, ["routing.max_participation"]),
      (#"{"max_participation":0.5}"#, ["routing.max_participation"]),
      (#"{"max_child_quantity":"0"}"#, ["routing.max_child_quantity"]),
      (#"{"max_child_quantity":"0.000000001"}"#, ["routing.max_child_quantity"]),
      (#"{"max_child_quantity":"99999999999999999999"}"#, ["routing.max_child_quantity"]),
      (#"{"size_jitter":"1"}"#, ["routing.size_jitter"]),
      (#"{"size_jitter":"-0.1"}"#, ["routing.size_jitter"]),
      (#"{"jitter_tolerance_bps":"655.36"}"#, ["routing.jitter_tolerance_bps"]),
      (#"{"wave_interval_ms":"250"}"#, ["routing.wave_interval_ms"]),
      (#"{"wave_interval_ms":2.5}"#, ["routing.wave_interval_ms"]),
      (#"{"passive_ms":-1}"#, ["routing.passive_ms"]),
      (#"{"passive_ms":5}"#, ["routing.passive_ms"]),
      (#"{"strategy":"price_improvement"}"#, ["routing.passive_ms"]),
      (#"{"strategy":"best","size_jitter":"2"}"#, ["routing.strategy", "routing.size_jitter"]),
    ])
  func `every fault is named`(text: String, fields: [String]) throws {
    do {
      _ = try decode(text)
      Issue.record("\(text) was read")
    } catch let problem as Problem {
      #expect(problem.field == fields[0])
      for field in fields where fields.count > 1 { #expect(problem.detail.contains(field)) }
    }
  }

  @Test func `residual and over-routing are read exactly`() throws {
    #expect(try decode(#"{"residual":"rest"}"#).residual == .rest)
    let options = try decode(#"{"residual":"hold","over_routing":"0.1"}"#)
    #expect(options.residual == .hold)
    #expect(options.overRouting == 1000)
    #expect(throws: Problem.self) { try decode(#"{"residual":"keep"}"#) }
    #expect(throws: Problem.self) { try decode(#"{"over_routing":"1.0001"}"#) }
    #expect(throws: Problem.self) { try decode(#"{"over_routing":"-0.1"}"#) }
  }

  @Test(arguments: [
    (OrderType.market, TimeInForce.goodTillCancel), (.stop, .goodTillCancel),
    (.limit, .immediateOrCancel), (.limit, .fillOrKill),
  ])
  func `only a limit order that may stay open has a residual`(
    _ type: OrderType, _ timeInForce: TimeInForce
  ) {
    #expect { try decode(#"{"residual":"hold"}"#, timeInForce, type: type) } throws: { error in
      (error as? Problem)?.field == "routing.residual"
    }
  }

  @Test func `an order that never takes rests, whatever its routing`() throws {
    #expect(try decode(#"{"residual":"rest"}"#, isPostOnly: true).residual == .rest)
    for (text, field) in [
      (#"{"residual":"hold"}"#, "routing.residual"),
      (#"{"strategy":"price_improvement","passive_ms":5}"#, "routing.strategy"),
    ] {
      #expect { try decode(text, isPostOnly: true) } throws: { error in
        (error as? Problem)?.field == field
      }
    }
  }

  @Test func `what rests needs an order that may stay open`() throws {
    let text = #"{"strategy":"price_improvement","passive_ms":10}"#
    #expect(throws: Problem.self) { try decode(text, .immediateOrCancel) }
    #expect(try decode(text, .goodTillDate).passiveMilliseconds == 10)
  }
}
