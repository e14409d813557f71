internal import CPlatform
internal import Synchronization

/// Readiness, timers and work from other threads, on the one thread that runs it.
///
/// Everything but `submit`, `wakeUp` and `stop` belongs to that thread. Handlers run one at a time
/// and never inside one another; a handler may watch, unwatch, schedule and cancel as it likes.
@safe
package final class EventLoop: @unchecked Sendable {
  private struct Watch {
    var generation: UInt32 = 1
    var fileDescriptor: Int32 = -1
    var interest: IOInterest = []
    var handler: ((IOReadiness) -> Void)?
  }

  /// Room for what a handler reads; its bytes are valid until the handler returns.
  ///
  /// 64 readable bytes follow it, so that a scanner may load whole words.
  package let readBuffer: UnsafeMutableRawBufferPointer

  /// Monotonic time of the read that brought what is being handled, as noted by whoever read it.
  package var lastReadNanoseconds: Int64 = 0

  private static let batch = 128
  private static let wakeToken = UInt64.max

  private let epoll: Int32
  private let wakeUpCall: WakeUp
  private let ready: UnsafeMutablePointer<sluice_io_event>
  private var watches: [Watch] = []
  private var freeSlots: [UInt32] = []
  private var timers = TimerQueue()
  private var enqueued: [() -> Void] = []
  private var submittedHere: [@Sendable () -> Void] = []
  private let inbox = LoopInbox()
  private let stopRequested = Atomic(false)
  private var isRunning = false

  package init() throws(PlatformError) {
    wakeUpCall = try WakeUp()
    epoll = try PlatformError.check(sluice_epoll_create(), "create an event loop")
    unsafe ready = .allocate(capacity: Self.batch)
    unsafe ready.initialize(repeating: sluice_io_event(), count: Self.batch)
    let storage = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.readBytes + 64, alignment: 64)
    unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
    unsafe readBuffer = UnsafeMutableRawBufferPointer(rebasing: storage[..<Self.readBytes])
    try PlatformError.check(
      sluice_epoll_add(
        epoll, wakeUpCall.fileDescriptor, SLUICE_IO_READ | SLUICE_IO_EDGE, Self.wakeToken),
      "watch the event loop's wake-up call")
  }

  deinit {
    sluice_close(epoll)
    unsafe ready.deallocate()
    unsafe readBuffer.baseAddress?.deallocate()
  }

  private static let readBytes = 1 << 16

  // MARK: File descriptors

  /// Calls `handler` whenever `fileDescriptor` is ready for `interest`, for as long as it is ready.
  package func watch(
    _ fileDescriptor: Int32, _ interest: IOInterest, _ handler: @escaping (IOReadiness) -> Void
  ) throws(PlatformError) -> WatchID {
    let slot = freeSlots.popLast() ?? addSlot()
    let id = WatchID(slot: slot, generation: watches[Int(slot)].generation)
    let result = sluice_epoll_add(epoll, fileDescriptor, interest.rawValue, id.token)
    guard result == 0 else {
      freeSlots.append(slot)
      throw PlatformError(operation: "watch file descriptor \(fileDescriptor)", code: -result)
    }
    watches[Int(slot)].fileDescriptor = fileDescriptor
    watches[Int(slot)].interest = interest
    watches[Int(slot)].handler = handler
    return id
  }

  package func modify(_ id: WatchID, _ interest: IOInterest) {
    guard let watch = live(id), watch.interest != interest else { return }
    watches[Int(id.slot)].interest = interest
    _ = sluice_epoll_modify(epoll, watch.fileDescriptor, interest.rawValue, id.token)
  }

  /// Ends a watch; its handler is not called again.
  ///
  /// Must come before the descriptor is closed.
  package func unwatch(_ id: WatchID) {
    guard let watch = live(id) else { return }
    _ = sluice_epoll_remove(epoll, watch.fileDescriptor)
    watches[Int(id.slot)] = Watch(generation: watch.generation &+ 1)
    freeSlots.append(id.slot)
  }

  private func addSlot() -> UInt32 {
    watches.append(Watch())
    return UInt32(watches.count - 1)
  }

  private func live(_ id: WatchID) -> Watch? {
    guard id.slot < watches.count else { return nil }
    let watch = watches[Int(id.slot)]
    return watch.generation == id.generation && watch.handler != nil ? watch : nil
  }

  // MARK: Timers and work

  /// Runs `handler` once, no earlier than `afterNanoseconds` from now.
  @discardableResult
  package func schedule(
    afterNanoseconds: Int64, _ handler: @escaping () -> Void
  ) -> TimerID {
    let (deadline, overflow) = Clock.monotonicNanoseconds()
      .addingReportingOverflow(max(afterNanoseconds, 0))
    return timers.add(deadline: overflow ? .max : deadline, handler)
  }

  package func cancel(_ id: TimerID) {
    timers.cancel(id)
  }

  /// Runs `work` on this thread once the present handler has returned.
  package func enqueue(_ work: @escaping () -> Void) {
    enqueued.append(work)
  }

  /// Runs `work` on the loop's thread, in the order of the calls.
  ///
  /// May be called from any thread.
  package func submit(_ work: @escaping @Sendable () -> Void) {
    if inbox.append(work) { wakeUpCall.signal() }
  }

  /// Ends the present wait, from any thread.
  package func wakeUp() {
    wakeUpCall.signal()
  }

  // MARK: Running

  /// Waits up to `timeoutNanoseconds` (-1: until something happens, 0: not at all) and runs what
  /// became ready, the timers that are due and the work that was handed in.
  ///
  /// - Returns: Whether there was anything.
  @discardableResult
  package func runOnce(timeoutNanoseconds: Int64) -> Bool {
    precondition(!isRunning, "an event loop does not run inside its own handlers")
    isRunning = true
    defer { isRunning = false }
    let count = waitForEvents(waitNanoseconds(timeoutNanoseconds))
    dispatch(count)
    let hasTimers = runDueTimers()
    return runWork() || hasTimers || count > 0
  }

  /// Runs until `stop`.
  package func run() {
    while !stopRequested.exchange(false, ordering: .acquiringAndReleasing) {
      runOnce(timeoutNanoseconds: -1)
    }
  }

  /// Makes `run` return after its present turn, from any thread.
  package func stop() {
    stopRequested.store(true, ordering: .releasing)
    wakeUpCall.signal()
  }

  private func waitNanoseconds(_ asked: Int64) -> Int64 {
    guard asked != 0, enqueued.isEmpty else { return 0 }
    guard let deadline = timers.nextDeadline() else { return max(asked, -1) }
    let untilTimer = max(deadline &- Clock.monotonicNanoseconds(), 0)
    return asked < 0 ? untilTimer : min(asked, untilTimer)
  }

  private func waitForEvents(_ nanoseconds: Int64) -> Int {
    guard nanoseconds != 0, inbox.fallAsleep() else { return poll(0) }
    defer { inbox.wake() }
    return poll(nanoseconds)
  }

  private func poll(_ nanoseconds: Int64) -> Int {
    let count = unsafe sluice_epoll_wait(epoll, ready, Int32(Self.batch), nanoseconds)
    precondition(count >= 0, "epoll failed: \(PlatformError.text(of: -count))")
    return Int(count)
  }

  private func dispatch(_ count: Int) {
    for index in 0..<count {
      let event = unsafe ready[index]
      // A wake-up call has done its work by ending the wait, and is told once: nothing to drain.
      guard event.token != Self.wakeToken else { continue }
      // An earlier handler of this batch may have ended the watch.
      live(WatchID(token: event.token))?.handler?(IOReadiness(rawValue: event.events))
    }
  }

  private func runDueTimers() -> Bool {
    guard timers.count > 0 else { return false }
    let now = Clock.monotonicNanoseconds()
    // A timer scheduled meanwhile waits for the next turn, so that sockets get theirs.
    let newest = timers.newest
    var ran = false
    while let handler = timers.popDue(at: now, upTo: newest) {
      handler()
      ran = true
    }
    return ran
  }

  private func runWork() -> Bool {
    let hasEnqueued = !enqueued.isEmpty
    if hasEnqueued {
      let work = enqueued
      enqueued = []
      for item in work { item() }
    }
    guard !inbox.isEmpty else { return hasEnqueued }
    inbox.take(&submittedHere)
    for item in submittedHere { item() }
    submittedHere.removeAll(keepingCapacity: true)
    return true
  }
}
