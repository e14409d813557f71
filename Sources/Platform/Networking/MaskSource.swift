/// Unpredictable masks for a client's frames (RFC 6455, section 10.3), fetched many at a time.
struct MaskSource {
  private static let batch = 256

  private var bytes = [UInt8](repeating: 0, count: 4 * Self.batch)
  private var offset = 4 * Self.batch

  mutating func next() -> UInt32 {
    if offset == bytes.count {
      SecureRandom.fill(&bytes)
      offset = 0
    }
    var mask: UInt32 = 0
    for index in offset..<offset + 4 { mask = mask << 8 | UInt32(bytes[index]) }
    offset += 4
    return mask
  }
}
