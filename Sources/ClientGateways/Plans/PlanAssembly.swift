internal import RouterCore
internal import Wire

/// Makes a problem of what was read: chooses scales and turns every number into a whole one, exactly.
///
/// Minima and maxima may be finer than the scales: rounding a minimum up and a maximum down to what
/// can be sent changes no answer.
struct PlanAssembly {
  private let terms: PlanTerms
  private let drafts: [VenueDraft]
  private var scales: PlanScales
  private var faults = PlanFaults()

  init(_ terms: PlanTerms, _ drafts: [VenueDraft]) {
    self.terms = terms
    self.drafts = drafts
    var price = 0
    var quantity = terms.quantity.scale
    for draft in drafts {
      price = max(price, draft.priceIncrement.scale)
      quantity = max(quantity, draft.quantityIncrement.scale)
      for level in draft.bids + draft.asks {
        price = max(price, level.price.scale)
        quantity = max(quantity, level.quantity.scale)
      }
    }
    scales = PlanScales(
      price: min(price, PlanScales.maximumDigits), quantity: min(quantity, PlanScales.maximumDigits)
    )
  }

  mutating func problem() throws(PlanFaults) -> PlanProblem {
    checkDigits()
    guard faults.isEmpty else { throw faults }
    let quantity = whole(terms.quantity, scales.quantity, "quantity", nil)
    let books = drafts.map { draft in
      (bids: levels(draft, "bids"), asks: levels(draft, "asks"))
    }
    guard faults.isEmpty else { throw faults }
    chooseUnits(quantity: quantity, books)
    var venues: [PlanProblem.Venue] = []
    for index in drafts.indices {
      venues.append(
        PlanProblem.Venue(
          terms: venueTerms(drafts[index], index), bids: books[index].bids,
          asks: books[index].asks))
    }
    guard faults.isEmpty else { throw faults }
    let request = PlanRequest(
      instrument: scales.instrument, side: terms.side, quantity: Quantity(mantissa: quantity),
      limitPrice: limitPrice, maximumChildren: terms.maximumChildren, nodeBudget: terms.nodeBudget)
    return PlanProblem(request: request, labels: labels, venues: venues)
  }

  private var labels: PlanLabels {
    PlanLabels(
      priceScale: scales.price, quantityScale: scales.quantity,
      venues: drafts.map {
        PlanLabels.Venue(
          name: $0.name, pricePlaces: $0.priceIncrement.scale, fee: $0.fee, feeAsset: $0.feeAsset)
      })
  }

  /// The limit on the grid of prices, on our side of it: no level lies between the two.
  private var limitPrice: Price? {
    guard let limit = terms.limitPrice else { return nil }
    let isSell = terms.side == .sell
    let mantissa = limit.mantissa(at: scales.price, roundingUp: isSell) ?? .max
    // Beyond every price there can be.
    let beyond = PlanScales.maximumMantissa
    if mantissa > beyond { return isSell ? Price(mantissa: Int64(beyond)) : nil }
    return Price(mantissa: Int64(mantissa))
  }

  // Numbers.

  /// Finds what is too fine before it makes everything else too large.
  private mutating func checkDigits() {
    check(terms.quantity, "quantity", nil)
    for draft in drafts {
      check(draft.priceIncrement, "\(draft.path).price_increment", draft.name)
      check(draft.quantityIncrement, "\(draft.path).quantity_increment", draft.name)
      for (side, levels) in [("bids", draft.bids), ("asks", draft.asks)] {
        for level in levels {
          check(level.price, "\(draft.path).\(side)[\(level.index)][0]", draft.name)
          check(level.quantity, "\(draft.path).\(side)[\(level.index)][1]", draft.name)
        }
      }
    }
  }

  private mutating func check(
    _ decimal: ExactDecimal, _ field: @autoclosure () -> String, _ venue: String?
  ) {
    guard decimal.scale > PlanScales.maximumDigits else { return }
    faults.add(
      field(), venue: venue,
      "has more than \(PlanScales.maximumDigits) digits after the point, finer than can be planned")
  }

  /// A positive number in units of `10^-scale`; zero and a fault if it is too large.
  private mutating func whole(
    _ decimal: ExactDecimal, _ scale: Int, _ field: @autoclosure () -> String, _ venue: String?
  ) -> Int64 {
    if let mantissa = decimal.exactMantissa(at: scale), mantissa < PlanScales.maximumMantissa {
      return Int64(mantissa)
    }
    faults.add(
      field(), venue: venue,
      "is too large: with the \(scale) digits after the point that the document uses, it must be"
        + " below 1e\(PlanScales.maximumDigits - scale)")
    return 0
  }

  // Levels.

  /// One side of a venue's book, equal neighbours summed.
  private mutating func levels(_ draft: VenueDraft, _ side: String) -> [BookLevel] {
    let isBid = side == "bids"
    let path = "\(draft.path).\(side)"
    let tick = whole(
      draft.priceIncrement, scales.price, "\(draft.path).price_increment", draft.name)
    var levels: [BookLevel] = []
    for level in isBid ? draft.bids : draft.asks {
      var place: String { "\(path)[\(level.index)]" }
      let price = whole(level.price, scales.price, "\(place)[0]", draft.name)
      let quantity = whole(level.quantity, scales.quantity, "\(place)[1]", draft.name)
      guard price > 0, quantity > 0, tick > 0 else { continue }
      if price % tick != 0 {
        faults.add(
          "\(place)[0]", venue: draft.name, "is not a multiple of the venue's price_increment")
      }
      let last = levels.last?.price.mantissa
      if let last, isBid ? price > last : price < last {
        faults.add(
          "\(place)[0]", venue: draft.name,
          "is better than the level before it; \(side) stand best first, so from the"
            + " \(isBid ? "highest" : "lowest") price on")
      }
      append(price, quantity, "\(place)[1]", draft.name, to: &levels)
    }
    return levels
  }

