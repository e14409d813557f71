internal import Foundation

/// The command line: finds the command and runs it.
@main
enum Sluice {
  static let version = "0.1.0"

  static let commands: [Command] = [
    .demo, .run, .venue, .order, .plan, .book, .venues, .positions, .halt, .resume, .journal,
    .replay, .simulate, .latency, .version,
  ]

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let name = arguments.first else {
      complain(usage)
      exit(ExitStatus.usage)
    }
    if name == "--help" || name == "-h" || name == "help" {
      print(usage)
      exit(ExitStatus.done)
    }
    if name == "--version" { finish(execute(.version, [])) }
    guard let command = commands.first(where: { $0.name == name }) else {
      complain("sluice: '\(name)' is not a command; see: sluice --help")
      exit(ExitStatus.usage)
    }
    finish(execute(command, Array(arguments.dropFirst())))
  }

  /// Ends with a status; what could not be written to standard output has failed.
  private static func finish(_ status: Int32) -> Never {
    if fflush(nil) != 0 && status == ExitStatus.done {
      complain("sluice: the answer could not be written to standard output")
      exit(ExitStatus.failed)
    }
    exit(status)
  }

  private static var usage: String {
    let width = commands.map(\.name.count).max() ?? 0
    let lines = commands.map { command in
      let name = command.name.padding(toLength: width, withPad: " ", startingAt: 0)
      return "  \(name)  \(command.summary)"
    }
    return """
      sluice - smart order router for crypto spot venues

      usage: sluice COMMAND [options]

      \(lines.joined(separator: "\n"))

      'sluice COMMAND --help' tells more. Commands that talk to a running service use SLUICE_URL
      (http://127.0.0.1:8080) and SLUICE_TOKEN; 'run' takes its settings from --config or
      SLUICE_CONFIG.
      """
  }
}
