import RouterCore
import Wire

/// The public socket: subscriptions, the venue's status, and books that have to be asked for again.
extension KrakenAdapter {
  func subscribe(at stamp: RequestStamp, into output: inout AdapterOutput) {
    let symbols = account.listings.map(\.definition.streamSymbol)
    for listing in account.listings { marketData.awaitSnapshot(of: listing.listing) }
    subscriptions.askedForAll(at: stamp.time)
    output.send(
      KrakenSubscriptionMessages.instruments(requestID: nextRequestID()), on: .marketData,
      tag: RequestTag(.session))
    output.send(
      KrakenSubscriptionMessages.books(
        "subscribe", symbols, depth: marketData.depth, requestID: nextRequestID()),
      on: .marketData, tag: RequestTag(.session))
    output.send(
      KrakenSubscriptionMessages.trades(symbols, requestID: nextRequestID()), on: .marketData,
      tag: RequestTag(.session))
  }

  func receivedMarketData(
    _ message: UnsafeRawBufferPointer, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    switch unsafe marketData.decode(message, at: stamp.time, into: &output) {
    case .book:
      if !isMarketDataUp { marketDataUp(into: &output) }
      if marketData.hasBrokenListings { renewBooks(at: stamp, into: &output) }
    case .trade, .ticker, .heartbeat: break
    case .other: unsafe receivedControl(message, at: stamp, into: &output)
    }
  }

  private func marketDataUp(into output: inout AdapterOutput) {
    isMarketDataUp = true
    output.append(.linkChanged(account.venue, .marketData, isUp: true))
  }

  func loseBooks(into output: inout AdapterOutput) {
    if isMarketDataUp { output.append(.linkChanged(account.venue, .marketData, isUp: false)) }
    isMarketDataUp = false
    for listing in account.listings {
      marketData.awaitSnapshot(of: listing.listing)
      output.append(.bookInvalid(listing.listing, .disconnected))
    }
  }

  // MARK: - Books to be asked for again

  var bookDeadline: Timestamp {
    account.listings.reduce(.distantFuture) { earliest, listing in
      guard let state = marketData.state(of: listing.listing) else { return earliest }
      return min(earliest, subscriptions.due(listing.listing, state))
    }
  }

  func renewBooks(at stamp: RequestStamp, into output: inout AdapterOutput) {
    for binding in account.listings {
      let listing = binding.listing
      guard let state = marketData.state(of: listing),
        subscriptions.due(listing, state) <= stamp.time
      else { continue }
      renew(listing, at: stamp, into: &output)
    }
  }

  /// Leaves the book's subscription and enters it anew; other books are not touched.
  func renew(_ listing: ListingID, at stamp: RequestStamp, into output: inout AdapterOutput) {
    guard let symbol = account.binding(listing)?.definition.streamSymbol else { return }
    if marketData.state(of: listing) == .live {
      output.append(.bookInvalid(listing, .synchronizing))
    }
    marketData.awaitSnapshot(of: listing)
    subscriptions.asked(listing, at: stamp.time)
    for method in ["unsubscribe", "subscribe"] {
      output.send(
        KrakenSubscriptionMessages.books(
          method, [symbol], depth: marketData.depth, requestID: nextRequestID()),
        on: .marketData, tag: RequestTag(.session, listing: listing))
    }
  }

  // MARK: - Everything that is not market data

  private func receivedControl(
    _ message: UnsafeRawBufferPointer, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    guard let message = try? unsafe JSONValue(parsing: message) else {
      return output.incident(.warning, "\(account.venueName): a public message that is no JSON")
    }
    observeClock(message, at: stamp)
    switch message["channel"]?.string {
    case "instrument": receivedInstruments(message["data"], into: &output)
    case "status": receivedStatus(message["data"], into: &output)
    default: receivedAcknowledgement(message, into: &output)
    }
  }

