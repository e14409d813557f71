internal import RouterCore
internal import Wire

/// What `GET /metrics` tells; `docs/latency.md` lists every name.
struct RouterMetrics {
  let view: MetricsView
  let model: ReadModel
  let version: String
  let isReady: Bool

  func text() -> [UInt8] {
    var text = MetricsText()
    writeService(&text)
    writeJournal(&text)
    writeVenues(&text)
    writeChannels(&text)
    if let latency = view.latency { write(latency, &text) }
    return text.bytes
  }

  private func name(_ venue: VenueID) -> String { model.directory.venueName(venue) }

  private func writeService(_ text: inout MetricsText) {
    text.begin("sluice_build_info", .gauge, "Always 1; the version is a label.")
    text.sample(["version": version], 1)
    text.begin("sluice_ready", .gauge, "1 if orders are taken.")
    text.sample(isReady ? 1 : 0)
    text.begin("sluice_halted", .gauge, "1 if everything is halted.")
    text.sample(model.isHalted ? 1 : 0)
    text.begin("sluice_open_orders", .gauge, "Clients' orders that have not ended.")
    text.sample(Int64(view.gauges.openOrders))
    text.begin("sluice_executions_total", .counter, "Executions that are kept for clients.")
    text.sample(Int64(model.executions.last?.number ?? 0))
    text.begin("sluice_requests_in_flight", .gauge, "Requests the core has not answered.")
    text.sample(Int64(view.requestsInFlight))
    text.begin("sluice_effects_waiting", .gauge, "Commands, answers and facts held back.")
    text.sample(Int64(view.gauges.waitingEffects))
    text.begin("sluice_rehearsals_total", .counter, "Orders rehearsed to keep their way warm.")
    text.sample(Int64(view.gauges.rehearsals))
  }

  private func writeJournal(_ text: inout MetricsText) {
    text.begin("sluice_journal_written_index", .gauge, "The last fact handed to the kernel.")
    text.sample(Int64(clamping: view.gauges.journalWrittenIndex))
    text.begin("sluice_journal_safe_index", .gauge, "The last fact that may be acted on.")
    text.sample(Int64(clamping: view.gauges.journalSafeIndex))
    text.begin(
      "sluice_journal_durable_index", .gauge, "The last fact that a power cut does not lose.")
    text.sample(Int64(clamping: view.gauges.journalDurableIndex))
  }

  private func writeVenues(_ text: inout MetricsText) {
    text.begin("sluice_venue_link_up", .gauge, "1 if this link of the venue is up.")
    for venue in view.venues {
      let links = [
        ("market_data", venue.marketData), ("order_entry", venue.orderEntry),
        ("drop_copy", venue.dropCopy),
      ]
      for (link, isUp) in links { text.sample(["venue": venue.name, "link": link], isUp ? 1 : 0) }
    }
    text.begin("sluice_venue_halted", .gauge, "1 if the router sends this venue nothing new.")
    for venue in view.venues {
      text.sample(["venue": venue.name], model.haltedVenues[venue.venue] == nil ? 0 : 1)
    }
    text.begin("sluice_venue_orders_sent_total", .counter, "New orders whose bytes have left.")
    for venue in view.venues { text.sample(["venue": venue.name], Int64(venue.ordersSent)) }
    text.begin(
      "sluice_venue_requests_unknown_total", .counter, "Requests of unknown outcome.")
    for venue in view.venues { text.sample(["venue": venue.name], Int64(venue.requestsUnknown)) }
    text.begin("sluice_venue_requests_waiting", .gauge, "Requests without a free connection.")
    for waiting in view.gauges.waitingRequests {
      text.sample(["venue": name(waiting.venue)], Int64(waiting.count))
    }
    text.begin("sluice_venue_order_transport", .gauge, "1 for the way that new orders take.")
    for venue in view.venues {
      guard let transport = venue.orderTransport else { continue }
      for way in transport.ways {
        text.sample(
          ["venue": venue.name, "transport": way.name], way.name == transport.chosen ? 1 : 0)
      }
    }
    text.begin("sluice_venue_clock_offset_seconds", .gauge, "The venue's clock less ours.")
    for clock in view.clocks {
      text.sample(["venue": name(clock.venue)], nanoseconds: clock.offsetNanoseconds)
    }
    text.begin("sluice_venue_clock_uncertainty_seconds", .gauge, "Half the round trip.")
    for clock in view.clocks {
      text.sample(["venue": name(clock.venue)], nanoseconds: clock.uncertaintyNanoseconds)
    }
  }

  private func writeChannels(_ text: inout MetricsText) {
    text.begin("sluice_venue_reconnects_total", .counter, "Connections that were lost.")
    for venue in view.venues {
      for channel in venue.channels {
        text.sample(
          ["venue": venue.name, "channel": snakeCase(channel.name)], Int64(channel.reconnects))
      }
    }
    text.begin("sluice_venue_messages_total", .counter, "Messages received.")
    for venue in view.venues {
      for channel in venue.channels {
        text.sample(
          ["venue": venue.name, "channel": snakeCase(channel.name)], Int64(channel.messages))
      }
    }
  }

  private func write(_ latency: LatencyView, _ text: inout MetricsText) {
    text.begin("sluice_stage_seconds", .histogram, "How long the stages of orders took.")
    for entry in latency.run.stages {
      guard let venue = entry.venue else { continue }
      text.histogram([("stage", entry.name), ("venue", name(venue))], entry.histogram)
    }
    text.begin("sluice_path_seconds", .histogram, "Ways of several stages, measured whole.")
    for entry in latency.run.paths { text.histogram([("path", entry.name)], entry.histogram) }
    text.begin("sluice_orders_late_total", .counter, "Orders that ended too late.")
    text.sample(latency.counters.lateParents)
    text.begin("sluice_stage_overruns_total", .counter, "Late orders by the stage to blame.")
    for overrun in latency.counters.overruns {
      text.sample(["stage": overrun.stage], overrun.count)
    }
    text.begin("sluice_stage_forgotten_total", .counter, "Open children without room.")
    text.sample(latency.counters.forgottenChildren)
    text.begin("sluice_stage_clamped_total", .counter, "Stamps moved up to the one before.")
    text.sample(latency.counters.clampedStamps)
  }
}
