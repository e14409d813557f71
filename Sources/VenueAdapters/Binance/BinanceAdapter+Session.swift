import RouterCore
import Wire

// Subscriptions, and what keeps them honest.
extension BinanceAdapter {
  /// The sheet's limits: 1024 streams a connection, five client messages a second.
  private static let maximumStreams = 1024
  private static let streamsPerMessage = 300

  // MARK: Market data

  func openMarketData(at stamp: RequestStamp, into output: inout AdapterOutput) {
    market.opened(at: stamp.time)
    marketData.restart()
    openSubscriptions.removeAll()
    let listings = context.setup.listings
    // The books first: if the streams do not suffice, it is trades that are left out.
    let wanted = ["@depth@100ms", "@aggTrade"].flatMap { stream in
      listings.map { $0.definition.streamSymbol + stream }
    }
    if wanted.count > Self.maximumStreams {
      output.incident(
        .alarm,
        "\(listings.count) pairs need two streams each, but a connection carries "
          + "\(Self.maximumStreams)")
    }
    let streams = Array(wanted.prefix(Self.maximumStreams))
    for start in stride(from: 0, to: streams.count, by: Self.streamsPerMessage) {
      requestCount += 1
      openSubscriptions.append(Int64(requestCount))
      let part = streams[start..<min(start + Self.streamsPerMessage, streams.count)]
      output.send(Self.subscribe(Array(part), number: requestCount), on: .marketData)
    }
  }

