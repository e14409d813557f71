import Foundation

/// The venue protocols that a capture may speak.
package enum CaptureVenue: String, Sendable, CaseIterable {
  case binance
  case binanceUS = "binance-us"
  case coinbaseExchange = "coinbase-exchange"
  case kraken
  /// Kraken's first WebSocket protocol, for captures only.
  case krakenV1 = "kraken-v1"

  package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// The venue at this address, or `nil` if it is none that we can replay.
  init?(url: String) {
    let host = Self.host(url)
    switch host {
    case "ws.kraken.com", "ws-auth.kraken.com": self = url.contains("/v2") ? .kraken : .krakenV1
    case "ws-feed.pro.coinbase.com", "api.pro.coinbase.com": self = .coinbaseExchange
    case _ where host.hasSuffix("exchange.coinbase.com"): self = .coinbaseExchange
    case _ where host.hasSuffix("binance.us"): self = .binanceUS
    case "stream.binance.com", "data-stream.binance.vision", "www.binance.com", "api.binance.com":
      self = .binance
    default: return nil
    }
  }

  /// What a first message shows of its venue: a tape need not say where it was recorded.
  init?(message: String) {
    func has(_ text: String) -> Bool { message.contains(text) }
    if has(#""channel":"book""#) && has(#""checksum":"#) {
      self = .kraken
    } else if has(#""book-"#) && (has(#""as":"#) || has(#""c":""#)) {
      self = .krakenV1
    } else if has(#""type":"l2update""#) || has(#""type":"snapshot","product_id""#) {
      self = .coinbaseExchange
    }
    // Futures of the same company have `pu`, the update before; they are other instruments.
    else if has(#""depthUpdate""#) && !has(#""pu":"#) {
      self = .binance
    } else {
      return nil
    }
  }

  private static func host(_ url: String) -> String {
    guard let scheme = url.range(of: "://") else { return "" }
    return String(url[scheme.upperBound...].prefix { $0 != "/" && $0 != ":" && $0 != "?" })
  }
}
