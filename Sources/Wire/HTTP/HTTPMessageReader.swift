/// Reads what requests and responses have in common: a first line, headers and a body.
struct HTTPMessageReader: Sendable {
  enum Stage: Sendable, Equatable {
    case startLine
    case headers
    /// The headers are there; the owner says how the body ends before it goes on.
    case framing
    case body(remaining: Int)
    case chunkSize
    case chunkData(remaining: Int)
    case chunkEnd
    case trailers
    case untilClose
    case complete
  }

  let limits: HTTPLimits
  /// A server passes over one empty line before a request (RFC 9112, section 2.2).
  private let allowsEmptyFirstLine: Bool
  private var hasSkippedLine = false
  private(set) var stage = Stage.startLine
  private(set) var startLine = ""
  private(set) var headers = HTTPHeaders()
  private(set) var body: [UInt8] = []
  private var buffer = HTTPByteBuffer()
  private var headerBytes = 0
  private var headerCount = 0
  private var extensionBytes = 0

  init(limits: HTTPLimits, allowsEmptyFirstLine: Bool) {
    self.limits = limits
    self.allowsEmptyFirstLine = allowsEmptyFirstLine
  }

  var isMidMessage: Bool { stage != .startLine || !buffer.isEmpty }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    unsafe buffer.append(bytes)
  }

  /// Goes on as far as the bytes reach: to `framing`, to `complete`, or to the end of the bytes.
  mutating func advance() throws(HTTPParseError) {
    while stage != .framing && stage != .complete {
      guard try step() else { return }
    }
  }

  /// Leaves `framing`.
  mutating func beginBody(_ framing: HTTPFraming) throws(HTTPParseError) {
    precondition(stage == .framing, "the headers come first")
    switch framing {
    case .none: stage = .complete
    case .length(let count):
      guard count <= limits.bodyBytes else { throw Self.bodyTooLarge }
      stage = count == 0 ? .complete : .body(remaining: count)
    case .chunked: stage = .chunkSize
    case .untilClose: stage = .untilClose
    }
  }

  /// Ends a body that lasts until the peer closes.
  mutating func finishAtClose() {
    if stage == .untilClose { stage = .complete }
  }

  /// Makes room for the next message, whose bytes may be there already.
  mutating func reset() {
    stage = .startLine
    hasSkippedLine = false
    startLine = ""
    headers = HTTPHeaders()
    body = []
    headerBytes = 0
    headerCount = 0
    extensionBytes = 0
  }

  mutating func takeRemainder() -> [UInt8] {
    buffer.takeAll()
  }
}

// MARK: - Steps

extension HTTPMessageReader {
  private static let bodyTooLarge = HTTPParseError(status: 413, message: "the body is too large")
  private static let headersTooLarge = HTTPParseError(
    status: 431, message: "the headers are too large")

  /// Does one step; false when more bytes are needed.
  private mutating func step() throws(HTTPParseError) -> Bool {
    switch stage {
    case .startLine: try readStartLine()
    case .headers: try readHeader(isTrailer: false)
    case .trailers: try readHeader(isTrailer: true)
    case .body(let remaining): readBody(remaining)
    case .chunkSize: try readChunkSize()
    case .chunkData(let remaining): readChunk(remaining)
    case .chunkEnd: try readChunkEnd()
    case .untilClose: try readUntilClose()
    case .framing, .complete: false
    }
  }

  private mutating func readStartLine() throws(HTTPParseError) -> Bool {
    let tooLong = HTTPParseError(status: 414, message: "the first line is too long")
    let line = try buffer.line(limit: limits.requestLineBytes, tooLong: tooLong)
    guard let line else { return false }
    if line.isEmpty && allowsEmptyFirstLine && !hasSkippedLine {
      hasSkippedLine = true
      return true
    }
    guard line.allSatisfy(HTTPField.isValueByte) else {
      throw .malformed("a control character in the first line")
    }
    startLine = HTTPField.text(line)
    stage = .headers
    return true
  }

  private mutating func readHeader(isTrailer: Bool) throws(HTTPParseError) -> Bool {
    let room = limits.headerBytes - headerBytes
    guard let line = try buffer.line(limit: room, tooLong: Self.headersTooLarge) else {
      return false
    }
    if line.isEmpty {
      stage = isTrailer ? .complete : .framing
      return true
    }
    headerBytes += line.count + 2
    headerCount += 1
    guard headerBytes <= limits.headerBytes, headerCount <= limits.headerCount else {
      throw Self.headersTooLarge
    }
    let header = try HTTPField.header(line)
    // A trailer could only bring a second Content-Length or the like; nothing of ours reads one.
    if !isTrailer { headers.add(header.name, header.value) }
    return true
  }

  private mutating func readBody(_ remaining: Int) -> Bool {
    let left = remaining - buffer.move(remaining, to: &body)
    stage = left == 0 ? .complete : .body(remaining: left)
    return left == 0
  }

  private mutating func readUntilClose() throws(HTTPParseError) -> Bool {
    guard buffer.count <= limits.bodyBytes - body.count else { throw Self.bodyTooLarge }
    _ = buffer.move(buffer.count, to: &body)
    return false
  }

  private mutating func readChunkSize() throws(HTTPParseError) -> Bool {
    let tooLong = HTTPParseError.malformed("a chunk's first line is too long")
    let limit = 16 + limits.chunkExtensionBytes - extensionBytes
    guard let line = try buffer.line(limit: limit, tooLong: tooLong) else { return false }
    let digits = line.prefix { Hex.value($0) != nil }
    let rest = line.dropFirst(digits.count)
    guard !digits.isEmpty, digits.count <= 15, rest.first ?? UInt8(ascii: ";") == UInt8(ascii: ";"),
      rest.allSatisfy(HTTPField.isValueByte)
    else { throw .malformed("a chunk without a plain hexadecimal size") }
    extensionBytes += rest.count
    guard extensionBytes <= limits.chunkExtensionBytes else { throw tooLong }
    let size = digits.reduce(0) { $0 << 4 | Int(Hex.value($1) ?? 0) }
    guard size <= limits.bodyBytes - body.count else { throw Self.bodyTooLarge }
    stage = size == 0 ? .trailers : .chunkData(remaining: size)
    return true
  }

  private mutating func readChunk(_ remaining: Int) -> Bool {
    let left = remaining - buffer.move(remaining, to: &body)
    stage = left == 0 ? .chunkEnd : .chunkData(remaining: left)
    return left == 0
  }

  private mutating func readChunkEnd() throws(HTTPParseError) -> Bool {
    let tooLong = HTTPParseError.malformed("a chunk longer than its size")
    guard let line = try buffer.line(limit: 0, tooLong: tooLong) else { return false }
    guard line.isEmpty else { throw tooLong }
    stage = .chunkSize
    return true
  }
}
