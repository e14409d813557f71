/// SHA-1 in the plain words of RFC 3174, since the target under test has no cryptography.
func sha1(_ message: [UInt8]) -> [UInt8] {
  var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
  var padded = message + [0x80]
  while padded.count % 64 != 56 { padded.append(0) }
  for shift in stride(from: 56, through: 0, by: -8) {
    padded.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
  }
  for start in stride(from: 0, to: padded.count, by: 64) {
    sha1Block(Array(padded[start..<start + 64]), &state)
  }
  return state.flatMap { word in
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
  }
}

private func sha1Block(_ block: [UInt8], _ state: inout [UInt32]) {
  func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value << count | value >> (32 - count)
  }
  var words = (0..<16).map { index in
    block[index * 4..<index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
  }
  for index in 16..<80 {
    let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
    words.append(rotate(mixed, 1))
  }
  var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
  for index in 0..<80 {
    let (function, constant): (UInt32, UInt32) =
      switch index {
      case ..<20: ((b & c) | (~b & d), 0x5a82_7999)
      case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
      case ..<60: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
      default: (b ^ c ^ d, 0xca62_c1d6)
      }
    let next = rotate(a, 5) &+ function &+ e &+ words[index] &+ constant
    (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
  }
  for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
}
