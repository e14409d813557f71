internal import Foundation
internal import RouterService

extension Command {
  static let journal = Command(
    name: "journal", summary: "verify or show the journal of a service, read only",
    usage: """
      usage: sluice journal verify DIR [--anchor HASH]
             sluice journal dump DIR [--json] [--from N | --snapshot]

      Reads the journal in DIR (STATE_DIRECTORY/journal of a service), also while it is written,
      and changes nothing.
        verify         check every checksum, the order, the hash chain and every fact; print for
                       each segment the hash that stands for the journal up to its end
        --anchor HASH  such a hash, noted earlier or taken from the log: nothing before it may have
                       changed since
        dump           print the facts, a line each, with exact decimals
        --json         a JSON object a line
        --from N       only from this index on
        --snapshot     the facts of the newest snapshot instead

      What is wrong is named with its file and offset.
      exit status: 0 whole, 1 damaged or changed, 2 usage, or no journal there
      """,
    run: { words in
      let arguments = try Arguments(
        words, options: ["anchor", "from"], switches: ["json", "snapshot"], maximumWords: 2)
      guard arguments.words.count == 2 else {
        throw Arguments.Failure(description: "say 'verify' or 'dump', and a directory")
      }
      let directory = arguments.words[1]
      switch arguments.words[0] {
      case "verify":
        if arguments["from"] != nil || arguments.has("json") || arguments.has("snapshot") {
          throw Arguments.Failure(description: "--from, --json and --snapshot belong to dump")
        }
        return JournalInspection.verify(
          directory: directory, anchor: arguments["anchor"], to: .standard)
      case "dump":
        if arguments["anchor"] != nil {
          throw Arguments.Failure(description: "--anchor belongs to verify")
        }
        if arguments.has("snapshot") {
          guard arguments["from"] == nil else {
            throw Arguments.Failure(description: "--from does not go with --snapshot")
          }
          return JournalInspection.dumpSnapshot(
            directory: directory, isJSON: arguments.has("json"), to: .standard)
        }
        let first = try arguments.integer("from", 1...Int.max) ?? 1
        return JournalInspection.dump(
          directory: directory, from: UInt64(first), isJSON: arguments.has("json"), to: .standard)
      case let other:
        throw Arguments.Failure(description: "'\(other)' is neither 'verify' nor 'dump'")
      }
    })
}

extension JournalInspection.Output {
  /// Standard output and error; progress only where a person watches.
  fileprivate static var standard: JournalInspection.Output {
    let isWatched = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0
    return JournalInspection.Output(
      line: { print($0) }, complaint: { complain("sluice journal: \($0)") },
      progress: { if isWatched { complain($0) } })
  }
}
