internal import RouterCore
internal import Wire

/// Writes how the venues' connections stand and what they list.
struct VenueRenderer {
  let renderer: Renderer
  let model: ReadModel

  func write(_ venues: [VenueStatusView], to json: inout JSONWriter) {
    json.beginObject()
    json.field("halted", bool: model.isHalted)
    if let reason = model.haltReason { json.field("halt_reason", reason) }
    json.key("venues")
    json.beginArray()
    for venue in venues { write(venue, to: &json) }
    json.endArray()
    writeOrphans(to: &json)
    json.endObject()
  }

  private func write(_ venue: VenueStatusView, to json: inout JSONWriter) {
    json.beginObject()
    json.field("venue", venue.name)
    json.field("protocol", venue.dialect)
    json.field("state", venue.state)
    if let reason = model.haltedVenues[venue.venue] { json.field("halted", reason.name) }
    json.field("market_data", bool: venue.marketData)
    json.field("order_entry", bool: venue.orderEntry)
    json.field("drop_copy", bool: venue.dropCopy)
    if let offset = venue.clockOffsetMilliseconds {
      json.field("clock_offset_ms", number: decimal(offset))
    }
    if let uncertainty = venue.clockUncertaintyMilliseconds {
      json.field("clock_uncertainty_ms", number: decimal(uncertainty))
    }
    json.field("orders_sent", integer: Int64(venue.ordersSent))
    json.field("requests_unknown", integer: Int64(venue.requestsUnknown))
    writeTransport(venue.orderTransport, to: &json)
    writeBreakers(venue.breakers, to: &json)
    writeThrottle(venue.throttle, to: &json)
    writeChannels(venue.channels, to: &json)
    writeListings(of: venue.venue, to: &json)
    writeIncidents(venue.incidents, to: &json)
    json.endObject()
  }

  /// Orders under ids of ours that the journal did not know as open.
  private func writeOrphans(to json: inout JSONWriter) {
    json.key("orphans")
    json.beginArray()
    for orphan in model.orphans {
      let found = orphan.found
      json.beginObject()
      json.field("venue", renderer.directory.venueName(found.venue))
      json.field("child_id", found.child.uuid.string)
      json.field("venue_order_id", found.venueOrderID.string)
      if let listing = found.listing,
        let instrument = renderer.directory.instrument(of: listing)
      {
        json.field("symbol", renderer.directory.symbol(instrument.id))
        json.field("side", found.side.name)
        json.field("quantity", renderer.quantity(found.quantity, instrument))
        json.field("limit_price", renderer.price(found.limitPrice, instrument))
        json.field("filled_quantity", renderer.quantity(found.cumulativeQuantity, instrument))
      }
      json.field("verdict", snakeCase("\(found.verdict)"))
      json.field("action", orphan.action)
      json.field("found_at", renderer.time(found.at))
      json.endObject()
    }
    json.endArray()
  }

  private func decimal(_ milliseconds: Double) -> String {
    DecimalText.format(Int64((milliseconds * 1000).rounded()), scale: 3)
  }

  private func writeChannels(_ channels: [VenueStatusView.Channel], to json: inout JSONWriter) {
    json.key("channels")
    json.beginArray()
    for channel in channels {
      json.beginObject()
      json.field("name", snakeCase(channel.name))
      json.field("state", channel.state)
      json.field("reconnects", integer: Int64(channel.reconnects))
      json.field("messages", integer: Int64(channel.messages))
      if let at = channel.lastMessageAt { json.field("last_message_at", renderer.time(at)) }
      if let closure = channel.lastClosure { json.field("last_closure", closure) }
      json.endObject()
    }
    json.endArray()
  }

  private func writeListings(of venue: VenueID, to json: inout JSONWriter) {
    json.key("listings")
    json.beginArray()
    let listings = model.directory.listings.values.filter { $0.venue == venue }
    for listing in listings.sorted(by: { $0.id < $1.id }) {
      guard let instrument = model.directory.instruments[listing.instrument]?.instrument else {
        continue
      }
      json.beginObject()
      json.field("symbol", renderer.directory.symbol(listing.instrument))
      json.field("venue_symbol", listing.symbol.string)
      json.field("status", snakeCase("\(listing.status)"))
      json.field("price_increment", renderer.price(listing.priceIncrement, instrument))
      json.field("quantity_increment", renderer.quantity(listing.quantityIncrement, instrument))
      json.field("min_quantity", renderer.quantity(listing.minimumQuantity, instrument))
      json.field("min_notional", renderer.notional(listing.minimumNotional, instrument))
      json.field("taker_fee_bps", basisPoints(listing.takerFee))
      json.field("maker_fee_bps", basisPoints(listing.makerFee))
      json.endObject()
    }
    json.endArray()
  }

  private func basisPoints(_ rate: FeeRate) -> String {
    DecimalText.format(rate.partsPerHundredMillion, scale: 4)
  }

  private func writeIncidents(
    _ incidents: [(Timestamp, String, String)], to json: inout JSONWriter
  ) {
    json.key("incidents")
    json.beginArray()
    for (at, severity, message) in incidents {
      json.beginObject()
      json.field("at", renderer.time(at))
      json.field("severity", severity)
      json.field("message", message)
      json.endObject()
    }
    json.endArray()
  }
}
