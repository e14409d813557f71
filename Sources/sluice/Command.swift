internal import Foundation
internal import RouterService

/// One command of `sluice`: its name, its help and what it does.
struct Command: Sendable {
  let name: String
  let summary: String
  let usage: String
  /// - Returns: The exit status.
  let run: @Sendable ([String]) throws -> Int32
}

enum ExitStatus {
  static let done: Int32 = 0
  static let failed: Int32 = 1
  static let usage: Int32 = 2
  static let refused: Int32 = 3
  static let unreachable: Int32 = 4
}

/// Writes a line to standard output at once, also when it is a pipe.
func say(_ line: String) {
  FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

/// Writes a line for people to standard error.
func complain(_ words: String) {
  FileHandle.standardError.write(Data("\(words)\n".utf8))
}

/// Runs a command and turns what went wrong into words and an exit status.
func execute(_ command: Command, _ arguments: [String]) -> Int32 {
  if arguments.contains("--help") || arguments.contains("-h") {
    print(command.usage)
    return ExitStatus.done
  }
  do {
    return try command.run(arguments)
  } catch let failure as Arguments.Failure {
    complain("sluice \(command.name): \(failure)")
    complain("see: sluice \(command.name) --help")
    return ExitStatus.usage
  } catch let failure as ClientFailure {
    complain("sluice \(command.name): \(failure)")
    return failure.exitStatus
  } catch let failure as MeasuringError {
    complain("sluice \(command.name): \(failure)")
    return failure.exitStatus
  } catch let failure as SettingsError {
    complain("sluice \(command.name): \(failure)")
    return ExitStatus.usage
  } catch let failure as StartError {
    complain("sluice \(command.name): \(failure)")
    return failure.exitStatus
  } catch {
    complain("sluice \(command.name): \(error)")
    return ExitStatus.failed
  }
}
