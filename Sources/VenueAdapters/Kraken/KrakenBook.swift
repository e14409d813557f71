import Wire

/// A book as Kraken maintains it for us, at the venue's own digits, and its checksum.
struct KrakenBook {
  private(set) var depth: Int
  var bids: KrakenBookSide
  var asks: KrakenBookSide
  /// Set when a level within the checksum's reach changes.
  var isChecksumStale = true
  private var checksum: UInt32 = 0

  init(depth: Int) {
    self.depth = depth
    bids = KrakenBookSide(isBid: true, capacity: depth)
    asks = KrakenBookSide(isBid: false, capacity: depth)
  }

  mutating func removeAll() {
    bids.removeAll()
    asks.removeAll()
    isChecksumStale = true
  }

  mutating func truncate() {
    bids.truncate(to: depth)
    asks.truncate(to: depth)
  }

  /// CRC-32 of the ten best asks, then the ten best bids, each as price and quantity without
  /// point and leading zeros.
  ///
  /// At the venue's digits a decimal without point and leading zeros is just its mantissa. The
  /// text is written from its end, where the digits come from.
  mutating func currentChecksum(_ scratch: inout KrakenChecksumText) -> UInt32 {
    guard isChecksumStale else { return checksum }
    scratch.removeAll()
    prepend(bids, to: &scratch)
    prepend(asks, to: &scratch)
    checksum = scratch.checksum
    isChecksumStale = false
    return checksum
  }

  private func prepend(_ side: KrakenBookSide, to text: inout KrakenChecksumText) {
    var rank = min(side.count, KrakenBookSide.checksumDepth)
    while rank > 0 {
      rank -= 1
      let level = side[rank]
      text.prepend(level.quantity)
      text.prepend(level.price)
    }
  }
}

/// The text under a checksum, made once and reused.
struct KrakenChecksumText {
  /// Two sides of ten levels of two numbers with at most nineteen digits.
  private static let capacity = 2 * KrakenBookSide.checksumDepth * 2 * 19

  private var bytes = [UInt8](repeating: 0, count: capacity)
  private var start = capacity

  init() {}

  var checksum: UInt32 {
    unsafe bytes.withUnsafeBytes { all in
      unsafe CRC32.checksum(UnsafeRawBufferPointer(rebasing: all[start...]))
    }
  }

  mutating func removeAll() {
    start = bytes.count
  }

  /// Puts the digits of a number that is not negative in front; nothing for zero.
  mutating func prepend(_ value: Int64) {
    var rest = value.magnitude
    while rest > 0 && start > 0 {
      start -= 1
      bytes[start] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }
}
