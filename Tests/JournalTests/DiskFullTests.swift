import Foundation
import Journal
import Platform
import RouterCore
import Testing

/// A file system of half a megabyte, if this process may mount one.
private final class SmallFileSystem {
  let path: String

  init?() {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-small-\(UUID().uuidString)").path
    guard getuid() == 0, mkdir(path, 0o700) == 0 else { return nil }
    guard mount("tmpfs", path, "tmpfs", 0, "size=512k") == 0 else {
      rmdir(path)
      return nil
    }
  }

  /// Remounts it (32) for reading only (1).
  ///
  /// - Returns: Whether it can not be written any more.
  func makeReadOnly() -> Bool {
    mount("tmpfs", path, "tmpfs", 32 | 1, nil) == 0
  }

  deinit {
    umount2(path, Int32(MNT_DETACH))
    rmdir(path)
  }

  static let isAvailable = SmallFileSystem() != nil
}

@Suite(.enabled(if: SmallFileSystem.isAvailable, "needs the right to mount a small file system"))
struct DiskFullTests {
  @Test func `a full disk is announced a segment ahead and loses nothing written`() throws {
    let disk = try #require(SmallFileSystem())
    let fixture = JournalFixture(at: "\(disk.path)/journal")
    let writer = try fixture.writer(segmentByteCount: 128 << 10)
    var written = 0
    let error = #expect(throws: JournalError.self) {
      while true {
        try writer.append(.haltChanged(isHalted: true, at: Timestamp(nanoseconds: Int64(written))))
        try writer.commit()
        written += 1
      }
    }
    guard case .outOfSpace = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains("free space") == true)
    #expect(writer.isShortOfSpace)
    // Three segments of 2,700 facts each fit beside the lock and the epoch.
    #expect(written > 5000)
    #expect(throws: JournalError.self) { try writer.append(SampleFacts.all[0]) }
    #expect(try fixture.read().facts.count == written)
  }

  @Test func `a shortage is known while most of the last segment is free`() throws {
    let disk = try #require(SmallFileSystem())
    let fixture = JournalFixture(at: "\(disk.path)/journal")
    let writer = try fixture.writer(segmentByteCount: 300 << 10)
    while !writer.isShortOfSpace { usleep(1000) }
    for fact in JournalFixture.facts(0..<5000) {
      try writer.append(fact)
      try writer.commit()
    }
    try writer.close()
    #expect(try fixture.read().facts.count == 5000)
  }

  @Test func `a disk without room for the first segment is refused at the start`() throws {
    let disk = try #require(SmallFileSystem())
    let fixture = JournalFixture(at: "\(disk.path)/journal")
    let error = #expect(throws: JournalError.self) {
      try fixture.writer(segmentByteCount: 1 << 20)
    }
    #expect(error?.description.contains("no room for another segment") == true)
  }

  @Test func `a write of which the disk takes a part fails, and says from where on`() throws {
    let disk = try #require(SmallFileSystem())
    let file = try DurableFile("\(disk.path)/file", .create)
    let bytes = [UInt8](repeating: 7, count: 1 << 20)
    let error = #expect(throws: PlatformError.self) { try file.write(bytes, at: 0) }
    let size = try file.size()
    #expect(size > 0 && size < 1 << 20)
    #expect(error?.description.contains("at \(size)") == true)
    #expect(try file.contents().allSatisfy { $0 == 7 })
  }

  @Test func `a journal on a read-only file system is refused with the reason`() throws {
    let disk = try #require(SmallFileSystem())
    let fixture = JournalFixture(at: "\(disk.path)/journal")
    try fixture.write(JournalFixture.facts(0..<4))
    try #require(disk.makeReadOnly())
    let error = #expect(throws: JournalError.self) { try fixture.writer() }
    #expect(error?.description.contains("Read-only file system") == true)
    #expect(try fixture.read().facts.count == 4)
  }
}
