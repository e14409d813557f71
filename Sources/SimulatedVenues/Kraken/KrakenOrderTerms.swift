import Simulation
import Wire

/// Reads a new order from the parameters of AddOrder or of `add_order`, which differ in names only.
struct KrakenOrderTerms {
  /// The names of one of the two interfaces.
  struct Names {
    var side = "type"
    var kind = "ordertype"
    var quantity = "volume"
    var price = "price"
    var lifetime = "timeinforce"
    var expiry = "expiretm"
    var userReference = "userref"
    var selfTrade = "stptype"

    static let rest = Names()
    static let socket = Names(
      side: "side", kind: "order_type", quantity: "order_qty", price: "limit_price",
      lifetime: "time_in_force", expiry: "expire_time", userReference: "order_userref",
      selfTrade: "stp_type")
  }

  let names: Names
  let parameters: KrakenParameters
  let pair: KrakenPair
  let now: Int64

  private var isSocket: Bool { names.side == "side" }

  func read() throws(KrakenError) -> NewOrder {
    try refuseUnsupported()
    var order = NewOrder(instrument: pair.instrument, side: try side(), kind: try kind())
    order.price = try price(order.kind)
    try readSize(&order)
    order.lifetime = try lifetime()
    order.expiresAt = try expiry()
    order.selfTradePrevention = try selfTradePrevention()
    try readIdentity(&order)
    try readFlags(&order)
    guard !order.isPostOnly || (order.kind == .limit && order.lifetime == .goodTillCancel) else {
      throw .invalidArguments(isSocket ? "post_only" : "oflags")
    }
    guard order.lifetime != .fillOrKill || order.kind == .limit else {
      throw .invalidArguments(names.lifetime)
    }
    return order
  }

  // MARK: Fields

  private func refuseUnsupported() throws(KrakenError) {
    if let leverage = parameters["leverage"], leverage != "none", leverage != "0", leverage != "1" {
      throw KrakenError("EGeneral:Invalid arguments:leverage")
    }
    if parameters.flag("margin") { throw .invalidArguments("margin") }
    if parameters.flag("reduce_only") { throw .invalidArguments("reduce_only") }
    for field in ["close[ordertype]", "displayvol", "display_qty", "starttm", "effective_time"] {
      if let value = parameters[field], !value.isEmpty, value != "0" {
        throw .invalidArguments(field)
      }
    }
    if parameters.value("conditional") != nil { throw .invalidArguments("conditional") }
    if parameters.value("triggers") != nil { throw .invalidArguments("triggers") }
    try KrakenDeadline.check(parameters, isSocket: isSocket, at: now)
  }

  private func side() throws(KrakenError) -> OrderSide {
    switch parameters[names.side] {
    case "buy": .buy
    case "sell": .sell
    default: throw .invalidArguments(names.side)
    }
  }

  private func kind() throws(KrakenError) -> OrderKind {
    switch parameters[names.kind] {
    case "limit": .limit
    case "market": .market
    default: throw .invalidArguments(names.kind)
    }
  }

  private func price(_ kind: OrderKind) throws(KrakenError) -> Int64 {
    guard kind == .limit else { return 0 }
    guard let text = parameters[names.price], !text.isEmpty else {
      throw .invalidArguments(names.price)
    }
    if let price = DecimalText.parse(text, scale: pair.terms.priceScale) {
      guard price > 0 else { throw .invalidArguments(names.price) }
      return price
    }
    guard DecimalText.parse(text) != nil else { throw .invalidArguments(names.price) }
    throw KrakenError(
      "EOrder:Invalid price:\(pair.wsname) price can only be specified up to "
        + "\(pair.terms.priceScale) decimals.")
  }

  private var flags: [String] {
    parameters["oflags"]?.split(separator: ",").map(String.init) ?? []
  }

