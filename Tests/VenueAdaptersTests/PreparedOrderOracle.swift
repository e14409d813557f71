import Foundation
import RouterCore
import VenueAdapters
import Wire

/// What an order request must say, put together slowly and by other means than the adapters'.
enum PreparedOrderOracle {
  /// A decimal from its digits as text: padded, cut at the point, and without the zeros at its end.
  static func decimal(_ mantissa: Int64, scale: Int) -> String {
    var digits = String(mantissa)
    while digits.count <= scale { digits = "0" + digits }
    let whole = digits.dropLast(scale)
    var fraction = String(digits.suffix(scale))
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
  }

  /// `sl-` and the numbers in hexadecimal: instance 6 digits, epoch 6 and its upper part 2, parent
  /// 10, child 4.
  static func shortName(_ id: ChildOrderID) -> String {
    "sl-" + hex(UInt64(id.instance), 6) + hex(UInt64(id.epoch) % (1 << 24), 6)
      + hex(UInt64(id.epoch) / (1 << 24), 2) + hex(id.parent.rawValue, 10)
      + hex(UInt64(id.child), 4)
  }

  /// The mark of ten bits and the number's 112, with version and variant put between them.
  static func uuid(_ id: ChildOrderID) -> String {
    let free =
      bits(0x2D5, 10) + bits(UInt64(id.instance), 24) + bits(UInt64(id.epoch) % (1 << 24), 24)
      + bits(UInt64(id.epoch) / (1 << 24), 8) + bits(id.parent.rawValue, 40)
      + bits(UInt64(id.child), 16)
    let all = free.prefix(48) + "0100" + free.dropFirst(48).prefix(12) + "10" + free.suffix(62)
    var text = ""
    for (place, start) in stride(from: 0, to: 128, by: 4).enumerated() {
      if [8, 12, 16, 20].contains(place) { text += "-" }
      let nibble = all.dropFirst(start).prefix(4)
      text += String(Int(nibble, radix: 2) ?? 0, radix: 16)
    }
    return text
  }

  static func quoted(_ text: String) -> String {
    let escaped = text.replacingOccurrences(of: "\\", with: "\\\\")
    return "\"\(escaped.replacingOccurrences(of: "\"", with: "\\\""))\""
  }

  /// A time in UTC with milliseconds, cut and not rounded.
  static func time(_ nanoseconds: Int64) -> String {
    let formatter = ISO8601DateFormatter()
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    let seconds = TimeInterval(nanoseconds / 1_000_000_000)
    let text = formatter.string(from: Date(timeIntervalSince1970: seconds))
    return text.dropLast() + "." + String(format: "%03d", Int(nanoseconds / 1_000_000 % 1000)) + "Z"
  }

  private static func hex(_ value: UInt64, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }

  private static func bits(_ value: UInt64, _ count: Int) -> String {
    let text = String(value, radix: 2)
    return String(repeating: "0", count: count - text.count) + text
  }
}

/// A signer whose credentials can be exchanged, keyed by the plain HMAC of the tests.
final class ExchangeableSigner: VenueSigner {
  var apiKey: String
  var passphrase: String
  var secret: [UInt8]

  init(apiKey: String = "key", passphrase: String = "phrase", secret: [UInt8] = [1, 2, 3]) {
    self.apiKey = apiKey
    self.passphrase = passphrase
    self.secret = secret
  }

  func hmacSHA256(_ message: [UInt8]) -> [UInt8] {
    BinanceReferenceHMAC.sign(message, key: secret)
  }
  func hmacSHA512(_ message: [UInt8]) -> [UInt8] { [] }
  func sha256(_ message: [UInt8]) -> [UInt8] { BinanceReferenceHMAC.sha256(message) }

  func hex(_ text: String) -> String {
    hmacSHA256(Array(text.utf8)).map { String(format: "%02x", $0) }.joined()
  }

  func base64(_ text: String) -> String {
    Data(hmacSHA256(Array(text.utf8))).base64EncodedString()
  }
}

