/// A block of memory of fixed size that its owner alone may change.
///
/// Unlike an array it has no reference count and no uniqueness test. Indices are checked: a wrong
/// one stops the process rather than send a wrong order.
@safe
package struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  package let count: Int

  package init(repeating element: Element, count: Int) {
    precondition(count >= 0)
    unsafe base = .allocate(capacity: max(count, 1))
    unsafe base.initialize(repeating: element, count: max(count, 1))
    self.count = count
  }

  deinit {
    unsafe base.deallocate()
  }

  @inlinable package subscript(index: Int) -> Element {
    @inline(__always) _read {
      precondition(isInRange(index))
      yield unsafe base[index]
    }
    @inline(__always) _modify {
      precondition(isInRange(index))
      yield unsafe &base[index]
    }
  }

  /// In one comparison: a negative index is a great one without its sign.
  @inlinable @inline(__always)
  func isInRange(_ index: Int) -> Bool {
    UInt(bitPattern: index) < UInt(bitPattern: count)
  }

  /// Moves `length` elements; the two ranges may overlap.
  package mutating func move(from source: Int, to target: Int, length: Int) {
    guard length > 0 else { return }
    precondition(source >= 0 && target >= 0 && max(source, target) + length <= count)
    unsafe (base + target).update(from: base + source, count: length)
  }

  /// Copies `length` elements of another block.
  @inline(__always)
  mutating func copy(
    _ length: Int, from other: borrowing FixedBuffer, at source: Int, to target: Int
  ) {
    precondition(length >= 0 && source >= 0 && source <= other.count - length)
    precondition(target >= 0 && target <= count - length)
    for index in 0..<length {
      unsafe base[target &+ index] = other.base[source &+ index]
    }
  }
}

extension FixedBuffer: @unchecked Sendable where Element: Sendable {}
