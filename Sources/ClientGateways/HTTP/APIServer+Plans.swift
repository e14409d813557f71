internal import Platform
internal import RouterCore
internal import Wire

/// `POST /v1/plans`: a plan without an order, over the books in the body or over the live ones.
extension APIServer {
  /// A problem of the client's own is solved on this thread, which others wait for.
  private static let maximumNodes: Int64 = 100_000
  /// The live books are planned over on the core's thread, which trading waits for.
  private static let maximumLiveNodes: Int64 = 4096

  func respondPlan(_ request: HTTPRequest, _ exchange: HTTPExchange) throws(Problem) {
    do throws(PlanFaults) {
      let json = try PlanReader.parse(request.body)
      if json["venues"] != nil {
        let problem = try PlanReader.read(problem: json, maximumNodes: Self.maximumNodes)
        respond(exchange) { _, json in json.raw(problem.answer()) }
        return
      }
      let question = try PlanReader.read(question: json, maximumNodes: Self.maximumLiveNodes)
      guard let instrument = model.directory.instrument(symbol: question.symbol) else {
        throw PlanFaults(
          PlanFault(
            field: "symbol",
            detail: "'\(question.symbol)' is not traded here; GET /v1/venues lists the symbols"))
      }
      let isTaken = askForPlan(try question.terms.request(for: instrument), exchange)
      if !isTaken { return exchange.respond(Self.busy.response) }
    } catch {
      throw Problem(error)
    }
  }

  private func askForPlan(_ request: PlanRequest, _ exchange: HTTPExchange) -> Bool {
    let (server, exchange) = (Handed(self), Handed(exchange))
    return port.plan(request) { plan in
      let labels = PlanLabels(plan, request.instrument, server.value.model.directory)
      server.value.respond(exchange.value) { _, json in
        PlanRenderer(plan: plan, labels: labels).write(to: &json)
      }
    }
  }
}

extension PlanTerms {
  /// The request for a plan over the live books.
  func request(for instrument: Instrument) throws(PlanFaults) -> PlanRequest {
    var faults = PlanFaults()
    let quantity = Self.whole(quantity, instrument.quantityScale, "quantity", &faults)
    let limit = limitPrice.map {
      Self.whole($0, instrument.priceScale, "limit_price", &faults)
    }
    guard faults.isEmpty else { throw faults }
    return PlanRequest(
      instrument: instrument, side: side, quantity: Quantity(mantissa: quantity),
      limitPrice: limit.map(Price.init(mantissa:)), maximumChildren: maximumChildren,
      nodeBudget: nodeBudget)
  }

  private static func whole(
    _ decimal: ExactDecimal, _ scale: UInt8, _ field: String, _ faults: inout PlanFaults
  ) -> Int64 {
    let mantissa = decimal.exactMantissa(at: Int(scale)).flatMap(Int64.init(exactly:))
    if mantissa == nil {
      faults.add(field, "must have at most \(scale) digits after the point and fit 64 bits")
    }
    return mantissa ?? 0
  }
}

extension PlanLabels {
  /// The names and rates of a live plan's legs.
  init(_ plan: RoutePlan, _ instrument: Instrument, _ directory: Directory) {
    let venues = (0..<plan.legCount).map { index in
      let listing = directory.listings[plan[index].listing]
      let increment = listing?.priceIncrement ?? Price(mantissa: 1)
      return Venue(
        name: directory.venueName(plan[index].venue),
        pricePlaces: Self.places(of: increment, scale: Int(instrument.priceScale)),
        fee: listing?.takerFee ?? .zero, feeAsset: listing?.feeAsset ?? .quote)
    }
    self.init(
      priceScale: Int(instrument.priceScale), quantityScale: Int(instrument.quantityScale),
      venues: venues)
  }

  /// Digits after the point that an increment needs.
  private static func places(of increment: Price, scale: Int) -> Int {
    var (places, rest) = (scale, increment.mantissa)
    while places > 0 && rest % 10 == 0 {
      rest /= 10
      places -= 1
    }
    return places
  }
}

extension Problem {
  fileprivate init(_ faults: PlanFaults) {
    let first = faults.faults.first
    let detail = faults.detail
    guard let field = first?.field, !field.isEmpty else {
      self.init(400, "invalid-json", title: "The body can not be read", detail: detail)
      return
    }
    self.init(400, "invalid-field", title: "A field is not valid", detail: detail, field: field)
  }
}
