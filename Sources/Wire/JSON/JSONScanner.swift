/// A JSON reader for hot paths: walks the bytes in place and allocates nothing.
///
/// The caller mirrors the message: `beginObject`, then `nextKey` until `nil`, and exactly one read
/// or `skipValue` for each key; arrays likewise. The first thing that does not fit sets `failed`,
/// and from there on every read says no, so a decoder may check once, at the end.
///
/// Text comes back as it stands between the quotes. It is not checked to be UTF-8, and a string
/// with an escape is refused by `string`; `JSONValue` reads such messages.
///
/// The bytes must outlive the scanner. It never reads past their end.
///
/// A decoder is fastest with the scanner in a local variable. The type is `@usableFromInline`
/// because `@inlinable` does nothing on the members of a type that is only `package`.
@safe @usableFromInline
package struct JSONScanner {
  /// How deep `skipValue` follows nested values.
  @usableFromInline static let maximumDepth = 64

  @usableFromInline let base: UnsafePointer<UInt8>
  @usableFromInline let end: UnsafePointer<UInt8>
  @usableFromInline var position: UnsafePointer<UInt8>
  /// Whether a value has just ended, so that a comma or a closing bracket must follow.
  @usableFromInline var isAfterValue = false
  @usableFromInline var failureOffset = -1

  @inlinable
  package init(_ bytes: UnsafeRawBufferPointer) {
    let empty: StaticString = ""
    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? empty.utf8Start
    unsafe base = start
    unsafe position = start
    unsafe end = start + bytes.count
  }

  @inlinable
  package var failed: Bool { failureOffset >= 0 }

  /// Where the scanner stands, or where it failed.
  @inlinable
  package var offset: Int {
    unsafe failed ? failureOffset : position - base
  }

  /// Fails here, as for a message that is JSON but not what it should be.
  @inlinable @inline(always)
  package mutating func fail() {
    guard !failed else { return }
    failureOffset = unsafe position - base
    // At the end there is nothing to read, so later calls fail without a check of their own.
    unsafe position = end
  }

  /// The next byte that is not blank, left in place; 0 at the end.
  @inlinable @inline(always)
  package mutating func peek() -> UInt8 {
    guard unsafe position < end else { return 0 }
    if unsafe position.pointee > 0x20 { return unsafe position.pointee }
    unsafe position = Self.skipBlanks(position, end: end)
    return unsafe position < end ? position.pointee : 0
  }

  /// Takes and gives plain values, because a call that got the address of the scanner would keep
  /// all of it out of registers.
  @usableFromInline @inline(never)
  static func skipBlanks(
    _ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var position = unsafe start
    while unsafe position < end {
      let byte = unsafe position.pointee
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { break }
      unsafe position += 1
    }
    return unsafe position
  }

  /// Whether only blanks are left; anything else fails.
  @inlinable @inline(always)
  package mutating func finish() -> Bool {
    _ = peek()
    if unsafe position != end { fail() }
    return !failed
  }
}

// MARK: - Objects and arrays

extension JSONScanner {
  /// Consumes `{`.
  @inlinable @inline(always)
  package mutating func beginObject() -> Bool {
    begin(UInt8(ascii: "{"))
  }

  /// Consumes `"key":`; `nil` at `}`, which it consumes too, or on failure.
  @inlinable @inline(always)
  package mutating func nextKey() -> JSONKey? {
    var byte = peek()
    if byte == UInt8(ascii: "}") {
      close()
      return nil
    }
    if isAfterValue {
      guard byte == UInt8(ascii: ",") else { return refuse() }
      unsafe position += 1
      byte = peek()
    }
    guard byte == UInt8(ascii: "\"") else { return refuse() }
    unsafe position += 1
    let start = unsafe position
    guard skipStringBody() else { return refuse() }
    let count = unsafe position - start - 1
    guard peek() == UInt8(ascii: ":") else { return refuse() }
    unsafe position += 1
    isAfterValue = false
    return unsafe JSONKey(start: start, count: count)
  }

  /// Consumes `[`.
  @inlinable @inline(always)
  package mutating func beginArray() -> Bool {
    begin(UInt8(ascii: "["))
  }

