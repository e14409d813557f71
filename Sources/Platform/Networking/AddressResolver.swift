internal import CPlatform
internal import Synchronization

/// Looks up addresses, and remembers the last good answer for when the name service fails.
///
/// An old answer is safe, because TLS checks the name of whoever answers there.
final class AddressResolver: Sendable {
  private static let addressLimit = 8
  private static let nameLimit = 256

  private let lastGood = Mutex<[String: [sluice_address]]>([:])

  /// The addresses of `host`, families taking turns (RFC 8305, section 4).
  ///
  /// Blocks for as long as the name service takes.
  func addresses(host: String, port: Int) throws(PlatformError) -> [sluice_address] {
    guard host.utf8.count <= 253, !host.utf8.contains(0), (0...65535).contains(port) else {
      throw PlatformError(operation: "look up \(host):\(port)", detail: "not a host and port")
    }
    var list = [sluice_address](repeating: sluice_address(), count: Self.addressLimit)
    let count = unsafe sluice_resolve(host, Int32(port), &list, Int32(list.count))
    let key = "\(host):\(port)"
    guard count > 0 else {
      if let known = lastGood.withLock({ $0[key] }) { return known }
      let reason = unsafe String(cString: sluice_resolve_error(count))
      throw PlatformError(operation: "look up \(host)", detail: reason)
    }
    let found = Self.alternatingFamilies(Array(list.prefix(Int(count))))
    lastGood.withLock { known in
      if known.count < Self.nameLimit || known[key] != nil { known[key] = found }
    }
    return found
  }

  private static func alternatingFamilies(_ list: [sluice_address]) -> [sluice_address] {
    guard let first = list.first else { return [] }
    let family = sluice_address_family(first)
    let same = list.filter { sluice_address_family($0) == family }
    let other = list.filter { sluice_address_family($0) != family }
    var result: [sluice_address] = []
    for index in 0..<max(same.count, other.count) {
      if index < same.count { result.append(same[index]) }
      if index < other.count { result.append(other[index]) }
    }
    return result
  }
}
