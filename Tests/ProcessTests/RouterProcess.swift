import Foundation
import RouterService
import Wire

/// `sluice run` in a process of its own, and its client.
final class RouterProcess: @unchecked Sendable {
  typealias Failure = ChildProcess.Failure

  let settings: String
  let url: String
  let token: String
  let log: String
  let stateDirectory: String
  private(set) var process: ChildProcess?

  init(settings: String, url: String, token: String, log: String, stateDirectory: String) {
    self.settings = settings
    self.url = url
    self.token = token
    self.log = log
    self.stateDirectory = stateDirectory
  }

  var journalDirectory: String { "\(stateDirectory)/journal" }

  // A `wrapper` is a program that starts the service, with the arguments before it.
  func start(environment: [String: String] = [:], wrapper: [String] = []) throws {
    let words = wrapper + [Site.binary, "run", "--config", settings, "--until-stdin-closes"]
    process = try ChildProcess(
      words[0], Array(words.dropFirst()), log: log, environment: environment)
  }

  func kill() {
    process?.kill()
    process = nil
  }

  /// - Returns: The exit status after SIGTERM.
  func stop() throws -> Int32 {
    guard let process else { throw Failure("the router does not run") }
    defer { self.process = nil }
    return try process.terminate()
  }

  func client() throws -> APIClient { try APIClient(url: url, token: token) }

  var isReady: Bool {
    (try? client().get("/readyz")) != nil
  }

  /// Whether every venue is up and every book live.
  func isUp(_ venues: Int) -> Bool {
    guard let client = try? client(),
      let answer = try? client.get("/v1/venues")["venues"]?.array,
      answer.filter({ $0["state"]?.string == "up" }).count == venues
    else { return false }
    return ["BTC-USD", "ETH-USD"].allSatisfy { symbol in
      let books = (try? client.get("/v1/books/\(symbol)?depth=1"))?["venues"]?.array ?? []
      return books.count == venues && books.allSatisfy { $0["state"]?.string == "live" }
    }
  }

  /// How many venues are up.
  var upCount: Int {
    let venues = (try? client().get("/v1/venues"))?["venues"]?.array ?? []
    return venues.count { $0["state"]?.string == "up" }
  }

  /// - Throws: A failure that names what did not come true, with the end of the router's log.
  func wait(_ what: String, seconds: Int = 60, _ condition: () throws -> Bool) throws {
    for _ in 0..<(seconds * 50) {
      if try condition() { return }
      if let status = process?.poll() {
        throw Failure("the router ended with \(status) before \(what): \(logTail)")
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    throw Failure("within \(seconds) s it did not come true that \(what): \(logTail)")
  }

  func waitUntilUp(_ venues: Int) throws {
    try wait("all venues are up") { isUp(venues) }
  }

  var logTail: String {
    let data = FileManager.default.contents(atPath: log) ?? Data()
    return String(decoding: data.suffix(2500), as: UTF8.self)
  }

  var wholeLog: String {
    String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
  }

  // MARK: Orders

  func submit(
    _ side: String, _ quantity: String, _ symbol: String = "BTC-USD",
    id: String = UUID().uuidString,
    _ more: String = #""type":"market","time_in_force":"gtc","expires_in_ms":40000"#
  ) throws -> JSONValue {
    let body =
      #"{"client_order_id":"\#(id)","symbol":"\#(symbol)","side":"\#(side)","#
      + #""quantity":"\#(quantity)",\#(more)}"#
    return try client().post("/v1/orders", Array(body.utf8))
  }

  func order(_ order: JSONValue) throws -> JSONValue {
    try client().get("/v1/orders/\(order["id"]?.string ?? "")")
  }

  func ended(_ order: JSONValue) throws -> JSONValue {
    var current = order
    try wait("order \(order["id"]?.string ?? "") has ended", seconds: 180) {
      current = try self.order(order)
      return current["closed_at"] != nil
    }
    return current
  }

  /// The order's end, once the router that was started again knows it.
  func endedAfterRestart(_ order: JSONValue) throws -> JSONValue {
    try wait("the router is ready") { isReady }
    return try ended(order)
  }

  func positions() throws -> [String: Int128] {
    var positions: [String: Int128] = [:]
    for position in try client().get("/v1/positions")["positions"]?.array ?? [] {
      let name = "\(position["venue"]?.string ?? "") \(position["asset"]?.string ?? "")"
      positions[name] = DecimalText.parse128(position["change"]?.text ?? "", scale: 16)
    }
    return positions
  }
}
