import Foundation
import Wire

/// Where the decimal places of a capture's symbols come from.
package struct CaptureScales: Sendable, Hashable {
  package var price: Int
  package var quantity: Int
  /// `digits seen`, or the reference data that was read.
  package var source: String
}

/// Reference data beside or inside a capture.
///
/// Increments change over the years, so it is used only where it holds every digit that was seen.
struct CaptureReference {
  private struct Entry {
    var symbol: String
    var scales: CaptureScales
  }

  private static let digitsSeen = "digits seen"

  private var entries: [Entry] = []

  func scales(of symbol: CaptureSurvey.Symbol) -> CaptureScales {
    let seen = CaptureScales(
      price: symbol.digits.price, quantity: symbol.digits.quantity, source: Self.digitsSeen)
    guard let entry = entries.first(where: { $0.symbol == symbol.name }),
      entry.scales.price >= seen.price, entry.scales.quantity >= seen.quantity
    else { return seen }
    return entry.scales
  }

  /// Reads the files of the capture's folder that hold the venue's instruments.
  mutating func readFolder(of path: String, venue: CaptureVenue) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let prefix: String
    switch venue {
    case .binance, .binanceUS: prefix = "rest_exchangeInfo"
    case .kraken, .krakenV1: prefix = "rest_AssetPairs"
    case .coinbaseExchange: prefix = "rest_products"
    }
    for name in names.sorted() where name.hasPrefix(prefix) {
      guard let bytes = try? CaptureReader.contents("\(folder)/\(name)"),
        let value = try? JSONValue(parsing: bytes)
      else { continue }
      read(value, venue: venue, source: name)
    }
  }

  /// Takes an HTTP response of the tape if it is reference data.
  mutating func read(response body: CaptureBytes, url: String, venue: CaptureVenue) {
    let isReference = ["/products", "exchangeInfo", "AssetPairs"].contains {
      url.hasSuffix($0) || url.contains($0 + "?")
    }
    guard isReference, let value = unsafe try? JSONValue(parsing: body.pointer) else { return }
    read(value, venue: venue, source: url)
  }

  private mutating func read(_ value: JSONValue, venue: CaptureVenue, source: String) {
    switch venue {
    case .binance, .binanceUS: readBinance(value, source)
    case .coinbaseExchange: readCoinbase(value, source)
    case .kraken, .krakenV1: readKraken(value, venue, source)
    }
  }

  private mutating func readBinance(_ value: JSONValue, _ source: String) {
    for symbol in value["symbols"]?.array ?? [] {
      let filters = symbol["filters"]?.array ?? []
      func step(_ filter: String, _ field: String) -> Int? {
        filters.first { $0["filterType"]?.string == filter }?[field]?.text.flatMap(Self.places)
      }
      add(
        symbol["symbol"]?.string, step("PRICE_FILTER", "tickSize"), step("LOT_SIZE", "stepSize"),
        source)
    }
  }

  private mutating func readCoinbase(_ value: JSONValue, _ source: String) {
    for product in value.array ?? [] {
      add(
        product["id"]?.string, product["quote_increment"]?.text.flatMap(Self.places),
        product["base_increment"]?.text.flatMap(Self.places), source)
    }
  }

  private mutating func readKraken(_ value: JSONValue, _ venue: CaptureVenue, _ source: String) {
    for member in (value["result"] ?? value).members ?? [] {
      guard let name = member.value["wsname"]?.string else { continue }
      add(
        venue == .kraken ? Self.modernName(name) : name,
        member.value["pair_decimals"]?.int64.flatMap { Int(exactly: $0) },
        member.value["lot_decimals"]?.int64.flatMap { Int(exactly: $0) }, source)
    }
  }

  /// The second protocol says BTC and DOGE where the first had XBT and XDG.
  private static func modernName(_ name: String) -> String {
    let assets = name.split(separator: "/").map { asset in
      asset == "XBT" ? "BTC" : asset == "XDG" ? "DOGE" : String(asset)
    }
    return assets.joined(separator: "/")
  }

  private static func places(_ increment: String) -> Int? {
    guard let value = DecimalText.parse(increment), value.mantissa > 0 else { return nil }
    return value.scale
  }

  private mutating func add(_ symbol: String?, _ price: Int?, _ quantity: Int?, _ source: String) {
    guard let symbol, let price, let quantity, (0...16).contains(price),
      (0...16).contains(quantity)
    else { return }
    entries.removeAll { $0.symbol == symbol }
    entries.append(
      Entry(
        symbol: symbol,
        scales: CaptureScales(price: price, quantity: quantity, source: source)))
  }
}
