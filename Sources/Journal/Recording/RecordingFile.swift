internal import Platform
package import RouterCore

/// The layout of a recording: a header, then frames of a length, a CRC-32C and a step.
enum RecordingFile {
  static let magic = Array("SLUICREC".utf8)
  /// Grows when a step's layout changes; a reader takes no other.
  static let version: UInt32 = 2
  static let frameHeaderByteCount = 8
  private static let fieldCount = 13
  static let headerByteCount = 8 + 4 + fieldCount * 8 + 4

  static func header(_ configuration: CoreConfiguration) -> [UInt8] {
    var bytes = RecordBytes()
    bytes.integer(version)
    for field in fields(configuration) { bytes.integer(field) }
    let body = magic + bytes.bytes
    var end = RecordBytes()
    end.integer(checksum(body[...]))
    return body + end.bytes
  }

  private static func fields(_ configuration: CoreConfiguration) -> [Int64] {
    [
      Int64(configuration.instance), Int64(configuration.venueCapacity),
      Int64(configuration.assetCapacity), Int64(configuration.instrumentCapacity),
      Int64(configuration.listingCapacity), Int64(configuration.bookLevels),
      Int64(configuration.parentCapacity), Int64(configuration.openParentCapacity),
      Int64(configuration.childCapacity), Int64(configuration.fillCapacity),
      Int64(configuration.clientOrderIDCapacity),
      configuration.adoptsOrphans ? 1 : 0, configuration.clientOrderIDRetentionMilliseconds,
    ]
  }

  static func configuration(_ bytes: ArraySlice<UInt8>) throws(RecordingError) -> CoreConfiguration
  {
    guard bytes.starts(with: magic), bytes.count >= headerByteCount else {
      throw .notARecording("it does not begin like one")
    }
    let body = bytes.prefix(headerByteCount - 4)
    guard integer(bytes, at: headerByteCount - 4, UInt32.self) == checksum(body) else {
      throw .notARecording("its header is damaged")
    }
    let version = integer(bytes, at: 8, UInt32.self)
    guard version == Self.version else {
      throw .notARecording("it has layout \(version), and this build reads \(Self.version)")
    }
    let fields = (0..<fieldCount).map { Int(integer(bytes, at: 12 + $0 * 8, Int64.self)) }
    let capacities = fields[1...10]
    guard fields[0] >= 0, fields[0] < 1 << 24, capacities.allSatisfy({ 1..<1 << 28 ~= $0 }),
      0...1 ~= fields[11], fields[12] >= 0
    else { throw .notARecording("the sizes in its header are out of range") }
    var configuration = CoreConfiguration(instance: UInt32(fields[0]))
    configuration.venueCapacity = fields[1]
    configuration.assetCapacity = fields[2]
    configuration.instrumentCapacity = fields[3]
    configuration.listingCapacity = fields[4]
    configuration.bookLevels = fields[5]
    configuration.parentCapacity = fields[6]
    configuration.openParentCapacity = fields[7]
    configuration.childCapacity = fields[8]
    configuration.fillCapacity = fields[9]
    configuration.clientOrderIDCapacity = fields[10]
    configuration.adoptsOrphans = fields[11] == 1
    configuration.clientOrderIDRetentionMilliseconds = Int64(fields[12])
    return configuration
  }

  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBytes { bytes in unsafe Checksum.crc32c(bytes) }
  }

  static func integer<T: FixedWidthInteger>(
    _ bytes: ArraySlice<UInt8>, at offset: Int, _: T.Type
  ) -> T {
    (0..<MemoryLayout<T>.size).reduce(0) { value, place in
      value | T(truncatingIfNeeded: bytes[bytes.startIndex + offset + place]) << T(8 * place)
    }
  }
}

/// Why a recording can not be made or read.
package enum RecordingError: Error, Sendable, Equatable, CustomStringConvertible {
  case file(String)
  case notARecording(String)
  case damaged(offset: Int)

  package var description: String {
    switch self {
    case .file(let words): words
    case .notARecording(let words): "this is no recording: \(words)"
    case .damaged(let offset): "the recording is damaged at byte \(offset)"
    }
  }
}

/// Appends steps to a recording; confined to one thread.
package final class RecordingWriter {
  private let file: DurableFile
  private var offset: Int64
  private var pending: [UInt8] = []
  private var step = RecordBytes()

  /// Begins a recording in a file that must not exist yet.
  package init(path: String, configuration: CoreConfiguration) throws(RecordingError) {
    let header = RecordingFile.header(configuration)
    do throws(PlatformError) {
      file = try DurableFile(path, .create)
      try file.write(header, at: 0)
    } catch {
      throw .file("\(error)")
    }
    offset = Int64(header.count)
  }

  package func append(_ step: RecordedStep) {
    self.step.removeAll()
    self.step.step(step)
    var head = RecordBytes()
    head.integer(UInt32(self.step.bytes.count))
    head.integer(RecordingFile.checksum(self.step.bytes[...]))
    pending += head.bytes
    pending += self.step.bytes
  }

  /// What was appended and not handed over.
  package var pendingByteCount: Int { pending.count }

  /// Hands to the system what was appended; a power cut may lose it.
  package func flush() throws(RecordingError) {
    guard !pending.isEmpty else { return }
    do throws(PlatformError) {
      try file.write(pending, at: offset)
    } catch {
      throw .file("\(error)")
    }
    offset += Int64(pending.count)
    pending.removeAll(keepingCapacity: true)
  }
}

/// The steps of a recording, one after the other.
package struct RecordingReader {
  package let configuration: CoreConfiguration
  private let bytes: [UInt8]
  private var offset = RecordingFile.headerByteCount
  /// Bytes at the end that are no whole frame: the machine or the process stopped there.
  package private(set) var cutByteCount = 0

  package init(path: String) throws(RecordingError) {
    do throws(PlatformError) {
      bytes = try FileSystem.readFile(path)
    } catch {
      throw .file("\(error)")
    }
    configuration = try RecordingFile.configuration(bytes[...])
  }

  /// - Throws: `damaged` for a frame whose checksum fails or whose step makes no sense.
  /// - Returns: The next step; `nil` at the end.
  package mutating func next() throws(RecordingError) -> RecordedStep? {
    let left = bytes.count - offset
    guard left >= RecordingFile.frameHeaderByteCount else { return end(left) }
    let length = Int(RecordingFile.integer(bytes[offset...], at: 0, UInt32.self))
    let checksum = RecordingFile.integer(bytes[offset...], at: 4, UInt32.self)
    let start = offset + RecordingFile.frameHeaderByteCount
    guard length <= bytes.count - start else { return end(left) }
    let payload = bytes[start..<start + length]
    guard RecordingFile.checksum(payload) == checksum, let step = Self.step(payload) else {
      throw .damaged(offset: offset)
    }
    offset = start + length
    return step
  }

  private mutating func end(_ left: Int) -> RecordedStep? {
    cutByteCount = left
    return nil
  }

  private static func step(_ payload: ArraySlice<UInt8>) -> RecordedStep? {
    unsafe payload.withUnsafeBytes { payload in
      var reader = unsafe FieldReader(payload)
      guard let step = try? reader.recordedStep(), reader.isAtEnd else { return nil }
      return step
    }
  }
}
