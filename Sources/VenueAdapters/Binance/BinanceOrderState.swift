import RouterCore
import Wire

/// One execution, from an order's reply, the trades query or the user stream.
struct BinanceFill: Sendable, Hashable {
  var tradeID: Int64
  var orderID: Int64
  var quantity: Quantity
  var price: Price
  var fee: Amount
  /// Empty if there is no fee.
  var feeAsset: String
  var liquidity: Liquidity
  var time: Timestamp

  /// A member of `fills` in a reply: the order has just arrived, so it took.
  init(reply value: JSONValue, orderID: Int64, time: Timestamp, _ instrument: Instrument)
    throws(BinanceProblem)
  {
    let fields = BinanceFields(value: value)
    tradeID = try fields.integer("tradeId")
    self.orderID = orderID
    liquidity = .taker
    self.time = time
    quantity = try fields.quantity("qty", instrument)
    price = try fields.price("price", instrument)
    fee = try fields.amount("commission")
    feeAsset = try fields.text("commissionAsset")
    try check("qty")
  }

  /// A member of the answer to `myTrades`.
  init(trade value: JSONValue, _ instrument: Instrument) throws(BinanceProblem) {
    let fields = BinanceFields(value: value)
    tradeID = try fields.integer("id")
    orderID = try fields.integer("orderId")
    quantity = try fields.quantity("qty", instrument)
    price = try fields.price("price", instrument)
    fee = try fields.amount("commission")
    feeAsset = try fields.text("commissionAsset")
    liquidity = value["isMaker"]?.bool.map { $0 ? .maker : .taker } ?? .unknown
    time = BinanceTime.timestamp(try fields.integer("time"))
    try check("qty")
  }

  /// An `executionReport` whose execution type is TRADE.
  init(report value: JSONValue, _ instrument: Instrument) throws(BinanceProblem) {
    let fields = BinanceFields(value: value)
    tradeID = try fields.integer("t")
    orderID = try fields.integer("i")
    quantity = try fields.quantity("l", instrument)
    price = try fields.price("L", instrument)
    fee = try fields.amount("n")
    feeAsset = value["N"]?.string ?? ""
    liquidity = value["m"]?.bool.map { $0 ? .maker : .taker } ?? .unknown
    time = BinanceTime.timestamp(try fields.integer("T"))
    try check("l")
  }

  private func check(_ field: String) throws(BinanceProblem) {
    guard tradeID >= 0 else { throw BinanceProblem(field: "trade id") }
    guard quantity > .zero, price > .zero else { throw BinanceProblem(field: field) }
  }
}

/// How far an order has come.
enum BinanceOrderStatus: Sendable, Hashable {
  case open, filled, canceled, rejected, expired
  /// A word the sheet does not have.
  case unknown

  init(_ text: String) {
    switch text {
    case "NEW", "PARTIALLY_FILLED", "PENDING_NEW", "PENDING_CANCEL": self = .open
    case "FILLED": self = .filled
    case "CANCELED": self = .canceled
    case "REJECTED": self = .rejected
    case "EXPIRED", "EXPIRED_IN_MATCH": self = .expired
    default: self = .unknown
    }
  }

  /// The report that ends an order in this state; `nil` while it is open.
  var terminal: VenueExecutionReport.Kind? {
    switch self {
    case .open, .unknown: nil
    case .filled: .filled
    case .canceled: .canceled
    case .rejected: .rejected
    case .expired: .expired
    }
  }
}

/// What a reply to `order.place`, `order.cancel` or `order.status` says of an order.
struct BinanceOrderState: Sendable, Hashable {
  var orderID: Int64
  /// The order's own id; a cancel's reply has it under another name.
  var clientOrderID: String
  var symbol: String
  var status: BinanceOrderStatus
  var executed: Quantity
  var fills: [BinanceFill]
  var time: Timestamp
  var note: String

  init(_ value: JSONValue, _ binding: ListingBinding) throws(BinanceProblem) {
    let fields = BinanceFields(value: value)
    symbol = try fields.text("symbol")
    guard symbol == binding.definition.symbol else { throw BinanceProblem(field: "symbol") }
    orderID = try fields.integer("orderId")
    let isCancel = value["origClientOrderId"]?.string != nil
    clientOrderID = try fields.text(isCancel ? "origClientOrderId" : "clientOrderId")
    status = BinanceOrderStatus(try fields.text("status"))
    executed = try fields.quantity("executedQty", binding.instrument)
    note = value["expiryReason"]?.string ?? ""
    let times = [value["transactTime"], value["updateTime"], value["time"]]
    time = times.lazy.compactMap { $0?.int64 }.first.map(BinanceTime.timestamp) ?? .distantPast
    fills = []
    for fill in value["fills"]?.array ?? [] {
      fills.append(
        try BinanceFill(reply: fill, orderID: orderID, time: time, binding.instrument))
    }
  }
}
