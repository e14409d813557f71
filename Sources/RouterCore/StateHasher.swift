/// FNV-1a over words in a fixed order, the same in every process.
package struct StateHasher: Sendable {
  package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  package mutating func combine(_ word: UInt64) {
    value = (value ^ mixed(word)) &* 0x0000_0100_0000_01B3
  }

  package mutating func combine(_ number: Int64) { combine(UInt64(bitPattern: number)) }
  package mutating func combine(_ number: Int) { combine(UInt64(bitPattern: Int64(number))) }

  package mutating func combine(_ number: Int128) {
    combine(UInt64(truncatingIfNeeded: number))
    combine(UInt64(truncatingIfNeeded: number >> 64))
  }

  package mutating func combine(_ text: ShortText) { combine(text.tableHash) }
  package mutating func combine(_ time: Timestamp) { combine(time.nanoseconds) }

  package mutating func combine(_ id: ChildOrderID) {
    combine(UInt64(truncatingIfNeeded: id.bits))
    combine(UInt64(truncatingIfNeeded: id.bits >> 64))
  }

  package mutating func combine(_ venue: VenueDefinition) {
    combine(UInt64(venue.id.rawValue))
    combine(venue.name)
    combine(venue.absenceProofMilliseconds)
    combine(venue.holdsFee ? 1 : 0)
  }

  package mutating func combine(_ asset: AssetDefinition) {
    combine(UInt64(asset.id.rawValue))
    combine(asset.name)
  }

  package mutating func combine(_ definition: InstrumentDefinition) {
    let instrument = definition.instrument
    combine(UInt64(instrument.id.rawValue))
    combine(UInt64(instrument.base.rawValue) << 16 | UInt64(instrument.quote.rawValue))
    combine(UInt64(instrument.priceScale) << 8 | UInt64(instrument.quantityScale))
    combine(definition.symbol)
  }

  package mutating func combine(_ listing: Listing) {
    combine(UInt64(listing.id.rawValue) << 32 | UInt64(listing.instrument.rawValue))
    combine(UInt64(listing.venue.rawValue))
    combine(listing.symbol)
    combine(listing.priceIncrement.mantissa)
    combine(listing.quantityIncrement.mantissa)
    combine(listing.minimumQuantity.mantissa)
    combine(listing.maximumQuantity.mantissa)
    combine(listing.minimumNotional.mantissa)
    combine(listing.takerFee.partsPerHundredMillion)
    combine(listing.makerFee.partsPerHundredMillion)
    combine(UInt64(listing.feeAsset.rawValue) << 8 | UInt64(listing.status.rawValue))
  }

  package mutating func combine(_ routing: VenueRouting) {
    combine(UInt64(routing.venue.rawValue))
    combine(routing.latencyNanoseconds)
    combine(routing.clockOffsetNanoseconds)
    combine(UInt64(routing.fadePerSecond) << 16 | UInt64(routing.fillProbability))
    combine(routing.adverseMove.partsPerHundredMillion)
    combine(UInt64(routing.touchTurnover))
  }

  package mutating func combine(_ breaker: VenueBreakerSettings) {
    combine(UInt64(breaker.venue.rawValue) << 8 | (breaker.isEnabled ? 1 : 0))
    combine(UInt64(breaker.windowSeconds) << 16 | UInt64(breaker.windowCalls))
    combine(UInt64(breaker.minimumCalls) << 16 | UInt64(breaker.failureRate))
    combine(UInt64(breaker.slowCallRate) << 8 | UInt64(breaker.halfOpenProbes))
    combine(breaker.slowCallMilliseconds)
    combine(breaker.timeoutMilliseconds)
    combine(breaker.openMilliseconds)
    combine(breaker.openCapMilliseconds)
  }

  package mutating func combine(_ throttle: VenueThrottle) {
    combine(throttle.intervalNanoseconds)
    combine(
      UInt64(throttle.burst) << 32 | UInt64(throttle.cancelReserve) << 8
        | (throttle.isAdaptive ? 1 : 0))
  }

  package mutating func combine(_ maintenance: VenueMaintenance) {
    for index in 0..<VenueMaintenance.capacity {
      let window = maintenance[index]
      combine(
        UInt64(window.beforeSeconds) << 48 | UInt64(window.minutes) << 32
          | UInt64(window.startMinute) << 16 | UInt64(window.days))
    }
  }

  package mutating func combine(_ options: RoutingOptions) {
    combine(
      UInt64(options.strategy.rawValue) << 16 | UInt64(options.arrival.rawValue) << 8
        | (options.usesExpectedCost ? 1 : 0))
    combine(options.maximumChildQuantity.mantissa)
    combine(
      UInt64(options.maximumParticipation) << 32 | UInt64(options.sizeJitter) << 16
        | UInt64(options.jitterTolerance))
    combine(UInt64(options.waveIntervalMilliseconds) << 32 | UInt64(options.passiveMilliseconds))
    combine(UInt64(options.overRouting) << 8 | UInt64(options.residual.rawValue))
  }

  package mutating func combine(_ limits: RiskLimits) {
    combine(limits.maximumOrderValue.mantissa)
    combine(Int64(limits.maximumOpenParents))
    combine(Int64(limits.collarBasisPoints))
    combine(limits.maximumBookAgeMilliseconds)
    combine(Int64(limits.maximumChildrenPerParent))
  }
}
