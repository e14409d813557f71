import Foundation
import Platform
import Testing
import VenueGateways

struct NonceSourceTests {
  private let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("nonce-\(UUID().uuidString)").path

  @Test func `nonces grow`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let source = try NonceSource(path: path)
    var last: UInt64 = 0
    for _ in 0..<1000 {
      let next = try source.next()
      #expect(next > last)
      last = next
    }
  }

  @Test func `a restart begins above every nonce of the run before`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = try NonceSource(path: path)
    var last: UInt64 = 0
    for _ in 0..<100 { last = try first.next() }
    let second = try NonceSource(path: path)
    #expect(try second.next() > last)
  }

  @Test func `a clock that was set back does not lower a nonce`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let future = UInt64(Clock.wallNanoseconds()) + 3_600_000_000_000
    try Data("\(future)\n".utf8).write(to: URL(fileURLWithPath: path))
    let source = try NonceSource(path: path)
    #expect(try source.next() == future + 1)
  }

  @Test func `a broken file is refused with what to do`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("12x".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: PlatformError.self) { _ = try NonceSource(path: path) }
  }
}
