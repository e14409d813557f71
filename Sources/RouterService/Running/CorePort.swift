internal import ClientGateways
internal import Platform
internal import RouterCore
internal import Synchronization
internal import VenueAdapters
internal import VenueGateways

/// Carries requests from the API's thread to the core's, and answers back.
///
/// Both queues belong to event loops; the number of requests under way is bounded here, so that a
/// client is refused with a reason instead of waiting without end.
final class CorePort: RouterPort, @unchecked Sendable {
  private static let maximumInFlight = 1024

  private let core: CoreThread
  private let coreLoop: EventLoop
  private let apiLoop: EventLoop
  private let inFlight = Atomic<Int>(0)
  private let starting = Mutex<[String: Starting]>([:])
  private let clock: CoreClock
  private let state = Mutex(Readiness(isReady: false, reason: "recovery has not begun"))
  /// Called each time the service gets ready.
  private let onReady: @Sendable () -> Void

  private struct Starting: Sendable {
    var dialect: String
    var words: String?
    var at: Timestamp
  }

  init(
    core: CoreThread, apiLoop: EventLoop, onReady: @escaping @Sendable () -> Void = {}
  ) {
    self.onReady = onReady
    self.core = core
    clock = core.clock
    coreLoop = core.loop
    self.apiLoop = apiLoop
  }

  var readiness: Readiness { state.withLock { $0 } }

  func setReadiness(_ readiness: Readiness) {
    state.withLock { $0 = readiness }
    if readiness.isReady { onReady() }
  }

  /// A venue that has not answered its start-up questions; `words` say why, once it is known.
  func noteStarting(venue: String, dialect: String, _ words: String?) {
    let now = clock.now
    starting.withLock { $0[venue] = Starting(dialect: dialect, words: words, at: now) }
    guard let words else { return }
    state.withLock { state in
      if !state.isReady { state.reason = "\(venue): \(words)" }
    }
  }

  func noteStarted(venue: String) {
    _ = starting.withLock { $0.removeValue(forKey: venue) }
  }

  func submit(
    _ order: NewOrderSingle, _ completion: @escaping @Sendable (ClientReply) -> Void
  ) -> Bool {
    request(completion) { id in
      var order = order
      order.requestID = id
      return .newOrderSingle(order)
    }
  }

  func cancel(
    _ parent: ParentOrderID, _ completion: @escaping @Sendable (ClientReply) -> Void
  ) -> Bool {
    request(completion) { .orderCancelRequest(OrderCancelRequest(requestID: $0, parent: parent)) }
  }

  func replace(
    _ request: OrderReplaceRequest, _ completion: @escaping @Sendable (ClientReply) -> Void
  ) -> Bool {
    self.request(completion) { id in
      var request = request
      request.requestID = id
      return .orderReplaceRequest(request)
    }
  }

  func setHalted(
    _ isHalted: Bool, _ completion: @escaping @Sendable (ClientReply) -> Void
  ) -> Bool {
    request(completion) {
      isHalted ? .haltRequested(requestID: $0) : .resumeRequested(requestID: $0)
    }
  }

  func book(
    _ instrument: InstrumentID, depth: Int,
    _ completion: @escaping @Sendable (InstrumentBooks) -> Void
  ) -> Bool {
    ask(completion) { $0.books(of: instrument, depth: depth) }
  }

  func plan(
    _ request: PlanRequest, _ completion: @escaping @Sendable (RoutePlan) -> Void
  ) -> Bool {
    ask(completion) { $0.previewPlan(request) }
  }

  func venues(_ completion: @escaping @Sendable ([VenueStatusView]) -> Void) -> Bool {
    ask(completion) { [self] core in
      let venues = core.venueStatuses().map { status in
        var view = VenueStatusView(status)
        view.breakers = core.breakers(of: status.venue)
        view.throttle = core.throttleView(of: status.venue)
        return view
      }
      return venues + startingVenues()
    }
  }

  private func startingVenues() -> [VenueStatusView] {
    let venues = starting.withLock { $0 }
    return venues.sorted { $0.key < $1.key }.map { name, starting in
      VenueStatusView(
        venue: VenueID(.max), name: name, dialect: starting.dialect, state: "down",
        marketData: false, orderEntry: false, dropCopy: false, channels: [],
        clockOffsetMilliseconds: nil, clockUncertaintyMilliseconds: nil, ordersSent: 0,
        requestsUnknown: 0,
        incidents: [(starting.at, "alarm", starting.words ?? "has not answered yet")])
    }
  }

