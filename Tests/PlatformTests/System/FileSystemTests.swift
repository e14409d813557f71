import Foundation
import Platform
import Testing

struct FileSystemTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `a file is replaced in one step and nothing else stays`() throws {
    let path = directory.file("state")
    try FileSystem.writeFileAtomically(path, [1, 2, 3])
    try FileSystem.writeFileAtomically(path, [4])
    #expect(try FileSystem.readFile(path) == [4])
    #expect(try FileSystem.listDirectory(directory.path) == ["state"])
    #expect(try FileSystem.permissions(of: path).mode == 0o600)
  }

  @Test func `a failed replacement leaves no temporary file`() throws {
    let path = directory.file("taken")
    try FileSystem.createDirectories(path + "/inside")
    #expect(throws: PlatformError.self) { try FileSystem.writeFileAtomically(path, [1]) }
    #expect(try FileSystem.listDirectory(directory.path) == ["taken"])
  }

  @Test func `permissions tell who may read and write`() throws {
    let path = directory.file("key")
    try FileSystem.writeFileAtomically(path, [1])
    #expect(try !FileSystem.permissions(of: path).isReadableByOthers)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect(try FileSystem.permissions(of: path).isReadableByOthers)
    #expect(try !FileSystem.permissions(of: path).isWritableByOthers)
    try FileManager.default.setAttributes([.posixPermissions: 0o620], ofItemAtPath: path)
    #expect(try FileSystem.permissions(of: path).isWritableByOthers)
  }

  @Test func `directories are made with those above them`() throws {
    let path = directory.file("a/b/c")
    try FileSystem.createDirectories(path)
    try FileSystem.createDirectories(path)
    #expect(FileSystem.isDirectory(path))
    #expect(try FileSystem.permissions(of: path).mode == 0o700)
    try FileSystem.writeFileAtomically(directory.file("file"), [])
    #expect(throws: PlatformError.self) {
      try FileSystem.createDirectories(directory.file("file"))
    }
  }

  @Test func `names are listed in order`() throws {
    for name in ["b", "a", "c"] { try FileSystem.writeFileAtomically(directory.file(name), []) }
    #expect(try FileSystem.listDirectory(directory.path) == ["a", "b", "c"])
    try FileSystem.rename(directory.file("c"), to: directory.file("0"))
    try FileSystem.remove(directory.file("a"))
    #expect(try FileSystem.listDirectory(directory.path) == ["0", "b"])
  }

  @Test func `an error names the operation, the file and the reason`() throws {
    let path = directory.file("absent")
    let error = try #require(throws: PlatformError.self) { try FileSystem.readFile(path) }
    #expect(error.description == "open \(path): No such file or directory (errno 2)")
    #expect(!FileSystem.exists(path))
  }

  @Test(arguments: [
    ("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b/", "a"), ("/", "/"), ("a/b/c", "a/b"),
  ])
  func `the directory of a path is what stands before the last name`(path: String, parent: String) {
    #expect(FileSystem.directory(of: path) == parent)
  }
}

struct DurableFileTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `bytes are written where they were asked for`() throws {
    let file = try DurableFile(directory.file("data"), .create)
    try file.preallocate(300_000)
    #expect(try file.size() == 300_000)
    try file.write([1, 2, 3], at: 299_998)
    try file.synchronizeData()
    let contents = try file.contents()
    #expect(contents.count == 300_001)
    #expect(Array(contents.suffix(4)) == [0, 1, 2, 3])
    #expect(contents.dropLast(3).allSatisfy { $0 == 0 })
  }

  @Test func `a file that exists is not made again`() throws {
    let path = directory.file("data")
    _ = try DurableFile(path, .create)
    #expect(throws: PlatformError.self) { try DurableFile(path, .create) }
    _ = try DurableFile(path, .write)
  }

  @Test func `a file is locked once`() throws {
    let path = directory.file("lock")
    var first: DurableFile? = try DurableFile(path, .write)
    #expect(try first?.lock() == true)
    let second = try DurableFile(path, .write)
    #expect(try second.lock() == false)
    first = nil
    #expect(try second.lock())
  }

  @Test func `a file opened for reading refuses a write`() throws {
    let path = directory.file("data")
    try FileSystem.writeFileAtomically(path, [1])
    let file = try DurableFile(path, .read)
    #expect(throws: PlatformError.self) { try file.write([2], at: 0) }
    #expect(try file.contents() == [1])
  }
}
