extension JSONScanner {
  /// Consumes one value of any kind, and checks its form on the way.
  @inlinable @inline(always)
  package mutating func skipValue() {
    switch peek() {
    case UInt8(ascii: "\""):
      unsafe position += 1
      if skipStringBody() { isAfterValue = true } else { fail() }
    default:
      // A copy, so that the call has not the address of the scanner itself; see `skipBlanks`.
      var copy = self
      copy.skipUnquoted()
      self = copy
    }
  }

  @usableFromInline @inline(never)
  mutating func skipUnquoted() {
    let byte = peek()
    if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
      skipNested(depth: 1)
    } else {
      skipScalar()
    }
  }

  private mutating func skipNested(depth: Int) {
    guard depth <= Self.maximumDepth else { return fail() }
    if peek() == UInt8(ascii: "{") {
      guard beginObject() else { return }
      while nextKey() != nil { skipMember(depth: depth) }
    } else {
      guard beginArray() else { return }
      while nextElement() { skipMember(depth: depth) }
    }
  }

  private mutating func skipMember(depth: Int) {
    let byte = peek()
    if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
      skipNested(depth: depth + 1)
    } else {
      skipValue()
    }
  }

  private mutating func skipScalar() {
    switch peek() {
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = bool()
    case UInt8(ascii: "n"): _ = null()
    default:
      guard skipNumber() else { return fail() }
      isAfterValue = true
    }
  }

  /// Passes the rest of a string and its closing quote; `position` stands after the opening one.
  @inlinable @inline(always)
  mutating func skipStringBody() -> Bool {
    var cursor = unsafe position
    while unsafe cursor < end {
      let byte = unsafe cursor.pointee
      if byte == UInt8(ascii: "\"") {
        unsafe position = cursor + 1
        return true
      }
      if byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      unsafe cursor += 1
    }
    var copy = self
    unsafe copy.position = cursor
    let isWhole = copy.skipEscapedBody()
    self = copy
    return isWhole
  }

  /// The slower way, from the first escape on.
  @usableFromInline @inline(never)
  mutating func skipEscapedBody() -> Bool {
    while unsafe position < end {
      let byte = unsafe position.pointee
      if byte == UInt8(ascii: "\"") {
        unsafe position += 1
        return true
      }
      if byte < 0x20 { return false }
      if byte == UInt8(ascii: "\\") {
        guard skipEscape() else { return false }
      } else {
        unsafe position += 1
      }
    }
    return false
  }

  private mutating func skipEscape() -> Bool {
    guard unsafe end - position >= 2 else { return false }
    switch unsafe position[1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      unsafe position += 2
      return true
    case UInt8(ascii: "u"):
      guard unsafe end - position >= 6 else { return false }
      for index in 2..<6 where unsafe Hex.value(position[index]) == nil { return false }
      unsafe position += 6
      return true
    default:
      return false
    }
  }

  /// Passes a number of the full JSON grammar, exponent included.
  @usableFromInline
  mutating func skipNumber() -> Bool {
    let start = unsafe position
    if unsafe position < end && position.pointee == UInt8(ascii: "-") { unsafe position += 1 }
    guard skipDigits(), unsafe !hasLeadingZero(start) else { return false }
    if isNext(UInt8(ascii: "."), UInt8(ascii: ".")) {
      unsafe position += 1
      guard skipDigits() else { return false }
    }
    if isNext(UInt8(ascii: "e"), UInt8(ascii: "E")) {
      unsafe position += 1
      if isNext(UInt8(ascii: "+"), UInt8(ascii: "-")) { unsafe position += 1 }
      guard skipDigits() else { return false }
    }
    return isAtDelimiter
  }

  @usableFromInline
  mutating func skipLiteral(_ literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard unsafe end - position >= count else { return false }
    for index in 0..<count where unsafe position[index] != literal.utf8Start[index] {
      return false
    }
    unsafe position += count
    isAfterValue = true
    return isAtDelimiter
  }

  private func isNext(_ first: UInt8, _ second: UInt8) -> Bool {
    unsafe position < end && (position.pointee == first || position.pointee == second)
  }

  private mutating func skipDigits() -> Bool {
    let start = unsafe position
    while unsafe position < end && ASCII.isDigit(position.pointee) { unsafe position += 1 }
    return unsafe position > start
  }
}
