import Foundation
import Testing

@testable import RouterService

struct StartGuardTests {
  private let directory: String
  private let now = Date(timeIntervalSince1970: 1_700_000_000)

  init() throws {
    directory =
      FileManager.default.temporaryDirectory.appendingPathComponent("starts-\(UUID())").path
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
  }

  private func begin(after seconds: Int) throws -> Bool {
    try StartGuard(stateDirectory: directory).begin(at: now.addingTimeInterval(Double(seconds)))
  }

  @Test func `the sixth start within a minute that nothing followed is one too many`() throws {
    for second in 0..<5 { #expect(try !begin(after: second)) }
    #expect(try begin(after: 6))
    #expect(try begin(after: 7))
  }

  @Test func `starts that are far apart are not a loop`() throws {
    for start in 0..<20 { #expect(try !begin(after: start * 13)) }
  }

  @Test func `a start that got ready forgives those before it`() throws {
    for second in 0..<5 { _ = try begin(after: second) }
    StartGuard(stateDirectory: directory).end()
    #expect(try !begin(after: 6))
  }

  @Test func `a file of nonsense stops no start`() throws {
    try Data("x\n\u{0}\n99999999999999999999\n".utf8)
      .write(to: URL(fileURLWithPath: "\(directory)/starts"))
    #expect(try !begin(after: 0))
  }

  @Test func `a clock that steps back does not hide a loop`() throws {
    for second in 0..<5 { _ = try begin(after: -second * 10) }
    #expect(try begin(after: -41))
  }
}
