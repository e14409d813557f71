import Foundation
import Glibc
import Simulation

/// A library preloaded into a process under test: it shifts the wall clock that the process reads
/// and makes chosen system calls fail.
///
/// Both sides share one page, which `Tests/FaultShim/include/fault_shim.h` describes.
final class FaultShim {
  enum Call: Int32 {
    case write = 1
    case syncData, sync, rename, open, allocate, connect, accept, receive, send, poll, read,
      truncate
  }

  /// Which calls are struck, and how.
  struct Rule {
    var call: Call
    /// 0: the call is made, for `bytes` at most if that is not 0.
    var error: Int32 = 0
    /// So many calls go through first.
    var skip = 0
    /// So many are struck.
    var limit = Int.max
    /// Only each n-th of them is.
    var period = 1
    var bytes = 0
    var delayMicroseconds = 0
    /// A part of the file's name.
    var path = ""
  }

  private enum Layout {
    static let wallOffset = 0
    static let wallReads = 8
    static let process = 16
    static let overflow = 24
    static let rules = 32
    static let ruleByteCount = 128
    static let ruleLimit = 16
    static let pathByteCount = 64
    static let writes = rules + ruleLimit * ruleByteCount
    static let writeByteCount = 32
    static let writeLimit = 4096
    static let allowsMapping = writes + writeLimit * writeByteCount
    static let names = allowsMapping + 16
    static let nameByteCount = 24 + 2 * filePathByteCount
    static let nameLimit = 64
    static let filePathByteCount = 256
    static let byteCount = names + nameLimit * nameByteCount
  }

  private let path: String
  private let page: UnsafeMutableRawPointer
  private var ruleCount = 0

