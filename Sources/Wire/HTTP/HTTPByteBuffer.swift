/// Bytes that have come and are not used yet, taken line by line or in pieces.
struct HTTPByteBuffer: Sendable {
  private var storage: [UInt8] = []
  /// Where the unused bytes begin.
  private var start = 0
  /// Up to where the search for a line end has come, so that slow bytes are not searched again.
  private var searched = 0

  var count: Int { storage.count - start }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if start > 0 && start >= storage.count / 2 { compact() }
    unsafe storage.append(contentsOf: bytes)
  }

  /// The next line without its CRLF; `nil` if it has not all come.
  ///
  /// - Throws: For a CR or LF alone and a NUL (RFC 9112, section 2.2, leaves LF alone to the
  ///   reader, and readers that differ make smuggling work), and past `limit` with `tooLong`.
  mutating func line(
    limit: Int, tooLong: HTTPParseError
  ) throws(HTTPParseError) -> ArraySlice<UInt8>? {
    while searched < storage.count {
      switch storage[searched] {
      case ASCII.carriageReturn:
        guard searched + 1 < storage.count else {
          if searched - start > limit { throw tooLong }
          return nil
        }
        guard storage[searched + 1] == ASCII.lineFeed else {
          throw .malformed("a carriage return without a line feed")
        }
        guard searched - start <= limit else { throw tooLong }
        let line = storage[start..<searched]
        start = searched + 2
        searched = start
        return line
      case ASCII.lineFeed: throw .malformed("a line feed without a carriage return")
      case 0: throw .malformed("a NUL byte")
      default: searched += 1
      }
    }
    if searched - start > limit { throw tooLong }
    return nil
  }

  /// Moves up to `limit` bytes to the end of `bytes`, and says how many.
  mutating func move(_ limit: Int, to bytes: inout [UInt8]) -> Int {
    let taken = min(limit, count)
    bytes.append(contentsOf: storage[start..<start + taken])
    start += taken
    searched = start
    return taken
  }

  /// All unused bytes, which are then used.
  mutating func takeAll() -> [UInt8] {
    let rest = Array(storage[start...])
    storage = []
    start = 0
    searched = 0
    return rest
  }

  private mutating func compact() {
    storage.removeFirst(start)
    searched -= start
    start = 0
  }
}