  private func readSize(_ order: inout NewOrder) throws(KrakenError) {
    let quoteText =
      flags.contains("viqc") ? parameters[names.quantity] : parameters["cash_order_qty"]
    if let text = quoteText {
      guard order.kind == .market, order.side == .buy,
        let units = DecimalText.parse128(text, scale: Amount.scale), units > 0
      else { throw .invalidArguments(isSocket ? "cash_order_qty" : "oflags") }
      let amount = Amount(units: units)
      guard amount < Amount(mantissa: Int64(1_000_000_000_000), scale: 0) else {
        throw .invalidArguments(names.quantity)
      }
      order.quoteQuantity = amount
      return
    }
    guard let text = parameters[names.quantity], let quantity = Self.truncated(text, pair) else {
      throw .invalidArguments(names.quantity)
    }
    order.quantity = quantity
  }

  /// A volume with more decimals than the pair has is cut off.
  static func truncated(_ text: String, _ pair: KrakenPair) -> Int64? {
    let scale = pair.terms.quantityScale
    if let exact = DecimalText.parse(text, scale: scale) { return exact > 0 ? exact : nil }
    guard let point = text.firstIndex(of: "."), DecimalText.parse128(text, scale: 16) != nil else {
      return nil
    }
    let cut = text[..<point] + text[point...].prefix(scale + 1)
    return DecimalText.parse(String(cut), scale: scale).flatMap { $0 > 0 ? $0 : nil }
  }

  private func lifetime() throws(KrakenError) -> OrderLifetime {
    switch parameters[names.lifetime]?.lowercased() {
    case nil, "", "gtc", "gtd": .goodTillCancel
    case "ioc": .immediateOrCancel
    case "fok": .fillOrKill
    default: throw .invalidArguments(names.lifetime)
    }
  }

  private func expiry() throws(KrakenError) -> Int64 {
    let isDated = parameters[names.lifetime]?.lowercased() == "gtd"
    guard let text = parameters[names.expiry], !text.isEmpty, text != "0" else {
      guard !isDated else { throw .invalidArguments(names.expiry) }
      return 0
    }
    guard isDated, let expiry = KrakenDeadline.expiry(text, isSocket: isSocket, at: now) else {
      throw .invalidArguments(names.expiry)
    }
    guard expiry >= now + 5_000_000_000, expiry <= now + 31 * 86_400_000_000_000 else {
      throw .invalidArguments(names.expiry)
    }
    return expiry
  }

  private func selfTradePrevention() throws(KrakenError) -> SelfTradePrevention {
    switch parameters[names.selfTrade]?.split(separator: "_").joined(separator: "-") {
    case nil, "", "cancel-newest": .cancelNewest
    case "cancel-oldest": .cancelOldest
    case "cancel-both": .cancelBoth
    default: throw .invalidArguments(names.selfTrade)
    }
  }

  private func readIdentity(_ order: inout NewOrder) throws(KrakenError) {
    let reference = parameters[names.userReference].flatMap { $0.isEmpty ? nil : $0 }
    if let id = parameters["cl_ord_id"], !id.isEmpty {
      guard Self.isClientOrderID(id), reference == nil else { throw .invalidArguments("cl_ord_id") }
      order.clientOrderID = id
    }
    if let reference {
      guard let number = Int32(reference) else { throw .invalidArguments(names.userReference) }
      order.userReference = Int64(number)
    }
  }

  private func readFlags(_ order: inout NewOrder) throws(KrakenError) {
    for flag in flags {
      switch flag {
      case "post": order.isPostOnly = true
      case "fcib": order.feeAsset = .base
      case "fciq": order.feeAsset = .quote
      case "nompp", "viqc": break
      default: throw .invalidArguments("oflags")
      }
    }
    if parameters.flag("post_only") { order.isPostOnly = true }
    switch parameters["fee_preference"] {
    case nil: break
    case "base": order.feeAsset = .base
    case "quote": order.feeAsset = .quote
    default: throw .invalidArguments("fee_preference")
    }
  }

  /// A UUID with dashes, 32 hex digits, or free text of at most 18 characters.
  static func isClientOrderID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    func isHex(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
      default: false
      }
    }
    switch bytes.count {
    case 1...18: return bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    case 32: return bytes.allSatisfy(isHex)
    case 36:
      return bytes.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : isHex(byte)
      }
    default: return false
    }
  }
}
