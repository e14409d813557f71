import Testing

/// What pure targets must not contain: whatever makes a run depend on more than its inputs.
struct BannedConstructTests {
  struct Rule {
    let words: [String]
    let targets: [String]
    let except: [String]
    let reason: String
  }

  static let pure = ["RouterCore", "Wire", "VenueAdapters", "Simulation"]

  static let rules: [Rule] = [
    Rule(
      words: ["Double", "Float"], targets: ["RouterCore", "VenueAdapters"],
      except: ["Sources/RouterCore/Routing/Estimates/"],
      reason: "money is never binary floating point"),
    Rule(
      words: ["ContinuousClock", "SuspendingClock", "Date", "DispatchTime", "clock_gettime"],
      targets: pure, except: [], reason: "time is an argument"),
    Rule(
      words: [
        "SystemRandomNumberGenerator", "randomElement", "shuffled", "shuffle",
        "random",
      ], targets: ["RouterCore", "Wire", "VenueAdapters"], except: [],
      reason: "random numbers come from a seed"),
    Rule(
      words: ["Dictionary", "Set"], targets: ["RouterCore", "VenueAdapters"], except: [],
      reason: "their order changes from process to process"),
    Rule(
      words: ["Task", "actor", "async", "await", "MainActor"], targets: pure, except: [],
      reason: "order of execution must be reproducible"),
    Rule(
      words: ["try!", "as!", "fatalError"], targets: Array(ModuleMapTests.map.keys), except: [],
      reason: "an edge refuses with a reason, a broken invariant is a precondition"),
    Rule(
      words: ["print("],
      targets: ModuleMapTests.map.keys.filter { !["sluice", "RouterService"].contains($0) },
      except: [], reason: "libraries do not write to standard output"),
  ]

  @Test(arguments: rules.indices)
  func `a target has none of its banned constructs`(index: Int) {
    let rule = Self.rules[index]
    for target in rule.targets.sorted() {
      for file in SourceTree.files(below: "Sources/\(target)", ending: ".swift") {
        guard !rule.except.contains(where: file.path.hasPrefix) else { continue }
        // A type may have a method of that name.
        if rule.words == ["print("] && file.text.contains("func print(") { continue }
        for (number, line) in SourceTree.code(of: file).enumerated() {
          for word in rule.words where contains(line, word) {
            Issue.record("\(file.path):\(number + 1) has '\(word)': \(rule.reason)")
          }
        }
      }
    }
  }

  @Test func `the rules find what they ban`() {
    #expect(contains("let x: Double = 1", "Double"))
    #expect(contains("let s = Set<Int>()", "Set"))
    #expect(!contains("let offset = Offset()", "Set"))
    #expect(!contains("reset()", "Set"))
    #expect(contains("  fatalError()", "fatalError"))
    #expect(!contains("  .random(", "random"))
  }

  /// Whether the word stands alone: not part of a longer name, not a member after a dot.
  private func contains(_ line: String, _ word: String) -> Bool {
    var search = line[...]
    while let range = search.range(of: word) {
      let before =
        range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
      let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
      let ends = word.last == "(" || !isPart(after)
      if !isPart(before) && before != "." && ends { return true }
      search = search[range.upperBound...]
    }
    return false
  }

  private func isPart(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }
}
