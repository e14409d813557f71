/// Finds a symbol's place among our listings without allocating: open addressing over its bytes.
struct BinanceSymbolTable: Sendable {
  /// All symbols one after the other.
  private var text: [UInt8] = []
  /// Where symbol `n` begins in `text`; one entry more than there are symbols.
  private var starts: [Int] = [0]
  /// Places by hash, -1 where free; a power of two, at most half full.
  private var slots: [Int]

  /// - Returns: A table in which a name that occurs twice means its first place.
  init(_ symbols: [String]) {
    var capacity = 4
    while capacity < symbols.count * 2 { capacity *= 2 }
    slots = Array(repeating: -1, count: capacity)
    for symbol in symbols { insert(symbol) }
  }

  /// The place of the symbol, or -1.
  func index(of symbol: UnsafeRawBufferPointer) -> Int {
    var slot = unsafe Self.hash(symbol) & (slots.count - 1)
    while slots[slot] >= 0 {
      if unsafe isEqual(slots[slot], symbol) { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return -1
  }

  func index(of symbol: String) -> Int {
    unsafe Array(symbol.utf8).withUnsafeBytes { bytes in unsafe index(of: bytes) }
  }

  private mutating func insert(_ symbol: String) {
    let place = starts.count - 1
    text.append(contentsOf: symbol.utf8)
    starts.append(text.count)
    let bytes = Array(symbol.utf8)
    guard index(of: symbol) < 0 else { return }
    var slot = unsafe bytes.withUnsafeBytes { bytes in unsafe Self.hash(bytes) } & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = place
  }

  private func isEqual(_ place: Int, _ symbol: UnsafeRawBufferPointer) -> Bool {
    let start = starts[place]
    guard starts[place + 1] - start == symbol.count else { return false }
    var offset = 0
    while offset < symbol.count {
      guard unsafe text[start + offset] == symbol[offset] else { return false }
      offset += 1
    }
    return true
  }

  /// FNV-1a: symbols are short, and nobody else chooses them.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in 0..<bytes.count {
      hash ^= unsafe UInt64(bytes[index])
      hash &*= 0x100_0000_01b3
    }
    return Int(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}
