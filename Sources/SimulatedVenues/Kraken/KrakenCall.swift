import Wire

/// One request over the WebSocket, and the envelopes of its answers.
struct KrakenCall {
  let method: String
  let parameters: KrakenParameters
  private let params: JSONValue
  private let requestID: Int64?
  private let receivedAt: Int64

  init(_ message: JSONValue, at now: Int64) {
    method = message["method"]?.string ?? ""
    params = message["params"] ?? .object([])
    parameters = KrakenParameters(params)
    requestID = message["req_id"]?.int64
    receivedAt = now
  }

  var channel: String { parameters["channel"] ?? "" }

  /// The calls that a batch consists of.
  var orders: [JSONValue] { params["orders"]?.array ?? [] }

  /// A success whose `result` has the given fields.
  func acknowledgement(_ fields: (inout JSONWriter) -> Void) -> [UInt8] {
    envelope { writer in
      writer.key("result")
      writer.beginObject()
      fields(&writer)
      writer.endObject()
      writer.field("success", bool: true)
    }
  }

  /// A success whose `result` is a list.
  func listAcknowledgement(_ elements: (inout JSONWriter) -> Void) -> [UInt8] {
    envelope { writer in
      writer.key("result")
      writer.beginArray()
      elements(&writer)
      writer.endArray()
      writer.field("success", bool: true)
    }
  }

  func refusal(_ error: KrakenError, symbol: String? = nil) -> [UInt8] {
    envelope { writer in
      writer.field("error", error.text)
      writer.field("success", bool: false)
      if let symbol { writer.field("symbol", symbol) }
    }
  }

  func pong() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("method", "pong")
    writeFooter(&writer)
    return writer.bytes
  }

  private func envelope(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("method", method)
    body(&writer)
    writeFooter(&writer)
    return writer.bytes
  }

  private func writeFooter(_ writer: inout JSONWriter) {
    if let requestID { writer.field("req_id", integer: requestID) }
    writer.field("time_in", KrakenTime.text(receivedAt))
    writer.field("time_out", KrakenTime.text(receivedAt + 50_000))
    writer.endObject()
  }
}
