internal import RouterCore

/// Records by a number, with room for a fixed count; the oldest makes room for the newest.
///
/// Open addressing with linear probing: a look-up allocates nothing and hashes one word.
struct StageRing<Record: Sendable>: Sendable {
  /// Slot plus one; zero is an empty place.
  private var places: [Int32]
  private var keys: [UInt64]
  private var records: [Record]
  /// The key that each slot was taken for.
  private var owners: [UInt64]
  private var insertions = 0
  private let mask: Int

  // `blank` fills the slots until they are used.
  init(capacity: Int, blank: Record) {
    precondition(capacity > 0 && capacity < 1 << 24)
    var size = 4
    while size < capacity * 2 { size *= 2 }
    mask = size - 1
    places = Array(repeating: 0, count: size)
    keys = Array(repeating: 0, count: size)
    records = Array(repeating: blank, count: capacity)
    owners = Array(repeating: 0, count: capacity)
  }

  var count: Int { min(insertions, records.count) }

  var byteCount: Int {
    records.count * (MemoryLayout<Record>.stride + 8) + places.count * 12
  }

  func slot(of key: UInt64) -> Int? {
    var place = home(of: key)
    while places[place] != 0 {
      if keys[place] == key { return Int(places[place]) - 1 }
      place = (place + 1) & mask
    }
    return nil
  }

  subscript(slot: Int) -> Record {
    get { records[slot] }
    _modify { yield &records[slot] }
  }

  /// Adds a record under a key that is not there.
  ///
  /// - Returns: Its slot, and the record that made room for it.
  mutating func insert(_ key: UInt64, _ record: Record) -> (slot: Int, evicted: Record?) {
    let slot = insertions % records.count
    let evicted = insertions < records.count ? nil : records[slot]
    if evicted != nil { remove(owners[slot]) }
    insertions += 1
    records[slot] = record
    owners[slot] = key
    var place = home(of: key)
    while places[place] != 0 { place = (place + 1) & mask }
    places[place] = Int32(slot + 1)
    keys[place] = key
    return (slot, evicted)
  }

  private mutating func remove(_ key: UInt64) {
    var place = home(of: key)
    while places[place] != 0 {
      if keys[place] == key { return close(gap: place) }
      place = (place + 1) & mask
    }
  }

  /// Moves what follows back, so that no tombstones gather.
  private mutating func close(gap start: Int) {
    var gap = start
    var place = (gap + 1) & mask
    while places[place] != 0 {
      let distance = (place - home(of: keys[place])) & mask
      if distance >= (place - gap) & mask {
        keys[gap] = keys[place]
        places[gap] = places[place]
        gap = place
      }
      place = (place + 1) & mask
    }
    places[gap] = 0
  }

  private func home(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: mixed(key)) & mask
  }
}
