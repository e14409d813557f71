import RouterCore
import Wire

/// A request of the venue, which its WebSocket API and its REST API take in the same words.
struct BinanceRequest: Sendable {
  struct Parameter: Sendable {
    var name: String
    var value: String
    /// Whether JSON writes the value bare.
    var isNumber = false
  }

  var socketMethod: String
  var verb: String
  var path: String
  var parameters: [Parameter]

  mutating func add(_ name: String, _ value: String) {
    parameters.append(Parameter(name: name, value: value))
  }

  mutating func add(_ name: String, _ value: Int64) {
    parameters.append(
      Parameter(name: name, value: DecimalText.format(value, scale: 0), isNumber: true))
  }
}

/// Signs requests; the two APIs differ in what is signed.
enum BinanceAuthentication {
  /// The whole JSON message for the WebSocket API.
  ///
  /// Signed are all parameters, `apiKey` among them, sorted by name and *not* percent-encoded.
  static func message(
    _ request: BinanceRequest, number: UInt64, at stamp: RequestStamp, windowMilliseconds: Int64,
    signer: any VenueSigner
  ) -> [UInt8] {
    var request = request
    request.add("apiKey", signer.apiKey)
    stampTime(&request, stamp, windowMilliseconds)
    request.parameters.sort { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
    let signature = Hex.encode(signer.hmacSHA256(socketPayload(request.parameters)))
    return message(request, number: number, signature: signature)
  }

  /// A request of the WebSocket API that needs no key.
  static func message(_ request: BinanceRequest, number: UInt64) -> [UInt8] {
    message(request, number: number, signature: nil)
  }

  /// The REST form: everything in the query string, percent-encoded first and then signed.
  static func httpRequest(
    _ request: BinanceRequest, at stamp: RequestStamp, windowMilliseconds: Int64,
    signer: any VenueSigner
  ) -> HTTPRequest {
    var request = request
    stampTime(&request, stamp, windowMilliseconds)
    let query = restPayload(request.parameters)
    let signature = Hex.encode(signer.hmacSHA256(Array(query.utf8)))
    return HTTPRequest(
      method: request.verb, target: "\(request.path)?\(query)&signature=\(signature)",
      headers: HTTPHeaders([("X-MBX-APIKEY", signer.apiKey)]), body: [])
  }

  /// The REST form of a request that needs no key.
  static func httpRequest(_ request: BinanceRequest) -> HTTPRequest {
    let query = restPayload(request.parameters)
    return HTTPRequest(
      method: request.verb, target: query.isEmpty ? request.path : "\(request.path)?\(query)",
      headers: HTTPHeaders([]), body: [])
  }

  static func socketPayload(_ parameters: [BinanceRequest.Parameter]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(320)
    for parameter in parameters {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
      bytes.append(contentsOf: parameter.name.utf8)
      bytes.append(UInt8(ascii: "="))
      bytes.append(contentsOf: parameter.value.utf8)
    }
    return bytes
  }

  static func restPayload(_ parameters: [BinanceRequest.Parameter]) -> String {
    var text = ""
    for parameter in parameters {
      if !text.isEmpty { text += "&" }
      text += "\(parameter.name)=\(PercentEncoding.encode(parameter.value))"
    }
    return text
  }

  private static func stampTime(
    _ request: inout BinanceRequest, _ stamp: RequestStamp, _ windowMilliseconds: Int64
  ) {
    request.add("recvWindow", windowMilliseconds)
    request.add("timestamp", stamp.venueMilliseconds)
  }

  private static func message(
    _ request: BinanceRequest, number: UInt64, signature: String?
  ) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 512)
    writer.beginObject()
    writer.field("id", "\(number)")
    writer.field("method", request.socketMethod)
    writer.key("params")
    writer.beginObject()
    for parameter in request.parameters {
      if parameter.isNumber {
        writer.field(parameter.name, number: parameter.value)
      } else {
        writer.field(parameter.name, parameter.value)
      }
    }
    if let signature { writer.field("signature", signature) }
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }
}
