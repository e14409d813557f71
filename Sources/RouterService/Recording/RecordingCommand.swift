internal import Journal
internal import Platform
internal import RouterCore
internal import Wire

/// `sluice replay --recording`: a run's inputs through a fresh core, its outputs compared.
package enum RecordingCommand {
  /// Replays one recording, or all of a directory in the order of their runs.
  ///
  /// - Returns: 0 if every output was the same, 1 if not or if a recording can not be read.
  package static func run(
    _ path: String, isJSON: Bool, output: (String) -> Void, errors: (String) -> Void
  ) -> Int32 {
    var status: Int32 = 0
    do throws(RecordingError) {
      for file in try files(path) {
        let replay = try RecordingReplay.run(file)
        output(isJSON ? json(replay, file) : text(replay, file))
        if replay.difference != nil { status = 1 }
      }
    } catch {
      errors("sluice replay: \(error)")
      return 1
    }
    return status
  }

  private static func files(_ path: String) throws(RecordingError) -> [String] {
    guard FileSystem.isDirectory(path) else { return [path] }
    let names: [String]
    do throws(PlatformError) {
      names = try FileSystem.listDirectory(path)
    } catch {
      throw .file("\(error)")
    }
    let files = names.filter { $0.hasSuffix(".recording") }.map { "\(path)/\($0)" }
    guard !files.isEmpty else {
      throw .file("\(path) holds no *.recording; see recorder.directory in the settings")
    }
    return files
  }

  // MARK: Reports

  static func text(_ replay: RecordingReplay, _ file: String) -> String {
    var lines = [
      "\(file): \(replay.steps) steps (\(replay.events) events) with \(replay.facts) facts,"
        + " \(replay.commands) commands, \(replay.replies) replies: "
        + (replay.difference == nil ? "all equal" : "DIFFERENT")
    ]
    switch replay.end {
    case .closed?: break
    case .overrun?: lines.append("  recording could not keep up and ended before the run did")
    case nil:
      if replay.difference == nil { lines.append("  the run did not end in order") }
    }
    if replay.cutByteCount > 0 { lines.append("  \(replay.cutByteCount) bytes at the end are cut") }
    if let difference = replay.difference { lines += Self.lines(difference) }
    return lines.joined(separator: "\n")
  }

  private static func lines(_ difference: RecordingReplay.Difference) -> [String] {
    var lines = [
      "  first difference at step \(difference.step), "
        + "\(RFC3339.format(difference.at.nanoseconds))",
      "  input    \(difference.input)",
    ]
    for (name, words) in [("recorded", difference.recorded), ("replayed", difference.replayed)] {
      lines.append("  \(name) \(words.first ?? "nothing more")")
      lines += words.dropFirst().map { "           \($0)" }
    }
    return lines
  }

  private static func json(_ replay: RecordingReplay, _ file: String) -> String {
    var json = JSONWriter()
    json.beginObject()
    json.field("recording", file)
    json.field("equal", bool: replay.difference == nil)
    for (name, count) in [
      ("steps", replay.steps), ("events", replay.events), ("facts", replay.facts),
      ("commands", replay.commands), ("replies", replay.replies),
      ("cut_bytes", replay.cutByteCount),
    ] {
      json.field(name, integer: Int64(count))
    }
    json.field("end", replay.end.map { "\($0)" } ?? "cut")
    if let difference = replay.difference { write(difference, to: &json) }
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private static func write(
    _ difference: RecordingReplay.Difference, to json: inout JSONWriter
  ) {
    json.key("difference")
    json.beginObject()
    json.field("step", integer: Int64(difference.step))
    json.field("at", RFC3339.format(difference.at.nanoseconds))
    json.field("input", difference.input)
    for (name, words) in [("recorded", difference.recorded), ("replayed", difference.replayed)] {
      json.key(name)
      json.beginArray()
      for word in words { json.string(word) }
      json.endArray()
    }
    json.endObject()
  }
}
