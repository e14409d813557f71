import Simulation
package import Wire

/// The plain HTTP interface through which a test or an operator bends a simulated venue.
///
/// - `GET /state`: accounts, orders, trades, requests per client order id, faults.
/// - `POST /faults`: arms faults, an object or a list. `DELETE /faults`: disarms all.
/// - `POST /halt`: sets the status of one instrument or of all.
/// - `POST /orders`: places an order of somebody else. `DELETE /orders`: cancels all of those.
/// - `POST /deposit`: credits an account.
/// - `POST /reset`: starts afresh.
package struct AdminInterface {
  private let host: VenueHost

  package init(host: VenueHost) { self.host = host }

  package func respond(to request: HTTPRequest, at now: Int64) -> HTTPResponse {
    switch (request.method, request.path) {
    case ("GET", "/state"): .json(200, StateReport(host, at: now).serialized())
    case ("GET", "/healthz"): .json(200, Array(#"{"status":"ok"}"#.utf8))
    case ("POST", "/faults"): addFaults(request, at: now)
    case ("DELETE", "/faults"): clearFaults()
    case ("POST", "/halt"): setStatus(request)
    case ("POST", "/orders"): placeOrder(request, at: now)
    case ("DELETE", "/orders"): cancelOrders(at: now)
    case ("POST", "/deposit"): deposit(request)
    case ("POST", "/reset"): reset(at: now)
    default:
      Self.refusal(404, "no such resource; see GET /state, POST /faults, /halt, /orders, /reset")
    }
  }

  private static let done = HTTPResponse.json(200, Array(#"{"done":true}"#.utf8))

  private static func refusal(_ status: Int, _ text: String) -> HTTPResponse {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("error", text)
    writer.endObject()
    return .json(status, writer.bytes)
  }

  private func addFaults(_ request: HTTPRequest, at now: Int64) -> HTTPResponse {
    guard let body = try? JSONValue(parsing: request.body) else {
      return Self.refusal(400, "the body is not JSON")
    }
    var faults: [Fault] = []
    for row in body.array ?? [body] {
      do throws(FaultRequestError) {
        faults.append(try FaultRequest.decode(row, now: now))
      } catch {
        return Self.refusal(400, error.message)
      }
    }
    for fault in faults { host.context.exchange.faults.add(fault) }
    return Self.done
  }

  private func clearFaults() -> HTTPResponse {
    host.context.exchange.faults.clear()
    return Self.done
  }

  private func setStatus(_ request: HTTPRequest) -> HTTPResponse {
    let body = request.body.isEmpty ? JSONValue.object([]) : try? JSONValue(parsing: request.body)
    guard let body else { return Self.refusal(400, "the body is not JSON") }
    let exchange = host.context.exchange
    let word = FaultRequest.camelCase(body["status"]?.string ?? "halted")
    guard let status = InstrumentStatus(rawValue: word) else {
      return Self.refusal(
        400, "status must be online, halted, cancel_only, post_only or limit_only")
    }
    let symbol = body["symbol"]?.string
    if let symbol, exchange.instrumentIndex(symbol: symbol) == nil {
      return Self.refusal(400, "symbol \(symbol) is not listed here")
    }
    for index in 0..<exchange.instrumentCount
    where symbol == nil || exchange.instrument(index).symbol == symbol {
      exchange.setStatus(status, of: index)
    }
    return Self.done
  }

  private func placeOrder(_ request: HTTPRequest, at now: Int64) -> HTTPResponse {
    guard let body = try? JSONValue(parsing: request.body) else {
      return Self.refusal(400, "the body is not JSON")
    }
    let exchange = host.context.exchange
    let wish: MarketOrderRequest
    do throws(AdminFault) {
      wish = try MarketOrderRequest(body, exchange)
    } catch {
      return Self.refusal(400, error.words)
    }
    do throws(OrderRefusal) {
      let order = try wish.place(at: exchange, now)
      let scale = exchange.instrument(order.terms.instrument).quantityScale
      var writer = JSONWriter()
      writer.beginObject()
      writer.field("order_id", "\(order.id)")
      writer.field("executed", DecimalText.format(order.executed, scale: scale))
      writer.endObject()
      return .json(200, writer.bytes)
    } catch {
      return Self.refusal(400, "the venue refuses the order: \(error)")
    }
  }

  private func cancelOrders(at now: Int64) -> HTTPResponse {
    MarketOrderRequest.cancelAll(at: host.context.exchange, now)
    return Self.done
  }

  private func deposit(_ request: HTTPRequest) -> HTTPResponse {
    guard let body = try? JSONValue(parsing: request.body), let asset = body["asset"]?.string,
      let units = DecimalText.parse128(body["amount"]?.text ?? "", scale: Amount.scale),
      units > 0, units < Amount.powerOfTen(31)
    else { return Self.refusal(400, "asset and amount are needed") }
    let exchange = host.context.exchange
    let name = body["account"]?.string ?? "main"
    guard exchange.accountNames.contains(name), !name.isEmpty,
      exchange.ledger.assetIndex(asset) != nil
    else { return Self.refusal(400, "unknown account or asset") }
    exchange.deposit(Amount(units: units), of: asset, to: exchange.openAccount(name))
    return Self.done
  }

  private func reset(at now: Int64) -> HTTPResponse {
    host.reset(at: now)
    return Self.done
  }
}
