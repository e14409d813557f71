/// Bytes on their way out, in order, that the stream has not taken yet.
///
/// It grows with what is appended: whoever appends minds its own bound. The front never changes
/// before it is taken, as TLS demands of a repeated write.
struct SendBuffer {
  enum Flush {
    case done
    case blocked
    case failed(PlatformError)
  }

  private static let keptCapacity = 1 << 20

  private var bytes: [UInt8] = []
  private var head = 0

  var count: Int { bytes.count - head }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ more: [UInt8]) {
    compact()
    bytes += more
  }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    compact()
    unsafe bytes.append(contentsOf: more)
  }

  /// Appends what `body` writes at the end of the bytes.
  mutating func append(_ body: (inout [UInt8]) -> Void) {
    compact()
    body(&bytes)
  }

  /// Puts the bytes of another buffer before these.
  mutating func prepend(_ other: SendBuffer) {
    bytes = Array(other.bytes[other.head...] + bytes[head...])
    head = 0
  }

  /// Writes as much as the stream takes.
  mutating func flush(to stream: ByteStream) -> Flush {
    while head < bytes.count {
      let result = unsafe bytes.withUnsafeBytes { all in
        unsafe stream.write(UnsafeRawBufferPointer(rebasing: all[head...]))
      }
      switch result {
      case .wrote(let count): head += count
      case .wouldBlock: return .blocked
      case .failed(let error): return .failed(error)
      }
    }
    removeAll()
    return .done
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
    head = 0
  }

  // Each byte moves at most once on average, since half of them are gone by then.
  private mutating func compact() {
    guard head > 0, head >= bytes.count / 2 else { return }
    bytes.removeFirst(head)
    head = 0
  }
}
