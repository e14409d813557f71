internal import Foundation
internal import Journal
internal import Platform
internal import RouterCore
internal import Wire

/// `sluice journal`: looks at a journal without changing it, also while the service writes it.
package enum JournalInspection {
  package static let whole: Int32 = 0
  package static let damaged: Int32 = 1
  package static let notThere: Int32 = 2

  /// Where lines go: results, and words for people.
  package struct Output {
    package var line: (String) -> Void
    package var complaint: (String) -> Void
    package var progress: (String) -> Void

    package init(
      line: @escaping (String) -> Void, complaint: @escaping (String) -> Void,
      progress: @escaping (String) -> Void
    ) {
      self.line = line
      self.complaint = complaint
      self.progress = progress
    }
  }

  /// Reads every byte: checksums, order, hash chain, and the fields of every fact.
  ///
  /// `anchor` is a hash that an earlier `verify` or the log has shown for the end of a segment.
  ///
  /// - Returns: The exit status.
  package static func verify(directory: String, anchor: String?, to output: Output) -> Int32 {
    guard isThere(directory, output) else { return notThere }
    var wanted: ChainHash?
    if let anchor {
      guard let hash = ChainHash(anchor) else {
        output.complaint("'\(anchor)' is no hash: sixty-four hexadecimal digits")
        return notThere
      }
      wanted = hash
    }
    var anchored: UInt64?
    do {
      let tail = try JournalReader.read(
        directory: directory,
        onSegment: { tail, count in
          output.progress("segment \(tail.segmentCount) of \(count), fact \(tail.lastIndex)")
          output.line(segmentLine(tail))
          if tail.hash == wanted { anchored = tail.lastIndex }
        }, { _, _ in })
      for snapshot in try JournalReader.snapshots(directory: directory) {
        output.line(snapshotLine(snapshot))
      }
      for line in summary(tail) { output.line(line) }
      return report(anchor: wanted, anchored, output)
    } catch {
      output.complaint("\(error)")
      return damaged
    }
  }

  /// Prints every fact from an index on, a line each.
  ///
  /// - Returns: The exit status.
  package static func dump(
    directory: String, from first: UInt64, isJSON: Bool, to output: Output
  ) -> Int32 {
    guard isThere(directory, output) else { return notThere }
    var renderer = FactRenderer()
    do {
      // Where the first segments were deleted, the definitions are in a snapshot.
      if let oldest = try JournalReader.snapshots(directory: directory).first {
        try JournalReader.read(oldest) { _, fact in renderer.learn(fact) }
      }
      _ = try JournalReader.read(
        directory: directory,
        onSegment: { tail, count in
          output.progress("segment \(tail.segmentCount) of \(count), fact \(tail.lastIndex)")
        },
        { index, fact in
          // The definitions before `first` say how its decimals are read.
          guard index >= first else { return renderer.learn(fact) }
          let members = renderer.object(index, fact)
          output.line(isJSON ? json(members) : text(members))
        })
      return whole
    } catch {
      output.complaint("\(error)")
      return damaged
    }
  }

  /// Prints the facts of the newest snapshot; 0 stands for the index of those that stand for others.
  ///
  /// - Returns: The exit status.
  package static func dumpSnapshot(
    directory: String, isJSON: Bool, to output: Output
  ) -> Int32 {
    guard isThere(directory, output) else { return notThere }
    var renderer = FactRenderer()
    do {
      guard let newest = try JournalReader.snapshots(directory: directory).last else {
        output.complaint("\(directory) has no snapshot")
        return notThere
      }
      try JournalReader.read(newest) { index, fact in
        let members = renderer.object(index, fact)
        output.line(isJSON ? json(members) : text(members))
      }
      return whole
    } catch {
      output.complaint("\(error)")
      return damaged
    }
  }

  private static func snapshotLine(_ snapshot: SnapshotSummary) -> String {
    let name = snapshot.file.split(separator: "/").last.map(String.init) ?? ""
    return "\(name)  to fact \(snapshot.lastIndex)  \(snapshot.byteCount) bytes"
      + "  \(snapshot.factCount) facts"
  }

  private static func isThere(_ directory: String, _ output: Output) -> Bool {
    let names = (try? FileSystem.listDirectory(directory)) ?? []
    if names.contains(where: { $0.hasSuffix(".journal") }) { return true }
    output.complaint(
      FileSystem.isDirectory(directory)
        ? "\(directory) has no journal segments; a service keeps them in STATE_DIRECTORY/journal"
        : "\(directory) is no directory that can be read")
    return false
  }

  private static func segmentLine(_ tail: JournalTail) -> String {
    let name = (tail.file ?? "").split(separator: "/").last.map(String.init) ?? ""
    return "\(name)  to fact \(tail.lastIndex)  \(tail.validByteCount) bytes  sha256 \(tail.hash)"
  }

  private static func summary(_ tail: JournalTail) -> [String] {
    var lines = [
      "\(tail.lastIndex) facts in \(tail.segmentCount) segments, instance \(tail.instance ?? 0),"
        + " last epoch \(tail.lastEpoch)"
    ]
    if tail.tornByteCount > 0 {
      lines.append(
        "\(tail.file ?? "") ends at offset \(tail.validByteCount) in a write that was interrupted:"
          + " nothing acted on it, and the next start cuts it off")
    } else if !tail.wasClosed {
      lines.append("not closed: the service is running, or it ended without closing")
    }
    lines.append("whole, sha256 \(tail.hash)")
    return lines
  }

  private static func report(
    anchor: ChainHash?, _ anchored: UInt64?, _ output: Output
  ) -> Int32 {
    guard let anchor else { return whole }
    if let anchored {
      output.line("anchor found: nothing up to fact \(anchored) was changed since it was noted")
      return whole
    }
    output.complaint(
      "no segment ends with the hash \(anchor): the journal was changed since it was noted, or it"
        + " was noted in the middle of a segment")
    return damaged
  }

  private static func json(_ members: [JSONMember]) -> String {
    String(decoding: JSONValue.object(members).serialized(), as: UTF8.self)
  }

  private static func text(_ members: [JSONMember]) -> String {
    members.enumerated().map { position, member in
      let value = plain(member.value)
      return position < 2 ? value : "\(member.name)=\(value)"
    }.joined(separator: " ")
  }

  private static func plain(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text.isEmpty || text.contains(" ") ? "\"\(text)\"" : text
    case .null: "-"
    default: String(decoding: value.serialized(), as: UTF8.self)
    }
  }
}