  /// True if an element follows; false at `]`, which it consumes, or on failure.
  @inlinable @inline(always)
  package mutating func nextElement() -> Bool {
    let byte = peek()
    if byte == UInt8(ascii: "]") {
      close()
      return false
    }
    if isAfterValue {
      guard byte == UInt8(ascii: ",") else { return refuse() }
      unsafe position += 1
      // A comma promises a value; every read refuses `]` in its place.
      isAfterValue = false
      if peek() != UInt8(ascii: "]") { return true }
      return refuse()
    }
    if byte == 0 { return refuse() }
    return true
  }

  @inlinable @inline(always)
  mutating func begin(_ bracket: UInt8) -> Bool {
    guard peek() == bracket, !isAfterValue else { return refuse() }
    unsafe position += 1
    return true
  }

  @inlinable @inline(always)
  mutating func close() {
    unsafe position += 1
    isAfterValue = true
  }

  @inlinable @inline(always)
  mutating func refuse() -> Bool {
    fail()
    return false
  }

  @inlinable @inline(always)
  mutating func refuse<Value>() -> Value? {
    fail()
    return nil
  }
}

// MARK: - Values

extension JSONScanner {
  /// The bytes between the quotes; fails on an escape.
  @inlinable @inline(always)
  package mutating func string() -> UnsafeRawBufferPointer? {
    guard peek() == UInt8(ascii: "\"") else { return unsafe refuse() }
    unsafe position += 1
    let start = unsafe position
    var cursor = unsafe start
    while unsafe cursor < end {
      let byte = unsafe cursor.pointee
      if byte == UInt8(ascii: "\"") {
        unsafe position = cursor
        close()
        return unsafe UnsafeRawBufferPointer(start: start, count: cursor - start)
      }
      if byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      unsafe cursor += 1
    }
    unsafe position = cursor
    return unsafe refuse()
  }

  /// A string's bytes, or a number's as written: what a checksum over the wire text needs.
  @inlinable
  package mutating func text() -> UnsafeRawBufferPointer? {
    if peek() == UInt8(ascii: "\"") { return unsafe string() }
    let start = unsafe position
    guard skipNumber() else { return unsafe refuse() }
    isAfterValue = true
    return unsafe UnsafeRawBufferPointer(start: start, count: position - start)
  }

  /// A number, bare or in quotes, exact at `scale` as `DecimalText.parse` has it.
  @inlinable @inline(always)
  package mutating func decimal(scale: Int) -> Int64? {
    let isQuoted = peek() == UInt8(ascii: "\"")
    if isQuoted { unsafe position += 1 }
    let start = unsafe position
    guard let number = unsafe DecimalText.scan(start, end: end, scale: scale) else {
      return refuse()
    }
    unsafe position = number.next
    if isQuoted {
      guard unsafe position < end && position.pointee == UInt8(ascii: "\"") else {
        return refuse()
      }
      unsafe position += 1
    } else {
      guard isAtDelimiter, unsafe !hasLeadingZero(start) else { return refuse() }
    }
    isAfterValue = true
    return unsafe number.value
  }

  /// A whole number, bare or in quotes.
  @inlinable @inline(always)
  package mutating func integer() -> Int64? {
    decimal(scale: 0)
  }

  @inlinable
  package mutating func bool() -> Bool? {
    switch peek() {
    case UInt8(ascii: "t"): skipLiteral("true") ? true : refuse()
    case UInt8(ascii: "f"): skipLiteral("false") ? false : refuse()
    default: refuse()
    }
  }

  /// Consumes `null` if it is next; otherwise leaves the value for another read.
  @inlinable
  package mutating func null() -> Bool {
    guard peek() == UInt8(ascii: "n") else { return false }
    return skipLiteral("null") || refuse()
  }

  /// Whether nothing that could belong to a number follows.
  @inlinable @inline(always)
  var isAtDelimiter: Bool {
    guard unsafe position < end else { return true }
    let byte = unsafe position.pointee
    return byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
      || byte <= 0x20
  }

  /// Whether the number begins like `01`, which JSON does not allow.
  @inlinable @inline(always)
  func hasLeadingZero(_ start: UnsafePointer<UInt8>) -> Bool {
    var digit = unsafe start
    if unsafe digit.pointee == UInt8(ascii: "-") { unsafe digit += 1 }
    return unsafe digit.pointee == UInt8(ascii: "0") && digit + 1 < position
      && digit[1] != UInt8(ascii: ".")
  }
}
