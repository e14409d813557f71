import Wire

/// Signed requests to `/0/private`.
enum KrakenAuthentication {
  /// A POST with its fields as a form, `nonce` first, signed over the very bytes that are sent.
  static func request(
    _ method: String, _ fields: [(String, String)], nonce: UInt64, signer: any VenueSigner
  ) -> HTTPRequest {
    let path = "/0/private/" + method
    var body = "nonce=\(nonce)"
    for (name, value) in fields {
      body += "&" + name + "=" + PercentEncoding.encode(value)
    }
    let bytes = Array(body.utf8)
    let signature = signature(path: path, nonce: "\(nonce)", body: bytes, signer: signer)
    return HTTPRequest(
      method: "POST", target: path,
      headers: [
        ("API-Key", signer.apiKey), ("API-Sign", signature),
        ("Content-Type", "application/x-www-form-urlencoded"), ("User-Agent", userAgent),
      ], body: bytes)
  }

  static func publicRequest(_ target: String) -> HTTPRequest {
    HTTPRequest(method: "GET", target: target, headers: [("User-Agent", userAgent)])
  }

  /// HMAC-SHA512 with the decoded secret over path and SHA-256 of nonce and body, in base64.
  static func signature(
    path: String, nonce: String, body: [UInt8], signer: any VenueSigner
  ) -> String {
    let inner = signer.sha256(Array(nonce.utf8) + body)
    return Base64.encode(signer.hmacSHA512(Array(path.utf8) + inner))
  }

  /// The API refuses requests without one.
  private static let userAgent = "sluice"
}
