internal import RouterCore
internal import Simulation

/// What happens at the venue by itself.
extension ModelVenue {
  func disturb(_ disturbance: VenueDisturbance, seed: UInt64, at now: Timestamp) {
    self.now = max(self.now, now)
    var draw = SeededRandom(seed: seed)
    let instrument = draw.below(Universe.instruments.count)
    switch disturbance {
    case .market:
      if draw.below(4) == 0 { trade(instrument, &draw) }
      if draw.below(3) == 0 { return queue.add(.delta(instrument), at: later(latency)) }
      market.move(instrument, &draw)
      queue.add(.snapshot(instrument), at: later(latency))
    case .oddMarket:
      market.distort(instrument, &draw)
      queue.add(.snapshot(instrument), at: later(latency))
    case .marketGap:
      queue.add(.bookInvalid(instrument), at: later(latency))
      queue.add(.snapshot(instrument), at: later(Int64(draw.below(4_000_000))))
    case .foreignActivity: touch(&draw)
    case .dropCopyCut: cut(.dropCopy, &draw)
    case .orderEntryCut: cut(.orderEntry, &draw)
    case .marketDataCut: cut(.marketData, &draw)
    case .outage: beginOutage(&draw)
    case .listingChange: changeListing(instrument, &draw)
    case .stranger: reportStranger(&draw)
    case .garbage: reportGarbage(&draw)
    case .slowness: slowUntil = later(Int64(2_000_000 + draw.below(25_000_000)))
    case .refusal: refusesUntil = later(Int64(1_000_000 + draw.below(20_000_000)))
    case .flapping: flap(&draw)
    }
  }

  func setFaults(_ areOn: Bool, at now: Timestamp) {
    self.now = max(self.now, now)
    areFaultsOn = areOn
    guard !areOn else { return }
    if isDown { endOutage() }
    (slowUntil, refusesUntil) = (.distantPast, .distantPast)
    for asset in Universe.assets where account.foreignHolds[asset.index] != 0 {
      account.holdForeign(asset.index, 0)
    }
    for instrument in listings.indices where listings[instrument].status != .trading {
      listings[instrument].status = .trading
      queue.add(.listing(instrument), at: later(latency))
    }
    // What was cut and is on its way up again does so twice; that is harmless.
    connectAll(after: 10_000_000)
    for instrument in listings.indices { market.move(instrument, &random) }
  }

  /// Two strangers trade with each other.
  private func trade(_ instrument: Int, _ draw: inout SeededRandom) {
    let price = Universe.middles[instrument] + Int64(draw.below(81)) - 40
    let trade = MarketTrade(
      listing: listings[instrument].id, price: Price(mantissa: price),
      quantity: Quantity(mantissa: Int64(1 + draw.below(50))), venueTime: now,
      receivedAt: later(latency))
    queue.add(.publicTrade(trade), at: trade.receivedAt)
  }

  /// Somebody else on the account trades or moves money.
  private func touch(_ draw: inout SeededRandom) {
    let asset = draw.below(Universe.assets.count)
    let total = account.totals[asset]
    if draw.below(2) == 0 {
      account.moveForeign(asset, by: total * Int128(draw.below(100) - 50) / 100)
    } else {
      account.holdForeign(asset, total * Int128(draw.below(80)) / 100)
    }
  }

  // Connections.

  /// A connection is dead at once, its end noticed later, and it is there again after that.
  private func cut(_ link: VenueLink, _ draw: inout SeededRandom) {
    guard isRunning else { return }
    if link == .dropCopy { isStreamUp = false }
    let noticed = Int64(draw.below(link == .dropCopy ? 5_000_000 : 500_000))
    queue.add(.link(link, isUp: false), at: later(noticed))
    queue.add(.link(link, isUp: true), at: later(noticed + Int64(draw.below(4_000_000))))
  }

  /// Up for a moment, down for a moment, again and again.
  private func flap(_ draw: inout SeededRandom) {
    guard isRunning else { return }
    let links: [VenueLink] =
      draw.below(3) == 0 ? [.marketData] : draw.below(2) == 0 ? [.dropCopy] : VenueLink.allCases
    var time: Int64 = 0
    for _ in 0..<(3 + draw.below(12)) {
      time += Int64(50_000 + draw.below(900_000))
      for link in links { queue.add(.link(link, isUp: false), at: later(time)) }
      time += Int64(20_000 + draw.below(400_000))
      for link in links { queue.add(.link(link, isUp: true), at: later(time)) }
    }
  }

