import Foundation
import Testing

/// Planted bugs are compiled for the mutation gate alone.
struct MutationTests {
  @Test func `no product has a planted bug`() {
    for file in SourceTree.files(below: "Sources", ending: ".swift") {
      var isPlanted = false
      for line in SourceTree.code(of: file) {
        let words = line.split(separator: " ")
        if words == ["#if", "MUTATIONS"] { isPlanted = true }
        if words == ["#else"] || words == ["#endif"] { isPlanted = false }
        #expect(isPlanted || !line.contains("Mutation"), "\(file.path): \(line)")
      }
    }
  }

  @Test func `the package does not define the planted bugs`() throws {
    let package = SourceTree.root.appendingPathComponent("Package.swift")
    #expect(try !String(contentsOf: package, encoding: .utf8).contains("MUTATIONS"))
  }
}
