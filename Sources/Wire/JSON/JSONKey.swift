/// A member's name inside the bytes of a `JSONScanner`, between its quotes and as written.
///
/// A name written with an escape equals no literal: hot messages never have one, and a name that
/// is not known is skipped.
@safe @usableFromInline
package struct JSONKey {
  @usableFromInline let start: UnsafePointer<UInt8>
  @usableFromInline package let count: Int

  @inlinable
  init(start: UnsafePointer<UInt8>, count: Int) {
    unsafe self.start = start
    self.count = count
  }

  /// The first byte, or 0 for an empty name: with `count`, enough to tell most keys apart.
  @inlinable
  package var firstByte: UInt8 {
    unsafe count > 0 ? start.pointee : 0
  }

  @inlinable
  package static func == (key: JSONKey, literal: StaticString) -> Bool {
    guard key.count == literal.utf8CodeUnitCount else { return false }
    let expected = unsafe literal.utf8Start
    var index = 0
    while index < key.count {
      guard unsafe key.start[index] == expected[index] else { return false }
      index &+= 1
    }
    return true
  }

  @inlinable
  package static func != (key: JSONKey, literal: StaticString) -> Bool {
    !(key == literal)
  }

  /// Lets a `switch` over a key name its literals.
  @inlinable
  package static func ~= (literal: StaticString, key: JSONKey) -> Bool {
    key == literal
  }
}
