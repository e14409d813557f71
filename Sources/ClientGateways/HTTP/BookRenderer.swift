internal import RouterCore
internal import Wire

/// Writes the books of one instrument: merged ladder first, then each venue.
struct BookRenderer {
  let renderer: Renderer
  let instrument: Instrument

  func write(_ books: InstrumentBooks, depth: Int, to json: inout JSONWriter) {
    json.beginObject()
    json.field("symbol", renderer.directory.symbol(books.instrument))
    json.field("at", renderer.time(books.at))
    writeLadder(
      "bids",
      merged(books, depth) {
        $0.bids
      } before: {
        $0 > $1
      }, to: &json)
    writeLadder(
      "asks",
      merged(books, depth) {
        $0.asks
      } before: {
        $0 < $1
      }, to: &json)
    json.key("venues")
    json.beginArray()
    for venue in books.venues { write(venue, to: &json) }
    json.endArray()
    json.endObject()
  }

  private typealias Rung = (level: BookLevel, venue: String)

  /// Levels of all live venues, best first; equal prices in the order of the venues.
  private func merged(
    _ books: InstrumentBooks, _ depth: Int, _ side: (InstrumentBooks.Venue) -> [BookLevel],
    before: (Price, Price) -> Bool
  ) -> [Rung] {
    var rungs: [Rung] = []
    for venue in books.venues where venue.state == "live" {
      let name = renderer.directory.venueName(of: venue.listing)
      rungs += side(venue).map { ($0, name) }
    }
    let order = rungs.enumerated().sorted { a, b in
      a.element.level.price == b.element.level.price
        ? a.offset < b.offset : before(a.element.level.price, b.element.level.price)
    }
    return order.prefix(depth).map(\.element)
  }

  private func writeLadder(_ name: String, _ rungs: [Rung], to json: inout JSONWriter) {
    json.key(name)
    json.beginArray()
    for rung in rungs {
      json.beginArray()
      json.string(renderer.price(rung.level.price, instrument))
      json.string(renderer.quantity(rung.level.quantity, instrument))
      json.string(rung.venue)
      json.endArray()
    }
    json.endArray()
  }

  private func write(_ venue: InstrumentBooks.Venue, to json: inout JSONWriter) {
    json.beginObject()
    json.field("venue", renderer.directory.venueName(of: venue.listing))
    json.field("state", venue.state)
    json.field("age_us", integer: venue.ageNanoseconds / 1000)
    write("bids", venue.bids, to: &json)
    write("asks", venue.asks, to: &json)
    json.endObject()
  }

  private func write(_ name: String, _ levels: [BookLevel], to json: inout JSONWriter) {
    json.key(name)
    json.beginArray()
    for level in levels {
      json.beginArray()
      json.string(renderer.price(level.price, instrument))
      json.string(renderer.quantity(level.quantity, instrument))
      json.endArray()
    }
    json.endArray()
  }
}
