extension [UInt8] {
  /// Appends text of ours as it stands in the program, without making a `String` of it.
  @inlinable @inline(__always)
  package mutating func append(literal text: StaticString) {
    unsafe append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends an integer in decimal digits.
  package mutating func append(integer value: Int64) {
    DecimalText.append(value, scale: 0, to: &self)
  }
}
