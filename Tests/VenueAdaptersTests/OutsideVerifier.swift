import Foundation
import RouterCore
import VenueAdapters
import Wire

/// `Tests/OutsideClients/verify_requests.py`, run as a process of its own.
enum OutsideVerifier {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("OutsideClients")

  static let isAvailable: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", "import hashlib, hmac"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  struct Failure: Error { var text: String }

  /// One verdict per capture: nil is right, else why not.
  static func verdicts(on captures: [OutsideCapture]) throws -> [String?] {
    let lines = captures.map { String(decoding: $0.line, as: UTF8.self) }.joined(separator: "\n")
    let input = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-captures-\(UUID().uuidString)")
    try Data((lines + "\n").utf8).write(to: input)
    defer { try? FileManager.default.removeItem(at: input) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B", folder.appendingPathComponent("verify_requests.py").path]
    process.standardInput = try FileHandle(forReadingFrom: input)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let rows = try data.split(separator: 10).map { try JSONValue(parsing: Array($0)) }
    guard rows.count == captures.count else {
      throw Failure(text: "\(rows.count) verdicts on \(captures.count) requests")
    }
    return rows.map { $0["ok"]?.bool == true ? nil : $0["why"]?.string ?? "no reason" }
  }
}

/// A request as it would leave, with the credentials to judge it by.
struct OutsideCapture: Sendable {
  var venue: String
  var transport: String
  var method = ""
  var target: String
  var headers: [(name: String, value: String)] = []
  var body: [UInt8]
  var credential: OutsideCredential
  /// The venue's time at which it was made.
  var seconds: Double

  var bodyText: String { String(decoding: body, as: UTF8.self) }

  /// What is asked for: "ws add_order", "GET /api/v3/depth", without what follows a resource.
  var kind: String {
    if transport == "ws" {
      let message = try? JSONValue(parsing: body)
      return "ws \(message?["method"]?.string ?? message?["type"]?.string ?? "")"
    }
    let path = target.prefix { $0 != "?" }
    guard venue == "coinbase-exchange" else { return "\(method) \(path)" }
    return "\(method) /\(path.split(separator: "/").first ?? "")"
  }

  var line: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("venue", venue)
    writer.field("transport", transport)
    writer.field("method", method)
    writer.field("target", target)
    writer.key("headers")
    writer.beginArray()
    for header in headers {
      writer.beginArray()
      writer.string(header.name)
      writer.string(header.value)
      writer.endArray()
    }
    writer.endArray()
    writer.field("body", bodyText)
    writer.field("key", credential.key)
    writer.field("secret", credential.secret)
    writer.field("passphrase", credential.passphrase)
    writer.field("now", number: "\(seconds)")
    writer.endObject()
    return writer.bytes
  }

  // MARK: Breaking it

  private static let signatureHeaders = ["api-sign", "cb-access-sign"]

  private var signatureHeader: Int? {
    headers.firstIndex { Self.signatureHeaders.contains($0.name.lowercased()) }
  }

  var isSigned: Bool {
    signatureHeader != nil || target.contains("signature=") || bodyText.contains("\"signature\":")
  }

  func withOtherSignature() -> OutsideCapture {
    var copy = self
    if let index = signatureHeader {
      copy.headers[index].value = Self.flipped(headers[index].value[...])
    } else if let range = target.range(of: "signature=") {
      copy.target =
        target[..<range.upperBound] + Self.flipped(target[range.upperBound...])
    } else if let range = bodyText.range(of: "\"signature\":\"") {
      copy.body = Array(
        (bodyText[..<range.upperBound] + Self.flipped(bodyText[range.upperBound...])).utf8)
    }
    return copy
  }

  /// The text with its first character exchanged for another of hex and base64.
  private static func flipped(_ text: Substring) -> String {
    (text.first == "0" ? "1" : "0") + text.dropFirst()
  }

  /// One digit of what is signed - body, or else query or path - is another one.
  func withOtherDigit() -> OutsideCapture? {
    var copy = self
    if let changed = Self.otherDigit(in: bodyText) {
      copy.body = Array(changed.utf8)
      return copy
    }
    let query = target.firstIndex(of: "?") ?? target.startIndex
    guard let changed = Self.otherDigit(in: String(target[query...])), query != target.startIndex
    else { return nil }
    copy.target = target[..<query] + changed
    return copy
  }

  /// Only digits of values count: the verifier must see a request that is whole but not the same.
  private static func otherDigit(in text: String) -> String? {
    let mark = text.range(of: "\"signature\":") ?? text.range(of: "signature=")
    let end = mark?.lowerBound ?? text.endIndex
    guard let index = text[..<end].lastIndex(where: \.isNumber) else { return nil }
    var changed = text
    changed.replaceSubrange(index...index, with: text[index] == "7" ? "8" : "7")
    return changed
  }
}
