internal import Foundation
internal import Wire

/// Waits until a router's venues are up and their books live.
struct DemoReadiness {
  let client: APIClient
  let venueCount: Int
  let symbols: [String]

  /// - Throws: How the venues stand after 15 seconds.
  func wait() throws {
    var last = ""
    for _ in 0..<300 {
      let answer = try client.get("/v1/venues")
      let up = (answer["venues"]?.array ?? []).filter { $0["state"]?.string == "up" }
      if up.count == venueCount, try booksAreLive() { return }
      last = BookText.venues(answer)
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw DemoError("the venues did not come up within 15 s:\n\(last)")
  }

  private func booksAreLive() throws -> Bool {
    for symbol in symbols {
      let venues = try client.get("/v1/books/\(symbol)?depth=1")["venues"]?.array ?? []
      let live = venues.filter { $0["state"]?.string == "live" }
      if live.count < venueCount { return false }
    }
    return true
  }
}
