import Wire

/// Numbers as Kraken's WebSocket v2 writes them: bare JSON numbers.
///
/// They come as plain decimals. A value that was re-serialized on its way may carry an exponent
/// (`1e-08`), which stays exact and is therefore read too.
enum KrakenNumber {
  /// The number at the scanner, exact at `scale`; `nil` and a failed scanner otherwise.
  @inline(__always)
  static func decimal(_ scanner: inout JSONScanner, scale: Int) -> Int64? {
    let start = scanner
    if let value = scanner.decimal(scale: scale) { return value }
    return exponential(&scanner, from: start, scale: scale)
  }

  @inline(never)
  private static func exponential(
    _ scanner: inout JSONScanner, from start: JSONScanner, scale: Int
  ) -> Int64? {
    scanner = start
    guard let text = unsafe scanner.text() else { return nil }
    guard let value = parse(unsafe String(decoding: text, as: UTF8.self), scale: scale) else {
      scanner.fail()
      return nil
    }
    return value
  }

  /// The number in `text`, with or without an exponent, exact at `scale`.
  static func parse(_ text: String, scale: Int) -> Int64? {
    parse128(text, scale: scale).flatMap { Int64(exactly: $0) }
  }

  static func parse128(_ text: String, scale: Int) -> Int128? {
    guard let mark = text.utf8.firstIndex(where: { $0 == 0x65 || $0 == 0x45 }) else {
      return DecimalText.parse128(text, scale: scale)
    }
    guard let written = DecimalText.parse(String(text[..<mark])),
      let exponent = exponent(text.utf8[mark...].dropFirst())
    else { return nil }
    return rescale(Int128(written.mantissa), from: written.scale - exponent, to: scale)
  }

  /// The same value at another scale, or `nil` if it does not fit there exactly.
  static func rescale(_ value: Int128, from: Int, to scale: Int) -> Int128? {
    if value == 0 { return 0 }
    guard let factor = powerOfTen(from < scale ? scale - from : from - scale) else { return nil }
    if from <= scale {
      let (product, overflow) = value.multipliedReportingOverflow(by: factor)
      return overflow ? nil : product
    }
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: factor)
    return remainder == 0 ? quotient : nil
  }

  static func powerOfTen(_ exponent: Int) -> Int128? {
    guard exponent >= 0, exponent <= 38 else { return nil }
    var result: Int128 = 1
    for _ in 0..<exponent { result *= 10 }
    return result
  }

  private static func exponent(_ digits: some Collection<UInt8>) -> Int? {
    let text = String(decoding: digits, as: UTF8.self)
    let unsigned = text.hasPrefix("+") ? String(text.dropFirst()) : text
    guard let value = DecimalText.parse(unsigned, scale: 0), abs(value) <= 40 else { return nil }
    return Int(value)
  }
}
