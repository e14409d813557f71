import Foundation
import Wire

/// What a first pass over a capture shows: its venue, its symbols, and the digits they use.
struct CaptureSurvey {
  /// Digits after the point, trailing zeros left out.
  struct Digits: Hashable {
    var price = 0
    var quantity = 0

    mutating func merge(_ other: Digits) {
      price = max(price, other.price)
      quantity = max(quantity, other.quantity)
    }
  }

  struct Symbol {
    var name: String
    var digits = Digits()
  }

  let venue: CaptureVenue
  /// In the order of their first message.
  private(set) var symbols: [Symbol] = []
  /// Snapshots whose URL names no symbol; they belong to the only one there is.
  private var nameless = Digits()

  init(venue: CaptureVenue) {
    self.venue = venue
  }

  mutating func observe(_ message: CaptureBytes) {
    var scanner = unsafe JSONScanner(message.pointer)
    switch venue {
    case .binance, .binanceUS: observeBinance(&scanner)
    case .coinbaseExchange: observeCoinbase(&scanner)
    case .kraken: observeKraken(&scanner)
    case .krakenV1: observeKrakenV1(&scanner)
    }
  }

  /// A depth snapshot over HTTP, as Binance has them.
  mutating func observe(response body: CaptureBytes, url: String) {
    guard venue == .binance || venue == .binanceUS else { return }
    var scanner = unsafe JSONScanner(body.pointer)
    var digits = Digits()
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      if key == "bids" || key == "asks" {
        Self.measureLevels(&scanner, &digits)
      } else {
        scanner.skipValue()
      }
    }
    guard !scanner.failed else { return }
    if let name = Self.symbol(inURL: url) { note(name, digits) } else { nameless.merge(digits) }
  }

  mutating func finish() {
    if symbols.count == 1 { symbols[0].digits.merge(nameless) }
  }

  static func symbol(inURL url: String) -> String? {
    guard let start = url.range(of: "symbol=") else { return nil }
    return String(url[start.upperBound...].prefix { $0 != "&" })
  }

  private mutating func note(_ name: String, _ digits: Digits) {
    if let index = symbols.firstIndex(where: { $0.name == name }) {
      symbols[index].digits.merge(digits)
    } else {
      symbols.append(Symbol(name: name, digits: digits))
    }
  }
}

// MARK: - Venues

extension CaptureSurvey {
  private mutating func observeBinance(_ scanner: inout JSONScanner, depth: Int = 0) {
    var digits = Digits()
    var symbol: String?
    var isDepth = false
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      switch key {
      case "data" where depth == 0: observeBinance(&scanner, depth: 1)
      case "e": isDepth = Self.text(&scanner) == "depthUpdate"
      case "s": symbol = Self.text(&scanner)
      case "b", "a": Self.measureLevels(&scanner, &digits)
      default: scanner.skipValue()
      }
    }
    if isDepth, !scanner.failed, let symbol { note(symbol, digits) }
  }

  private mutating func observeCoinbase(_ scanner: inout JSONScanner) {
    var digits = Digits()
    var product: String?
    var isBook = false
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      switch key {
      case "type":
        let type = Self.text(&scanner)
        isBook = type == "snapshot" || type == "l2update"
      case "product_id": product = Self.text(&scanner)
      case "bids", "asks": Self.measureLevels(&scanner, &digits)
      case "changes": Self.measureLevels(&scanner, &digits, first: 1)
      default: scanner.skipValue()
      }
    }
    if isBook, !scanner.failed, let product { note(product, digits) }
  }

  private mutating func observeKraken(_ scanner: inout JSONScanner) {
    var isBook = false
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      switch key {
      case "channel": isBook = Self.text(&scanner) == "book"
      case "data" where isBook:
        guard scanner.beginArray() else { return }
        while scanner.nextElement() { observeKrakenRow(&scanner) }
      default: scanner.skipValue()
      }
    }
  }

  private mutating func observeKrakenRow(_ scanner: inout JSONScanner) {
    var digits = Digits()
    var symbol: String?
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      switch key {
      case "symbol": symbol = Self.text(&scanner)
      case "bids", "asks": Self.measureRows(&scanner, &digits)
      default: scanner.skipValue()
      }
    }
    if !scanner.failed, let symbol { note(symbol, digits) }
  }

  private mutating func observeKrakenV1(_ scanner: inout JSONScanner) {
    var digits = Digits()
    var texts: [String] = []
    guard scanner.peek() == UInt8(ascii: "["), scanner.beginArray() else { return }
    while scanner.nextElement() {
      switch scanner.peek() {
      case UInt8(ascii: "{"): Self.measureV1Sides(&scanner, &digits)
      case UInt8(ascii: "\""): Self.text(&scanner).map { texts.append($0) }
      default: scanner.skipValue()
      }
    }
    guard !scanner.failed, texts.count == 2, texts[0].hasPrefix("book") else { return }
    note(texts[1], digits)
  }
}

// MARK: - Digits

extension CaptureSurvey {
  private static func text(_ scanner: inout JSONScanner) -> String? {
    guard scanner.peek() == UInt8(ascii: "\"") else {
      scanner.skipValue()
      return nil
    }
    return unsafe scanner.string().map { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// `[[price, quantity, ...], ...]`, with the price at place `first`; a lone value is passed.
  private static func measureLevels(
    _ scanner: inout JSONScanner, _ digits: inout Digits, first: Int = 0
  ) {
    guard scanner.peek() == UInt8(ascii: "[") else { return scanner.skipValue() }
    guard scanner.beginArray() else { return }
    while scanner.nextElement() {
      guard scanner.beginArray() else { return }
      var place = 0
      while scanner.nextElement() {
        switch place - first {
        case 0: digits.price = max(digits.price, fraction(&scanner))
        case 1: digits.quantity = max(digits.quantity, fraction(&scanner))
        default: scanner.skipValue()
        }
        place += 1
      }
    }
  }

  /// `[{"price": p, "qty": q}, ...]`.
  private static func measureRows(_ scanner: inout JSONScanner, _ digits: inout Digits) {
    guard scanner.beginArray() else { return }
    while scanner.nextElement() {
      guard scanner.beginObject() else { return }
      while let key = scanner.nextKey() {
        switch key {
        case "price": digits.price = max(digits.price, fraction(&scanner))
        case "qty": digits.quantity = max(digits.quantity, fraction(&scanner))
        default: scanner.skipValue()
        }
      }
    }
  }

  private static func measureV1Sides(_ scanner: inout JSONScanner, _ digits: inout Digits) {
    guard scanner.beginObject() else { return }
    while let key = scanner.nextKey() {
      switch key {
      case "as", "bs", "a", "b": measureLevels(&scanner, &digits)
      default: scanner.skipValue()
      }
    }
  }

  private static func fraction(_ scanner: inout JSONScanner) -> Int {
    guard let text = unsafe scanner.text() else { return 0 }
    guard let point = unsafe text.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
    var end = text.count
    while end > point + 1, unsafe text[end - 1] == UInt8(ascii: "0") { end -= 1 }
    return end - point - 1
  }
}
