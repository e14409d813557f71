import Wire

/// The head of a WebSocket v2 message: which channel, and snapshot or update.
struct KrakenEnvelope {
  enum Channel: UInt8 {
    case book, trade, ticker, heartbeat
    case other
  }

  private(set) var channel = Channel.other
  private(set) var isSnapshot = false

  /// Reads a copy of the scanner; stops as soon as both members are known.
  init(_ start: JSONScanner) {
    var scanner = start
    guard scanner.beginObject() else { return }
    var missing = 2
    while missing > 0, let key = scanner.nextKey() {
      if key == "channel" {
        channel = Self.channel(&scanner)
        missing -= channel == .book || channel == .trade ? 1 : 2
      } else if key == "type" {
        isSnapshot = scanner.stringEquals("snapshot")
        missing -= 1
      } else {
        scanner.skipValue()
      }
    }
    if scanner.failed { channel = .other }
  }

  private static func channel(_ scanner: inout JSONScanner) -> Channel {
    guard let name = unsafe scanner.string() else { return .other }
    switch name.count {
    case 4 where unsafe name.equals("book"): return .book
    case 5 where unsafe name.equals("trade"): return .trade
    case 6 where unsafe name.equals("ticker"): return .ticker
    case 9 where unsafe name.equals("heartbeat"): return .heartbeat
    default: return .other
    }
  }
}

extension JSONScanner {
  /// Enters the array `data` of the message that begins here; false if there is none.
  mutating func enterData() -> Bool {
    guard beginObject() else { return false }
    while let key = nextKey() {
      if key == "data" { return beginArray() }
      skipValue()
    }
    return false
  }

  mutating func stringEquals(_ literal: StaticString) -> Bool {
    guard let text = unsafe string() else { return false }
    return unsafe text.equals(literal)
  }
}

extension UnsafeRawBufferPointer {
  func equals(_ literal: StaticString) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    for index in 0..<count where unsafe self[index] != literal.utf8Start[index] { return false }
    return true
  }
}
