internal import Foundation
internal import Platform
internal import Wire

/// The three simulated venues of the demonstration, and what they say of our account.
final class DemoVenues {
  static let names = ["binance", "coinbase-exchange", "kraken"]
  /// Taker rates in basis points, as a busy account has them; the public schedules differ by so
  /// much that one venue would take every order.
  private static let takerFees = ["10", "9", "10.5"]

  let directory: String
  let processes: [VenueProcess]
  private let curl: CurlClient

  // `isLimited`: whether they keep to their request limits.
  init(directory: String, seed: UInt64, isLimited: Bool = true) throws(DemoError) {
    self.directory = directory
    processes = zip(Self.names, Self.takerFees).map { name, fee in
      VenueProcess(
        name: name, takerFee: fee, directory: directory, seed: seed, isLimited: isLimited)
    }
    do {
      curl = try CurlClient(options: CurlOptions())
    } catch {
      throw DemoError("\(error)")
    }
  }

  func start() throws(DemoError) {
    for process in processes { try process.start() }
  }

  func stop() {
    for process in processes { process.stop() }
  }

  func process(_ name: String) throws(DemoError) -> VenueProcess {
    guard let process = processes.first(where: { $0.name == name }) else {
      throw DemoError("there is no venue \(name)")
    }
    return process
  }

  /// Total balance of our account at a venue, by asset, as decimals at 16 places.
  func balances(of name: String) throws(DemoError) -> [String: Int128] {
    let state = try ask("GET", name, "/state", body: "")
    guard let account = state["accounts"]?[0], let members = account["balances"]?.members else {
      throw DemoError("\(name) does not tell its balances")
    }
    var balances: [String: Int128] = [:]
    for member in members {
      balances[member.name] = DecimalText.parse128(member.value["total"]?.text ?? "", scale: 16)
    }
    return balances
  }

  func addFault(_ json: String, to name: String) throws(DemoError) {
    _ = try ask("POST", name, "/faults", body: json)
  }

  private func ask(
    _ method: String, _ name: String, _ path: String, body: String
  ) throws(DemoError) -> JSONValue {
    let port = try process(name).adminPort
    var request = CurlRequest(method: method, url: "http://127.0.0.1:\(port)\(path)")
    request.body = Array(body.utf8)
    do {
      let response = try curl.performAndWait(request)
      guard response.status == 200 else {
        throw DemoError(
          "\(name) refused \(path): \(String(decoding: response.body, as: UTF8.self))")
      }
      return try JSONValue(parsing: response.body)
    } catch let error as DemoError {
      throw error
    } catch {
      throw DemoError("\(name) does not answer \(path): \(error)")
    }
  }
}
