import Platform
package import RouterCore
import VenueAdapters

/// Feeds a capture to the decoders that trade, and measures the books that come of it.
package struct Replay {
  package struct Options: Sendable {
    package var venue: CaptureVenue?
    /// Symbols to follow; empty for all.
    package var symbols: [String] = []
    /// The moment, by receive time, whose books are wanted.
    package var moment: Timestamp?
    package var ladderLevels = 10

    package init() {}
  }

  private enum Format { case tape, lines }

  private let path: String
  private let options: Options
  private let progress: (Int) -> Void
  private let venue: CaptureVenue
  private let format: Format
  private var books: [ReplayBook] = []
  private var scales: [CaptureScales] = []
  private var decoder: (any CaptureDecoder)?
  private var output = AdapterOutput()
  private var messages = 0
  private var decodeNanoseconds: Int64 = 0
  private var firstTime: Timestamp?
  private var lastTime = Timestamp.distantPast
  private var ladders: [ReplayReport.Ladder]?
  private var problems: [String] = []

  /// Replays the capture at `path`, in two passes: one for its symbols and digits, one to decode.
  package static func run(
    _ path: String, _ options: Options, progress: (Int) -> Void = { _ in }
  ) throws(ReplayError) -> ReplayReport {
    try withoutActuallyEscaping(progress) { (progress) throws(ReplayError) in
      var replay = try Replay(path, options, progress)
      try replay.survey()
      try replay.decode()
      return replay.report()
    }
  }

  private init(
    _ path: String, _ options: Options, _ progress: @escaping (Int) -> Void
  ) throws(ReplayError) {
    self.path = path
    self.options = options
    self.progress = progress
    var detected: Format?
    var venue = options.venue
    var place = "no address and no book message of a venue we know; name it with --venue"
    try CaptureReader.read(path) { (line, number) throws(ReplayError) in
      if detected == nil {
        detected = try Self.format(of: line, path)
      }
      if venue == nil, let found = Self.venue(of: line, detected == .tape) {
        switch found {
        case .venue(let name): venue = name
        case .foreign(let url): place = "\(url) is none of \(CaptureVenue.names)"
        }
      }
      return venue == nil && number < 10_000
    }
    guard let detected else { throw .unknownFormat(path) }
    guard let venue else { throw .unknownVenue(path, hint: place) }
    format = detected
    self.venue = venue
  }

  private static func format(
    of line: CaptureBytes, _ path: String
  ) throws(ReplayError) -> Format {
    if CaptureLine(line) != nil { return .tape }
    let first = unsafe line.pointer.first
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .lines }
    throw .unknownFormat(path)
  }

  private enum Origin {
    case venue(CaptureVenue)
    case foreign(String)
  }

  private static func venue(of line: CaptureBytes, _ isTape: Bool) -> Origin? {
    guard isTape else {
      return CaptureVenue(message: line.text).map(Origin.venue)
    }
    guard let entry = CaptureLine(line) else { return nil }
    switch entry.kind {
    case .opened:
      let url = entry.payload.text
      return CaptureVenue(url: url).map(Origin.venue) ?? .foreign(url)
    case .response:
      return entry.response.flatMap { CaptureVenue(url: $0.url) }.map(Origin.venue)
    case .received:
      return CaptureVenue(message: entry.payload.text).map(Origin.venue)
    case .sent: return nil
    }
  }

  // MARK: First pass

  private mutating func survey() throws(ReplayError) {
    var survey = CaptureSurvey(venue: venue)
    var reference = CaptureReference()
    reference.readFolder(of: path, venue: venue)
    let venue = venue
    try eachEntry { (entry) throws(ReplayError) in
      switch entry {
      case .message(let message, _): survey.observe(message)
      case .response(let url, let body, _):
        survey.observe(response: body, url: url)
        reference.read(response: body, url: url, venue: venue)
      }
    }
    survey.finish()
    var bindings: [ListingBinding] = []
    for symbol in survey.symbols
    where options.symbols.isEmpty || options.symbols.contains(symbol.name) {
      let scale = reference.scales(of: symbol)
      guard scale.price + scale.quantity <= Amount.scale else {
        problems.append(
          "\(symbol.name): \(scale.price) and \(scale.quantity) decimals are too many, left out")
        continue
      }
      let binding = Self.binding(symbol.name, scale, UInt16(clamping: bindings.count))
      bindings.append(binding)
      books.append(ReplayBook(symbol: symbol.name, instrument: binding.instrument))
      scales.append(scale)
    }
    guard !bindings.isEmpty else { throw .noBooks(path) }
    decoder = makeDecoder(bindings)
  }

  private static func binding(
    _ symbol: String, _ scales: CaptureScales, _ number: UInt16
  ) -> ListingBinding {
    let price = WrittenDecimal(mantissa: 1, scale: scales.price)
    let quantity = WrittenDecimal(mantissa: 1, scale: scales.quantity)
    return ListingBinding(
      listing: ListingID(number),
      instrument: Instrument(
        id: InstrumentID(number), base: AssetID(0), quote: AssetID(1),
        priceScale: UInt8(scales.price), quantityScale: UInt8(scales.quantity)),
      definition: ListingDefinition(
        pair: PairName(base: symbol, quote: ""), symbol: symbol, streamSymbol: symbol,
        priceIncrement: price, quantityIncrement: quantity, minimumQuantity: quantity,
        maximumQuantity: nil, minimumNotional: WrittenDecimal(mantissa: 0, scale: 0),
        status: .trading, feeAsset: .quote, priceDigits: scales.price,
        quantityDigits: scales.quantity))
  }

  private func makeDecoder(_ listings: [ListingBinding]) -> any CaptureDecoder {
    switch venue {
    case .binance, .binanceUS: BinanceCaptureDecoder(listings)
    case .coinbaseExchange: CoinbaseExchangeCaptureDecoder(listings)
    case .kraken: KrakenCaptureDecoder(listings, depth: 10)
    case .krakenV1: KrakenV1CaptureDecoder(listings)
    }
  }

  // MARK: Lines

  private enum Entry {
    case message(CaptureBytes, Timestamp?)
    case response(url: String, CaptureBytes, Timestamp)
  }

  private func eachEntry(_ body: (Entry) throws(ReplayError) -> Void) throws(ReplayError) {
    let isTape = format == .tape
    let path = path
    try CaptureReader.read(path) { (line, number) throws(ReplayError) in
      guard isTape else {
        if unsafe !line.pointer.isEmpty { try body(.message(line, nil)) }
        return true
      }
      guard let entry = CaptureLine(line) else {
        throw .malformedLine(path, line: number, reason: "not a time, a kind and a payload")
      }
      let time = Timestamp(nanoseconds: entry.nanoseconds)
      switch entry.kind {
      case .received: try body(.message(entry.payload, time))
      case .response:
        guard let response = entry.response else {
          throw .malformedLine(path, line: number, reason: "a response without its URL")
        }
        try body(.response(url: response.url, response.body, time))
      case .opened, .sent: break
      }
      return true
    }
  }
}