  private static func subscribe(_ streams: [String], number: UInt64) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("method", "SUBSCRIBE")
    writer.key("params")
    writer.beginArray()
    for stream in streams { writer.string(stream) }
    writer.endArray()
    writer.field("id", integer: Int64(number))
    writer.endObject()
    return writer.bytes
  }

  func receivedMarketData(
    _ message: UnsafeRawBufferPointer, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    market.received(at: stamp.time)
    switch unsafe marketData.decode(message, at: stamp.time, into: &output) {
    case .marketData:
      guard marketData.hasWork else { return }
      if market.phase == .subscribed {
        marketData.requestSnapshots(at: stamp.time, into: &output)
      }
    case .reply(let number, let isError):
      repliedMarketData(number, isError: isError, at: stamp, into: &output)
    case .serverShutdown:
      reconnect(.marketData, "the venue is shutting the server down", into: &output)
    case .unreadable:
      // It may have been a depth update of any book.
      reconnect(.marketData, "a message that can not be read", into: &output)
    }
    reschedule()
  }

  private func repliedMarketData(
    _ number: Int64, isError: Bool, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    guard let index = openSubscriptions.firstIndex(of: number) ?? (isError ? 0 : nil),
      openSubscriptions.indices.contains(index)
    else { return }  // The answer to a probe; that it came is all we wanted.
    guard !isError else {
      output.incident(.alarm, "market data: the venue refused a subscription")
      return reconnect(.marketData, "subscription refused", into: &output)
    }
    openSubscriptions.remove(at: index)
    guard openSubscriptions.isEmpty, market.phase == .subscribing else { return }
    market.subscribed(at: stamp.time)
    output.append(.linkChanged(context.setup.venue, .marketData, isUp: true))
    marketData.subscribed(at: stamp.time, into: &output)
  }

  // MARK: User data

  func openUserData(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    user.opened(at: stamp.time)
    canary.removeAll()
    subscribeUserData(at: stamp, signer: signer, into: &output)
  }

  private func subscribeUserData(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    let request = BinanceRequest(
      socketMethod: "userDataStream.subscribe.signature", verb: "", path: "", parameters: [])
    let tag = nextTag(.streamToken)
    requests.insert(tag, deadline: .distantFuture)
    output.send(
      BinanceAuthentication.message(
        request, number: tag.number, at: stamp, windowMilliseconds: window, signer: signer),
      on: .privateStream, tag: tag)
  }

  func repliedSubscription(
    _ reply: BinanceReply, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    guard case .result(let value) = reply, value["subscriptionId"]?.int64 != nil else {
      output.incident(.alarm, "user data: the subscription was refused: \(reply.words)")
      return reconnect(.privateStream, "subscription refused", into: &output)
    }
    guard user.phase == .subscribing else { return }
    user.subscribed(at: stamp.time)
    // There is no logon: a socket that took one signed request takes the others.
    output.append(.linkChanged(context.setup.venue, .orderEntry, isUp: true))
    output.append(.linkChanged(context.setup.venue, .dropCopy, isUp: true))
  }

  func userDataLost(into output: inout AdapterOutput) {
    canary.removeAll()
    output.append(.linkChanged(context.setup.venue, .dropCopy, isUp: false))
    output.append(.linkChanged(context.setup.venue, .orderEntry, isUp: false))
  }

  func receivedUserData(
    _ message: UnsafeRawBufferPointer, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard let value = try? unsafe JSONValue(parsing: message) else {
      // It may have been a report on any order; the core asks for all when the link is back.
      output.incident(.warning, "user data: a message that can not be read")
      return reconnect(.privateStream, "a message that can not be read", into: &output)
    }
    if let event = value["event"] ?? (value["e"] == nil ? nil : value) {
      receivedEvent(event, at: stamp, signer: signer, into: &output)
    } else if value["status"] != nil || value["id"] != nil {
      replied(value, at: stamp, signer: signer, into: &output)
    } else {
      output.incident(.notice, "user data: a message that is neither event nor answer")
    }
  }

  private func receivedEvent(
    _ event: JSONValue, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    noteOwner(event)
    switch dropCopy.received(event, at: stamp.time, into: &output) {
    case .nothing:
      break
    case .heard(let child):
      canary.heard(child)
      measure(child, at: stamp.time, into: &output)
    case .refreshBalances:
      refreshBalances(at: stamp, signer: signer, into: &output)
    case .streamTerminated:
      guard user.phase == .subscribed else { break }
      output.incident(.warning, "user data: the venue ended the subscription, subscribing again")
      output.append(.linkChanged(context.setup.venue, .dropCopy, isUp: false))
      user.resubscribing(at: stamp.time)
      subscribeUserData(at: stamp, signer: signer, into: &output)
    case .serverShutdown:
      reconnect(.privateStream, "the venue is shutting the server down", into: &output)
    }
  }

  // MARK: Watching

  /// Closes and opens a socket again; once, however many reasons there are.
  func reconnect(_ channel: VenueChannel, _ reason: String, into output: inout AdapterOutput) {
    switch channel {
    case .marketData:
      guard market.phase == .subscribing || market.phase == .subscribed else { return }
      market.closing()
    case .privateStream:
      guard user.phase == .subscribing || user.phase == .subscribed else { return }
      user.closing()
      userDataLost(into: &output)
    }
    output.reconnect(channel, reason: reason)
  }

  func perform(
    _ duty: BinanceConnection.Duty, _ channel: VenueChannel, at stamp: RequestStamp,
    _ signer: any VenueSigner, _ output: inout AdapterOutput
  ) {
    switch duty {
    case .nothing: break
    case .reconnect(let reason): reconnect(channel, reason, into: &output)
    case .probe: probe(channel, at: stamp, into: &output)
    }
  }

  /// Asks for anything: an answer, even a refusal, shows that the socket lives.
  private func probe(
    _ channel: VenueChannel, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    let tag = nextTag(.session)
    if channel == .marketData {
      let text = "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":\(tag.number)}"
      return output.send(Array(text.utf8), on: .marketData)
    }
    let request = BinanceRequest(
      socketMethod: "session.status", verb: "", path: "", parameters: [])
    output.send(
      BinanceAuthentication.message(request, number: tag.number), on: .privateStream)
  }

  /// An order that the reply called live must show on the stream; if not, the stream is deaf.
  func checkCanary(at stamp: RequestStamp, into output: inout AdapterOutput) {
    guard let child = canary.expire(at: stamp.time) else { return }
    output.incident(
      .alarm, "user data: nothing about order \(child.short.string), which the venue has accepted")
    reconnect(.privateStream, "the user data stream is silent about our order", into: &output)
  }
}

/// Orders that were accepted and not yet mentioned on the user data stream.
struct BinanceCanary {
  private static let patienceMilliseconds: Int64 = 10_000
  private static let capacity = 256
  private var waiting: [(child: ChildOrderID, deadline: Timestamp)] = []
  /// The last orders the stream mentioned: it may speak before the reply does.
  private var recent: [ChildOrderID] = []
  private var nextRecent = 0

  mutating func accepted(_ child: ChildOrderID, at time: Timestamp) {
    guard !recent.contains(child), waiting.count < Self.capacity else { return }
    waiting.append((child, time.adding(milliseconds: Self.patienceMilliseconds)))
  }

  mutating func heard(_ child: ChildOrderID) {
    waiting.removeAll { $0.child == child }
    if recent.count < Self.capacity {
      recent.append(child)
    } else {
      recent[nextRecent] = child
      nextRecent = (nextRecent + 1) % Self.capacity
    }
  }

  /// An order that the stream should have mentioned by now.
  mutating func expire(at time: Timestamp) -> ChildOrderID? {
    guard let first = waiting.first(where: { $0.deadline <= time }) else { return nil }
    waiting.removeAll()
    return first.child
  }

  mutating func removeAll() {
    waiting.removeAll()
    recent.removeAll()
    nextRecent = 0
  }

  var nextDeadline: Timestamp {
    waiting.reduce(.distantFuture) { min($0, $1.deadline) }
  }
}
