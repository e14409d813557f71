/// The end of a stream whose peer may still be sending.
///
/// To close at once would answer those bytes with a reset, and a reset can overtake the last bytes
/// that we wrote and destroy them. So we say that we are done, read on for a moment, then close.
final class LingeringClose {
  private static let nanoseconds: Int64 = 2_000_000_000
  private static let byteLimit = 1 << 20

  private let loop: EventLoop
  private let stream: ByteStream
  private let completion: () -> Void
  private var watch: WatchID?
  private var timer: TimerID?
  private var discarded = 0

  /// Takes over `stream`, which nobody watches any more; keeps itself alive to its end.
  static func start(
    _ stream: ByteStream, on loop: EventLoop, _ completion: @escaping () -> Void = {}
  ) {
    LingeringClose(stream, loop, completion).start()
  }

  private init(_ stream: ByteStream, _ loop: EventLoop, _ completion: @escaping () -> Void) {
    self.stream = stream
    self.loop = loop
    self.completion = completion
  }

  private func start() {
    stream.finishWriting()
    do throws(PlatformError) {
      watch = try loop.watch(stream.fileDescriptor, .read) { [self] _ in discard() }
    } catch {
      return end()
    }
    timer = loop.schedule(afterNanoseconds: Self.nanoseconds) { [self] in end() }
    // What TLS has buffered does not make the socket readable.
    loop.enqueue { [self] in discard() }
  }

  private func discard() {
    while watch != nil, discarded < Self.byteLimit {
      switch unsafe stream.read(into: loop.readBuffer) {
      case .bytes(let count): discarded += count
      case .wouldBlock: return
      case .closed, .failed: return end()
      }
    }
    end()
  }

  private func end() {
    guard stream.fileDescriptor >= 0 else { return }
    if let watch { loop.unwatch(watch) }
    if let timer { loop.cancel(timer) }
    (watch, timer) = (nil, nil)
    stream.close()
    completion()
  }
}