// MARK: - Second pass

extension Replay {
  private mutating func decode() throws(ReplayError) {
    var state = self
    try eachEntry { (entry) throws(ReplayError) in
      switch entry {
      case .message(let message, let time):
        state.message(message, at: time ?? state.lastTime)
      case .response(let url, let body, let time): state.response(url, body, at: time)
      }
    }
    for book in state.books { book.finish(at: state.lastTime) }
    if options.moment != nil && state.ladders == nil { state.takeLadders() }
    self = state
  }

  private mutating func message(_ message: CaptureBytes, at time: Timestamp) {
    beginEntry(at: time)
    messages += 1
    if messages % 4096 == 0 { progress(messages) }
    let start = Clock.monotonicNanoseconds()
    decoder?.received(message, at: time, into: &output)
    for event in output.batch.events { apply(event) }
    decodeNanoseconds += Clock.monotonicNanoseconds() - start
    finishEntry(at: measure(at: time))
  }

  private mutating func response(
    _ url: String, _ body: CaptureBytes, at time: Timestamp
  ) {
    guard venue == .binance || venue == .binanceUS else { return }
    let symbol = CaptureSurvey.symbol(inURL: url)
    let place =
      symbol.map { name in books.firstIndex { $0.symbol == name } }
      ?? (books.count == 1 ? 0 : nil)
    guard let place else { return }
    beginEntry(at: time)
    decoder?.snapshot(body, of: ListingID(UInt16(place)), at: time, into: &output)
    // The updates that waited for the snapshot follow it here, each one a state of the book.
    for event in output.batch.events {
      guard apply(event), case .book(let update) = event else { continue }
      books[update.listing.index].measure(at: update.receivedAt)
    }
    finishEntry(at: time)
  }

  private mutating func beginEntry(at time: Timestamp) {
    if let moment = options.moment, ladders == nil, time > moment { takeLadders() }
  }

  /// - Returns: Whether it concerns a book.
  @discardableResult
  private func apply(_ event: Event) -> Bool {
    switch event {
    case .book(let update): books[update.listing.index].apply(update, output.batch.levels)
    case .bookInvalid(let listing, let fault):
      books[listing.index].invalidate(fault, at: lastTime)
    default: return false
    }
    return true
  }

  /// Measures each book that the message has changed, once.
  ///
  /// - Returns: The time by the venue, in a capture that has no receive times.
  private func measure(at time: Timestamp) -> Timestamp {
    var now = time
    var measured: ListingID?
    for event in output.batch.events.reversed() {
      guard case .book(let update) = event, update.listing != measured else { continue }
      measured = update.listing
      if format == .lines && update.venueTime != .distantPast { now = update.venueTime }
      books[update.listing.index].measure(at: now)
    }
    return now
  }

  private mutating func finishEntry(at time: Timestamp) {
    for action in output.actions {
      if case .incident(let incident) = action, problems.count < 20 {
        problems.append(incident.message)
      }
    }
    output.removeAll()
    lastTime = max(lastTime, time)
    if firstTime == nil && time != .distantPast { firstTime = time }
  }

  private mutating func takeLadders() {
    ladders = books.map { book in
      let ladder = book.ladder(limit: options.ladderLevels)
      return ReplayReport.Ladder(bids: ladder.bids, asks: ladder.asks)
    }
  }

  private func report() -> ReplayReport {
    let statistics = decoder?.statistics ?? []
    return ReplayReport(
      path: path, venue: venue, messages: messages,
      durationNanoseconds: firstTime.map { max(0, lastTime.since($0)) } ?? 0,
      decodeNanoseconds: decodeNanoseconds, moment: options.moment, problems: problems,
      symbols: books.indices.map { index in
        ReplayReport.Symbol(
          books[index], scales[index], statistics[index], ladder: ladders?[index])
      })
  }
}
