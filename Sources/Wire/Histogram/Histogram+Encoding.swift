/// HdrHistogram's encoding V2: a header, then the counters with runs of zeros as one number.
extension Histogram {
  private static let cookie: UInt32 = 0x1c84_9303
  private static let compressedCookie: UInt32 = 0x1c84_9304
  /// The low nibble of the word size says that counters are ZigZag LEB128.
  private static let wordSize: UInt32 = 0x10
  private static let headerBytes = 40
  /// Far above what latencies need: six million counters of five digits are mostly zeros.
  private static let maximumInflatedBytes = 16 << 20

  package func encoded() -> [UInt8] {
    var payload: [UInt8] = []
    appendCounters(to: &payload)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.headerBytes + payload.count)
    BigEndian.append(Self.cookie | Self.wordSize, to: &bytes)
    BigEndian.append(UInt32(payload.count), to: &bytes)
    BigEndian.append(UInt32(0), to: &bytes)  // The offset of a shifted histogram: never ours.
    BigEndian.append(UInt32(layout.significantDigits), to: &bytes)
    BigEndian.append(UInt64(layout.lowestDiscernibleValue), to: &bytes)
    BigEndian.append(UInt64(layout.highestTrackableValue), to: &bytes)
    BigEndian.append((1.0).bitPattern, to: &bytes)
    return bytes + payload
  }

  /// The same in a zlib stream, which is what stands in a log.
  package func compressed() -> [UInt8] {
    let stream = Zlib.stored(encoded())
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + stream.count)
    BigEndian.append(Self.compressedCookie | Self.wordSize, to: &bytes)
    BigEndian.append(UInt32(stream.count), to: &bytes)
    return bytes + stream
  }

  /// Reads either encoding, by whoever wrote it; nothing may follow.
  package static func decode(_ bytes: [UInt8]) throws(HistogramError) -> Histogram {
    guard let cookie = BigEndian.word(bytes, at: 0) else {
      throw HistogramError("the histogram ends before its kind is told")
    }
    switch cookie & ~0xf0 {
    case Self.cookie: return try decodePlain(bytes)
    case compressedCookie: return try decodePlain(inflated(bytes))
    default: throw HistogramError("not a histogram in HdrHistogram's encoding V2")
    }
  }

  private func appendCounters(to bytes: inout [UInt8]) {
    let used = counts.lastIndex { $0 > 0 }.map { $0 + 1 } ?? 1
    var zeros: Int64 = 0
    for count in counts[..<used] {
      if count == 0 {
        zeros += 1
        continue
      }
      Self.appendZeros(&zeros, to: &bytes)
      ZigZagLEB128.append(count, to: &bytes)
    }
    Self.appendZeros(&zeros, to: &bytes)
  }

  /// One zero is itself; more are their number, made negative.
  private static func appendZeros(_ zeros: inout Int64, to bytes: inout [UInt8]) {
    guard zeros > 0 else { return }
    ZigZagLEB128.append(zeros == 1 ? 0 : -zeros, to: &bytes)
    zeros = 0
  }

  private static func inflated(_ bytes: [UInt8]) throws(HistogramError) -> [UInt8] {
    guard let length = BigEndian.word(bytes, at: 4) else {
      throw HistogramError("the histogram ends before its length")
    }
    guard Int(length) == bytes.count - 8 else {
      throw HistogramError(
        "the histogram should have \(length) compressed bytes and has \(bytes.count - 8)")
    }
    do throws(InflateError) {
      return try Zlib.inflate(Array(bytes[8...]), maximumBytes: maximumInflatedBytes)
    } catch {
      throw HistogramError("the compressed histogram is broken: \(error)")
    }
  }

  private static func decodePlain(_ bytes: [UInt8]) throws(HistogramError) -> Histogram {
    guard bytes.count >= headerBytes, let length = BigEndian.word(bytes, at: 4) else {
      throw HistogramError("the histogram ends within its header")
    }
    guard BigEndian.word(bytes, at: 0) == cookie | wordSize else {
      throw HistogramError("not a histogram in HdrHistogram's encoding V2")
    }
    guard Int(length) == bytes.count - headerBytes else {
      throw HistogramError(
        "the counters should have \(length) bytes and have \(bytes.count - headerBytes)")
    }
    var histogram = Histogram(layout: try layout(of: bytes))
    try histogram.readCounters(bytes[headerBytes...])
    return histogram
  }

  private static func layout(of bytes: [UInt8]) throws(HistogramError) -> HistogramLayout {
    guard BigEndian.word(bytes, at: 8) == 0, BigEndian.long(bytes, at: 32) == (1.0).bitPattern
    else { throw HistogramError("a shifted or scaled histogram, which is not read") }
    guard let digits = BigEndian.word(bytes, at: 12), let lowest = BigEndian.long(bytes, at: 16),
      let highest = BigEndian.long(bytes, at: 24),
      let layout = HistogramLayout(
        lowest: Int64(bitPattern: lowest), highest: Int64(bitPattern: highest),
        significantDigits: Int(digits))
    else { throw HistogramError("the histogram's range or precision can not be") }
    return layout
  }

  private mutating func readCounters(_ payload: ArraySlice<UInt8>) throws(HistogramError) {
    var offset = payload.startIndex
    var index = 0
    while offset < payload.endIndex {
      guard let number = ZigZagLEB128.read(payload, at: &offset) else {
        throw HistogramError("the counters end within a number")
      }
      let isRun = number < 0
      guard number.magnitude <= UInt64(isRun ? counts.count - index : .max),
        index < counts.count
      else { throw HistogramError("more counters than the histogram's range has") }
      if isRun {
        index += Int(number.magnitude)
      } else {
        restore(number, at: index)
        index += 1
      }
    }
  }
}

/// Numbers with the most significant byte first.
enum BigEndian {
  static func append<Number: FixedWidthInteger>(_ value: Number, to bytes: inout [UInt8]) {
    for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> Number(shift)))
    }
  }

  static func word(_ bytes: [UInt8], at offset: Int) -> UInt32? {
    number(bytes, at: offset, count: 4).map { UInt32(truncatingIfNeeded: $0) }
  }

  static func long(_ bytes: [UInt8], at offset: Int) -> UInt64? {
    number(bytes, at: offset, count: 8)
  }

  private static func number(_ bytes: [UInt8], at offset: Int, count: Int) -> UInt64? {
    guard bytes.count >= offset + count else { return nil }
    return bytes[offset..<(offset + count)].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
