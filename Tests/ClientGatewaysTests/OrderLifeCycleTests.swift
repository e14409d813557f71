import RouterCore
import Testing
import Wire

@testable import ClientGateways

/// Stops, replacements and what clients see of them.
struct OrderLifeCycleTests {
  private static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 2, quantityScale: 4)
  private static let parent = ParentOrderID(7)

  private func model(
    _ type: OrderType = .limit, _ timeInForce: TimeInForce = .goodTillCancel
  ) -> ReadModel {
    var model = ReadModel()
    model.apply(
      .instrumentDefined(
        InstrumentDefinition(
          instrument: Self.instrument, symbol: ShortText(truncating: "BTC-USD"))))
    let order = NewOrderSingle(
      requestID: 1, clientOrderID: ShortText(truncating: "mine"), requestDigest: 5,
      instrument: InstrumentID(0), side: .buy, type: type, timeInForce: timeInForce,
      quantity: Quantity(mantissa: 20_000),
      limitPrice: type.needsLimit ? Price(mantissa: 10_000) : nil,
      stopPrice: type.needsStop ? Price(mantissa: 9_500) : nil, deadline: .distantFuture,
      maximumChildren: 8, trigger: .last)
    model.apply(
      .parentAccepted(
        ParentAccepted(
          id: Self.parent, order: order, effectiveLimit: order.limitPrice ?? .zero,
          arrivalBid: .zero, arrivalAsk: .zero, at: Timestamp(nanoseconds: 10))))
    return model
  }

  private func view(_ model: ReadModel) throws -> OrderView {
    try #require(model.orders[Self.parent])
  }

  private func json(_ model: ReadModel) throws -> JSONValue {
    var writer = JSONWriter()
    Renderer(directory: model.directory).write(try view(model), children: true, to: &writer)
    return try JSONValue(parsing: writer.bytes)
  }

  private func replacement(
    _ quantity: Int64, limit: Int64? = 10_000, stop: Int64? = nil, at: Int64
  ) -> ParentReplacement {
    ParentReplacement(
      parent: Self.parent, quantity: Quantity(mantissa: quantity),
      limitPrice: limit.map(Price.init(mantissa:)), stopPrice: stop.map(Price.init(mantissa:)),
      effectiveLimit: limit.map(Price.init(mantissa:)) ?? .zero, at: Timestamp(nanoseconds: at))
  }

  private let triggered = Fact.parentTriggered(
    ParentTriggered(
      parent: Self.parent, price: Price(mantissa: 9_501), confirmingVenues: 2, usableVenues: 3,
      effectiveLimit: Price(mantissa: 9_800), deadline: Timestamp(nanoseconds: 5_000),
      at: Timestamp(nanoseconds: 40)))

  @Test func `a stop order is armed until it triggers, and shows on what evidence it did`() throws {
    var model = model(.stop)
    #expect(try view(model).status == "armed")
    let armed = try json(model)
    #expect(armed["stop_price"]?.string == "95" && armed["trigger"]?.string == "last")
    #expect(armed["limit_price"] == nil && armed["effective_limit_price"] == nil)
    #expect(armed["triggered"] == nil && armed["expires_at"] == nil)
    model.apply(triggered)
    #expect(try view(model).status == "working")
    let working = try json(model)
    #expect(working["triggered"]?["price"]?.string == "95.01")
    #expect(working["triggered"]?["confirming_venues"]?.int64 == 2)
    #expect(working["triggered"]?["usable_venues"]?.int64 == 3)
    #expect(working["effective_limit_price"]?.string == "98")
    #expect(working["expires_at"] != nil)
  }

  @Test func `a replacement is pending until it stands, and former terms are kept`() throws {
    var model = model()
    model.apply(.parentReplaceRequested(replacement(30_000, limit: 10_100, at: 20)))
    #expect(try view(model).status == "replace_pending")
    let pending = try json(model)
    #expect(pending["quantity"]?.string == "2" && pending["limit_price"]?.string == "100")
    #expect(pending["replacing"]?["quantity"]?.string == "3")
    #expect(pending["replacing"]?["limit_price"]?.string == "101")
    model.apply(.parentReplaced(replacement(30_000, limit: 10_100, at: 30)))
    #expect(try view(model).status == "working")
    let replaced = try json(model)
    #expect(replaced["quantity"]?.string == "3" && replaced["limit_price"]?.string == "101")
    #expect(replaced["effective_limit_price"]?.string == "101")
    #expect(replaced["leaves_quantity"]?.string == "3" && replaced["replacing"] == nil)
    let former = try #require(replaced["replaced"]?.array)
    #expect(former.count == 1)
    #expect(former[0]["quantity"]?.string == "2" && former[0]["limit_price"]?.string == "100")
    #expect(former[0]["until"]?.string == RFC3339.format(30))
  }

  @Test func `a cancel overtakes a replacement and the end drops it`() throws {
    var model = model()
    model.apply(.parentReplaceRequested(replacement(30_000, at: 20)))
    model.apply(.parentCancelRequested(Self.parent, at: Timestamp(nanoseconds: 21)))
    #expect(try view(model).status == "canceling")
    model.apply(
      .parentClosed(
        ParentClosed(
          parent: Self.parent, outcome: .canceled, reason: .none, at: Timestamp(nanoseconds: 22))))
    #expect(try view(model).replacing == nil)
    #expect(try json(model)["replacing"] == nil)
  }

  @Test func `a child says what it is for`() throws {
    var model = model()
    for (number, role) in [(1, ChildRole.taker), (2, .passive), (3, .residual)] {
      model.apply(
        .childIntended(
          ChildIntended(
            order: NewChildOrder(
              id: ChildOrderID(
                instance: 1, epoch: 1, parent: Self.parent, child: UInt16(number)),
              venue: VenueID(0), listing: ListingID(0), side: .buy,
              limitPrice: Price(mantissa: 10_000), quantity: Quantity(mantissa: 1),
              timeInForce: .goodTillCancel, isPostOnly: role != .taker), wave: 1, reserved: .zero,
            at: Timestamp(nanoseconds: 11), role: role)))
    }
    let children = try #require(try json(model)["children"]?.array)
    #expect(children.map { $0["role"]?.string } == ["taker", "passive", "residual"])
    #expect(children.map { $0["post_only"]?.bool } == [false, true, true])
  }

  // MARK: PATCH

  private func decode(_ text: String, _ model: ReadModel) throws -> OrderReplaceRequest {
    try ReplaceRequest.decode(Array(text.utf8), of: try view(model), Self.instrument)
  }

  private func fault(_ text: String, _ model: ReadModel) -> String? {
    do {
      _ = try decode(text, model)
      return nil
    } catch {
      return (error as? Problem).map { $0.field ?? $0.name }
    }
  }

  @Test func `a replacement names what changes, at the instrument's scales`() throws {
    let request = try decode(#"{"quantity":"2.5","limit_price":"101.25"}"#, model())
    #expect(request.parent == Self.parent)
    #expect(request.quantity == Quantity(mantissa: 25_000))
    #expect(request.limitPrice == Price(mantissa: 10_125) && request.stopPrice == nil)
    let stop = try decode(#"{"stop_price":"94"}"#, model(.stop))
    #expect(stop.stopPrice == Price(mantissa: 9_400) && stop.quantity == nil)
  }

  @Test(arguments: [
    ("{}", "quantity"), (#"{"side":"sell"}"#, "side"), (#"{"quantity":"0"}"#, "quantity"),
    (#"{"quantity":2}"#, "quantity"), (#"{"quantity":"1.00001"}"#, "quantity"),
    (#"{"limit_price":"-1"}"#, "limit_price"), (#"{"stop_price":"95"}"#, "stop_price"),
    (#"{"quantity":"1","quantity":"2"}"#, "quantity"), ("7", "invalid-json"),
  ])
  func `a replacement that can not be names its field`(_ text: String, _ field: String) {
    #expect(fault(text, model()) == field)
  }

  @Test func `what an order has not can not be changed`() {
    var model = model(.stop)
    #expect(fault(#"{"limit_price":"100"}"#, model) == "limit_price")
    model.apply(triggered)
    #expect(fault(#"{"stop_price":"96"}"#, model) == "stop_price")
    #expect(fault(#"{"quantity":"1"}"#, self.model(.limit, .immediateOrCancel)) == "quantity")
    #expect(fault(#"{"quantity":"1"}"#, self.model(.stop, .immediateOrCancel)) == nil)
  }
}
