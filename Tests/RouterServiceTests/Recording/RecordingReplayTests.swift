import Foundation
import Journal
import RouterCore
import Testing

@testable import RouterService

final class RecordingReplayTests {
  private let directory =
    FileManager.default.temporaryDirectory
    .appendingPathComponent("sluice-recording-\(UUID().uuidString)").path

  init() throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  private func write(
    _ steps: [RecordedStep], _ configuration: CoreConfiguration, name: String = "run"
  ) throws -> String {
    let path = "\(directory)/\(name).recording"
    let writer = try RecordingWriter(path: path, configuration: configuration)
    for step in steps { writer.append(step) }
    try writer.flush()
    return path
  }

  @Test(arguments: 1...8)
  func `a run replays to the same facts, commands and replies`(seed: Int) throws {
    let run = RecordedRun(seed: UInt64(seed))
    let replay = try RecordingReplay.run(try write(run.steps, run.configuration))
    #expect(replay.difference == nil, "seed \(seed): \(String(describing: replay.difference))")
    #expect(replay.steps == run.steps.count && replay.end == .closed)
    #expect(replay.facts > 500 && replay.commands > 50 && replay.replies > 100)
  }

  @Test(arguments: 1...4)
  func `an event that was changed is found at the first output it changes`(seed: Int) throws {
    let run = RecordedRun(seed: UInt64(seed))
    var steps = run.steps
    // The first fill counts one unit more than it did.
    let place = try #require(
      steps.firstIndex { step in
        guard case .event(let recorded) = step.input, case .childReport(let report) = recorded.event
        else { return false }
        return report.kind == .fill && report.lastQuantity.mantissa > 1
      })
    guard case .event(let recorded) = steps[place].input,
      case .childReport(var report) = recorded.event
    else { return }
    report.lastQuantity = Quantity(mantissa: report.lastQuantity.mantissa - 1)
    steps[place].input = .event(RecordedEvent(.childReport(report), levels: []))
    let replay = try RecordingReplay.run(try write(steps, run.configuration))
    let difference = try #require(replay.difference)
    #expect(difference.step == place + 1)
    #expect(difference.recorded != difference.replayed)
  }

  @Test func `an answer of the last gate that was changed is found`() throws {
    let run = RecordedRun(seed: 1)
    var steps = run.steps
    let place = try #require(
      steps.firstIndex { if case .released(_, mayLeave: true) = $0.input { true } else { false } })
    guard case .released(let order, _) = steps[place].input else { return }
    steps[place].input = .released(order, mayLeave: false)
    let replay = try RecordingReplay.run(try write(steps, run.configuration))
    #expect(replay.difference?.step == place + 1)
    #expect(replay.difference?.replayed == ["answer true"])
  }

  @Test func `the command says equal or shows the difference, and its status tells`() throws {
    let run = RecordedRun(seed: 3, length: 100)
    let path = try write(run.steps, run.configuration)
    var lines: [String] = []
    let equal = RecordingCommand.run(
      directory, isJSON: false, output: { lines.append($0) }, errors: { lines.append($0) })
    #expect(equal == 0 && lines.count == 1)
    #expect(lines[0].hasPrefix("\(path): \(run.steps.count) steps"))
    #expect(lines[0].hasSuffix("all equal"))
    var steps = run.steps
    let place = try #require(steps.firstIndex { !$0.output.facts.isEmpty })
    steps[place].output.facts.removeAll()
    let changed = try write(steps, run.configuration, name: "changed")
    lines.removeAll()
    let different = RecordingCommand.run(
      changed, isJSON: false, output: { lines.append($0) }, errors: { lines.append($0) })
    #expect(different == 1)
    #expect(lines.joined().contains("first difference at step \(place + 1)"))
    let missing = RecordingCommand.run(
      "\(directory)/none", isJSON: false, output: { _ in }, errors: { lines.append($0) })
    #expect(missing == 1 && lines.last?.contains("none") == true)
  }

  @Test func `the recorder writes what it is given and ends in order`() throws {
    let run = RecordedRun(seed: 2, length: 200)
    let recorder = try CoreRecorder(
      directory: "\(directory)/made", epoch: 4, configuration: run.configuration)
    for step in run.steps.dropLast() { recorder.record(step) }
    recorder.close()
    #expect(recorder.path.hasSuffix("/made/run-00000004.recording"))
    let replay = try RecordingReplay.run(recorder.path)
    #expect(replay.difference == nil && replay.end == .closed)
    #expect(replay.steps == run.steps.count)
  }

  @Test func `a recorder that can not keep up ends, and says so in the recording`() throws {
    let recorder = try CoreRecorder(
      directory: directory, epoch: 1, configuration: .small(instance: 1), capacity: 4)
    let step = RecordedStep(.turnEnded, at: Timestamp(nanoseconds: 1))
    while recorder.isRecording { recorder.record(step) }
    recorder.close()
    #expect(try RecordingReplay.run(recorder.path).end == .overrun)
    // A second run may not overwrite the first.
    #expect(throws: RecordingError.self) {
      try CoreRecorder(directory: directory, epoch: 1, configuration: .small(instance: 1))
    }
  }
}
