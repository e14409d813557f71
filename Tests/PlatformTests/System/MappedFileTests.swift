import Foundation
import Glibc
import Platform
import Synchronization
import Testing

/// Writes that go through memory, and what keeps them from ending the process.
struct MappedFileTests {
  private static let byteCount: Int64 = 64 << 10
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func file(_ name: String = "file", isMapped: Bool = true) throws -> DurableFile {
    let file = try DurableFile(directory.file(name), .create)
    try file.preallocate(Self.byteCount)
    try file.synchronize()
    if isMapped { file.map(Self.byteCount) }
    return file
  }

  private func bytes(_ count: Int, _ seed: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed) }
  }

  @Test func `what is written through memory is in the file, whoever reads it`() throws {
    let file = try file()
    let other = try DurableFile(file.path, .read)
    for (offset, count) in [(0, 128), (128, 3), (131, 4097), (4232, 8), (65_528, 8)] {
      try file.write(bytes(count, offset), at: Int64(offset))
      let found = try other.contents()
      #expect(Array(found[offset..<offset + count]) == bytes(count, offset))
    }
    try file.synchronizeData()
    #expect(try file.contents() == other.contents())
  }

  @Test func `mapped or not, the same writes make the same file`() throws {
    let (mapped, plain) = (try file("a"), try file("b", isMapped: false))
    var offset = 0
    for step in 0..<200 {
      let next = bytes(step * 7 % 500 + 1, step)
      for file in [mapped, plain] { try file.write(next, at: Int64(offset)) }
      offset += next.count
      if step % 20 == 0 { mapped.prepareWrites(16_384) }
      if step % 50 == 0 { try mapped.synchronizeData() }
    }
    #expect(try mapped.contents() == plain.contents())
  }

  @Test func `a write beyond what is mapped is a call as before`() throws {
    let file = try file()
    try file.write(bytes(100, 1), at: Self.byteCount - 50)
    try file.write(bytes(8, 2), at: Self.byteCount + 1000)
    let found = try file.contents()
    #expect(found.count == Int(Self.byteCount) + 1008)
    #expect(Array(found[Int(Self.byteCount) - 50..<Int(Self.byteCount) + 50]) == bytes(100, 1))
  }

  @Test func `a file that is shorter than what is to be mapped is not mapped`() throws {
    let file = try DurableFile(directory.file("short"), .create)
    try file.preallocate(4096)
    file.map(Self.byteCount)
    try file.write(bytes(8, 3), at: 60_000)
    #expect(try file.size() == 60_008)
  }

  @Test func `after a truncation of its own a file is written by calls`() throws {
    let file = try file()
    try file.write(bytes(64, 1), at: 0)
    try file.truncate(to: 64)
    file.prepareWrites(16_384)
    try file.write(bytes(64, 2), at: 64)
    try file.synchronize()
    try file.synchronizeData()
    #expect(try file.contents() == bytes(64, 1) + bytes(64, 2))
  }

  @Test func `a file that somebody has cut fails the write and not the process`() throws {
    let file = try file()
    try file.write(bytes(64, 1), at: 0)
    try DurableFile(file.path, .write).truncate(to: 0)
    let error = try #require(throws: PlatformError.self) {
      try file.write(bytes(64, 2), at: 8192)
    }
    #expect(error.code == EIO)
    // Looking ahead finds nothing, says nothing, and harms nothing either.
    file.prepareWrites(16_384)
    #expect(throws: PlatformError.self) { try file.write(bytes(64, 2), at: 8192) }
  }

  @Test func `a cut within the page that is written shows at the next sync`() throws {
    let file = try file()
    try file.write(bytes(64, 1), at: 0)
    try DurableFile(file.path, .write).truncate(to: 100)
    try file.write(bytes(64, 2), at: 128)
    #expect(throws: PlatformError.self) { try file.synchronizeData() }
  }

  /// Page faults of this thread (`RUSAGE_THREAD` is 1): the first write to a page after a sync is one.
  private func faults() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(1), &usage)
    return usage.ru_minflt
  }

  @Test func `what was made ready is written without entering the kernel`() throws {
    let file = try file()
    let content = bytes(512, 3)
    var quietWrites = 0
    for step in 0..<40 {
      try file.synchronizeData()
      file.prepareWrites(1024)
      let before = faults()
      try file.write(content, at: Int64(step) * 512)
      if faults() == before { quietWrites += 1 }
    }
    // The kernel may write a page back at any moment, and takes it away for that.
    #expect(quietWrites >= 30)
  }

  @Test func `making room ready changes nothing that another thread writes there`() throws {
    let file = try file()
    let isOver = Mutex(false)
    let thread = WorkerThread(name: "preparer") {
      while !isOver.withLock({ $0 }) {
        file.prepareWrites(16_384)
        try? file.synchronizeData()
      }
    }
    thread.start()
    var offset: Int64 = 0
    for step in 0..<500 {
      try file.write(bytes(128, step), at: offset)
      offset += 128
      if step % 10 == 0 { usleep(200) }
    }
    isOver.withLock { $0 = true }
    thread.join()
    let found = try file.contents()
    for step in 0..<500 {
      #expect(Array(found[step * 128..<step * 128 + 128]) == bytes(128, step))
    }
  }

  @Test func `a file that may not be mapped is written by calls`() throws {
    let path = try file().path
    let file = try DurableFile(path, .write, mayMap: false)
    file.map(Self.byteCount)
    try DurableFile(path, .write).truncate(to: 0)
    try file.write(bytes(8, 1), at: 8192)
    #expect(try file.size() == 8200)
  }
}
