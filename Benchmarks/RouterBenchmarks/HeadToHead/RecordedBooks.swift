import Foundation
import RouterCore
import RouterService
import Wire

/// Books that venues really had, from the folder of captures that `SLUICE_CAPTURES` names.
///
/// Prices get four decimals and quantities eight, as in the seeded decks.
enum RecordedBooks {
  /// Both sides of one venue's book, best first.
  struct Book {
    var name: String
    var bids: [BookLevel]
    var asks: [BookLevel]

    var middle: Double {
      Double(bids[0].price.mantissa + asks[0].price.mantissa) / 2
    }
  }

  private static let instrument = SeededDecks.instrument

  // MARK: Decks

  /// Orders over books that stood next to each other, as they were and with their middles aligned.
  static func deck(together folder: String, orders: Int) -> [RoutingProblem] {
    var random = SeededRandom(seed: 303)
    let sets = together(folder)
    return makeOrders(sets + sets.map { aligned($0, &random) }, orders, &random)
  }

  /// Orders over the bitcoin books of all tapes, with their middles aligned.
  static func deck(tapes folder: String, moments: Int, orders: Int) -> [RoutingProblem] {
    var random = SeededRandom(seed: 404)
    let sets = tapes(folder, moments: moments).map { aligned($0, &random) }
    return makeOrders(sets, orders, &random)
  }

  /// Every second order has the nasty deck's troubles.
  private static func makeOrders(
    _ sets: [[Book]], _ count: Int, _ random: inout SeededRandom
  ) -> [RoutingProblem] {
    guard !sets.isEmpty else { return [] }
    return (0..<count).map { number in
      let side: Side = random.below(2) == 0 ? .buy : .sell
      let books = sets[number % sets.count].map {
        Array((side == .buy ? $0.asks : $0.bids).prefix(300))
      }
      return number / sets.count % 2 == 0
        ? SeededDecks.ordinaryOrder(side, books, &random)
        : SeededDecks.nastyOrder(side, books, &random)
    }
  }

  // MARK: Several venues at once

  /// Sets of books of one pair that one program fetched together from four venues.
  static func together(_ folder: String) -> [[Book]] {
    let directory = "\(folder)/multi-venue"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.sorted().filter { $0.contains("four-venues") }.flatMap { name -> [[Book]] in
      let books = lines("\(directory)/\(name)").compactMap(snapshot)
      return ["BTC", "ETH"].map { base in books.filter { $0.base == base }.map(\.book) }
        .filter { $0.count > 1 }
    }
  }

  private static func snapshot(_ line: Data) -> (base: String, book: Book)? {
    guard let value = try? JSONValue(parsing: Array(line)), value["quote"]?.string == "USD",
      let venue = value["venue"]?.string, let base = value["base"]?.string,
      let bids = levels(value["bids"]), let asks = levels(value["asks"])
    else { return nil }
    return (base, Book(name: venue, bids: bids, asks: asks))
  }

