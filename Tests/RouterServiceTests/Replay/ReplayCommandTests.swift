import Foundation
import Testing
import Wire

@testable import RouterService

struct ReplayCommandTests {
  private func run(_ arguments: [String]) -> (status: Int32, output: String, errors: String) {
    var output: [String] = []
    var errors: [String] = []
    let status = ReplayCommand.run(
      arguments: arguments, output: { output.append($0) }, errors: { errors.append($0) })
    return (status, output.joined(separator: "\n"), errors.joined(separator: "\n"))
  }

  @Test(arguments: [
    [], ["--venue"], ["--venue", "nowhere", "x"], ["--at", "noon", "x"], ["--fast"],
  ])
  func `wrong arguments exit with 2 and the usage`(arguments: [String]) {
    let result = run(arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("usage: sluice replay"))
  }

  @Test func `help is not an error`() {
    #expect(run(["--help"]).status == 0)
    #expect(run(["--help"]).output.hasPrefix("usage:"))
  }

  @Test func `a missing file exits with 1 and its name`() {
    let result = run(["/nowhere/x.tape"])
    #expect(result.status == 1)
    #expect(result.errors == "sluice replay: /nowhere/x.tape: no such file")
  }

  @Test func `the table names symbol, counts and the source of the scales`() {
    let result = run([ReplayTests.fixture("binance.tape"), "--at", "2023-11-14T22:13:20.35Z"])
    #expect(result.status == 0)
    #expect(result.output.contains("decimals from: digits seen (1 of 1)"))
    #expect(result.output.contains("BTCUSDT at 2023-11-14T22:13:20.350000000Z"))
    #expect(result.output.contains("0.125"))
  }

  @Test func `the JSON report holds the counts and the books`() throws {
    let result = run([
      ReplayTests.fixture("binance.tape"), "--at", "1700000000350000000", "--json",
    ])
    let value = try JSONValue(parsing: result.output)
    #expect(value["venue"]?.string == "binance")
    #expect(value["messages"]?.int64 == 7)
    let symbol = try #require(value["symbols"]?[0])
    #expect(symbol["gaps"]?.int64 == 1)
    #expect(symbol["scales_from"]?.string == "digits seen")
    #expect(symbol["bids"]?[0]?[0]?.string == "99.75")
    #expect(symbol["spread_bps"]?["p50"] != nil)
  }
}
