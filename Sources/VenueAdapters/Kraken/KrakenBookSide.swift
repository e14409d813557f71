/// One side of a book at the venue's own digits, kept for its checksum.
///
/// Best level last, since nearly every change is near the touch. Levels that fall out of the
/// subscribed depth leave at the front without moving the others.
struct KrakenBookSide {
  /// How many levels a side the checksum covers.
  static let checksumDepth = 10

  /// A bid's price, or an ask's price negated: the greater, the better, on both sides.
  private var keys: [Int64] = []
  private var quantities: [Int64] = []
  private var start = 0
  let isBid: Bool

  init(isBid: Bool, capacity: Int) {
    self.isBid = isBid
    keys.reserveCapacity(2 * capacity + 64)
    quantities.reserveCapacity(2 * capacity + 64)
  }

  var count: Int { keys.count - start }

  /// The price and quantity at a rank counted from the best level, 0 first.
  subscript(rank: Int) -> (price: Int64, quantity: Int64) {
    let index = keys.count - 1 - rank
    return (isBid ? keys[index] : -keys[index], quantities[index])
  }

  mutating func removeAll() {
    keys.removeAll(keepingCapacity: true)
    quantities.removeAll(keepingCapacity: true)
    start = 0
  }

  /// Sets the quantity at a price; zero removes the level, and removing none is harmless.
  ///
  /// - Returns: Whether the levels that the checksum covers have changed.
  mutating func set(price: Int64, quantity: Int64) -> Bool {
    let key = isBid ? price : -price
    let end = indexAfter(key)
    let rank = keys.count - end
    if end > start && keys[end - 1] == key {
      if quantity == 0 {
        keys.remove(at: end - 1)
        quantities.remove(at: end - 1)
      } else {
        quantities[end - 1] = quantity
      }
      return rank < Self.checksumDepth
    }
    guard quantity != 0 else { return false }
    keys.insert(key, at: end)
    quantities.insert(quantity, at: end)
    return rank < Self.checksumDepth
  }

  /// Drops the worst levels beyond `depth`; the venue sends no deletion for them.
  mutating func truncate(to depth: Int) {
    guard count > depth else { return }
    start = keys.count - depth
    guard start > depth + 32 else { return }
    keys.removeSubrange(..<start)
    quantities.removeSubrange(..<start)
    start = 0
  }

  /// The index after the last key that is not above `key`.
  private func indexAfter(_ key: Int64) -> Int {
    var low = start
    var high = keys.count
    let near = max(start, high - 16)
    if near == start || keys[near - 1] <= key {
      while high > near && keys[high - 1] > key { high -= 1 }
      return high
    }
    high = near
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] <= key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
