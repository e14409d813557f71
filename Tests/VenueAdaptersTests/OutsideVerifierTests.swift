import Foundation
import RouterCore
import Testing
import VenueAdapters
import Wire

/// The adapters' bytes, judged by a program that shares no code with them.
@Suite(.enabled(if: OutsideVerifier.isAvailable, "python3 is absent"))
struct OutsideVerifierTests {
  private static let captures: [OutsideCapture] = OutsideConversations.all

  @Test func `every request of the three adapters is right in the verifier's eyes`() throws {
    let verdicts = try OutsideVerifier.verdicts(on: Self.captures)
    for (capture, why) in zip(Self.captures, verdicts) {
      #expect(why == nil, "\(capture.venue) \(capture.target) \(capture.bodyText)")
    }
  }

  @Test(arguments: [
    (
      "binance",
      [
        "ws SUBSCRIBE", "ws userDataStream.subscribe.signature", "ws order.place",
        "ws order.cancel", "ws order.status", "POST /api/v3/order", "GET /api/v3/depth",
        "GET /api/v3/time",
        "GET /api/v3/exchangeInfo", "GET /api/v3/account", "GET /api/v3/account/commission",
        "GET /api/v3/openOrders",
      ]
    ),
    (
      "coinbase-exchange",
      [
        "ws subscribe", "POST /orders", "DELETE /orders", "GET /orders", "GET /fills",
        "GET /accounts", "GET /fees", "GET /products", "GET /time",
      ]
    ),
    (
      "kraken",
      [
        "ws subscribe", "ws add_order", "ws cancel_order", "POST /0/private/GetWebSocketsToken",
        "POST /0/private/OpenOrders", "POST /0/private/ClosedOrders",
        "POST /0/private/TradesHistory", "POST /0/private/QueryOrders",
        "POST /0/private/BalanceEx", "POST /0/private/TradeVolume", "GET /0/public/Time",
        "GET /0/public/AssetPairs",
      ]
    ),
  ])
  func `the conversation asks for everything that a venue is asked for`(
    venue: String, kinds: [String]
  ) {
    let seen = Set(Self.captures.filter { $0.venue == venue }.map(\.kind))
    for kind in kinds { #expect(seen.contains(kind), "\(venue) was never sent \(kind)") }
  }

  @Test func `a signature with one other character is refused`() throws {
    let broken = Self.captures.filter(\.isSigned).map { $0.withOtherSignature() }
    #expect(broken.count > 20)
    for (capture, why) in zip(broken, try OutsideVerifier.verdicts(on: broken)) {
      #expect(why != nil, "\(capture.venue) \(capture.target) \(capture.bodyText)")
    }
  }

  @Test func `another digit in the signed bytes is refused`() throws {
    let broken = Self.captures.filter(\.isSigned).compactMap { $0.withOtherDigit() }
    #expect(broken.count > 15)
    for (capture, why) in zip(broken, try OutsideVerifier.verdicts(on: broken)) {
      #expect(why != nil, "\(capture.venue) \(capture.target) \(capture.bodyText)")
    }
  }

  @Test func `orders that are wrong without a signature to say so are refused`() throws {
    let orders = Self.captures.filter { $0.kind == "ws add_order" }
    #expect(!orders.isEmpty)
    let changes = [
      ("\"order_qty\":", "\"order_qty\":1e"), ("BTC/USD", "XBT/USD"),
      ("\"token\":\"", "\"tokens\":\""), ("\"limit_price\":", "\"limit_price\":-"),
      ("\"side\":\"b", "\"side\":\"B"),
    ]
    for (old, new) in changes {
      let broken = orders.filter { $0.bodyText.contains(old) }.map { order in
        var order = order
        order.body = Array(order.bodyText.replacingOccurrences(of: old, with: new).utf8)
        return order
      }
      #expect(!broken.isEmpty, "no order has \(old)")
      #expect(try OutsideVerifier.verdicts(on: broken).allSatisfy { $0 != nil }, "\(new)")
    }
  }

  @Test func `the verifier passes its own tests`() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B", "-m", "unittest", "test_verify_requests"]
    process.currentDirectoryURL = OutsideVerifier.folder
    let output = Pipe()
    process.standardError = output
    try process.run()
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
  }
}
