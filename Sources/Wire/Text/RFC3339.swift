/// Times as `2026-11-25T17:40:00.123456789Z` (RFC 3339), to and from nanoseconds since 1970.
///
/// 64 bits reach from 1677 to 2262; a time outside is refused.
package enum RFC3339 {
  package static func parse(_ text: String) -> Int64? {
    var text = text
    return text.withUTF8 { unsafe parse(UnsafeRawBufferPointer($0)) }
  }

  /// The time in `bytes`, which must be all of it: `Z` or an offset, at most 9 fraction digits.
  package static func parse(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    var reader = unsafe TimeReader(bytes)
    guard let days = reader.date(), reader.isOneOf("T", "t"), let clock = reader.clock(),
      let nanoseconds = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
    else { return nil }
    let seconds = days * 86400 + clock.seconds - offset
    // A leap second exists only at the end of a UTC day; it counts as the first of the next.
    guard !clock.isLeap || seconds % 86400 == 0 else { return nil }
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (total, carry) = scaled.addingReportingOverflow(nanoseconds)
    return overflow || carry ? nil : total
  }

  /// The time in UTC, cut to `fractionDigits` digits (0 to 9) of a second.
  package static func format(_ nanoseconds: Int64, fractionDigits: Int = 9) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(30)
    append(nanoseconds, fractionDigits: fractionDigits, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The same, appended to a text.
  package static func append(
    _ nanoseconds: Int64, fractionDigits: Int = 9, to text: inout [UInt8]
  ) {
    let (seconds, nanosecond) = divideDown(nanoseconds, by: 1_000_000_000)
    let (days, second) = divideDown(seconds, by: 86400)
    let date = CivilDate(daysSince1970: days)
    append(date.year, 4, to: &text)
    text.append(UInt8(ascii: "-"))
    append(date.month, 2, to: &text)
    text.append(UInt8(ascii: "-"))
    append(date.day, 2, to: &text)
    text.append(UInt8(ascii: "T"))
    append(second / 3600, 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(second / 60 % 60, 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(second % 60, 2, to: &text)
    let digits = min(max(fractionDigits, 0), 9)
    if digits > 0 {
      text.append(UInt8(ascii: "."))
      append(nanosecond, 9, to: &text)
      text.removeLast(9 - digits)
    }
    text.append(UInt8(ascii: "Z"))
  }

  private static func append(_ value: Int64, _ width: Int, to text: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<width { divisor *= 10 }
    while divisor > 0 {
      text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }

  private static func divideDown(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

/// A day of the Gregorian calendar, after Hinnant's `days_from_civil`.
private struct CivilDate {
  var year: Int64
  var month: Int64
  var day: Int64

  init(year: Int64, month: Int64, day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  init(daysSince1970 days: Int64) {
    // Eras of 400 years start on 1 March, so that the leap day ends a year.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  var isValid: Bool {
    month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth
  }

  private var daysInMonth: Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }
}

/// Walks the fixed fields of a time.
@safe private struct TimeReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.bytes = bytes
  }

  var isAtEnd: Bool { unsafe position == bytes.count }

  mutating func date() -> Int64? {
    guard let year = digits(4), isOneOf("-", "-"), let month = digits(2), isOneOf("-", "-"),
      let day = digits(2)
    else { return nil }
    let date = CivilDate(year: year, month: month, day: day)
    return date.isValid ? date.daysSince1970 : nil
  }

  mutating func clock() -> (seconds: Int64, isLeap: Bool)? {
    guard let hour = digits(2), isOneOf(":", ":"), let minute = digits(2), isOneOf(":", ":"),
      let second = digits(2), hour < 24, minute < 60, second <= 60
    else { return nil }
    return (hour * 3600 + minute * 60 + second, second == 60)
  }

  mutating func fraction() -> Int64? {
    guard isOneOf(".", ".") else { return 0 }
    var value: Int64 = 0
    var count = 0
    while let digit = digits(1) {
      value = value * 10 + digit
      count += 1
      if count > 9 { return nil }
    }
    guard count > 0 else { return nil }
    for _ in count..<9 { value *= 10 }
    return value
  }

  /// The offset from UTC in seconds, ahead of UTC positive.
  mutating func offset() -> Int64? {
    if isOneOf("Z", "z") { return 0 }
    let isAhead = isOneOf("+", "+")
    guard isAhead || isOneOf("-", "-"), let hour = digits(2), isOneOf(":", ":"),
      let minute = digits(2), hour < 24, minute < 60
    else { return nil }
    return (isAhead ? 1 : -1) * (hour * 3600 + minute * 60)
  }

  /// Takes the next byte if it is one of two.
  mutating func isOneOf(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
    guard unsafe position < bytes.count else { return false }
    let byte = unsafe bytes[position]
    guard byte == UInt8(ascii: first) || byte == UInt8(ascii: second) else { return false }
    position += 1
    return true
  }

  private mutating func digits(_ count: Int) -> Int64? {
    guard unsafe count <= bytes.count - position else { return nil }
    var value: Int64 = 0
    for index in position..<position + count {
      let byte = unsafe bytes[index]
      guard ASCII.isDigit(byte) else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    position += count
    return value
  }
}