  private func receivedAcknowledgement(
    _ message: JSONValue, into output: inout AdapterOutput
  ) {
    guard message["success"]?.bool == false || message["method"] == nil else { return }
    let error = message["error"]?.string ?? "a message of no known kind"
    let symbol = message["symbol"]?.string ?? message["result"]?["symbol"]?.string ?? ""
    output.incident(.warning, "\(account.venueName) \(symbol): \(error)")
  }

  /// Times on acknowledgements are finer than the REST clock.
  func observeClock(_ message: JSONValue, at stamp: RequestStamp) {
    guard let text = message["time_out"]?.string, let time = RFC3339.parse(text) else { return }
    clock.observe(venueNanoseconds: time, at: stamp.time)
  }

  /// The whole venue's state: anything but `online` matches nothing.
  private func receivedStatus(_ data: JSONValue?, into output: inout AdapterOutput) {
    guard let system = data?[0]?["system"]?.string else { return }
    let isHalted = system != "online"
    guard isHalted != isVenueHalted else { return }
    isVenueHalted = isHalted
    output.incident(isHalted ? .alarm : .notice, "\(account.venueName): system is \(system)")
    for listing in account.listings { applyHalt(listing.listing, into: &output) }
  }

  private func receivedInstruments(_ data: JSONValue?, into output: inout AdapterOutput) {
    for row in data?["pairs"]?.array ?? [] {
      guard let symbol = row["symbol"]?.string, let binding = account.binding(symbol: symbol)
      else { continue }
      receivedInstrument(row, binding, into: &output)
    }
  }

  private func receivedInstrument(
    _ row: JSONValue, _ binding: ListingBinding, into output: inout AdapterOutput
  ) {
    let listing = binding.listing
    if let text = row["status"]?.string {
      setHalted(!KrakenReferenceData.status(text).allowsTaking, listing, text, into: &output)
    }
    followDigits(row, binding, into: &output)
    let increment = row["price_increment"]?.text.flatMap { DecimalText.parse($0) }
    let expected = binding.definition.priceIncrement
    if let increment, increment != (expected.mantissa, expected.scale) {
      output.incident(
        .alarm, "\(account.venueName) \(binding.definition.streamSymbol): price_increment changed")
    }
  }

  /// The digits are under the checksum; other ones than REST told make every update fail.
  private func followDigits(
    _ row: JSONValue, _ binding: ListingBinding, into output: inout AdapterOutput
  ) {
    guard let price = row["price_precision"]?.int64, let quantity = row["qty_precision"]?.int64,
      let current = marketData.digits(of: binding.listing),
      (0...18).contains(price), (0...18).contains(quantity),
      price != current.price || quantity != current.quantity
    else { return }
    marketData.setDigits(binding.listing, price: Int(price), quantity: Int(quantity))
    output.append(.bookInvalid(binding.listing, .synchronizing))
    output.incident(
      .warning,
      "\(account.venueName) \(binding.definition.streamSymbol): now \(price) and \(quantity) digits"
    )
  }

  private func setHalted(
    _ isHalted: Bool, _ listing: ListingID, _ status: String, into output: inout AdapterOutput
  ) {
    guard isHalted != haltedListings.contains(listing) else { return }
    haltedListings.removeAll { $0 == listing }
    if isHalted { haltedListings.append(listing) }
    let symbol = account.binding(listing)?.definition.streamSymbol ?? ""
    output.incident(
      isHalted ? .warning : .notice, "\(account.venueName) \(symbol): status is \(status)")
    applyHalt(listing, into: &output)
  }

  /// A halted listing has no book for the core; when trading resumes it gets a fresh one.
  private func applyHalt(_ listing: ListingID, into output: inout AdapterOutput) {
    let isHalted = isVenueHalted || haltedListings.contains(listing)
    guard isHalted != marketData.isHalted(listing) else { return }
    marketData.setHalted(isHalted, listing)
    if isHalted {
      output.append(.bookInvalid(listing, .venueHalted))
    } else {
      marketData.markBroken(listing)
    }
  }
}
