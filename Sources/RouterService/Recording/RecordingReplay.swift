package import Journal
package import RouterCore

/// Feeds a recording to a fresh core and compares everything it says with what was said then.
package struct RecordingReplay {
  /// The first step at which the core said something else.
  package struct Difference: Sendable {
    package var step: Int
    package var at: Timestamp
    package var input: String
    package var recorded: [String]
    package var replayed: [String]
  }

  package private(set) var steps = 0
  package private(set) var events = 0
  package private(set) var facts = 0
  package private(set) var commands = 0
  package private(set) var replies = 0
  package private(set) var cutByteCount = 0
  /// `nil` if the recording just stops: the process did not end in order.
  package private(set) var end: RecordingEnd?
  package private(set) var difference: Difference?

  package static func run(_ path: String) throws(RecordingError) -> RecordingReplay {
    var reader = try RecordingReader(path: path)
    var replay = RecordingReplay()
    var core = RouterCore(reader.configuration)
    var outbox = Outbox()
    while let step = try reader.next() {
      outbox.removeAll()
      if case .epochStarted(let epoch) = step.input, epoch <= core.epoch {
        throw .notARecording("epoch \(epoch) does not follow \(core.epoch)")
      }
      let answer = apply(step, to: &core, &outbox)
      replay.count(step)
      let output = RecordedStep.Output(outbox, since: RecordedStep.Output.Mark(Outbox()))
      guard output == step.output, answer == nil || answer == step.answer else {
        replay.difference = Difference(step, replay.steps, output, answer)
        break
      }
    }
    replay.cutByteCount = reader.cutByteCount
    return replay
  }

  /// - Returns: The core's yes or no, where it gives one.
  private static func apply(
    _ step: RecordedStep, to core: inout RouterCore, _ outbox: inout Outbox
  ) -> Bool? {
    switch step.input {
    case .initialFact(let fact): core.apply(fact)
    case .epochStarted(let epoch): core.startEpoch(epoch, at: step.at, into: &outbox)
    case .reconciliationBegun: core.beginReconciliation(at: step.at, into: &outbox)
    case .event(let recorded):
      core.process(recorded.event, levels: recorded.levels, at: step.at, into: &outbox)
    case .released(let order, _): return core.release(order, at: step.at, into: &outbox)
    case .askedAgain(let child, _): return core.mayStillLeave(child, at: step.at)
    case .factsSafe, .turnEnded, .recordingEnded: break
    }
    return nil
  }

  private mutating func count(_ step: RecordedStep) {
    steps += 1
    if case .event = step.input { events += 1 }
    if case .recordingEnded(let end) = step.input { self.end = end }
    facts += step.output.facts.count
    commands += step.output.commands.count
    replies += step.output.replies.count
  }
}

extension RecordedStep {
  fileprivate var answer: Bool? {
    switch input {
    case .released(_, let mayLeave), .askedAgain(_, let mayLeave): mayLeave
    default: nil
    }
  }
}

extension RecordingReplay.Difference {
  fileprivate init(
    _ step: RecordedStep, _ number: Int, _ output: RecordedStep.Output, _ answer: Bool?
  ) {
    self.step = number
    at = step.at
    input = Self.words(step.input)
    let was = Self.lines(step.output, step.answer)
    let now = Self.lines(output, answer)
    let equal = zip(was, now).prefix { $0 == $1 }.count
    // From the first line that differs; what stands before it is the same.
    recorded = Array(was[equal...])
    replayed = Array(now[equal...])
  }

  private static func words(_ input: RecordedStep.Input) -> String {
    if case .event(let recorded) = input { return "\(recorded.event)" }
    return "\(input)"
  }

  private static func lines(_ output: RecordedStep.Output, _ answer: Bool?) -> [String] {
    var lines = output.facts.map { "fact \($0)" }
    lines += output.commands.map { "command \($0.value), after \($0.factCount) facts" }
    lines += output.replies.map { "reply \($0.value), after \($0.factCount) facts" }
    lines += output.snapshotRequests.map { "snapshot of listing \($0.rawValue)" }
    if let answer { lines.append("answer \(answer)") }
    return lines
  }
}
