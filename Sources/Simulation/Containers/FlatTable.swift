/// An open-addressing table from a word to a value, with the same layout in every process.
package struct FlatTable<Value: Sendable>: Sendable {
  private enum Slot: Sendable {
    case empty
    case removed
    case used(UInt64, Value)
  }

  private var slots: [Slot]
  /// Slots that are not empty; removed ones lengthen a search just as used ones do.
  private var occupied = 0
  package private(set) var count = 0

  package init(minimumCapacity: Int = 16) {
    var capacity = 16
    while capacity < minimumCapacity * 2 { capacity *= 2 }
    slots = [Slot](repeating: .empty, count: capacity)
  }

  package subscript(_ key: UInt64) -> Value? {
    get { find(key).flatMap { index in value(at: index) } }
    set {
      if let newValue { insert(key, newValue) } else { remove(key) }
    }
  }

  private func value(at index: Int) -> Value? {
    guard case .used(_, let value) = slots[index] else { return nil }
    return value
  }

  private func find(_ key: UInt64) -> Int? {
    var index = home(of: key)
    while true {
      switch slots[index] {
      case .empty: return nil
      case .used(let other, _) where other == key: return index
      default: index = (index + 1) & (slots.count - 1)
      }
    }
  }

  private mutating func insert(_ key: UInt64, _ value: Value) {
    if let index = find(key) {
      slots[index] = .used(key, value)
      return
    }
    if occupied * 2 >= slots.count { rebuild() }
    var index = home(of: key)
    while case .used = slots[index] { index = (index + 1) & (slots.count - 1) }
    if case .empty = slots[index] { occupied += 1 }
    slots[index] = .used(key, value)
    count += 1
  }

  private mutating func remove(_ key: UInt64) {
    guard let index = find(key) else { return }
    slots[index] = .removed
    count -= 1
  }

  private mutating func rebuild() {
    let old = slots
    let capacity = count * 4 >= slots.count ? slots.count * 2 : slots.count
    slots = [Slot](repeating: .empty, count: capacity)
    occupied = 0
    count = 0
    for case .used(let key, let value) in old { insert(key, value) }
  }

  private func home(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: SeededRandom.hash(key)) & (slots.count - 1)
  }
}
