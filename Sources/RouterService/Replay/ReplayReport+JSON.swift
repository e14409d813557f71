import RouterCore
import VenueAdapters
import Wire

extension ReplayReport {
  /// The report for programs; decimals of books are strings, measurements are numbers.
  package var json: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("capture", path)
    writer.field("venue", venue.rawValue)
    writer.field("messages", integer: Int64(messages))
    writer.field("duration_seconds", number: Self.fixed(Double(durationNanoseconds) / 1e9, 3))
    writer.field("decode_seconds", number: Self.fixed(Double(decodeNanoseconds) / 1e9, 6))
    writer.field("messages_per_second", number: Self.fixed(messagesPerSecond, 0))
    if let moment { writer.field("at", RFC3339.format(moment.nanoseconds)) }
    writer.key("symbols")
    writer.beginArray()
    for symbol in symbols { write(symbol, &writer) }
    writer.endArray()
    writer.key("problems")
    writer.beginArray()
    for problem in problems { writer.string(problem) }
    writer.endArray()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func write(_ symbol: Symbol, _ writer: inout JSONWriter) {
    let statistics = symbol.statistics
    let counts = [
      ("updates", statistics.updates), ("levels_changed", statistics.levelsChanged),
      ("snapshots", statistics.snapshots), ("stale_updates", statistics.staleUpdates),
      ("gaps", statistics.gaps), ("checksums_verified", statistics.checksumsVerified),
      ("checksums_failed", statistics.checksumsFailed), ("trades", statistics.trades),
      ("malformed", statistics.malformed), ("invalidations", symbol.invalidations),
      ("crossed_intervals", symbol.crossedCount),
    ]
    writer.beginObject()
    writer.field("symbol", symbol.name)
    writer.field("price_scale", integer: Int64(symbol.scales.price))
    writer.field("quantity_scale", integer: Int64(symbol.scales.quantity))
    writer.field("scales_from", symbol.scales.source)
    for (name, count) in counts { writer.field(name, integer: Int64(count)) }
    writer.field(
      "crossed_seconds", number: Self.fixed(Double(symbol.crossedNanoseconds) / 1e9, 6))
    if let spread = symbol.spread {
      write("spread_bps", spread, ["p1", "p50", "p99"], digits: 4, &writer)
      for (points, depth) in zip(Self.depthBasisPoints, symbol.depths) {
        write("depth_\(points)bps", depth, ["p10", "p50", "p90"], digits: 2, &writer)
      }
    }
    if let ladder = symbol.ladder {
      write("bids", ladder.bids, symbol.scales, &writer)
      write("asks", ladder.asks, symbol.scales, &writer)
    }
    writer.endObject()
  }

  private func write(
    _ name: String, _ spread: Spread, _ names: [String], digits: Int, _ writer: inout JSONWriter
  ) {
    writer.key(name)
    writer.beginObject()
    for (name, value) in zip(names, [spread.low, spread.median, spread.high]) {
      writer.field(name, number: Self.fixed(value, digits))
    }
    writer.endObject()
  }

  private func write(
    _ name: String, _ levels: [BookLevel], _ scales: CaptureScales, _ writer: inout JSONWriter
  ) {
    writer.key(name)
    writer.beginArray()
    for level in levels {
      writer.beginArray()
      writer.decimal(level.price.mantissa, scale: scales.price)
      writer.decimal(level.quantity.mantissa, scale: scales.quantity)
      writer.endArray()
    }
    writer.endArray()
  }
}