  func balances(_ completion: @escaping @Sendable ([BalanceObservation]) -> Void) -> Bool {
    ask(completion) { $0.balances() }
  }

  // MARK: Latency and metrics

  /// Measures latency, if the settings want that; set before the API listens.
  var collector: LatencyCollector?

  func metrics(_ completion: @escaping @Sendable (MetricsView) -> Void) -> Bool {
    ask({ [self] view in addLatency(to: view, completion) }) { [self] core in
      MetricsView(
        at: core.clock.now, gauges: core.gauges(),
        venues: core.venueStatuses().map(VenueStatusView.init) + startingVenues(),
        clocks: core.attachedGateways.map(VenueClockView.init), requestsInFlight: count)
    }
  }

  private func addLatency(
    to view: MetricsView, _ completion: @escaping @Sendable (MetricsView) -> Void
  ) {
    guard let collector else { return completion(view) }
    collector.view { [apiLoop] latency in
      var view = view
      view.latency = latency
      apiLoop.submit { [view] in completion(view) }
    }
  }

  func stages(
    of parent: ParentOrderID, _ completion: @escaping @Sendable (ParentStagesView?) -> Void
  ) -> Bool {
    ask(completion) { core in
      core.stages?.stages(of: parent).map(ParentStagesView.init)
    }
  }

  private var count: Int { inFlight.load(ordering: .relaxed) }

  private func request(
    _ completion: @escaping @Sendable (ClientReply) -> Void,
    _ make: @escaping @Sendable (UInt64) -> Event
  ) -> Bool {
    guard enter() else { return false }
    let readAt = apiLoop.lastReadNanoseconds
    coreLoop.submit { [self] in
      core.request(make, readAt: readAt) { [self] reply in
        leave()
        apiLoop.submit { completion(reply) }
      }
    }
    return true
  }

  private func ask<Answer: Sendable>(
    _ completion: @escaping @Sendable (Answer) -> Void,
    _ read: @escaping @Sendable (CoreThread) -> Answer
  ) -> Bool {
    guard enter() else { return false }
    coreLoop.submit { [self] in
      let answer = read(core)
      leave()
      apiLoop.submit { completion(answer) }
    }
    return true
  }

  private func enter() -> Bool {
    let count = inFlight.wrappingAdd(1, ordering: .relaxed).newValue
    guard count > Self.maximumInFlight else { return true }
    leave()
    return false
  }

  private func leave() {
    inFlight.wrappingSubtract(1, ordering: .relaxed)
  }
}

extension VenueStatusView {
  init(_ status: GatewayStatus) {
    let links = VenueLink.allCases.map { status.links[$0] ?? false }
    let state = links.allSatisfy(\.self) ? "up" : links.contains(true) ? "degraded" : "down"
    self.init(
      venue: status.venue, name: status.name, dialect: status.dialect, state: state,
      marketData: status.links[.marketData] ?? false,
      orderEntry: status.links[.orderEntry] ?? false, dropCopy: status.links[.dropCopy] ?? false,
      channels: status.channels.map(Channel.init),
      clockOffsetMilliseconds: status.clockOffsetMilliseconds,
      clockUncertaintyMilliseconds: status.clockUncertaintyMilliseconds,
      ordersSent: status.ordersSent, requestsUnknown: status.requestsUnknown,
      incidents: status.incidents.map { ($0.at, $0.severity, $0.message) })
    orderTransport = status.orderTransports.map(OrderTransportView.init)
  }
}

extension OrderTransportView {
  init(_ reading: OrderTransportReading) {
    self.init(
      policy: reading.policy.rawValue, chosen: reading.chosen.name,
      ways: reading.ways.map { way in
        Way(
          name: way.transport.name, samples: way.samples,
          medianNanoseconds: way.medianNanoseconds, tailNanoseconds: way.tailNanoseconds)
      })
  }
}

extension VenueStatusView.Channel {
  init(_ channel: GatewayStatus.Channel) {
    self.init(
      name: channel.name, state: channel.state, reconnects: channel.reconnects,
      messages: channel.messages, lastMessageAt: channel.lastMessageAt,
      lastClosure: channel.lastClosure)
  }
}
