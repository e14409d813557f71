/// A change of a simulated venue's state, as stored in its log.
package enum StateRecord: Sendable {
  case account(String)
  case deposit(account: Int, asset: Int, Amount)
  /// An order request with this client order id arrived.
  case request(String)
  case order(
    id: UInt64, account: Int, terms: NewOrder, feeAsset: FeeAsset, hold: Amount, time: Int64)
  case fill(
    orderID: UInt64, tradeID: UInt64, isMaker: Bool, price: Int64, quantity: Int64, fee: Amount,
    isFeeInQuote: Bool, time: Int64)
  case reduction(id: UInt64, remaining: Int64, time: Int64)
  case amendment(
    id: UInt64, price: Int64, quantity: Int64, remaining: Int64, hold: Amount, time: Int64)
  case close(id: UInt64, CloseReason, time: Int64)

  /// The record as one line of tab separated fields, without its line break.
  package var line: String {
    switch self {
    case .account(let name): Self.join("A", Self.escape(name))
    case .deposit(let account, let asset, let amount):
      Self.join("D", "\(account)", "\(asset)", "\(amount.units)")
    case .request(let id): Self.join("S", Self.escape(id))
    case .order(let id, let account, let terms, let feeAsset, let hold, let time):
      Self.join("O", "\(id)", "\(account)", "\(feeAsset.rawValue)", "\(hold.units)", "\(time)")
        + "\t" + Self.text(terms)
    case .fill(
      let id, let tradeID, let isMaker, let price, let quantity, let fee, let quote, let time):
      Self.join(
        "F", "\(id)", "\(tradeID)", isMaker ? "1" : "0", "\(price)", "\(quantity)",
        "\(fee.units)", quote ? "1" : "0", "\(time)")
    case .reduction(let id, let remaining, let time):
      Self.join("R", "\(id)", "\(remaining)", "\(time)")
    case .amendment(let id, let price, let quantity, let remaining, let hold, let time):
      Self.join(
        "M", "\(id)", "\(price)", "\(quantity)", "\(remaining)", "\(hold.units)", "\(time)")
    case .close(let id, let reason, let time):
      Self.join("C", "\(id)", "\(reason.rawValue)", "\(time)")
    }
  }

  /// Reads a line back; nil if it is not a whole record.
  package init?(line: String) {
    var fields = FieldReader(line)
    switch fields.text() {
    case "A": self = .account(Self.unescape(fields.text()))
    case "D":
      let (account, asset): (Int, Int) = (fields.number(), fields.number())
      self = .deposit(account: account, asset: asset, fields.amount())
    case "S": self = .request(Self.unescape(fields.text()))
    case "O": self = Self.order(&fields)
    case "F": self = Self.fill(&fields)
    case "R":
      let (id, remaining): (UInt64, Int64) = (fields.number(), fields.number())
      self = .reduction(id: id, remaining: remaining, time: fields.number())
    case "M": self = Self.amendment(&fields)
    case "C":
      let id: UInt64 = fields.number()
      let reason = CloseReason(rawValue: fields.number()) ?? .canceledByVenue
      self = .close(id: id, reason, time: fields.number())
    default: return nil
    }
    guard fields.isComplete else { return nil }
  }

  private static func order(_ fields: inout FieldReader) -> StateRecord {
    let (id, account): (UInt64, Int) = (fields.number(), fields.number())
    let feeAsset = FeeAsset(rawValue: fields.number()) ?? .quote
    let hold = fields.amount()
    let time: Int64 = fields.number()
    return .order(
      id: id, account: account, terms: terms(&fields), feeAsset: feeAsset, hold: hold, time: time)
  }

  private static func fill(_ fields: inout FieldReader) -> StateRecord {
    let (id, tradeID): (UInt64, UInt64) = (fields.number(), fields.number())
    let isMaker = fields.text() == "1"
    let (price, quantity): (Int64, Int64) = (fields.number(), fields.number())
    let fee = fields.amount()
    let isQuote = fields.text() == "1"
    return .fill(
      orderID: id, tradeID: tradeID, isMaker: isMaker, price: price, quantity: quantity, fee: fee,
      isFeeInQuote: isQuote, time: fields.number())
  }

  private static func amendment(_ fields: inout FieldReader) -> StateRecord {
    let id: UInt64 = fields.number()
    let (price, quantity): (Int64, Int64) = (fields.number(), fields.number())
    let remaining: Int64 = fields.number()
    let hold = fields.amount()
    return .amendment(
      id: id, price: price, quantity: quantity, remaining: remaining, hold: hold,
      time: fields.number())
  }

  // MARK: Terms

  private static func text(_ terms: NewOrder) -> String {
    join(
      "\(terms.instrument)", "\(terms.side.rawValue)", "\(terms.kind.rawValue)",
      "\(terms.lifetime.rawValue)", terms.isPostOnly ? "1" : "0", "\(terms.price)",
      "\(terms.quantity)", "\(terms.quoteQuantity.units)",
      "\(terms.selfTradePrevention.rawValue)", escape(terms.clientOrderID),
      "\(terms.userReference)", terms.feeAsset.map { "\($0.rawValue)" } ?? "-",
      "\(terms.expiresAt)", escape(terms.label))
  }

  private static func terms(_ fields: inout FieldReader) -> NewOrder {
    let instrument: Int = fields.number()
    let side = OrderSide(rawValue: fields.number()) ?? .buy
    var terms = NewOrder(
      instrument: instrument, side: side, kind: OrderKind(rawValue: fields.number()) ?? .limit)
    terms.lifetime = OrderLifetime(rawValue: fields.number()) ?? .goodTillCancel
    terms.isPostOnly = fields.text() == "1"
    terms.price = fields.number()
    terms.quantity = fields.number()
    terms.quoteQuantity = fields.amount()
    terms.selfTradePrevention = SelfTradePrevention(rawValue: fields.number()) ?? .none
    terms.clientOrderID = unescape(fields.text())
    terms.userReference = fields.number()
    terms.feeAsset = UInt8(fields.text()).flatMap { FeeAsset(rawValue: $0) }
    terms.expiresAt = fields.number()
    terms.label = unescape(fields.text())
    return terms
  }

  private static func join(_ fields: String...) -> String { fields.joined(separator: "\t") }

  private static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\t": escaped += "\\t"
      case "\n": escaped += "\\n"
      case "\\": escaped += "\\\\"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func unescape(_ text: String) -> String {
    var plain = ""
    var isEscaped = false
    for scalar in text.unicodeScalars {
      guard isEscaped || scalar != "\\" else {
        isEscaped = true
        continue
      }
      let isBreak = isEscaped && (scalar == "t" || scalar == "n")
      plain.unicodeScalars.append(isBreak ? (scalar == "t" ? "\t" : "\n") : scalar)
      isEscaped = false
    }
    return plain
  }
}

/// Takes tab separated fields one by one and remembers whether any was missing or malformed.
private struct FieldReader {
  private let fields: [Substring]
  private var position = 0
  private var failed = false

  init(_ line: String) {
    fields = line.split(separator: "\t", omittingEmptySubsequences: false)
  }

  var isComplete: Bool { !failed && position == fields.count }

  mutating func text() -> String {
    guard position < fields.count else {
      failed = true
      return ""
    }
    position += 1
    return String(fields[position - 1])
  }

  mutating func number<Number: FixedWidthInteger>() -> Number {
    if let number = Number(text()) { return number }
    failed = true
    return 0
  }

  mutating func amount() -> Amount { Amount(units: number()) }
}
