internal import RouterCore
internal import Simulation

/// The clients and operators of a history: what they ask for, and what they wait for.
final class Clients {
  /// Orders by the number of their submission, as they were sent.
  private var submitted: [Int: NewOrderSingle] = [:]
  private var waiting: [(requestID: UInt64, clientOrderID: ShortText?)] = []
  private var nextRequestID: UInt64 = 1
  /// The limits that are in the settings.
  var limits = Clients.startLimits

  static let startLimits = RiskLimits(
    maximumOrderValue: Universe.amount(1_000_000), maximumOpenParents: 40,
    collarBasisPoints: 500, maximumBookAgeMilliseconds: 3000, maximumChildrenPerParent: 60)

  func newRequest(_ clientOrderID: ShortText?) -> UInt64 {
    defer { nextRequestID += 1 }
    waiting.append((nextRequestID, clientOrderID))
    return nextRequestID
  }

  /// The client order id that a reply is about.
  func answered(_ reply: ClientReply) -> ShortText? {
    guard let place = waiting.firstIndex(where: { $0.requestID == reply.requestID }) else {
      return nil
    }
    return waiting.remove(at: place).clientOrderID
  }

  /// The router has died, and with it every connection.
  func forgetRequests() { waiting = [] }

  static func clientOrderID(_ number: Int) -> ShortText { ShortText(truncating: "order \(number)") }

  /// The order of a submission, drawn when it is first sent.
  func order(_ number: Int, seed: UInt64, at now: Timestamp) -> NewOrderSingle {
    if let order = submitted[number] { return order }
    var random = SeededRandom(seed: seed)
    let order = OrderDraw.draw(number, &random, at: now)
    submitted[number] = order
    return order
  }
}

/// Any order, with any options; those that do not fit together are refused.
enum OrderDraw {
  static func draw(
    _ number: Int, _ random: inout SeededRandom, at now: Timestamp
  ) -> NewOrderSingle {
    let instrument = random.below(10) < 7 ? 0 : 1
    let side: Side = random.below(2) == 0 ? .buy : .sell
    let type = pick(
      [OrderType.limit, .limit, .limit, .market, .market, .stop, .stopLimit], &random)
    let middle = Universe.middles[instrument]
    let sign: Int64 = side == .buy ? 1 : -1
    let limit = middle + sign * (Int64(random.below(80)) - 25)
    let stop = middle + sign * (Int64(random.below(60)) - 10)
    let timeInForce = pick(
      [
        TimeInForce.goodTillCancel, .goodTillCancel, .goodTillDate, .immediateOrCancel, .fillOrKill,
      ], &random)
    let deadline = random.below(4) == 0 ? Int64(50 + random.below(4_000)) : Int64(60_000)
    let hasDeadline = timeInForce == .goodTillDate || random.below(3) == 0
    var order = NewOrderSingle(
      requestID: 0, clientOrderID: Clients.clientOrderID(number), requestDigest: random.next(),
      instrument: Universe.instruments[instrument].id, side: side, type: type,
      timeInForce: timeInForce, quantity: Quantity(mantissa: Int64(1 + random.below(400))),
      limitPrice: type == .limit || type == .stopLimit ? Price(mantissa: limit) : nil,
      stopPrice: type == .stop || type == .stopLimit ? Price(mantissa: stop) : nil,
      deadline: hasDeadline ? now.adding(milliseconds: deadline) : .distantFuture,
      maximumChildren: random.below(4) == 0 ? UInt8(1 + random.below(3)) : 0,
      routing: routing(&random))
    order.trigger = pick(TriggerSource.allCases, &random)
    order.isPostOnly = random.below(8) == 0
    order.allowsSplit = random.below(2) == 0
    drawConsent(&order)
    if random.below(60) == 0 { spoil(&order, &random) }
    return order
  }

  private static func routing(_ random: inout SeededRandom) -> RoutingOptions {
    var options = RoutingOptions()
    options.residual = random.below(3) == 0 ? .hold : .rest
    guard random.below(5) < 3 else { return options }
    options.strategy =
      random.below(3) == 0 ? .priceImprovement : pick(RoutingStrategy.allCases, &random)
    options.arrival = pick(ArrivalMode.allCases, &random)
    options.usesExpectedCost = random.below(5) < 2
    if options.strategy == .priceImprovement {
      options.passiveMilliseconds = UInt32(50 + random.below(6000))
    }
    if random.below(4) == 0 { options.maximumParticipation = UInt16(1 + random.below(10_000)) }
    if random.below(4) == 0 {
      options.maximumChildQuantity = Quantity(mantissa: Int64(1 + random.below(80)))
    }
    if random.below(4) == 0 {
      options.sizeJitter = UInt16(random.below(5000))
      options.jitterTolerance = UInt16(random.below(60_000))
    }
    if random.below(4) == 0 { options.waveIntervalMilliseconds = UInt32(random.below(900)) }
    return options
  }

  /// Lets one order in six get more than its quantity; of those, one in eight by terms that must be
  /// refused.
  private static func drawConsent(_ order: inout NewOrderSingle) {
    var random = SeededRandom(seed: SeededRandom.hash(order.requestDigest))
    guard random.below(6) == 0 else { return }
    order.routing.overRouting = UInt16(1 + random.below(1000))
    guard random.below(8) > 0 else { return spoilConsent(&order, &random) }
    order.routing.strategy = .bestPrice
    order.routing.passiveMilliseconds = 0
    order.routing.arrival = .spray
    order.routing.usesExpectedCost = true
    (order.routing.sizeJitter, order.routing.jitterTolerance) = (0, 0)
    order.isPostOnly = false
    if order.timeInForce == .fillOrKill { order.timeInForce = .immediateOrCancel }
  }

  private static func spoilConsent(
    _ order: inout NewOrderSingle, _ random: inout SeededRandom
  ) {
    if random.below(2) == 0 { order.routing.overRouting = UInt16(1001 + random.below(20_000)) }
  }

  /// Makes an order that must be refused, or that asks for far too much.
  private static func spoil(_ order: inout NewOrderSingle, _ random: inout SeededRandom) {
    switch random.below(4) {
    case 0: order.quantity = Quantity(mantissa: Int64(random.below(3)) - 2)
    case 1: order.quantity = Quantity(mantissa: .max)
    case 2: order.limitPrice = Price(mantissa: -5)
    default: order.instrument = InstrumentID(40)
    }
  }

  private static func pick<Element>(_ all: [Element], _ random: inout SeededRandom) -> Element {
    all[random.below(all.count)]
  }
}
