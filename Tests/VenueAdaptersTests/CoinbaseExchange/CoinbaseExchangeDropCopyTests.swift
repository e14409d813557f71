import RouterCore
import Testing
import VenueAdapters
import Wire

struct CoinbaseExchangeDropCopyTests {
  private typealias Harness = CoinbaseExchangeHarness

  private func working() throws -> CoinbaseExchangeHarness {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(Harness.order()))
    harness.output.removeAll()
    harness.receive(Harness.receivedMessage(), on: .privateStream)
    return harness
  }

  @Test func `the link is up when the user channel is confirmed and down when it closes`() {
    let harness = Harness()
    harness.open(.privateStream)
    #expect(harness.sends[0].contains(#""channels":["user","heartbeat"],"signature""#))
    harness.receive(#"{"type":"subscriptions","channels":["user"]}"#, on: .privateStream)
    #expect(harness.links == ["dropCopy true"])
    harness.adapter.closed(.privateStream, at: harness.stamp, into: &harness.output)
    #expect(harness.links == ["dropCopy true", "dropCopy false"])
  }

  @Test func `a refused user channel is an alarm`() {
    let harness = Harness()
    harness.open(.privateStream)
    harness.receive(
      #"{"type":"error","message":"Failed to subscribe","reason":"x"}"#, on: .privateStream)
    #expect(harness.incidents.first?.severity == .alarm)
    #expect(harness.reconnects == [.privateStream])
  }

  @Test func `an order's life on the stream is told once`() throws {
    let harness = try working()
    harness.receive(Harness.matchMessage(trade: 5, size: "0.01"), on: .privateStream)
    harness.receive(
      Harness.doneMessage("canceled", remaining: "0.0025", cause: "101:Time In Force"),
      on: .privateStream)
    let reports = harness.reports
    #expect(reports.map(\.kind) == [.acknowledged, .fill, .expired])
    #expect(reports[0].venueOrderID.string == Harness.venueOrder)
    let fill = reports[1]
    #expect(fill.executionID.string == "BTC-USD-5-B")
    #expect(fill.lastQuantity == Quantity(mantissa: 1_000_000))
    #expect(fill.lastPrice == Price(mantissa: 2_500_000))
    // 25000 x 0.01 x 0.006 = 1.5 USD.
    #expect(fill.fee == Amount(mantissa: 15_000_000_000_000_000))
    #expect(fill.feeAsset == AssetID(1))
    #expect(fill.liquidity == .taker)
    #expect(reports[2].cumulativeQuantity == Quantity(mantissa: 1_000_000))
    #expect(reports[2].text.string == "101:Time In Force")
  }

  @Test func `a filled order is whole`() throws {
    let harness = try working()
    harness.receive(Harness.doneMessage("filled", remaining: "0"), on: .privateStream)
    #expect(harness.reports.last?.kind == .filled)
    #expect(harness.reports.last?.cumulativeQuantity == Quantity(mantissa: 1_250_000))
  }

  @Test func `a cancel by the account is a cancel`() throws {
    let harness = try working()
    harness.receive(
      Harness.doneMessage("canceled", remaining: "0.0125", cause: "103:Admin"), on: .privateStream)
    #expect(harness.reports.last?.kind == .canceled)
    #expect(harness.reports.last?.cumulativeQuantity == .zero)
  }

  @Test func `orders of others and of another instance are left alone`() {
    let harness = Harness()
    harness.connect()
    let foreign = Harness.child(1, instance: 8).uuid.string
    for id in [foreign, "3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b", "x"] {
      harness.receive(
        Harness.receivedMessage().replacing(Harness.child().uuid.string, with: id),
        on: .privateStream)
    }
    harness.receive(Harness.matchMessage(trade: 1, size: "1"), on: .privateStream)
    #expect(harness.reports.isEmpty)
    #expect(harness.requests.isEmpty)
  }

  @Test func `an order of ours from an earlier run is passed on`() {
    let harness = Harness()
    harness.connect()
    let earlier = Harness.child(1, epoch: 2)
    harness.receive(
      Harness.receivedMessage().replacing(Harness.child().uuid.string, with: earlier.uuid.string),
      on: .privateStream)
    #expect(harness.reports.map(\.child) == [earlier])
  }

  @Test func `a fill that overtakes the reply naming its order is kept for it`() throws {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(Harness.order()))
    let tag = try #require(harness.requests.first?.tag)
    harness.receive(Harness.matchMessage(trade: 5, size: "0.01"), on: .privateStream)
    #expect(harness.reports.isEmpty)
    harness.answer(tag, 200, Harness.orderReply(status: "pending"))
    #expect(harness.reports.map(\.kind) == [.acknowledged, .fill])
  }

  @Test func `a fill without a fee rate is taken from the fills query`() throws {
    let harness = try working()
    harness.output.removeAll()
    harness.receive(Harness.matchMessage(trade: 5, size: "0.0125", rate: nil), on: .privateStream)
    #expect(harness.reports.isEmpty)
    let order = try #require(harness.requests.first)
    harness.answer(
      order.tag, 200, Harness.orderReply(status: "done", filled: "0.0125", doneReason: "filled"))
    let fills = try #require(harness.requests.last)
    #expect(fills.target == "GET /fills?order_id=\(Harness.venueOrder)&limit=1000")
    harness.answer(fills.tag, 200, Harness.fillsReply(trade: 5, size: "0.0125"))
    #expect(harness.reports.map(\.kind) == [.acknowledged, .fill, .filled])
    #expect(harness.reports[1].executionID.string == "BTC-USD-5-B")
    #expect(harness.reports[1].fee == Amount(mantissa: 15_000_000_000_000_000))
  }

  @Test func `an end that was not followed from the beginning is looked up`() throws {
    let harness = try working()
    harness.adapter.closed(.privateStream, at: harness.stamp, into: &harness.output)
    harness.open(.privateStream)
    harness.output.removeAll()
    harness.receive(Harness.doneMessage("filled", remaining: "0"), on: .privateStream)
    #expect(harness.reports.isEmpty)
    #expect(harness.requests.map(\.target) == ["GET /orders/client:\(Harness.child().uuid)"])
  }

  @Test func `an order shortened by self-trade prevention does not count as filled`() throws {
    let harness = try working()
    harness.receive(
      """
      {"type":"change","reason":"STP","product_id":"BTC-USD","order_id":"\(Harness.venueOrder)",\
      "old_size":"0.0125","new_size":"0.0100","side":"buy"}
      """, on: .privateStream)
    harness.receive(
      Harness.doneMessage("canceled", remaining: "0.0100", cause: "103:Admin"), on: .privateStream)
    #expect(harness.reports.last?.kind == .canceled)
    #expect(harness.reports.last?.cumulativeQuantity == .zero)
    #expect(harness.incidents.contains { $0.message.contains("shortened") })
  }

  @Test func `an accepted order that the stream does not show costs its connection`() throws {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(Harness.order()))
    let tag = try #require(harness.requests.first?.tag)
    harness.answer(tag, 200, Harness.orderReply(status: "pending"))
    harness.output.removeAll()
    harness.advance(milliseconds: 3100)
    #expect(harness.links.contains("dropCopy false"))
    #expect(harness.reconnects.contains(.privateStream))
    #expect(harness.requests.contains { $0.target.hasPrefix("GET /orders/client:") })
  }

  @Test func `a working order is compared with REST from time to time`() throws {
    let harness = try working()
    harness.output.removeAll()
    for _ in 1...21 {
      harness.receive(#"{"type":"heartbeat","sequence":1}"#, on: .privateStream)
      harness.advance(milliseconds: 1000)
    }
    #expect(harness.requests.filter { $0.target.hasPrefix("GET /orders/client:") }.count == 1)
  }

  @Test func `a silent private stream is reconnected`() throws {
    let harness = try working()
    for _ in 1...7 { harness.advance(milliseconds: 1000) }
    #expect(harness.reconnects.contains(.privateStream))
    #expect(harness.links.contains("dropCopy false"))
  }

  @Test func `a message that can not be read asks for every open order`() throws {
    let harness = try working()
    harness.output.removeAll()
    harness.receive("{", on: .privateStream)
    #expect(harness.incidents.first?.severity == .alarm)
    #expect(harness.requests.count == 1)
  }

  @Test func `duplicates repeat the same execution id and a second end is not told`() throws {
    let harness = try working()
    for _ in 1...2 {
      harness.receive(Harness.matchMessage(trade: 5, size: "0.0125"), on: .privateStream)
      harness.receive(Harness.doneMessage("filled", remaining: "0"), on: .privateStream)
    }
    let fills = harness.reports.filter { $0.kind == .fill }
    #expect(fills.count == 2)
    #expect(fills[0] == fills[1])
    #expect(harness.reports.filter { $0.kind == .filled }.count == 1)
  }

  @Test func `truncated and mutated private messages never trap`() throws {
    let fixtures = [
      Harness.receivedMessage(), Harness.matchMessage(trade: 5, size: "0.01"),
      Harness.doneMessage("canceled", remaining: "0.0025", cause: "101:Time In Force"),
    ]
    var random = CoinbaseExchangeRandom(seed: 2)
    for fixture in fixtures {
      let bytes = Array(fixture.utf8)
      let harness = try working()
      for count in 0..<bytes.count { harness.receive(Array(bytes[..<count]), on: .privateStream) }
      for _ in 0..<300 {
        var mutated = bytes
        for _ in 0...random.next(3) {
          mutated[random.next(mutated.count)] = UInt8(random.next(256))
        }
        harness.receive(mutated, on: .privateStream)
        harness.output.removeAll()
      }
    }
  }
}