  /// Makes the page in a directory of the test.
  init(in directory: String) throws {
    path = "\(directory)/\(UUID().uuidString).page"
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    guard descriptor >= 0, ftruncate(descriptor, off_t(Layout.byteCount)) == 0,
      let bytes = mmap(
        nil, Layout.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      bytes != MAP_FAILED
    else { throw ChildProcess.Failure("no page at \(path): errno \(errno)") }
    page = bytes
  }

  deinit {
    munmap(page, Layout.byteCount)
  }

  /// The library is built with the tests and lies beside them.
  private static let library: String = {
    let name = "libFaultShim.so"
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let beside = own.deletingLastPathComponent().appendingPathComponent(name).path
    if FileManager.default.fileExists(atPath: beside) { return beside }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent(".build/debug/\(name)").path
  }()

  /// What a process needs in its environment.
  var environment: [String: String] { ["LD_PRELOAD": Self.library, "SLUICE_FAULT_PAGE": path] }

  /// Whether this very process has loaded the library and reads its clock through it.
  func isInEffect(in process: ChildProcess?) -> Bool {
    guard let process else { return false }
    return load(Layout.process) == Int64(process.identifier) && load(Layout.wallReads) > 0
  }

  // MARK: The clock

  /// How far the wall clock is set ahead.
  var wallOffsetSeconds: Double {
    get { Double(load(Layout.wallOffset)) / 1e9 }
    set { store(Int64(newValue * 1e9), at: Layout.wallOffset) }
  }

  /// Whether a process that starts now may write its journal through memory; rules about writes and
  /// power cuts see nothing of it then.
  var allowsMapping: Bool {
    get { load(Layout.allowsMapping) != 0 }
    set { store(newValue ? 1 : 0, at: Layout.allowsMapping) }
  }

  // MARK: Rules

  /// Arms a rule; the number says how often it has struck.
  @discardableResult
  func add(_ rule: Rule) -> Int {
    precondition(ruleCount < Layout.ruleLimit)
    let number = ruleCount
    ruleCount += 1
    let start = Layout.rules + number * Layout.ruleByteCount
    page.storeBytes(of: rule.error, toByteOffset: start + 4, as: Int32.self)
    let fields = [rule.skip, rule.limit, rule.period, rule.bytes, rule.delayMicroseconds, 0, 0]
    for (place, field) in fields.enumerated() { store(Int64(field), at: start + 8 + place * 8) }
    let text = Array(rule.path.utf8.prefix(Layout.pathByteCount - 1)) + [0]
    for (place, byte) in text.enumerated() {
      page.storeBytes(of: byte, toByteOffset: start + 64 + place, as: UInt8.self)
    }
    // Last: from here on it counts.
    page.storeBytes(of: rule.call.rawValue, toByteOffset: start, as: Int32.self)
    return number
  }

  func hits(_ number: Int) -> Int {
    Int(load(Layout.rules + number * Layout.ruleByteCount + 56))
  }

  /// How many calls the rule has looked at.
  func calls(_ number: Int) -> Int {
    Int(load(Layout.rules + number * Layout.ruleByteCount + 48))
  }

  func removeRules() {
    for number in 0..<ruleCount {
      page.storeBytes(
        of: 0, toByteOffset: Layout.rules + number * Layout.ruleByteCount, as: Int32.self)
    }
    ruleCount = 0
  }

  // MARK: A power cut

  /// Takes all bytes that no sync has covered from the files of a dead process.
  func loseAllUnsynced(in directory: String) throws {
    _ = try cutPower(in: directory) { _ in 0 }
  }

  /// Takes from the files of a dead process, as a power cut might, bytes that no sync has covered:
  /// of each write all, nothing, or what lies behind some sector.
  ///
  /// - Returns: How many writes have lost something.
  func cutPower(in directory: String, _ random: inout SeededRandom) throws -> Int {
    try cutPower(in: directory) { size in
      [0, size, Int64(random.below(Int(size) + 1)) / 512 * 512][random.below(3)]
    }
  }

  // `kept` says how many bytes of a write remain.
  private func cutPower(in directory: String, kept keep: (Int64) -> Int64) throws -> Int {
    guard load(Layout.overflow) == 0 else { throw ChildProcess.Failure("too many writes to note") }
    var files: [UInt64: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
      var status = stat()
      if stat("\(directory)/\(name)", &status) == 0 {
        files[UInt64(status.st_ino)] = "\(directory)/\(name)"
      }
    }
    var count = 0
    for number in 0..<Layout.writeLimit {
      let start = Layout.writes + number * Layout.writeByteCount
      guard load(start + 24) == 1 else { continue }
      store(0, at: start + 24)
      guard let file = files[UInt64(load(start))] else { continue }
      let (offset, size) = (load(start + 8), load(start + 16))
      let kept = keep(size)
      guard kept < size else { continue }
      try zero(file, offset + kept, Int(size - kept))
      count += 1
    }
    return count
  }

  /// Takes the last of the names that no sync of their directory has covered, as a power cut might.
  ///
  /// - Returns: How many files have their former name again.
  func loseNames(_ random: inout SeededRandom) throws -> Int {
    try loseNames(random.below(pendingNames.count + 1))
  }

  /// Takes all of them.
  func loseAllNames() throws -> Int { try loseNames(pendingNames.count) }

  /// Where those are that no sync has covered, in their order.
  private var pendingNames: [Int] {
    (0..<Layout.nameLimit).map { Layout.names + $0 * Layout.nameByteCount }
      .filter { load($0 + 16) == 1 }.sorted { load($0 + 8) < load($1 + 8) }
  }

  /// Whether a file has a new name that a power cut could take.
  var hasPendingName: Bool { !pendingNames.isEmpty }

  private func loseNames(_ count: Int) throws -> Int {
    var lost = 0
    for start in pendingNames.suffix(count).reversed() {
      let (former, name) = (text(start + 24), text(start + 24 + Layout.filePathByteCount))
      guard FileManager.default.fileExists(atPath: name) else { continue }
      // What was made under the former name since then is gone with it.
      try? FileManager.default.removeItem(atPath: former)
      try FileManager.default.moveItem(atPath: name, toPath: former)
      lost += 1
    }
    return lost
  }

  private func text(_ offset: Int) -> String {
    String(cString: (page + offset).assumingMemoryBound(to: CChar.self))
  }

  /// To be called before the process starts again: what is written now, the kernel will keep.
  func forgetWrites() {
    for number in 0..<Layout.nameLimit {
      store(0, at: Layout.names + number * Layout.nameByteCount + 16)
    }
    for number in 0..<Layout.writeLimit {
      store(0, at: Layout.writes + number * Layout.writeByteCount + 24)
    }
    store(0, at: Layout.overflow)
  }

  private func zero(_ file: String, _ offset: Int64, _ count: Int) throws {
    let descriptor = Glibc.open(file, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let zeros = [UInt8](repeating: 0, count: count)
    guard descriptor >= 0, pwrite(descriptor, zeros, count, off_t(offset)) == count else {
      throw ChildProcess.Failure("can not cut \(file): errno \(errno)")
    }
  }

  private func load(_ offset: Int) -> Int64 { page.load(fromByteOffset: offset, as: Int64.self) }

  private func store(_ value: Int64, at offset: Int) {
    page.storeBytes(of: value, toByteOffset: offset, as: Int64.self)
  }
}
