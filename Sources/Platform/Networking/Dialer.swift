internal import CPlatform
internal import Glibc
internal import Wire

/// Opens one connection from the name to the finished TLS handshake, blocking its thread.
struct Dialer {
  let endpoint: Endpoint
  let deadline: Deadline
  let resolver: AddressResolver

  func dial() throws(PlatformError) -> ByteStream {
    var timings = ConnectTimings()
    timings.startedNanoseconds = Clock.monotonicNanoseconds()
    let stream = try dial(&timings)
    stream.timings = timings
    return stream
  }

  private func dial(_ timings: inout ConnectTimings) throws(PlatformError) -> ByteStream {
    let socket = try connect(&timings)
    timings.connectedNanoseconds = Clock.monotonicNanoseconds()
    timings.securedNanoseconds = timings.connectedNanoseconds
    guard let context = endpoint.tls else { return unsafe ByteStream(fileDescriptor: socket) }
    guard let tls = unsafe context.connection(to: endpoint.host, over: socket) else {
      sluice_close(socket)
      throw PlatformError(operation: operation, detail: "TLS cannot ask for this host name")
    }
    // From here on the stream owns both, and closes them if the handshake fails.
    let stream = unsafe ByteStream(fileDescriptor: socket, tls: tls)
    try unsafe shakeHands(tls, over: socket)
    timings.securedNanoseconds = Clock.monotonicNanoseconds()
    return stream
  }

  private var operation: String {
    guard let proxy = endpoint.proxy else { return "connect to \(endpoint.authority)" }
    return "connect to \(endpoint.authority) through \(proxy.hostHeader)"
  }

  private func connect(_ timings: inout ConnectTimings) throws(PlatformError) -> Int32 {
    if endpoint.proxy?.isSecure == true {
      throw PlatformError(
        operation: operation, detail: "a proxy is spoken to over http, not https")
    }
    let addresses = try resolver.addresses(
      host: endpoint.proxy?.host ?? endpoint.host, port: endpoint.proxy?.port ?? endpoint.port)
    timings.resolvedNanoseconds = Clock.monotonicNanoseconds()
    let socket = try ConnectionRace.run(addresses, operation, deadline: deadline)
    guard endpoint.proxy != nil else { return socket }
    do throws(PlatformError) {
      try ProxyTunnel(
        socket: socket, endpoint: endpoint, operation: operation, deadline: deadline
      ).open()
    } catch {
      sluice_close(socket)
      throw error
    }
    return socket
  }

  private func shakeHands(_ tls: OpaquePointer, over socket: Int32) throws(PlatformError) {
    while true {
      let interest: IOInterest
      switch unsafe sluice_tls_handshake(tls) {
      case 1: return
      case SLUICE_TLS_WANTS_READ: interest = .read
      case SLUICE_TLS_WANTS_WRITE: interest = .write
      case SLUICE_TLS_CLOSED, SLUICE_TLS_TRUNCATED:
        throw PlatformError(
          operation: operation, detail: "the peer closed the connection during the TLS handshake")
      default: throw unsafe TLSFailure.error(of: tls, operation)
      }
      let limit = deadline.remainingMilliseconds
      guard limit > 0 else {
        throw PlatformError(
          operation: operation, code: ETIMEDOUT, detail: "during the TLS handshake")
      }
      _ = SocketWait.ready([socket], interest, milliseconds: limit)
    }
  }
}