  private mutating func append(
    _ price: Int64, _ quantity: Int64, _ field: @autoclosure () -> String, _ venue: String,
    to levels: inout [BookLevel]
  ) {
    guard let last = levels.last, last.price.mantissa == price else {
      levels.append(
        BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity)))
      return
    }
    // Both are below 1e18.
    let sum = last.quantity.mantissa + quantity
    if Int128(sum) >= PlanScales.maximumMantissa {
      faults.add(field(), venue: venue, "makes the sum of equal prices too large")
    } else {
      levels[levels.count - 1].quantity = Quantity(mantissa: sum)
    }
  }

  // Bounds.

  /// Chooses units in which the levels that matter are within the planner's bounds.
  private mutating func chooseUnits(
    quantity: Int64, _ books: [(bids: [BookLevel], asks: [BookLevel])]
  ) {
    for index in drafts.indices {
      let isBuy = terms.side == .buy
      let levels = isBuy ? books[index].asks : books[index].bids
      let tick = drafts[index].priceIncrement.exactMantissa(at: scales.price) ?? 0
      var total: Int64 = 0
      var worth: Int128 = 0
      for level in levels where total < quantity && isWithinLimit(level.price) {
        let part = min(level.quantity.mantissa, quantity - total)
        total += part
        // A buy's limit is the dearest price of all, a sell's the cheapest.
        worth += Int128(level.price.mantissa) * Int128(part)
        let notional = (Int128(level.price.mantissa) + tick) * Int128(total)
        if !scales.fit(max(notional, worth)) {
          faults.add(
            "\(drafts[index].path).\(isBuy ? "asks" : "bids")", venue: drafts[index].name,
            "are worth too much: price times quantity must stay below"
              + " 1e\(scales.worthDigits) with the digits that the document uses;"
              + " ask for a smaller quantity, or write fewer digits")
          break
        }
      }
    }
  }

  private func isWithinLimit(_ price: Price) -> Bool {
    guard let limitPrice else { return true }
    return terms.side == .buy ? price <= limitPrice : price >= limitPrice
  }

  // Venues.

  private mutating func venueTerms(_ draft: VenueDraft, _ index: Int) -> VenueTerms {
    let lot = whole(
      draft.quantityIncrement, scales.quantity, "\(draft.path).quantity_increment", draft.name)
    let tick = draft.priceIncrement.exactMantissa(at: scales.price) ?? 1
    return VenueTerms(
      listing: ListingID(UInt16(index)), venue: VenueID(UInt8(index)),
      priceIncrement: Price(mantissa: Int64(tick)),
      quantityIncrement: Quantity(mantissa: max(lot, 1)),
      minimumQuantity: clamped(draft.minimumQuantity, roundingUp: true),
      maximumQuantity: draft.maximumQuantity.map { clamped($0, roundingUp: false) }
        ?? Quantity(mantissa: .max),
      minimumNotional: minimumNotional(draft), fee: draft.fee,
      holdsFee: draft.feeAsset == .quote, available: available(draft),
      orderCost: orderCost(draft), quoteAgeNanoseconds: draft.quoteAgeMilliseconds * 1_000_000)
  }

  /// What lies beyond every quantity that can be asked for counts as just beyond.
  private func clamped(_ decimal: ExactDecimal, roundingUp: Bool) -> Quantity {
    let mantissa = decimal.mantissa(at: scales.quantity, roundingUp: roundingUp) ?? .max
    return Quantity(mantissa: Int64(min(mantissa, PlanScales.maximumMantissa)))
  }

  private func minimumNotional(_ draft: VenueDraft) -> Notional {
    let mantissa = draft.minimumNotional.mantissa(at: scales.notional, roundingUp: true) ?? .max
    return Notional(mantissa: min(mantissa, scales.maximumNotional + 1))
  }

  private mutating func orderCost(_ draft: VenueDraft) -> AllInCost {
    let field = "\(draft.path).order_cost"
    guard draft.orderCost.scale <= scales.cost else {
      faults.add(
        field, venue: draft.name,
        "is finer than \(scales.cost) digits after the point, the digits of a cost here")
      return .zero
    }
    let most = min(
      scales.maximumNotional * Int128(FeeRate.one), VenueTerms.maximumOrderCost.mantissa)
    guard let mantissa = draft.orderCost.exactMantissa(at: scales.cost), mantissa <= most else {
      let digits = String(most).count - 1 - scales.cost
      faults.add(
        field, venue: draft.name,
        "is too large to be planned with; it must not be above 1e\(digits)")
      return .zero
    }
    return AllInCost(mantissa: mantissa)
  }

  /// What can be spent, in the planner's units; holds are never finer than what is cut off.
  private mutating func available(_ draft: VenueDraft) -> Amount? {
    let isBuy = terms.side == .buy
    guard let amount = isBuy ? draft.availableQuote : draft.availableBase else { return nil }
    let scale = isBuy ? scales.quoteAmount : scales.baseAmount
    if isBuy && scale < scales.cost && amount.scale > scale {
      faults.add(
        "\(draft.path).available_quote", venue: draft.name,
        "has more than \(scale) digits after the point; round it down")
    }
    return amount.mantissa(at: scale, roundingUp: false).map(Amount.init(mantissa:))
  }
}