  private func beginOutage(_ draw: inout SeededRandom) {
    isDown = true
    for link in VenueLink.allCases {
      queue.add(.link(link, isUp: false), at: later(Int64(draw.below(300_000))))
    }
    if draw.below(2) == 0 {
      for index in orders.indices where orders[index].state == .open {
        end(index, .canceled, false)
      }
    }
    queue.add(.endOutage, at: later(Int64(400_000 + draw.below(5_000_000))))
  }

  func endOutage() {
    guard isDown else { return }
    isDown = false
    // One that ends at once must not cut what it connects.
    queue.keep { if case .link(_, isUp: false) = $0 { false } else { true } }
    connectAll(after: latency)
    for index in orders.indices where orders[index].state == .open {
      queue.add(.trade(index), at: later(Int64(100_000 + random.below(3_000_000))))
    }
  }

  // Rules.

  private func changeListing(_ instrument: Int, _ draw: inout SeededRandom) {
    switch draw.below(4) {
    case 0:
      let increment = Int64([1, 2, 5, 10, 20][draw.below(5)])
      listings[instrument].quantityIncrement = Quantity(mantissa: increment)
      listings[instrument].minimumQuantity = Quantity(mantissa: increment)
    case 1: listings[instrument].minimumNotional = Notional(mantissa: Int128(draw.below(500_000)))
    case 2:
      // An order on its way was covered at the old fee.
      account.isTouched = true
      listings[instrument].takerFee = FeeRate(partsPerHundredMillion: Int64(draw.below(400_000)))
      listings[instrument].makerFee = FeeRate(partsPerHundredMillion: Int64(draw.below(200_000)))
    default:
      let all = ListingStatus.allCases
      listings[instrument].status = all[draw.below(all.count)]
    }
    queue.add(.listing(instrument), at: later(latency))
  }

  // Reports of no order of ours.

  private func reportStranger(_ draw: inout SeededRandom) {
    let kinds: [VenueExecutionReport.Kind] = [.acknowledged, .stillOpen, .fill, .filled]
    let age = UInt32(draw.below(3))
    let id = ChildOrderID(
      instance: Universe.instance, epoch: draw.below(4) == 0 ? epoch + 50 : max(epoch, age) - age,
      parent: ParentOrderID(UInt64(40_000 + draw.below(100))), child: UInt16(1 + draw.below(5)))
    let kind = kinds[draw.below(kinds.count)]
    if id.epoch <= epoch && (kind == .acknowledged || kind == .stillOpen) {
      strangers.append(
        OpenOrderObservation(
          venue: venue, child: id, venueOrderID: ShortText(truncating: "S\(id.child)"),
          listing: listings[0].id, side: .buy, quantity: Quantity(mantissa: 20),
          limitPrice: Price(mantissa: 9_000), cumulativeQuantity: .zero, askedAt: now))
    }
    report(id, kind, after: latency) {
      $0.venueOrderID = ShortText(truncating: "S\(id.child)")
      $0.executionID = ShortText(truncating: "S\(draw.below(1000))")
      $0.lastQuantity = Quantity(mantissa: 5)
      $0.lastPrice = Price(mantissa: 10_000)
    }
  }

  private func reportGarbage(_ draw: inout SeededRandom) {
    let kinds: [VenueExecutionReport.Kind] = [
      .sent, .acknowledged, .canceled, .expired, .cancelRejected, .stillOpen, .notFound, .fill,
      .queryFailed,
    ]
    let id = ChildOrderID(
      instance: 9, epoch: UInt32(draw.below(5)),
      parent: ParentOrderID(UInt64(draw.below(50))), child: UInt16(draw.below(4)))
    report(id, kinds[draw.below(kinds.count)], after: 0) {
      $0.cumulativeQuantity = Quantity(mantissa: Int64(draw.below(11)) - 5)
      $0.lastQuantity = Quantity(mantissa: Int64(draw.below(11)) - 5)
      $0.lastPrice = Price(mantissa: .max)
      $0.fee = Amount(mantissa: .max)
    }
  }
}
