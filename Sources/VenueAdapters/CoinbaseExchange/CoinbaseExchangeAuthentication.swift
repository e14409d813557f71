import Wire

/// Signs requests with the CB-ACCESS scheme and subscriptions with its WebSocket form.
///
/// `base64(HMAC-SHA256(base64decode(secret), timestamp + METHOD + path?query + body))`; the target
/// is signed exactly as sent, query included.
enum CoinbaseExchangeAuthentication {
  /// What a subscription signs instead of its own text.
  private static let streamTarget = "/users/self/verify"

  static func sign(
    _ method: String, _ target: String, _ body: [UInt8], timestamp: String,
    signer: any VenueSigner
  ) -> String {
    let message = Array(timestamp.utf8) + Array(method.utf8) + Array(target.utf8) + body
    return Base64.encode(signer.hmacSHA256(message))
  }

  /// Seconds since the epoch with three decimals, in the venue's clock.
  static func timestamp(_ stamp: RequestStamp) -> String {
    DecimalText.format(stamp.venueMilliseconds, scale: 3)
  }

  static func request(
    _ method: String, _ target: String, body: [UInt8] = [], at stamp: RequestStamp,
    signer: any VenueSigner
  ) -> HTTPRequest {
    let timestamp = timestamp(stamp)
    var headers = plainHeaders
    headers.add("CB-ACCESS-KEY", signer.apiKey)
    headers.add(
      "CB-ACCESS-SIGN", sign(method, target, body, timestamp: timestamp, signer: signer))
    headers.add("CB-ACCESS-TIMESTAMP", timestamp)
    headers.add("CB-ACCESS-PASSPHRASE", signer.passphrase)
    if !body.isEmpty { headers.add("Content-Type", "application/json") }
    return HTTPRequest(method: method, target: target, headers: headers, body: body)
  }

  static func publicRequest(_ target: String) -> HTTPRequest {
    HTTPRequest(method: "GET", target: target, headers: plainHeaders)
  }

  /// A `subscribe` or `unsubscribe` message, signed if the channel needs it.
  static func subscription(
    _ type: String, channels: [String], products: [String], at stamp: RequestStamp,
    signer: (any VenueSigner)?
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", type)
    writeList("product_ids", products, &writer)
    writeList("channels", channels, &writer)
    if let signer {
      let timestamp = timestamp(stamp)
      writer.field(
        "signature", sign("GET", streamTarget, [], timestamp: timestamp, signer: signer))
      writer.field("key", signer.apiKey)
      writer.field("passphrase", signer.passphrase)
      writer.field("timestamp", timestamp)
    }
    writer.endObject()
    return writer.bytes
  }

  private static func writeList(_ name: String, _ items: [String], _ writer: inout JSONWriter) {
    writer.key(name)
    writer.beginArray()
    for item in items { writer.string(item) }
    writer.endArray()
  }

  /// The venue refuses requests without one.
  static let userAgent = "sluice/1"

  private static var plainHeaders: HTTPHeaders {
    HTTPHeaders([("Accept", "application/json"), ("User-Agent", userAgent)])
  }
}
