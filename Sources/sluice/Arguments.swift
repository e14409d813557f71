/// The words after a command: options with a value, switches, and the rest in order.
struct Arguments {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private var values: [String: String] = [:]
  private var switches: Set<String> = []
  private(set) var words: [String] = []

  // `options` take a value, `switches` none; both are named without their dashes.
  init(
    _ arguments: [String], options: [String], switches known: [String] = [], maximumWords: Int = 0
  ) throws(Failure) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--"), word.count > 2 else {
        words.append(word)
        continue
      }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts[0]
      if known.contains(name) && parts.count == 1 {
        switches.insert(name)
      } else if options.contains(name) {
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
          throw Failure(description: "--\(name) needs a value")
        }
        guard values.updateValue(value, forKey: name) == nil else {
          throw Failure(description: "--\(name) is given twice")
        }
      } else {
        throw Failure(description: "unknown option '\(word)'")
      }
    }
    guard words.count <= maximumWords else {
      throw Failure(description: "unexpected '\(words[maximumWords])'")
    }
  }

  subscript(_ name: String) -> String? { values[name] }

  func has(_ name: String) -> Bool { switches.contains(name) }

  func required(_ name: String) throws(Failure) -> String {
    guard let value = values[name] else {
      throw Failure(description: "--\(name) is missing")
    }
    return value
  }

  func integer(_ name: String, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
    guard let text = values[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Failure(
        description: "--\(name) must be a whole number from \(range.lowerBound) to"
          + " \(range.upperBound), not '\(text)'")
    }
    return number
  }
}
