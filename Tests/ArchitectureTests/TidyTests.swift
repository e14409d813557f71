import Foundation
import Testing

/// Habits of the tree that a machine can watch.
struct TidyTests {
  @Test func `no source file is longer than 600 lines`() {
    for folder in ["Sources", "Tests", "Benchmarks"] {
      for file in SourceTree.files(below: folder, ending: ".swift") {
        #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines")
      }
    }
  }

  @Test func `every link in the documents leads somewhere`() {
    let documents =
      SourceTree.files(below: "docs", ending: ".md")
      + ["README.md", "CHANGELOG.md"].compactMap(SourceTree.file)
    #expect(documents.count > 4)
    for document in documents {
      let folder = SourceTree.root.appendingPathComponent(document.path).deletingLastPathComponent()
      for target in links(in: document.text) {
        let path = folder.appendingPathComponent(target).path
        #expect(
          FileManager.default.fileExists(atPath: path), "\(document.path) links to \(target)")
      }
    }
  }

  @Test func `a link finder that finds nothing would be noticed`() {
    #expect(
      links(in: "see [a](docs/a.md#part) and ![b](b.png), not [c](https://c)") == [
        "docs/a.md", "b.png",
      ])
  }

  @Test func `nothing marks unfinished work`() {
    let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
    for folder in ["Sources", "Benchmarks", "docs"] {
      for suffix in [".swift", ".c", ".h", ".md"] {
        for file in SourceTree.files(below: folder, ending: suffix) {
          // `\uXXXX` is a form of JSON, not a mark.
          let text = file.text.replacingOccurrences(of: "\\u" + marks[2] + "X", with: "")
          for mark in marks { #expect(!text.contains(mark), "\(file.path) has \(mark)") }
        }
      }
    }
  }

  /// Targets of relative Markdown links, without their anchors.
  private func links(in text: String) -> [String] {
    var targets: [String] = []
    for piece in text.components(separatedBy: "](").dropFirst() {
      guard let end = piece.firstIndex(of: ")") else { continue }
      let target = piece[..<end].split(separator: "#", omittingEmptySubsequences: false)[0]
      guard !target.isEmpty, !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
      targets.append(String(target))
    }
    return targets
  }
}

extension SourceTree {
  static func file(_ path: String) -> File? {
    let url = root.appendingPathComponent(path)
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
    return File(path: path, text: text)
  }
}
