import Platform
import SimulatedVenues
import Wire

/// Stands between the router and a venue: passes REST on, and sends garbage over every WebSocket.
final class HostileVenue: @unchecked Sendable {
  let port: Int
  private let loop: EventLoop
  private let thread: WorkerThread

  /// - Throws: If the port or the certificate can not be had.
  init(before target: Int, certificates directory: String, seed: UInt64) throws {
    let certificates = try LoopbackCertificates.obtain(directory: directory, host: "127.0.0.1")
    let tls = try TLSContext.server(
      certificatePEM: certificates.certificatePEM, keyPEM: certificates.keyPEM)
    var options = CurlOptions()
    options.caFile = "\(directory)/\(LoopbackCertificates.authorityName)"
    let curl = try CurlClient(options: options)
    let loop = try EventLoop()
    let relay = Relay(loop: loop, curl: curl, target: target, seed: seed)
    let server = try HTTPServer(
      loop: loop, host: "127.0.0.1", port: 0, tls: tls, limits: HTTPServerLimits()
    ) { request, exchange in
      relay.handle(request, exchange)
    }
    port = server.port
    self.loop = loop
    let held = Held((server, relay))
    thread = WorkerThread(name: "hostile") {
      loop.run()
      held.value.0.close()
      loop.runOnce(timeoutNanoseconds: 0)
    }
    thread.start()
  }

  func stop() {
    loop.stop()
    thread.join()
  }

  private struct Held<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  private final class Relay: @unchecked Sendable {
    private let loop: EventLoop
    private let curl: CurlClient
    private let target: Int
    private var garbage: Garbage

    init(loop: EventLoop, curl: CurlClient, target: Int, seed: UInt64) {
      self.loop = loop
      self.curl = curl
      self.target = target
      garbage = Garbage(seed: seed)
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
      if request.headers["Upgrade"] != nil {
        exchange.upgrade(options: .server) { connection in self.feed(connection) }
        return
      }
      var forwarded = CurlRequest(
        method: request.method, url: "https://127.0.0.1:\(target)\(request.target)")
      for header in request.headers.pairs
      where !["host", "content-length", "connection"].contains(header.name.lowercased()) {
        forwarded.headers.add(header.name, header.value)
      }
      forwarded.body = request.body
      let (held, loop) = (Held(exchange), Held(loop))
      curl.perform(forwarded) { result in
        loop.value.submit {
          switch result {
          case .success(let response): held.value.respond(response)
          case .failure: held.value.abort()
          }
        }
      }
    }

    /// A message each two milliseconds until the peer goes away.
    private func feed(_ connection: WebSocketServerConnection) {
      guard connection.isOpen else { return }
      let message = garbage.next()
      if garbage.isLucky {
        _ = connection.send(binary: message)
      } else {
        _ = connection.send(text: message)
      }
      loop.schedule(afterNanoseconds: 2_000_000) { self.feed(connection) }
    }
  }
}

/// Messages that look more or less like a venue's, from a seed.
struct Garbage {
  private var state: UInt64

  private static let templates = [
    #"{"e":"depthUpdate","E":1,"s":"BTCUSD","U":1,"u":2,"b":[["1.5","2"]],"a":[["9","0.1"]]}"#,
    #"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":1.5,"qty":2}],"asks":[],"checksum":12}]}"#,
    #"{"type":"snapshot","product_id":"BTC-USD","bids":[["1","2"]],"asks":[["3","4"]]}"#,
    #"{"type":"l2update","product_id":"BTC-USD","changes":[["buy","1","0"]],"time":"2026-01-01T00:00:00Z"}"#,
    #"{"channel":"executions","type":"update","data":[{"order_id":"O","exec_type":"trade","last_qty":-1}],"sequence":9}"#,
    #"{"subscriptionId":0,"event":{"e":"executionReport","s":"BTCUSD","c":"x","x":"WEIRD","X":7,"l":"1e999"}}"#,
    #"{"type":"match","trade_id":1,"maker_order_id":"a","taker_order_id":"b","size":"NaN","price":"-0"}"#,
    #"{"method":"add_order","success":true,"req_id":18446744073709551615,"result":{}}"#,
    #"{"id":"1","status":200,"result":{"subscriptionId":null},"rateLimits":[{}]}"#,
    "[]", "null", "\"", "{\"a\":", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "{}",
  ]

  init(seed: UInt64) { state = seed | 1 }

  var isLucky: Bool { state % 11 == 0 }

  mutating func next() -> [UInt8] {
    switch number(below: 8) {
    case 0: return (0..<number(below: 300)).map { _ in UInt8(number(below: 256)) }
    case 1: return [UInt8](repeating: UInt8(ascii: "9"), count: 40_000)
    default: return mutated()
    }
  }

  private mutating func mutated() -> [UInt8] {
    var bytes = Array(Self.templates[number(below: Self.templates.count)].utf8)
    for _ in 0..<number(below: 4) where !bytes.isEmpty {
      let place = number(below: bytes.count)
      switch number(below: 4) {
      case 0: bytes[place] = UInt8(0x20 + number(below: 95))
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(contentsOf: Array("99999999999999999999".utf8), at: place)
      default: bytes.removeLast(bytes.count - place)
      }
    }
    return bytes
  }

  private mutating func number(below limit: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(limit))
  }
}
