/// Records of one kind in a fixed number of slots; a slot keeps its number while it is in use.
///
/// Memory of slots that were never used is never touched, so that a generous capacity is cheap.
@safe
package struct Pool<Element: BitwiseCopyable>: ~Copyable {
  private let base: UnsafeMutablePointer<Element>
  private let nextFree: UnsafeMutablePointer<Int32>
  private var firstFree: Int32 = -1
  package let capacity: Int
  /// Slots from here on were never used.
  package private(set) var highWater = 0
  package private(set) var count = 0

  package init(capacity: Int) {
    precondition(capacity >= 0 && capacity < Int(Int32.max))
    self.capacity = capacity
    unsafe base = .allocate(capacity: max(capacity, 1))
    unsafe nextFree = .allocate(capacity: max(capacity, 1))
  }

  deinit {
    unsafe base.deallocate()
    unsafe nextFree.deallocate()
  }

  package var free: Int { capacity - count }

  /// The slot now holding `element`, or `nil` if all are in use.
  package mutating func insert(_ element: Element) -> Int? {
    let slot: Int
    if firstFree >= 0 {
      slot = Int(firstFree)
      firstFree = unsafe nextFree[slot]
    } else {
      guard highWater < capacity else { return nil }
      slot = highWater
      highWater += 1
    }
    unsafe base[slot] = element
    unsafe nextFree[slot] = Self.inUse
    count += 1
    return slot
  }

  package mutating func remove(_ slot: Int) {
    precondition(contains(slot))
    unsafe nextFree[slot] = firstFree
    firstFree = Int32(slot)
    count -= 1
  }

  /// Touches the memory of the next slots that were never used, so that their first use need not
  /// wait for it.
  package mutating func prepare() {
    let slot = min(highWater + Self.preparedSlots, capacity) - 1
    guard slot >= highWater else { return }
    unsafe UnsafeMutableRawPointer(base + slot).storeBytes(of: 0, as: UInt8.self)
    unsafe nextFree[slot] = 0
  }

  private static var preparedSlots: Int { 8 }

  package func contains(_ slot: Int) -> Bool {
    unsafe slot >= 0 && slot < highWater && nextFree[slot] == Self.inUse
  }

  package subscript(slot: Int) -> Element {
    @inline(__always) _read {
      precondition(slot >= 0 && slot < highWater)
      yield unsafe base[slot]
    }
    @inline(__always) _modify {
      precondition(slot >= 0 && slot < highWater)
      yield unsafe &base[slot]
    }
  }

  private static var inUse: Int32 { -2 }
}

extension Pool: @unchecked Sendable where Element: Sendable {}