/// Seeded orders of every kind that is sent, over listings of all scales; the first few are extremes.
struct PreparedOrderCases: Sequence {
  struct Case {
    let binding: ListingBinding
    let order: NewChildOrder
    let stamp: RequestStamp
    let number: UInt64
  }

  let count: Int
  private let listings: [ListingBinding]
  private var random: OrderRandom

  init(seed: UInt64, count: Int, symbols: [String]) {
    self.count = count
    random = OrderRandom(state: seed)
    var listings: [ListingBinding] = []
    for priceScale in 0...16 {
      let symbol = symbols[priceScale % symbols.count]
      listings.append(
        Self.binding(UInt16(priceScale * 3), symbol, priceScale, 16 - priceScale))
    }
    self.listings = listings
  }

  var bindings: [ListingBinding] { listings }

  func makeIterator() -> AnyIterator<Case> {
    var (index, random) = (0, random)
    return AnyIterator { [self] in
      guard index < count else { return nil }
      defer { index += 1 }
      return next(index, &random)
    }
  }

  private func next(_ index: Int, _ random: inout OrderRandom) -> Case {
    let binding = listings[index % listings.count]
    let isPostOnly = random.below(4) == 0
    let kinds: [TimeInForce] = [.goodTillCancel, .immediateOrCancel, .fillOrKill, .goodTillDate]
    let id = ChildOrderID(
      instance: UInt32(random.below(1 << 24)), epoch: UInt32(random.below(1 << 32)),
      parent: ParentOrderID(random.below(1 << 40)), child: UInt16(random.below(1 << 16)))
    let nanoseconds = Int64(random.below(4_000_000_000_000_000_000))
    return Case(
      binding: binding,
      order: NewChildOrder(
        id: id, venue: VenueID(1), listing: binding.listing,
        side: random.below(2) == 0 ? .buy : .sell,
        limitPrice: Price(mantissa: mantissa(index, &random)),
        quantity: Quantity(mantissa: mantissa(index / 7, &random)),
        timeInForce: isPostOnly ? .goodTillCancel : kinds[Int(random.below(4))],
        isPostOnly: isPostOnly),
      stamp: RequestStamp(
        time: Timestamp(nanoseconds: nanoseconds), venueNanoseconds: nanoseconds, nonce: 1),
      number: random.below(1 << 62) + 1)
  }

  private func mantissa(_ index: Int, _ random: inout OrderRandom) -> Int64 {
    let extremes: [Int64] = [
      1, .max, 10, 999_999_999_999_999_999, 1_000_000_000_000_000_000, .max - 7, 100_000, 0,
    ]
    if index < 8 * listings.count { return extremes[index % extremes.count] }
    return Int64(random.below(UInt64.max >> random.below(62)) >> 1)
  }

  private static func binding(
    _ number: UInt16, _ symbol: String, _ priceScale: Int, _ quantityScale: Int
  ) -> ListingBinding {
    ListingBinding(
      listing: ListingID(number),
      instrument: Instrument(
        id: InstrumentID(number), base: AssetID(0), quote: AssetID(1),
        priceScale: UInt8(priceScale), quantityScale: UInt8(quantityScale)),
      definition: ListingDefinition(
        pair: PairName(base: "BTC", quote: "USD"), symbol: symbol, streamSymbol: symbol,
        priceIncrement: WrittenDecimal(mantissa: 1, scale: 0),
        quantityIncrement: WrittenDecimal(mantissa: 1, scale: 0),
        minimumQuantity: WrittenDecimal(mantissa: 1, scale: 0), maximumQuantity: nil,
        minimumNotional: WrittenDecimal(mantissa: 1, scale: 0), status: .trading,
        feeAsset: .received, priceDigits: 8, quantityDigits: 8))
  }
}

struct OrderRandom {
  var state: UInt64

  /// A number from 0 to one less than `bound`.
  mutating func below(_ bound: UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return (value ^ value >> 31) % Swift.max(bound, 1)
  }
}
