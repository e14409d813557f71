import Foundation

/// The project's own files, as these tests read them.
enum SourceTree {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  struct File {
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  }

  static func files(below folder: String, ending suffix: String) -> [File] {
    let base = root.appendingPathComponent(folder)
    guard
      let walker = FileManager.default.enumerator(
        at: base, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
    else { return [] }
    var files: [File] = []
    for case let url as URL in walker where url.lastPathComponent.hasSuffix(suffix) {
      guard let text = try? String(contentsOf: url, encoding: .utf8) else { continue }
      files.append(File(path: String(url.path.dropFirst(root.path.count + 1)), text: text))
    }
    return files.sorted { $0.path < $1.path }
  }

  /// A file without its comments and the contents of its string literals.
  static func code(of file: File) -> [String] {
    var isInBlock = false
    var isInLongString = false
    return file.lines.map { line in
      stripped(String(line), isInBlock: &isInBlock, isInLongString: &isInLongString)
    }
  }

  private static func stripped(
    _ line: String, isInBlock: inout Bool, isInLongString: inout Bool
  ) -> String {
    let quotes = line.components(separatedBy: "\"\"\"").count - 1
    if isInLongString {
      if quotes % 2 == 1 { isInLongString = false }
      return ""
    }
    if quotes % 2 == 1 {
      isInLongString = true
      return ""
    }
    if isInBlock {
      if line.contains("*/") { isInBlock = false }
      return ""
    }
    var result = ""
    var isInString = false
    var previous: Character = " "
    for (character, next) in zip(line, line.dropFirst() + " ") {
      if character == "\"" && previous != "\\" { isInString.toggle() }
      if !isInString && character == "/" && next == "/" { break }
      if !isInString && character == "/" && next == "*" {
        isInBlock = !line.contains("*/")
        break
      }
      if !isInString || character == "\"" { result.append(character) }
      previous = character
    }
    return result
  }
}
