/// zlib streams (RFC 1950): written without compression, read whoever compressed them.
package enum Zlib {
  private static let maximumStoredBytes = 65535

  /// A stream of stored blocks, which every reader of zlib takes.
  package static func stored(_ bytes: [UInt8]) -> [UInt8] {
    // Method deflate with a window of 32 KiB; the two bytes are a multiple of 31.
    var stream: [UInt8] = [0x78, 0x01]
    stream.reserveCapacity(bytes.count + bytes.count / maximumStoredBytes * 5 + 16)
    var start = 0
    repeat {
      let end = min(start + maximumStoredBytes, bytes.count)
      appendStored(bytes[start..<end], isLast: end == bytes.count, to: &stream)
      start = end
    } while start < bytes.count
    BigEndian.append(Adler32.checksum(bytes), to: &stream)
    return stream
  }

  /// What was compressed; refuses bytes that follow the stream and more than `maximumBytes`.
  package static func inflate(
    _ stream: [UInt8], maximumBytes: Int
  ) throws(InflateError) -> [UInt8] {
    guard stream.count >= 2 else { throw .truncated }
    let (method, flags) = (stream[0], stream[1])
    guard method & 0x0f == 8, method >> 4 <= 7, (Int(method) << 8 | Int(flags)) % 31 == 0 else {
      throw .malformed("no zlib header")
    }
    guard flags & 0x20 == 0 else { throw .malformed("a preset dictionary, which is not read") }
    var inflater = Inflater(stream, from: 2, maximumBytes: maximumBytes)
    try inflater.run()
    return try checked(inflater, stream)
  }

  private static func appendStored(
    _ block: ArraySlice<UInt8>, isLast: Bool, to stream: inout [UInt8]
  ) {
    let length = UInt16(block.count)
    stream.append(isLast ? 1 : 0)
    for number in [length, ~length] {
      stream.append(UInt8(truncatingIfNeeded: number))
      stream.append(UInt8(truncatingIfNeeded: number >> 8))
    }
    stream += block
  }

  private static func checked(
    _ inflater: Inflater, _ stream: [UInt8]
  ) throws(InflateError) -> [UInt8] {
    guard let checksum = BigEndian.word(stream, at: inflater.endOffset) else { throw .truncated }
    guard stream.count == inflater.endOffset + 4 else {
      throw .malformed("bytes after the end of the stream")
    }
    guard checksum == Adler32.checksum(inflater.output) else {
      throw .malformed("the checksum differs")
    }
    return inflater.output
  }
}