  private static func levels(_ value: JSONValue?) -> [BookLevel]? {
    guard let rows = value?.array, !rows.isEmpty else { return nil }
    let levels = rows.compactMap { row -> BookLevel? in
      guard let fields = row.array, fields.count == 2, let price = fields[0].string,
        let quantity = fields[1].string,
        let price = DecimalText.parse(price, scale: Int(instrument.priceScale)),
        let quantity = DecimalText.parse(quantity, scale: Int(instrument.quantityScale)),
        price > 0, quantity > 0
      else { return nil }
      return BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: quantity))
    }
    return levels.count == rows.count ? levels : nil
  }

  private static func lines(_ path: String) -> [Data] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", "--", path]
    process.standardOutput = output
    guard (try? process.run()) != nil else { return [] }
    let content = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return content.split(separator: UInt8(ascii: "\n")).map { Data($0) }
  }

  // MARK: One venue after the other

  private static let tapes = [
    ("binance/2024-08-08_btcusdt.tape.gz", "BTCUSDT"),
    ("binance/2021-04-04_btcusdt-ethusdt-dotusdt.tape.gz", "BTCUSDT"),
    ("binance-us/2021-04-05_ten-symbols.tape.gz", "BTCUSD"),
    ("kraken/2021-04-05_v1_ten-pairs.tape.gz", "XBT/USD"),
  ]

  /// Sets of the bitcoin books of all tapes, each set one moment later in every tape.
  static func tapes(_ folder: String, moments: Int) -> [[Book]] {
    let series = tapes.map { file, symbol in
      books("\(folder)/\(file)", symbol, moments: moments)
    }.filter { !$0.isEmpty }
    guard series.count > 1 else { return [] }
    return (0..<moments).map { moment in series.compactMap { moment < $0.count ? $0[moment] : nil }
    }
    .filter { $0.count > 1 }
  }

  private static func books(_ path: String, _ symbol: String, moments: Int) -> [Book] {
    guard let start = lines(path).first.flatMap(time) else { return [] }
    return (1...moments).compactMap { number in
      var options = Replay.Options()
      options.symbols = [symbol]
      options.ladderLevels = 300
      // Within the first minute and a half of the tape, which all of them have.
      options.moment = Timestamp(
        nanoseconds: start + 85_000_000_000 / Int64(moments) * Int64(number))
      guard let found = try? Replay.run(path, options).symbols.first, let ladder = found.ladder,
        !ladder.bids.isEmpty, !ladder.asks.isEmpty
      else { return nil }
      let bids = ladder.bids.compactMap { rescaled($0, found.scales) }
      let asks = ladder.asks.compactMap { rescaled($0, found.scales) }
      return Book(name: symbol, bids: bids, asks: asks)
    }
  }

  private static func time(_ line: Data) -> Int64? {
    Int64(String(decoding: line.prefix { $0 != UInt8(ascii: "\t") }, as: UTF8.self))
  }

  private static func rescaled(_ level: BookLevel, _ scales: CaptureScales) -> BookLevel? {
    let price = powerOfTen(Int(instrument.priceScale)) * Int128(level.price.mantissa)
    let quantity = powerOfTen(Int(instrument.quantityScale)) * Int128(level.quantity.mantissa)
    let result = BookLevel(
      price: Price(mantissa: Int64(price / powerOfTen(scales.price))),
      quantity: Quantity(mantissa: Int64(quantity / powerOfTen(scales.quantity))))
    return result.quantity > .zero ? result : nil
  }

  // MARK: Standing next to each other

  /// The books with their middles at that of the first, give or take two basis points.
  ///
  /// Books that were not recorded in the same second, or whose venue stood apart, say nothing
  /// about each other's price; what is real in them is their shape.
  static func aligned(_ books: [Book], _ random: inout SeededRandom) -> [Book] {
    books.map { book in
      let offset = 1 + (Double(random.below(401)) - 200) / 1_000_000
      let ratio = books[0].middle / book.middle * offset
      return Book(
        name: book.name, bids: moved(book.bids, ratio, .down), asks: moved(book.asks, ratio, .up))
    }
  }

  private static let tick: Int64 = 100

  /// Prices times a ratio, on the tick; levels that fall on one price become one.
  private static func moved(
    _ levels: [BookLevel], _ ratio: Double, _ rule: FloatingPointRoundingRule
  ) -> [BookLevel] {
    var result: [BookLevel] = []
    for level in levels {
      let ticks = (Double(level.price.mantissa) * ratio / Double(tick)).rounded(rule)
      let price = Price(mantissa: Int64(ticks) * tick)
      if let last = result.last, last.price == price {
        result[result.count - 1].quantity = last.quantity + level.quantity
      } else {
        result.append(BookLevel(price: price, quantity: level.quantity))
      }
    }
    return result
  }
}
