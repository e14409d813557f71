/// One line of a tape: when, what, on which connection, and the venue's own text.
///
/// `<ns since 1970> TAB <kind><connection> TAB <payload>`; the payload of an HTTP response is its
/// URL, a tab and the body.
struct CaptureLine {
  enum Kind: UInt8 {
    case opened = 0x4F  // O
    case sent = 0x3E  // >
    case received = 0x3C  // <
    case response = 0x48  // H
  }

  let nanoseconds: Int64
  let kind: Kind
  let payload: CaptureBytes

  init?(_ bytes: CaptureBytes) {
    let line = unsafe bytes.pointer
    var nanoseconds: Int64 = 0
    var position = 0
    while position < line.count, case let digit = unsafe line[position] &- 0x30, digit < 10 {
      let (scaled, overflow) = nanoseconds.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(Int64(digit))
      guard !overflow, !carry else { return nil }
      nanoseconds = sum
      position += 1
    }
    guard position > 0, position + 2 < line.count, unsafe line[position] == Self.tab,
      let kind = unsafe Kind(rawValue: line[position + 1])
    else { return nil }
    position += 2
    while position < line.count, unsafe line[position] != Self.tab { position += 1 }
    guard position < line.count else { return nil }
    self.nanoseconds = nanoseconds
    self.kind = kind
    payload = unsafe CaptureBytes(
      pointer: UnsafeRawBufferPointer(rebasing: line[(position + 1)...]))
  }

  /// The URL and the body of an HTTP response.
  var response: (url: String, body: CaptureBytes)? {
    let bytes = unsafe payload.pointer
    guard kind == .response, let tab = unsafe bytes.firstIndex(of: Self.tab) else { return nil }
    let url = unsafe String(decoding: bytes[..<tab], as: UTF8.self)
    let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[(tab + 1)...])
    return (url, unsafe CaptureBytes(pointer: body))
  }

  private static let tab = UInt8(ascii: "\t")
}
