extension ChildOrderID {
  /// Ten bits that tell our UUIDs from those of others: `0x2D5`.
  private static let mark: UInt128 = 0x2D5
  private static let version: UInt128 = 0x4 << 76
  private static let variant: UInt128 = 0b10 << 62
  private static let lowMask: UInt128 = (1 << 62) - 1
  private static let bitMask: UInt128 = (1 << 112) - 1
  private static let prefix: [UInt8] = Array("sl-".utf8)

  /// The id as a well-formed version 4 UUID, lower case with hyphens.
  ///
  /// A UUID has 122 free bits: our 112 behind the mark of ten.
  package var uuid: ShortText {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    appendUUID(to: &text)
    return ShortText(text) ?? ShortText()
  }

  /// Appends the UUID's 36 characters.
  package func appendUUID(to text: inout [UInt8]) {
    let payload = Self.mark << 112 | bits
    var value = (payload >> 74) << 80  // 48 bits
    value |= Self.version
    value |= ((payload >> 62) & 0xFFF) << 64  // 12 bits
    value |= Self.variant
    value |= payload & Self.lowMask  // 62 bits
    let high = UInt64(truncatingIfNeeded: value >> 64)
    let low = UInt64(truncatingIfNeeded: value)
    appendHex(high >> 32, digits: 8, to: &text)
    text.append(0x2D)
    appendHex(high >> 16, digits: 4, to: &text)
    text.append(0x2D)
    appendHex(high, digits: 4, to: &text)
    text.append(0x2D)
    appendHex(low >> 48, digits: 4, to: &text)
    text.append(0x2D)
    appendHex(low, digits: 12, to: &text)
  }

  /// The id in a UUID with or without hyphens, or `nil` if it is not one of ours.
  package init?(uuid text: some Collection<UInt8>) {
    var value: UInt128 = 0
    var digits = 0
    for byte in text where byte != 0x2D {
      guard let nibble = hexValue(byte), digits < 32 else { return nil }
      value = value << 4 | UInt128(nibble)
      digits += 1
    }
    guard digits == 32, nibble(19, of: value) == 4, nibble(15, of: value) & 0b1100 == 0b1000 else {
      return nil
    }
    var payload = (value >> 80) << 74
    payload |= ((value >> 64) & 0xFFF) << 62
    payload |= value & Self.lowMask
    guard payload >> 112 == Self.mark else { return nil }
    self.init(bits: payload & Self.bitMask)
  }

  /// The id for venues that take short names: `sl-` and 28 hexadecimal digits.
  package var short: ShortText {
    var text: [UInt8] = []
    text.reserveCapacity(31)
    appendShort(to: &text)
    return ShortText(text) ?? ShortText()
  }

  /// Appends the short name's 31 characters.
  package func appendShort(to text: inout [UInt8]) {
    for byte in Self.prefix { text.append(byte) }
    let bits = bits
    appendHex(UInt64(truncatingIfNeeded: bits >> 64), digits: 12, to: &text)
    appendHex(UInt64(truncatingIfNeeded: bits), digits: 16, to: &text)
  }

  /// The id in a short name, or `nil` if it is not one of ours.
  package init?(short text: some Collection<UInt8>) {
    guard text.count == 31, text.starts(with: Self.prefix) else { return nil }
    var value: UInt128 = 0
    for byte in text.dropFirst(3) {
      guard let nibble = hexValue(byte) else { return nil }
      value = value << 4 | UInt128(nibble)
    }
    self.init(bits: value)
  }
}

private func nibble(_ place: Int, of value: UInt128) -> UInt8 {
  UInt8(truncatingIfNeeded: value >> UInt128(place * 4)) & 0xF
}

/// Appends the last `digits` hexadecimal digits of a word.
private func appendHex(_ word: UInt64, digits: Int, to text: inout [UInt8]) {
  for shift in stride(from: 4 * (digits - 1), through: 0, by: -4) {
    text.append(hexDigit(UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF))
  }
}

private func hexDigit(_ nibble: UInt8) -> UInt8 {
  nibble < 10 ? 0x30 + nibble : 0x57 + nibble
}

private func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x37
  case 0x61...0x66: byte - 0x57
  default: nil
  }
}
