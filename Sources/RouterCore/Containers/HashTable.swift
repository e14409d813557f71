/// What can be looked up in a `HashTable`; the hash is the same in every process.
package protocol TableKey: Equatable, BitwiseCopyable, Sendable {
  var tableHash: UInt64 { get }
}

/// Spreads the bits of a word over the whole word (the finalizer of SplitMix64).
package func mixed(_ word: UInt64) -> UInt64 {
  var bits = word &+ 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
  return bits ^ (bits >> 31)
}

/// From keys to slots of a pool: open addressing, linear probing, fixed capacity.
///
/// The keys stay in the pool, and a place holds half of a hash with the slot. So a new key takes one
/// place that has been touched since the start, and no page of memory for the first time. It is
/// never iterated, so its order can not leak into a decision.
@safe
package struct HashTable<Key: TableKey>: ~Copyable {
  private struct Place: BitwiseCopyable {
    /// The lower half of the key's hash.
    var hash: UInt32 = 0
    /// Slot plus one; zero is an empty place.
    var slot: Int32 = 0
  }

  private let places: UnsafeMutablePointer<Place>
  private let mask: Int
  package let capacity: Int
  package private(set) var count = 0

  package init(capacity: Int) {
    precondition(capacity >= 0 && capacity < 1 << 29)
    self.capacity = capacity
    var size = 4
    while size < capacity * 2 { size *= 2 }
    mask = size - 1
    unsafe places = .allocate(capacity: size)
    unsafe places.initialize(repeating: Place(), count: size)
  }

  deinit {
    unsafe places.deallocate()
  }

  /// The slot of a key; `keys` tells the key that the pool has in a slot.
  @inline(__always)
  package func find(_ key: Key, in keys: (Int) -> Key) -> Int? {
    let hash = Self.half(key)
    var index = home(of: hash)
    while true {
      let place = unsafe places[index]
      guard place.slot != 0 else { return nil }
      let slot = Int(place.slot) - 1
      if place.hash == hash && keys(slot) == key { return slot }
      index = (index + 1) & mask
    }
  }

  /// Adds a key that is not there yet; `false` if the table is full.
  package mutating func insert(_ key: Key, slot: Int) -> Bool {
    guard count < capacity else { return false }
    let hash = Self.half(key)
    var index = home(of: hash)
    while unsafe places[index].slot != 0 { index = (index + 1) & mask }
    unsafe places[index] = Place(hash: hash, slot: Int32(slot + 1))
    count += 1
    return true
  }

  /// Removes the key that was added with `slot` and closes the gap, so that no tombstones gather.
  package mutating func remove(_ key: Key, slot: Int) {
    var index = home(of: Self.half(key))
    while true {
      let found = unsafe places[index].slot
      guard found != 0 else { return }
      if found == Int32(slot + 1) { break }
      index = (index + 1) & mask
    }
    count -= 1
    close(gap: index)
  }

  private mutating func close(gap start: Int) {
    var gap = start
    var index = (gap + 1) & mask
    while unsafe places[index].slot != 0 {
      let distance = unsafe (index - home(of: places[index].hash)) & mask
      if distance >= (index - gap) & mask {
        unsafe places[gap] = places[index]
        gap = index
      }
      index = (index + 1) & mask
    }
    unsafe places[gap] = Place()
  }

  private static func half(_ key: Key) -> UInt32 { UInt32(truncatingIfNeeded: key.tableHash) }

  private func home(of hash: UInt32) -> Int { Int(hash) & mask }
}

extension HashTable: @unchecked Sendable {}
