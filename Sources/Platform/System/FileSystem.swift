internal import Glibc

/// Files and directories by name.
package enum FileSystem {
  /// What `ls -l` shows of a file.
  package struct Permissions: Sendable, Equatable {
    /// The twelve permission bits, such as `0o600`.
    package let mode: UInt32
    package let ownerUserID: UInt32

    /// Whether anyone but the owner may read the file.
    package var isReadableByOthers: Bool { mode & 0o044 != 0 }
    /// Whether anyone but the owner may change the file.
    package var isWritableByOthers: Bool { mode & 0o022 != 0 }
  }

  package static func readFile(_ path: String) throws(PlatformError) -> [UInt8] {
    try DurableFile(path, .read).contents()
  }

  /// Replaces a file in one step: after a power cut it has the old content or the new one.
  package static func writeFileAtomically(
    _ path: String, _ bytes: [UInt8]
  ) throws(PlatformError) {
    let temporary = "\(path).\(getpid()).tmp"
    try? remove(temporary)
    do {
      let file = try DurableFile(temporary, .create)
      try file.write(bytes, at: 0)
      try file.synchronize()
      try rename(temporary, to: path)
    } catch {
      try? remove(temporary)
      throw error
    }
    try synchronizeDirectory(directory(of: path))
  }

  /// The names in a directory, sorted, without `.` and `..`.
  package static func listDirectory(_ path: String) throws(PlatformError) -> [String] {
    guard let stream = unsafe opendir(path) else { throw .last("list \(path)") }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw .last("list \(path)") }
    return names.sorted()
  }

  package static func permissions(of path: String) throws(PlatformError) -> Permissions {
    let status = try status(of: path)
    return Permissions(mode: status.st_mode & 0o7777, ownerUserID: status.st_uid)
  }

  /// When a file was last written, in seconds since 1970.
  package static func modificationTime(of path: String) throws(PlatformError) -> Int64 {
    Int64(try status(of: path).st_mtim.tv_sec)
  }

  package static func exists(_ path: String) -> Bool {
    unsafe access(path, F_OK) == 0
  }

  package static func isDirectory(_ path: String) -> Bool {
    guard let status = try? status(of: path) else { return false }
    return status.st_mode & S_IFMT == S_IFDIR
  }

  /// Makes a directory that only its owner can enter, and the ones above it.
  ///
  /// Their names are synced too, so that a file synced inside cannot be lost with its directory.
  package static func createDirectories(_ path: String) throws(PlatformError) {
    if path.isEmpty || isDirectory(path) { return }
    let parent = directory(of: path)
    try createDirectories(parent)
    if unsafe mkdir(path, 0o700) != 0 && errno != EEXIST { throw .last("create \(path)") }
    guard isDirectory(path) else {
      throw PlatformError(operation: "create \(path)", detail: "a file of that name is in the way")
    }
    try synchronizeDirectory(parent)
  }

  package static func rename(_ path: String, to newPath: String) throws(PlatformError) {
    guard unsafe Glibc.rename(path, newPath) == 0 else {
      throw .last("rename \(path) to \(newPath)")
    }
  }

  /// Removes a file or an empty directory.
  package static func remove(_ path: String) throws(PlatformError) {
    guard unsafe Glibc.remove(path) == 0 else { throw .last("remove \(path)") }
  }

  /// Makes created, renamed and removed names in a directory durable.
  package static func synchronizeDirectory(_ path: String) throws(PlatformError) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open \(path)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .last("sync \(path)") }
  }

  /// The part of a path before its last component.
  package static func directory(of path: String) -> String {
    var trimmed = path[...]
    while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  private static func status(of path: String) throws(PlatformError) -> stat {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw .last("look at \(path)") }
    return status
  }
}
