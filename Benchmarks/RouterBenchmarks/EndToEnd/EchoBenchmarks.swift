import CAllocationCounter
import Foundation
import Platform
import Synchronization

/// What is left of tick to order if nobody decodes, decides, journals or signs: the naive version.
///
/// A thread in the router's place answers each frame of a venue that asks for it with bytes as many
/// as an order has, over the same TLS, kernel and loop. No router on the machine at hand is faster.
enum EchoBenchmarks {
  private static let tickBytes = 220
  private static let orderBytes = 330
  /// The first byte of a frame that is to be answered.
  private static let question: UInt8 = 1

  static func run(_ benchmarker: inout Benchmarker) throws {
    for mode in ["busy", "sleeping"] where benchmarker.wants("end-to-end/echo/\(mode)") {
      for pause in [1, 3] {
        let echo = try Echo(isBusyPolling: mode == "busy")
        benchmark_move_to_processor(1)
        defer {
          benchmark_move_to_processor(-1)
          echo.stop()
        }
        var random = RouterBenchmarks.SeededRandom(seed: 7)
        var samples: [Double] = []
        for _ in 0..<(benchmarker.isQuick ? 100 : 3000) {
          samples.append(Double(try echo.ask(after: pause == 1 ? 1 : pause + random.below(8))))
        }
        benchmarker.record(
          "end-to-end/echo/\(mode)/\(pause == 1 ? "1 ms" : "3 to 10 ms")", samples: samples)
      }
    }
  }

  /// The venue's side, on the caller's thread, and the thread that answers.
  private final class Echo {
    private let loop: EventLoop
    private let listener: TCPListener
    private let answerer: Answerer
    private let thread: WorkerThread
    private var buffer = [UInt8](repeating: 0, count: 4096)
    private let stream: ByteStream

    init(isBusyPolling: Bool) throws {
      let authority = try CertificateAuthority.generate(name: "Sluice benchmarks")
      let issued = try authority.issue(hosts: ["127.0.0.1"], days: 1)
      let loop = try EventLoop()
      var accepted: ByteStream?
      listener = try TCPListener(
        loop: loop, host: "127.0.0.1", port: 0,
        tls: TLSContext.server(certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM)
      ) { stream, _ in accepted = stream }
      let answerer = Answerer(
        endpoint: Endpoint(
          host: "127.0.0.1", port: listener.port,
          tls: try TLSContext.client(authorityPEM: authority.certificatePEM)),
        isBusyPolling: isBusyPolling)
      self.answerer = answerer
      thread = WorkerThread(name: "echo") { answerer.run() }
      thread.start()
      self.loop = loop
      let end = Clock.monotonicNanoseconds() + 5_000_000_000
      while accepted == nil || !answerer.isConnected.load(ordering: .acquiring) {
        loop.runOnce(timeoutNanoseconds: 1_000_000)
        if let accepted { _ = Self.read(accepted, into: &buffer) }
        guard Clock.monotonicNanoseconds() < end, !answerer.hasFailed.load(ordering: .acquiring)
        else { throw LoopbackFailure("the echo does not connect") }
      }
      guard let accepted else { throw LoopbackFailure("the echo does not connect") }
      stream = accepted
    }

    func stop() {
      answerer.isStopping.store(true, ordering: .releasing)
      // A thread that sleeps wakes up for it.
      send(EchoBenchmarks.question)
      thread.join()
      listener.close()
      stream.close()
    }

    /// Sends a frame after so many milliseconds in each of which one came that asks for nothing.
    ///
    /// - Returns: Nanoseconds from its last byte's way into the kernel to the answer's arrival.
    func ask(after milliseconds: Int) throws -> Int64 {
      for _ in 0..<milliseconds {
        let end = Clock.monotonicNanoseconds() + 1_000_000
        while Clock.monotonicNanoseconds() < end { loop.runOnce(timeoutNanoseconds: 0) }
        send(0)
      }
      let end = Clock.monotonicNanoseconds() + 300_000
      while Clock.monotonicNanoseconds() < end { loop.runOnce(timeoutNanoseconds: 0) }
      send(EchoBenchmarks.question)
      let sentAt = Clock.monotonicNanoseconds()
      var count = 0
      while count < EchoBenchmarks.orderBytes {
        switch Self.read(stream, into: &buffer) {
        case .bytes(let more): count += more
        case .wouldBlock: break
        case .closed, .failed: throw LoopbackFailure("the echo broke off")
        }
      }
      return Clock.monotonicNanoseconds() - sentAt
    }

    private static func read(_ stream: ByteStream, into buffer: inout [UInt8]) -> StreamRead {
      unsafe buffer.withUnsafeMutableBytes { unsafe stream.read(into: $0) }
    }

    private func send(_ kind: UInt8) {
      let frame = [kind] + [UInt8](repeating: 7, count: EchoBenchmarks.tickBytes - 1)
      _ = unsafe frame.withUnsafeBytes { unsafe stream.write($0) }
    }
  }

  private final class Answerer: Sendable {
    let isConnected = Atomic(false)
    let hasFailed = Atomic(false)
    let isStopping = Atomic(false)
    private let endpoint: Endpoint
    private let isBusyPolling: Bool

    init(endpoint: Endpoint, isBusyPolling: Bool) {
      self.endpoint = endpoint
      self.isBusyPolling = isBusyPolling
    }

    func run() {
      benchmark_move_to_processor(0)
      do { try serve() } catch { hasFailed.store(true, ordering: .releasing) }
    }

    private func serve() throws {
      let loop = try EventLoop()
      let connector = Connector()
      var opened: Result<ByteStream, PlatformError>?
      connector.connect(endpoint, timeoutMilliseconds: 5000, on: loop) { opened = $0 }
      while opened == nil { loop.runOnce(timeoutNanoseconds: 100_000_000) }
      guard let stream = try opened?.get() else { return }
      defer { stream.close() }
      let answer = [UInt8](repeating: 9, count: EchoBenchmarks.orderBytes)
      let watch = try loop.watch(stream.fileDescriptor, .read) { _ in
        let buffer = unsafe loop.readBuffer
        while case .bytes(let count) = unsafe stream.read(into: buffer) {
          for start in stride(from: 0, to: count, by: EchoBenchmarks.tickBytes)
          where unsafe buffer[start] == EchoBenchmarks.question {
            _ = unsafe answer.withUnsafeBytes { unsafe stream.write($0) }
          }
        }
      }
      isConnected.store(true, ordering: .releasing)
      while !isStopping.load(ordering: .acquiring) {
        loop.runOnce(timeoutNanoseconds: isBusyPolling ? 0 : 1_000_000_000)
      }
      loop.unwatch(watch)
    }
  }
}
