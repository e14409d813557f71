import CAllocationCounter
import Foundation
import Platform
import RouterService
import SimulatedVenues
import Wire

/// The real service against simulated venues over TLS on loopback, venues and client on this thread.
///
/// This thread never sleeps while it waits, so that what is measured is the router and the kernel,
/// not how long a venue takes to wake up.
final class LoopbackSite {
  struct Options {
    var durability = "process"
    var isBusyPolling = false
    var keepsWarm = true
    var symbols = ["BTC-USD"]
    var venues = ["binance", "coinbase-exchange", "kraken"]
    /// The processor of the core thread; `nil` leaves that to the kernel.
    var coreProcessor: Int?
  }

  /// Connections of the client: as many as the API takes from one address.
  static let lanes = 32

  let venues: [LoopbackVenue]
  let observer = VenueObserver()
  private let loop: EventLoop
  private let directory: String
  private let service: RouterService
  private let client: OrderHTTPClient
  private let token = "benchmark-token-0123456789"

  init(_ options: Options) throws {
    directory =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-benchmark-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let loop = try EventLoop()
    self.loop = loop
    let place = directory
    venues = try options.venues.map {
      try LoopbackVenue($0, symbols: options.symbols, directory: place, loop: loop)
    }
    for venue in venues { venue.server.observer = observer }
    let path = "\(directory)/settings.json5"
    try Self.write("\(token)\n", to: "\(directory)/token")
    try Self.write(Self.settings(options, venues), to: path)
    service = RouterService(settings: try SettingsFile.load(path), version: "benchmark")
    try service.start()
    var limits = OrderHTTPOptions()
    limits.queueLimit = 1_000_000
    client = OrderHTTPClient(
      loop: loop, connector: Connector(),
      endpoint: Endpoint(host: "127.0.0.1", port: service.apiPort), lanes: Self.lanes,
      options: limits)
    client.warm()
  }

  func stop() {
    service.stop()
    client.close()
    for venue in venues { venue.server.stop() }
    loop.runOnce(timeoutNanoseconds: 0)
    try? FileManager.default.removeItem(atPath: directory)
  }

  private static func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  private static func settings(_ options: Options, _ venues: [LoopbackVenue]) -> String {
    """
    {
      mode: 'simulated', listen: {port: 0}, state_directory: 'router',
      durability: '\(options.durability)', busy_polling: \(options.isBusyPolling),
      keep_warm: \(options.keepsWarm),
      \(options.coreProcessor.map { "core_processor: \($0)," } ?? "")
      authentication: {tokens: [{
        name: 'benchmark', token: {file: 'token'}, scopes: ['read', 'trade', 'cancel', 'kill'],
      }]},
      symbols: [\(options.symbols.map { "'\($0)'" }.joined(separator: ", "))],
      risk: {
        maximum_order_value: '900000000', collar_bps: 3000, maximum_open_orders: 20000,
        maximum_children_per_order: 60000, maximum_book_age_ms: 600000,
      },
      venues: [\(venues.map(\.settings).joined(separator: ",\n"))],
    }
    """
  }

  // MARK: Time passes

  /// Serves until `condition` holds.
  ///
  /// - Returns: Whether it came to hold in time.
  @discardableResult
  func serve(milliseconds: Int, until condition: () -> Bool = { false }) -> Bool {
    let end = Clock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
    repeat {
      loop.runOnce(timeoutNanoseconds: 0)
      if condition() { return true }
    } while Clock.monotonicNanoseconds() < end
    return false
  }

  /// One turn of the venues and the client.
  func turn() { loop.runOnce(timeoutNanoseconds: 0) }

  // MARK: The client

  /// Sends a request to the router and calls `completion` with the answer's status.
  func send(
    _ method: String, _ path: String, _ body: String = "",
    _ completion: @escaping (Int, [UInt8]) -> Void
  ) {
    let request = HTTPRequest(
      method: method, target: path,
      headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")],
      body: Array(body.utf8))
    client.send(request, timeoutMilliseconds: 20_000) { outcome in
      if case .answered(let response) = outcome {
        completion(response.status, response.body)
      } else {
        completion(0, [])
      }
    }
  }

  /// The answer to a request, waited for.
  func ask(_ method: String, _ path: String, _ body: String = "") throws -> JSONValue {
    var answer: (status: Int, body: [UInt8])?
    send(method, path, body) { answer = ($0, $1) }
    serve(milliseconds: 20_000) { answer != nil }
    guard let answer, (200..<300).contains(answer.status) else {
      throw LoopbackFailure(
        "\(method) \(path): \(answer.map { String(decoding: $0.body, as: UTF8.self) } ?? "-")")
    }
    return try JSONValue(parsing: answer.body)
  }

  /// The stages of what was sent, as the router has stamped them: medians in microseconds.
  func stages() throws -> String {
    let stages = try ask("GET", "/v1/latency")["stages"]?.array ?? []
    let whole = stages.filter { $0["venue"] == nil && ($0["count"]?.int64 ?? 0) > 0 }
    return whole.map { stage in
      "\(stage["stage"]?.string ?? "") \((stage["p50_ns"]?.int64 ?? 0) / 1000)"
    }.joined(separator: ", ")
  }

  func waitUntilUp() throws {
    for _ in 0..<300 {
      let found = try? ask("GET", "/v1/venues")["venues"]?.array
      let up = (found ?? []).filter { $0["state"]?.string == "up" }
      if up.count == venues.count { return }
      serve(milliseconds: 50)
    }
    throw LoopbackFailure("the venues did not come up")
  }
}

struct LoopbackFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// When a venue's bytes last left, and when orders came.
final class VenueObserver: VenueServerObserver {
  private(set) var lastSentAt: Int64 = 0
  /// When what was sent last before the first of `orderTimes` had left.
  private(set) var causeSentAt: Int64 = 0
  private(set) var orderTimes: [Int64] = []
  /// What the core allocated between the two.
  private(set) var allocations: UInt64 = 0
  private var allocationsWhenSent: UInt64 = 0
  private(set) var orders = 0
  /// What was sent while it was to be kept.
  private(set) var kept: [(text: [UInt8], socket: Int)] = []
  private var isKeeping = false

  /// What `body` makes a venue send.
  func keep(_ body: () throws -> Void) rethrows -> [(text: [UInt8], socket: Int)] {
    kept = []
    isKeeping = true
    defer { isKeeping = false }
    try body()
    return kept
  }

  func reset() {
    orderTimes.removeAll(keepingCapacity: true)
  }

  func sent(_ text: [UInt8], toSocket id: Int, at nanoseconds: Int64) {
    lastSentAt = nanoseconds
    allocationsWhenSent = benchmark_core_allocation_count()
    if isKeeping { kept.append((text, id)) }
  }

  func receivedOrder(at nanoseconds: Int64) {
    if orderTimes.isEmpty {
      causeSentAt = lastSentAt
      allocations = benchmark_core_allocation_count() - allocationsWhenSent
    }
    orderTimes.append(nanoseconds)
    orders += 1
  }
}
