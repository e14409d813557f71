/// One side of an order book: prices and quantities in two parallel buffers, the best price last.
///
/// Bids are kept under their price and asks under the negative of it, so that both sides ascend
/// towards the touch and share one code. Changes cluster at the touch, where they move few words.
@safe @usableFromInline
package struct BookSide: ~Copyable {
  /// `1` on the bid side, `-1` on the ask side.
  @usableFromInline let sign: Int64
  @usableFromInline let keys: UnsafeMutablePointer<Int64>
  @usableFromInline let sizes: UnsafeMutablePointer<Int64>
  /// The most levels that are kept.
  package let capacity: Int
  /// Words in each buffer: more than `capacity`, so that the worst level goes without a move.
  private let room: Int
  @usableFromInline var first: Int
  @usableFromInline var end: Int
  /// Levels at or below this key are unknown: some were dropped, or were never told.
  private var horizonKey = Int64.min

  package init(side: Side, capacity: Int) {
    precondition(capacity > 0)
    sign = side == .buy ? 1 : -1
    self.capacity = capacity
    room = capacity + max(64, capacity / 4)
    unsafe keys = .allocate(capacity: room)
    unsafe keys.initialize(repeating: 0, count: room)
    unsafe sizes = .allocate(capacity: room)
    unsafe sizes.initialize(repeating: 0, count: room)
    first = room / 2
    end = room / 2
  }

  deinit {
    unsafe keys.deallocate()
    unsafe sizes.deallocate()
  }

  @inlinable package var count: Int { end - first }
  @inlinable package var isEmpty: Bool { end == first }

  /// Where the levels lie; valid as long as the side is borrowed.
  @safe @usableFromInline
  struct Levels: BitwiseCopyable {
    @usableFromInline let keys: UnsafeMutablePointer<Int64>
    @usableFromInline let sizes: UnsafeMutablePointer<Int64>
    /// One past the best level.
    @usableFromInline let end: Int
    @usableFromInline let count: Int

    @inlinable init(
      keys: UnsafeMutablePointer<Int64>, sizes: UnsafeMutablePointer<Int64>, end: Int, count: Int
    ) {
      unsafe self.keys = keys
      unsafe self.sizes = sizes
      self.end = end
      self.count = count
    }
  }

  @inlinable var levels: Levels {
    unsafe Levels(keys: keys, sizes: sizes, end: end, count: end &- first)
  }

  /// The level `index` places behind the touch.
  @inlinable package func level(_ index: Int) -> BookLevel {
    precondition(index >= 0 && index < count)
    return unsafe BookLevel(
      price: Price(mantissa: sign &* keys[end - 1 - index]),
      quantity: Quantity(mantissa: sizes[end - 1 - index]))
  }

  @inlinable package var best: BookLevel? { isEmpty ? nil : level(0) }

  package var hasHorizon: Bool { horizonKey != .min }

  /// The price from which on, away from the touch, nothing is known; `nil` if all is.
  package var horizon: Price? { hasHorizon ? Price(mantissa: sign &* horizonKey) : nil }

  package mutating func removeAll() {
    first = room / 2
    end = first
    horizonKey = .min
  }

  /// Sets, adds or deletes `levels[start..<start + length]` in order.
  ///
  /// - Returns: False, with what stands behind it not applied, for a level whose price is not
  ///   positive or whose quantity is negative.
  package mutating func apply(
    _ levels: Span<BookLevel>, from start: Int, count length: Int
  ) -> Bool {
    precondition(start >= 0 && length >= 0 && length <= levels.count - start)
    var index = start
    while index < start &+ length {
      let level = unsafe levels[unchecked: index]
      guard level.price.mantissa > 0, level.quantity.mantissa >= 0 else { return false }
      set(level.price.mantissa, to: level.quantity.mantissa)
      index &+= 1
    }
    return true
  }

  /// Sets, adds or (quantity zero) deletes one level; deleting an unknown level does nothing.
  package mutating func set(_ price: Int64, to quantity: Int64) {
    let key = sign &* price
    guard key > horizonKey else { return }
    let position = upperBound(of: key)
    if unsafe position > first && keys[position - 1] == key {
      if quantity == 0 {
        remove(at: position - 1)
      } else {
        unsafe sizes[position - 1] = quantity
      }
    } else if quantity > 0 {
      insert(key, quantity, at: position)
    }
  }

  /// Replaces the side by `levels[start..<start + length]`, best first.
  ///
  /// A snapshot of `limit` levels, the most that the venue tells, ends at its last level and not at
  /// the end of the book; zero if it tells all.
  package mutating func load(
    _ levels: Span<BookLevel>, from start: Int, count length: Int, limit: Int
  ) {
    removeAll()
    if !loadOrdered(levels, from: start, count: min(length, capacity)) {
      removeAll()
      for index in start..<start + length {
        set(levels[index].price.mantissa, to: levels[index].quantity.mantissa)
      }
      return
    }
    if length > capacity {
      horizonKey = sign &* levels[start + capacity].price.mantissa
    } else if limit > 0 && length >= limit && length > 0 {
      unsafe horizonKey = keys[first] - 1
    }
  }

  /// Drops the worst levels, which the venue no longer maintains for us and will tell again.
  package mutating func cut(to depth: Int) {
    if count > depth { first = end - depth }
  }

  /// Copies levels best first in strict order; `false` if they are not.
  private mutating func loadOrdered(
    _ levels: Span<BookLevel>, from start: Int, count length: Int
  ) -> Bool {
    first = (room - length) / 2
    end = first + length
    var previous = Int64.max
    for index in 0..<length {
      let level = levels[start + index]
      let key = sign &* level.price.mantissa
      guard key < previous, level.quantity.mantissa > 0 else { return false }
      previous = key
      unsafe keys[end - 1 - index] = key
      unsafe sizes[end - 1 - index] = level.quantity.mantissa
    }
    return true
  }

  /// The position after the last key that is not above `key`.
  @inline(__always)
  private func upperBound(of key: Int64) -> Int {
    var position = end
    let nearby = max(first, end - 24)
    while unsafe position > nearby && keys[position - 1] > key { position &-= 1 }
    guard unsafe position == nearby && position > first && keys[position - 1] > key else {
      return position
    }
    var low = first
    while low < position {
      let middle = (low + position) / 2
      if unsafe keys[middle] > key { position = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func insert(_ key: Int64, _ size: Int64, at position: Int) {
    if count == capacity {
      guard position > first else {
        horizonKey = key
        return
      }
      unsafe horizonKey = keys[first]
      first += 1
    }
    if first > 0 && (end == room || position - first < end - position) {
      shift(from: first, to: first - 1, length: position - first)
      first -= 1
      write(key, size, at: position - 1)
    } else {
      shift(from: position, to: position + 1, length: end - position)
      end += 1
      write(key, size, at: position)
    }
  }

  private mutating func remove(at position: Int) {
    if position - first < end - 1 - position {
      shift(from: first, to: first + 1, length: position - first)
      first += 1
    } else {
      shift(from: position + 1, to: position, length: end - 1 - position)
      end -= 1
    }
  }

  @inline(__always)
  private mutating func write(_ key: Int64, _ size: Int64, at position: Int) {
    unsafe keys[position] = key
    unsafe sizes[position] = size
  }

  /// Moves a run of levels by one place.
  ///
  /// Mutating, or the compiler hands over a copy of the side and waits for its last stores.
  private mutating func shift(from source: Int, to target: Int, length: Int) {
    precondition(min(source, target) >= 0 && max(source, target) + length <= room)
    if source < target {
      var index = length
      while index > 0 {
        index &-= 1
        unsafe write(keys[source &+ index], sizes[source &+ index], at: target &+ index)
      }
    } else {
      var index = 0
      while index < length {
        unsafe write(keys[source &+ index], sizes[source &+ index], at: target &+ index)
        index &+= 1
      }
    }
  }
}

extension BookSide: @unchecked Sendable {}
