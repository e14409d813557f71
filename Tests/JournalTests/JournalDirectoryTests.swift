import Foundation
import Platform
import Testing

@testable import Journal

struct JournalDirectoryTests {
  @Test func `only names as we write them are files of the journal`() throws {
    let place = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-names-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let ours = [
      "segment-0000000002.journal", "segment-0000000010.journal", "segment-12345678901.journal",
      "snapshot-0000000009.journal",
    ]
    let others = [
      "segment-2.journal", "segment-00000000003.journal", "segment-000000000x.journal",
      "segment-+000000004.journal", "segment-.journal", "segment-0000000005.journal.tmp",
      "segment-99999999999999999999.journal", "Segment-0000000006.journal",
      "segment-٠٠٠٠٠٠٠٠٠٧.journal",
      "next.tmp", "lock",
    ]
    for name in ours + others { try Data().write(to: place.appendingPathComponent(name)) }
    let directory = JournalDirectory(path: place.path, storage: SystemStorage())
    #expect(try directory.segments().map(\.number) == [2, 10, 12_345_678_901])
    #expect(try directory.snapshots().map(\.number) == [9])
    for segment in try directory.segments() {
      #expect(segment.path == directory.segmentPath(segment.number))
    }
  }
}
