import Journal
import Platform
import RouterCore
import Simulation
import Testing

@testable import Simulator

/// A disk that keeps what POSIX promises and, after a power cut, no more.
struct SimulatedDiskTests {
  private let disk = SimulatedDisk()

  private func write(_ path: String, _ bytes: [UInt8]) throws -> any JournalFile {
    let file = try disk.open(path, .create)
    try file.write(bytes, at: 0)
    return file
  }

  private func cutPower(seed: UInt64 = 1) {
    var random = SeededRandom(seed: seed)
    disk.cutPower(&random)
    disk.processBegins()
  }

  @Test func `a file without a synced name is lost with the power, whatever its bytes`() throws {
    var losses = 0
    for seed in UInt64(1)...40 {
      let disk = SimulatedDisk()
      let file = try disk.open("journal/a", .create)
      try file.write([1, 2, 3], at: 0)
      try file.synchronize()
      var random = SeededRandom(seed: seed)
      disk.cutPower(&random)
      if !disk.exists("journal/a") { losses += 1 }
    }
    #expect(losses > 10 && losses < 40)
  }

  @Test func `synced bytes under a synced name stay`() throws {
    let file = try write("journal/a", [1, 2, 3])
    try file.synchronize()
    try disk.synchronizeDirectory("journal")
    try file.write([9, 9, 9, 9], at: 3)
    cutPower()
    let bytes = try disk.open("journal/a", .read).contents()
    #expect(bytes.starts(with: [1, 2, 3]))
  }

  @Test func `a rename that no sync has reached keeps the old name or the new one`() throws {
    for seed in UInt64(1)...40 {
      let disk = SimulatedDisk()
      let file = try disk.open("journal/a.tmp", .create)
      try file.write([7], at: 0)
      try file.synchronize()
      try disk.synchronizeDirectory("journal")
      try disk.rename("journal/a.tmp", to: "journal/a")
      var random = SeededRandom(seed: seed)
      disk.cutPower(&random)
      #expect(disk.exists("journal/a") != disk.exists("journal/a.tmp"))
      #expect(disk.files.count == 1 && disk.files[0].bytes == [7])
    }
  }

  @Test func `bytes that were overwritten are old or new, by sectors`() throws {
    let old = [UInt8](repeating: 1, count: 1500)
    let file = try write("journal/a", old)
    try file.synchronize()
    try disk.synchronizeDirectory("journal")
    try file.write([UInt8](repeating: 2, count: 1500), at: 0)
    cutPower(seed: 3)
    let bytes = try disk.open("journal/a", .read).contents()
    #expect(bytes.count == 1500)
    for start in stride(from: 0, to: 1500, by: 512) {
      #expect(Set(bytes[start..<min(start + 512, 1500)]).count == 1)
    }
  }

  @Test func `a full disk takes no more, and what is removed makes room`() throws {
    _ = try write("journal/a", [UInt8](repeating: 1, count: 100))
    disk.room = 50
    let file = try disk.open("journal/b", .create)
    #expect(throws: PlatformError.self) {
      try file.write([UInt8](repeating: 1, count: 51), at: 0)
    }
    try disk.remove("journal/a")
    try file.write([UInt8](repeating: 1, count: 150), at: 0)
  }

  @Test func `a dead process changes nothing`() throws {
    let file = try write("journal/a", [1])
    disk.onStep = { false }
    #expect(throws: PlatformError.self) { try file.write([2], at: 1) }
    disk.onStep = { true }
    disk.processEnded()
    #expect(throws: PlatformError.self) { try disk.remove("journal/a") }
    #expect(disk.exists("journal/a") && disk.files[0].bytes == [1])
  }
}
