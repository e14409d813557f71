package import Simulation
package import Wire

package struct FaultRequestError: Error, Sendable {
  package let message: String
}

/// The JSON form of a fault.
///
/// `{"kind":"latency","count":3,"duration_milliseconds":5000,"milliseconds":200,
/// "request":"order_entry","transport":"socket","symbol":"BTC-USD"}`; everything but the kind may be absent, and a fault
/// without count and duration strikes once.
package enum FaultRequest {
  private static let fields = [
    "kind", "count", "duration_milliseconds", "milliseconds", "request", "transport", "symbol",
  ]

  package static func decode(_ row: JSONValue, now: Int64) throws(FaultRequestError) -> Fault {
    guard let members = row.members else {
      throw FaultRequestError(message: "a fault is an object")
    }
    for member in members where !fields.contains(member.name) {
      throw FaultRequestError(message: "unknown field \(member.name)")
    }
    guard let kind = FaultKind(rawValue: camelCase(row["kind"]?.string ?? "")) else {
      let kinds = FaultKind.allCases.map { snakeCase($0.rawValue) }
      throw FaultRequestError(message: "kind must be one of \(kinds.joined(separator: ", "))")
    }
    var fault = Fault(kind)
    if let count = try number(row, "count") { fault.count = Int(count) }
    if let duration = try number(row, "duration_milliseconds") {
      fault.until = now + duration * 1_000_000
    }
    if fault.count == nil, fault.until == nil { fault.count = 1 }
    fault.milliseconds = try number(row, "milliseconds") ?? 1000
    fault.symbol = row["symbol"]?.string
    fault.request = try requestKind(row)
    fault.transport = try transport(row)
    return fault
  }

  private static func requestKind(_ row: JSONValue) throws(FaultRequestError) -> RequestKind? {
    guard let word = row["request"]?.string else { return nil }
    if let kind = RequestKind(rawValue: camelCase(word)) { return kind }
    let kinds = RequestKind.allCases.map { snakeCase($0.rawValue) }
    throw FaultRequestError(message: "request must be one of \(kinds.joined(separator: ", "))")
  }

  private static func transport(
    _ row: JSONValue
  ) throws(FaultRequestError) -> RequestTransport? {
    guard let word = row["transport"]?.string else { return nil }
    if let transport = RequestTransport(rawValue: word) { return transport }
    throw FaultRequestError(message: "transport must be http or socket")
  }

  private static func number(
    _ row: JSONValue, _ name: String
  ) throws(FaultRequestError) -> Int64? {
    guard let value = row[name], !value.isNull else { return nil }
    guard let number = value.int64, number >= 0, number <= 1_000_000_000 else {
      throw FaultRequestError(message: "\(name) must be a whole number from 0 to 1000000000")
    }
    return number
  }

  /// "order_entry" as "orderEntry".
  package static func camelCase(_ word: String) -> String {
    var result = ""
    var raises = false
    for character in word {
      if character == "_" {
        raises = true
      } else {
        result += raises ? character.uppercased() : String(character)
        raises = false
      }
    }
    return result
  }

  /// "orderEntry" as "order_entry".
  package static func snakeCase(_ word: String) -> String {
    word.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
  }
}
