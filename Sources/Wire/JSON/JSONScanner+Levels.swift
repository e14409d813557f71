extension JSONScanner {
  /// A level `["price","quantity"]`, each exact at its scale; elements after the two are skipped.
  @inlinable @inline(always)
  package mutating func level(_ price: DecimalScale, _ quantity: DecimalScale) -> (Int64, Int64)? {
    if let level = usualLevel(price, quantity) { return level }
    guard beginArray(), nextElement(), let first = decimal(scale: price.scale), nextElement(),
      let second = decimal(scale: quantity.scale)
    else { return refuse() }
    while nextElement() { skipValue() }
    return failed ? nil : (first, second)
  }

  /// The form that venues write: no blanks, and eight decimals; anything else is left in place.
  ///
  /// The room for a whole level is checked once, so its bytes need no check of their own.
  @inlinable @inline(always)
  mutating func usualLevel(_ price: DecimalScale, _ quantity: DecimalScale) -> (Int64, Int64)? {
    guard !isAfterValue, unsafe end - position >= 7 + 2 * DecimalScale.window,
      unsafe position[0] == UInt8(ascii: "["), unsafe position[1] == UInt8(ascii: "\""),
      let first = unsafe price.scanEightDecimals(position + 2)
    else { return nil }
    let middle = unsafe first.next
    guard unsafe middle[0] == UInt8(ascii: "\""), unsafe middle[1] == UInt8(ascii: ","),
      unsafe middle[2] == UInt8(ascii: "\""),
      let second = unsafe quantity.scanEightDecimals(middle + 3)
    else { return nil }
    let last = unsafe second.next
    guard unsafe last[0] == UInt8(ascii: "\""), unsafe last[1] == UInt8(ascii: "]") else {
      return nil
    }
    unsafe position = last + 2
    isAfterValue = true
    return unsafe (first.value, second.value)
  }
}
