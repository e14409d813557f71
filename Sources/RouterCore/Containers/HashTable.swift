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
/// The keys stay in the pool; a place is one word of the slot and as much of a hash as fits beside it.
/// So a new key takes one place of a small table that has been touched since the start, and no page
/// of memory for the first time. It is never iterated, so its order can not leak into a decision.
@safe
package struct HashTable<Key: TableKey>: ~Copyable {
  /// The lower bits of a place are its slot plus one, the others the upper bits of a hash; an empty
  /// place is zero.
  private let places: UnsafeMutablePointer<UInt32>
  private let mask: Int
  private let slotBits: UInt32
  package let capacity: Int
  package private(set) var count = 0

  package init(capacity: Int) {
    precondition(capacity >= 0 && capacity < 1 << 29)
    self.capacity = capacity
    slotBits = UInt32(Int.bitWidth - capacity.leadingZeroBitCount)
    var size = 4
    while size < capacity * 2 { size *= 2 }
    mask = size - 1
    unsafe places = .allocate(capacity: size)
    unsafe places.initialize(repeating: 0, count: size)
  }

  deinit {
    unsafe places.deallocate()
  }

  /// The slot of a key in the pool whose elements have the keys that were added.
  @inline(__always)
  package func find<Element>(
    _ key: Key, in pool: borrowing Pool<Element>, by keyOf: (Element) -> Key
  ) -> Int? {
    let hash = key.tableHash
    let tag = tag(hash)
    var index = home(hash)
    while true {
      let place = unsafe places[index]
      guard place != 0 else { return nil }
      let slot = slot(place)
      if place & ~slotMask == tag && keyOf(pool[slot]) == key { return slot }
      index = (index + 1) & mask
    }
  }

  /// Adds a key that is not there yet; `false` if the table is full or has no place for such a slot.
  package mutating func insert(_ key: Key, slot: Int) -> Bool {
    guard count < capacity, slot >= 0, slot < capacity else { return false }
    let hash = key.tableHash
    var index = home(hash)
    while unsafe places[index] != 0 { index = (index + 1) & mask }
    unsafe places[index] = tag(hash) | UInt32(slot + 1)
    count += 1
    return true
  }

  /// Removes a key and closes the gap, so that no tombstones gather; to be called while the pool
  /// still has it in `slot`.
  package mutating func remove<Element>(
    _ key: Key, slot: Int, in pool: borrowing Pool<Element>, by keyOf: (Element) -> Key
  ) {
    var gap = home(key.tableHash)
    while true {
      let place = unsafe places[gap]
      guard place != 0 else { return }
      if self.slot(place) == slot { break }
      gap = (gap + 1) & mask
    }
    count -= 1
    var index = (gap + 1) & mask
    while unsafe places[index] != 0 {
      let moved = unsafe home(keyOf(pool[self.slot(places[index])]).tableHash)
      if (index - moved) & mask >= (index - gap) & mask {
        unsafe places[gap] = places[index]
        gap = index
      }
      index = (index + 1) & mask
    }
    unsafe places[gap] = 0
  }

  private var slotMask: UInt32 { (1 << slotBits) - 1 }
  private func slot(_ place: UInt32) -> Int { Int(place & slotMask) - 1 }
  private func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & mask }
  private func tag(_ hash: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: hash >> 32) << slotBits
  }
}

extension HashTable: @unchecked Sendable {}
