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
/// It is never iterated, so its order can not leak into a decision.
@safe
package struct HashTable<Key: TableKey>: ~Copyable {
  private let keys: UnsafeMutablePointer<Key>
  /// Slot plus one; zero is an empty place.
  private let slots: UnsafeMutablePointer<Int32>
  private let mask: Int
  package let capacity: Int
  package private(set) var count = 0

  package init(capacity: Int) {
    precondition(capacity >= 0 && capacity < 1 << 29)
    self.capacity = capacity
    var places = 4
    while places < capacity * 2 { places *= 2 }
    mask = places - 1
    unsafe keys = .allocate(capacity: places)
    unsafe slots = .allocate(capacity: places)
    unsafe slots.initialize(repeating: 0, count: places)
  }

  deinit {
    unsafe keys.deallocate()
    unsafe slots.deallocate()
  }

  package func find(_ key: Key) -> Int? {
    var place = home(of: key)
    while true {
      let slot = unsafe slots[place]
      guard slot != 0 else { return nil }
      if unsafe keys[place] == key { return Int(slot) - 1 }
      place = (place + 1) & mask
    }
  }

  /// Adds a key that is not there yet; `false` if the table is full.
  package mutating func insert(_ key: Key, slot: Int) -> Bool {
    guard count < capacity else { return false }
    var place = home(of: key)
    while unsafe slots[place] != 0 { place = (place + 1) & mask }
    unsafe keys[place] = key
    unsafe slots[place] = Int32(slot + 1)
    count += 1
    return true
  }

  /// Removes a key and closes the gap, so that no tombstones gather.
  package mutating func remove(_ key: Key) {
    var place = home(of: key)
    while true {
      guard unsafe slots[place] != 0 else { return }
      if unsafe keys[place] == key { break }
      place = (place + 1) & mask
    }
    count -= 1
    close(gap: place)
  }

  private mutating func close(gap start: Int) {
    var gap = start
    var place = (gap + 1) & mask
    while unsafe slots[place] != 0 {
      let distance = unsafe (place - home(of: keys[place])) & mask
      if distance >= (place - gap) & mask {
        unsafe keys[gap] = keys[place]
        unsafe slots[gap] = slots[place]
        gap = place
      }
      place = (place + 1) & mask
    }
    unsafe slots[gap] = 0
  }

  private func home(of key: Key) -> Int {
    Int(truncatingIfNeeded: key.tableHash) & mask
  }
}

extension HashTable: @unchecked Sendable {}
