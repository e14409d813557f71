internal import Wire

/// The opening handshake of a client over a fresh stream.
///
/// Confined to its loop, which keeps it alive until `completion`.
final class WebSocketClientHandshake {
  struct Failure: Error {
    var error: PlatformError
    var status: Int?
  }

  private let loop: EventLoop
  private let stream: ByteStream
  private let url: URLParts
  private let protocols: [String]
  private let key = Base64.encode(SecureRandom.bytes(16))
  private var output = SendBuffer()
  private var parser: HTTPResponseParser
  private var watch: WatchID?
  private var timer: TimerID?
  private var completion: ((Result<[UInt8], Failure>) -> Void)?

  /// `completion` gets the bytes that came behind the answer; the stream is then its own again.
  init(
    loop: EventLoop, stream: ByteStream, url: URLParts, protocols: [String],
    completion: @escaping (Result<[UInt8], Failure>) -> Void
  ) {
    self.loop = loop
    self.stream = stream
    self.url = url
    self.protocols = protocols
    self.completion = completion
    parser = HTTPResponseParser(limits: HTTPLimits(bodyBytes: 64 << 10))
    parser.expect(method: "GET")
  }

  func start(headers: HTTPHeaders, timeoutNanoseconds: Int64) {
    output.append(
      WebSocketHandshake.request(url: url, key: key, headers: headers, protocols: protocols))
    timer = loop.schedule(afterNanoseconds: timeoutNanoseconds) { [self] in
      fail("the server did not answer in time")
    }
    do throws(PlatformError) {
      watch = try loop.watch(stream.fileDescriptor, [.read, .write]) { [self] _ in ready() }
    } catch {
      finish(.failure(Failure(error: error)))
    }
  }

  func cancel() {
    finish(.failure(Failure(error: PlatformError(operation: operation, detail: "canceled"))))
  }

  private var operation: String { "open the WebSocket \(url.hostHeader)" }

  private func ready() {
    if case .failed(let error) = output.flush(to: stream) { return fail(error) }
    if output.isEmpty, let watch, !stream.readNeedsWrite { loop.modify(watch, .read) }
    while completion != nil {
      switch unsafe stream.read(into: loop.readBuffer) {
      case .bytes(let count):
        unsafe parser.append(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
        parse()
      case .wouldBlock: return
      case .closed: return peerClosed()
      case .failed(let error): return fail(error)
      }
    }
  }

  private func parse() {
    do throws(HTTPParseError) {
      if let response = try parser.next() { check(response) }
    } catch {
      fail("the server's answer is not valid HTTP: \(error)")
    }
  }

  // A refusal may have a body that ends with the connection.
  private func peerClosed() {
    do throws(HTTPParseError) {
      guard let response = try parser.finish() else {
        return fail("the server closed the connection")
      }
      check(response)
    } catch {
      fail("the server closed the connection within its answer")
    }
  }

  private func check(_ response: HTTPResponse) {
    guard
      let fault = WebSocketHandshake.validate(
        response: response, key: key, protocols: protocols, sha1: Digest.sha1)
    else { return finish(.success(parser.takeRemainder())) }
    let body = String(decoding: response.body.prefix(200), as: UTF8.self)
    finish(
      .failure(
        Failure(
          error: PlatformError(
            operation: operation, detail: body.isEmpty ? fault : "\(fault): \(body)"),
          status: response.status)))
  }

  private func fail(_ detail: String) {
    fail(PlatformError(operation: operation, detail: detail))
  }

  private func fail(_ error: PlatformError) {
    finish(.failure(Failure(error: error)))
  }

  private func finish(_ result: Result<[UInt8], Failure>) {
    guard let completion else { return }
    self.completion = nil
    if let watch { loop.unwatch(watch) }
    if let timer { loop.cancel(timer) }
    (watch, timer) = (nil, nil)
    completion(result)
  }
}
