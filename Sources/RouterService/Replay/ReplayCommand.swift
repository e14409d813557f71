import Foundation
import RouterCore
import Wire

/// `sluice replay`: a recorded capture through the decoders that trade.
package enum ReplayCommand {
  package static let usage = """
    usage: sluice replay FILE... [--venue NAME] [--symbol SYMBOL]... [--at TIME] [--json]
           sluice replay --recording PATH [--json]

      FILE            a capture: *.tape, *.jsonl, each also with .gz
      --venue NAME    \(CaptureVenue.names); by default what the capture says
      --symbol SYMBOL only this symbol, as the venue writes it; may be repeated
      --at TIME       also print the ten best levels at that receive time
                      (2026-11-25T17:40:00.5Z, or nanoseconds since 1970)
      --json          for programs; an array if several captures are named
      --recording PATH  what the setting recorder.directory has recorded, a file or all of a
                      directory: feeds every input to a fresh core and compares every fact,
                      command and reply with those of then; 1 if one differs
    """

  private struct Arguments {
    var paths: [String] = []
    var options = Replay.Options()
    var isJSON = false
    var wantsHelp = false
    var recording: String?
  }

  /// Runs the command and prints its report.
  ///
  /// - Returns: 0 if the capture was replayed, 1 if it could not be, 2 for wrong arguments.
  package static func run(arguments: [String]) -> Int32 {
    run(arguments: arguments, output: { print($0) }, errors: writeError)
  }

  package static func run(
    arguments: [String], output: (String) -> Void, errors: (String) -> Void
  ) -> Int32 {
    do throws(ReplayError) {
      let arguments = try parse(arguments)
      guard !arguments.wantsHelp else {
        output(usage)
        return 0
      }
      if let recording = arguments.recording {
        return RecordingCommand.run(
          recording, isJSON: arguments.isJSON, output: output, errors: errors)
      }
      var reports: [ReplayReport] = []
      for path in arguments.paths {
        reports.append(try Replay.run(path, arguments.options, progress: showProgress))
        clearProgress()
        if let report = reports.last, !arguments.isJSON { output(report.text) }
      }
      if arguments.isJSON { output(json(reports)) }
      return 0
    } catch {
      clearProgress()
      errors("sluice replay: \(error)")
      if case .usage = error {
        errors(usage)
        return 2
      }
      return 1
    }
  }

  private static func json(_ reports: [ReplayReport]) -> String {
    guard reports.count != 1 else { return reports[0].json }
    return "[\(reports.map(\.json).joined(separator: ","))]"
  }

  private static func parse(_ arguments: [String]) throws(ReplayError) -> Arguments {
    var result = Arguments()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--help", "-h": result.wantsHelp = true
      case "--json": result.isJSON = true
      case "--venue":
        let name = try value(of: argument, &rest)
        guard let venue = CaptureVenue(rawValue: name) else {
          throw .usage("unknown venue \(name); one of \(CaptureVenue.names)")
        }
        result.options.venue = venue
      case "--recording": result.recording = try value(of: argument, &rest)
      case "--symbol": result.options.symbols.append(try value(of: argument, &rest))
      case "--at": result.options.moment = try time(try value(of: argument, &rest))
      case _ where argument.hasPrefix("-"): throw .usage("unknown option \(argument)")
      default: result.paths.append(argument)
      }
    }
    guard result.recording == nil || result.paths.isEmpty else {
      throw .usage("--recording takes no captures beside it")
    }
    guard !result.paths.isEmpty || result.recording != nil || result.wantsHelp else {
      throw .usage("no capture named")
    }
    return result
  }

  private static func value(
    of option: String, _ rest: inout ArraySlice<String>
  ) throws(ReplayError) -> String {
    guard let value = rest.popFirst() else { throw .usage("\(option) needs a value") }
    return value
  }

  private static func time(_ text: String) throws(ReplayError) -> Timestamp {
    guard let nanoseconds = Int64(text) ?? RFC3339.parse(text) else {
      throw .usage("--at \(text): neither a time like 2026-11-25T17:40:00Z nor nanoseconds")
    }
    return Timestamp(nanoseconds: nanoseconds)
  }

  // MARK: Terminal

  private static var isTerminal: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

  private static func showProgress(_ messages: Int) {
    guard isTerminal else { return }
    write("\r\(messages) messages")
  }

  private static func clearProgress() {
    guard isTerminal else { return }
    write("\r\u{1B}[K")
  }

  private static func writeError(_ text: String) { write(text + "\n") }

  private static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
