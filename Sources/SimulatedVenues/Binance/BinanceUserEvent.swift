import Simulation
import Wire

/// The events of the user data stream.
struct BinanceUserEvent {
  let symbol: BinanceSymbol
  let time: BinanceTime

  /// What one event of an order becomes; `cancelID` is the id of the cancel that ended it.
  ///
  /// The last fill of an order says `FILLED` itself, so the end after it is no report of its own.
  func report(
    _ event: UserEvent, completes: Bool, cancelID: String?, executionID: Int64, at now: Int64
  ) -> [UInt8]? {
    var report = Report(
      form: BinanceOrderForm(event.order, symbol), event: event, executionID: executionID)
    switch event.kind {
    case .accepted: report.type = "NEW"
    case .fill(let fill):
      report.type = "TRADE"
      report.fill = fill
      report.status = completes ? "FILLED" : "PARTIALLY_FILLED"
    case .amended: report.type = "REPLACED"
    case .reduced: report.type = "TRADE_PREVENTION"
    case .closed:
      switch event.order.closeReason {
      case .filled: return nil
      case .canceledByUser:
        report.type = "CANCELED"
        report.cancelID = cancelID ?? event.order.terms.clientOrderID
      case .selfTrade: report.type = "TRADE_PREVENTION"
      default: report.type = "EXPIRED"
      }
    case .rested: return nil
    }
    return bytes(report, at: now)
  }

  private struct Report {
    let form: BinanceOrderForm
    let event: UserEvent
    let executionID: Int64
    var type = ""
    var status: String?
    var fill: SimulatedFill?
    var cancelID: String?
  }

  private func bytes(_ report: Report, at now: Int64) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 768)
    writer.beginObject()
    writer.field("e", "executionReport")
    writer.field("E", integer: time.of(now))
    writer.field("s", symbol.name)
    writeOrder(report, &writer)
    writeExecution(report, &writer)
    writeTotals(report, &writer)
    writer.endObject()
    return writer.bytes
  }

  /// On a cancel `c` names the cancel and `C` the order; otherwise `C` is empty.
  private func writeOrder(_ report: Report, _ writer: inout JSONWriter) {
    let form = report.form
    let clientOrderID = form.order.terms.clientOrderID
    writer.field("c", report.cancelID ?? clientOrderID)
    writer.field("S", form.side)
    writer.field("o", form.label.type)
    writer.field("f", form.lifetime)
    writer.field("q", form.quantity)
    writer.field(
      "p", symbol.price(form.order.terms.kind == .limit ? form.order.terms.price : 0))
    writer.field("P", symbol.price(0))
    writer.field("F", symbol.quantity(0))
    writer.field("g", integer: -1)
    writer.field("C", report.cancelID == nil ? "" : clientOrderID)
  }

  private func writeExecution(_ report: Report, _ writer: inout JSONWriter) {
    let fill = report.fill
    writer.field("x", report.type)
    writer.field("X", report.status ?? status(report))
    writer.field("r", "NONE")
    writer.field("i", integer: Int64(clamping: report.form.order.id))
    writer.field("l", symbol.quantity(fill?.quantity ?? 0))
    writer.field("z", report.form.executed)
    writer.field("L", symbol.price(fill?.price ?? 0))
    writer.field("n", fill.map { BinanceSymbol.amount($0.fee) } ?? "0")
    writer.key("N")
    if let fill {
      writer.string(fill.isFeeInQuote ? symbol.terms.quote : symbol.terms.base)
    } else {
      writer.null()
    }
    writer.field("T", integer: time.of(report.event.time))
    writer.field("t", integer: fill.map { Int64(clamping: $0.tradeID) } ?? -1)
    writer.field("I", integer: report.executionID)
  }

  private func writeTotals(_ report: Report, _ writer: inout JSONWriter) {
    let form = report.form
    let fill = report.fill
    let isResting = form.order.isOpen && report.type != "TRADE" || fill?.isMaker == true
    writer.field("w", bool: isResting)
    writer.field("m", bool: fill?.isMaker ?? false)
    writer.field("M", bool: fill != nil)
    writer.field("O", integer: time.of(form.order.createdAt))
    writer.field("Z", form.executedNotional)
    writer.field("Y", fill.map { BinanceSymbol.amount($0.notional) } ?? BinanceSymbol.amount(.zero))
    writer.field("Q", form.quoteQuantity)
    writer.field("W", integer: time.of(form.order.createdAt))
    writer.field("V", form.label.mode)
    if let id = form.label.strategyID { writer.field("j", integer: id) }
    if let type = form.label.strategyType { writer.field("J", integer: type) }
    if report.type == "TRADE_PREVENTION" {
      writer.field("v", integer: 0)
      writer.field("A", symbol.quantity(form.prevented))
      writer.field("B", symbol.quantity(form.prevented))
    }
    if report.type == "EXPIRED", let reason = form.expiryReason { writer.field("eR", reason) }
  }

  /// A new order is `NEW` even if it has filled by the time the event is sent.
  private func status(_ report: Report) -> String {
    switch report.type {
    case "NEW": "NEW"
    default: report.form.status
    }
  }

  // MARK: - Balances

  /// The assets that a trade or an order has changed, as they are now.
  static func position(
    _ balances: [(asset: String, balance: Ledger.Balance)], updatedAt: Int64, _ time: BinanceTime,
    at now: Int64
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("e", "outboundAccountPosition")
    writer.field("E", integer: time.of(now))
    writer.field("u", integer: time.of(updatedAt))
    writer.key("B")
    writer.beginArray()
    for (asset, balance) in balances {
      writer.beginObject()
      writer.field("a", asset)
      writer.field("f", BinanceSymbol.amount(balance.available))
      writer.field("l", BinanceSymbol.amount(balance.hold))
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }
}
