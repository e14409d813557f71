import RouterCore
import Wire

/// What one market data message has said so far, while it is being read.
@safe struct BinanceDepthFrame {
  enum Kind { case none, depthUpdate, trade, serverShutdown, other }
  enum Side { case bids, asks }

  var kind = Kind.none
  var hasSymbol = false
  /// The place among our listings; -1 while not known, or not ours.
  var book = -1
  var firstID: Int64 = -1
  var lastID: Int64 = -1
  var eventTime = Timestamp.distantPast
  private(set) var bids = 0..<0
  private(set) var asks = 0..<0
  private var hasBids = false
  private var hasAsks = false
  /// Where levels begin that came before the symbol; the venue names the symbol first.
  private var deferredBids: JSONScanner?
  private var deferredAsks: JSONScanner?
  private(set) var hasDeferredSides = false
  private var hasDuplicate = false

  /// Of a trade; -1 while not read.
  private(set) var tradePrice: Int64 = -1
  private(set) var tradeQuantity: Int64 = -1
  private(set) var tradeTime = Timestamp.distantPast
  /// A trade's price or quantity came before its kind or its symbol, and with it the scale.
  var isTradeDeferred = false

  var isReply = false
  var isError = false
  var replyNumber: Int64?

  /// Fields that a depth update must have, with sense in them.
  var isBroken: Bool {
    guard kind == .depthUpdate else { return hasDuplicate }
    return hasDuplicate || !hasSymbol || firstID < 0 || lastID < firstID || lastID == .max
      || !hasBids || !hasAsks
  }

  /// The field to name in an incident.
  var problem: String {
    if hasDuplicate { return "a doubled field" }
    guard kind == .depthUpdate else { return "an unreadable field" }
    if firstID < 0 { return "field U" }
    if lastID < firstID || lastID == .max { return "field u" }
    return !hasBids ? "field b" : !hasAsks ? "field a" : "an unreadable field"
  }

  mutating func readKind(_ scanner: inout JSONScanner) {
    guard let text = unsafe scanner.string() else { return }
    kind = unsafe Self.kind(text)
  }

  mutating func readEventTime(_ scanner: inout JSONScanner) {
    guard let value = scanner.integer() else { return }
    eventTime = BinanceTime.timestamp(value)
  }

  mutating func readFirstID(_ scanner: inout JSONScanner) {
    guard firstID < 0 else { return doubled(&scanner) }
    firstID = scanner.integer() ?? -1
  }

  mutating func readLastID(_ scanner: inout JSONScanner) {
    guard lastID < 0 else { return doubled(&scanner) }
    lastID = scanner.integer() ?? -1
  }

  mutating func readTradePrice(_ scanner: inout JSONScanner, scale: Int) {
    guard tradePrice < 0 else { return doubled(&scanner) }
    tradePrice = scanner.decimal(scale: scale) ?? -1
  }

  mutating func readTradeQuantity(_ scanner: inout JSONScanner, scale: Int) {
    guard tradeQuantity < 0 else { return doubled(&scanner) }
    tradeQuantity = scanner.decimal(scale: scale) ?? -1
  }

  mutating func readTradeTime(_ scanner: inout JSONScanner) {
    guard let value = scanner.integer() else { return }
    tradeTime = BinanceTime.timestamp(value)
  }

  mutating func note(_ side: Side, _ range: Range<Int>) {
    if side == .bids {
      hasDuplicate = hasDuplicate || hasBids
      hasBids = true
      bids = range
    } else {
      hasDuplicate = hasDuplicate || hasAsks
      hasAsks = true
      asks = range
    }
  }

  mutating func `defer`(_ side: Side, _ scanner: JSONScanner) {
    hasDeferredSides = true
    if side == .bids {
      hasDuplicate = hasDuplicate || deferredBids != nil
      deferredBids = scanner
    } else {
      hasDuplicate = hasDuplicate || deferredAsks != nil
      deferredAsks = scanner
    }
  }

  func deferred(_ side: Side) -> JSONScanner? { side == .bids ? deferredBids : deferredAsks }

  private mutating func doubled(_ scanner: inout JSONScanner) {
    hasDuplicate = true
    scanner.skipValue()
  }

  private static func kind(_ text: UnsafeRawBufferPointer) -> Kind {
    if unsafe equals(text, "depthUpdate") { return .depthUpdate }
    if unsafe equals(text, "trade") || equals(text, "aggTrade") { return .trade }
    return unsafe equals(text, "serverShutdown") ? .serverShutdown : .other
  }

  private static func equals(_ text: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
    guard text.count == literal.utf8CodeUnitCount else { return false }
    for index in 0..<text.count where unsafe text[index] != literal.utf8Start[index] {
      return false
    }
    return true
  }
}

/// The venue's times: milliseconds, or microseconds where a connection has asked for them.
enum BinanceTime {
  static func timestamp(_ value: Int64) -> Timestamp {
    // 10^14 ms is the year 5138; in microseconds it is 1973.
    let unit: Int64 = value < 100_000_000_000_000 ? 1_000_000 : 1_000
    let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: unit)
    return overflow || value < 0 ? .distantPast : Timestamp(nanoseconds: nanoseconds)
  }
}
