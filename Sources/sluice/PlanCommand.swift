internal import Foundation
internal import RouterService
internal import Wire

extension Command {
  static let plan = Command(
    name: "plan", summary: "the best split of a quantity, without sending anything",
    usage: """
      usage: sluice plan --books FILE --side buy|sell --quantity Q [options]
             sluice plan --symbol SYMBOL --side buy|sell --quantity Q [options]

      Shows how a quantity would be split over venues, what that costs with all fees, and how far
      from the best it can be at most. Nothing is sent.
        --books FILE      plan over the books in FILE (JSON; '-' is standard input), offline
        --symbol SYMBOL   plan over the live books and balances of the service
        --side buy|sell
        --quantity Q      in units of the base asset, an exact decimal
        --limit P         worst raw price, inclusive
        --max-children K  no more children than K, at most one a venue
        --nodes N         how many nodes the search may look at (default 1024); the same number
                          always gives the same plan
        --json            the plan as JSON

      With --books, FILE is read strictly and every fault is named; docs/plan.md has its format.
      With --symbol, the service is at SLUICE_URL (http://127.0.0.1:8080), with the token in
      SLUICE_TOKEN.
      exit status: 0 planned (all, a part or nothing), 1 failed, 2 usage or a fault in FILE,
      3 refused, 4 service unreachable
      """,
    run: { words in
      let arguments = try Arguments(
        words,
        options: ["books", "symbol", "side", "quantity", "limit", "max-children", "nodes"],
        switches: ["json"])
      let (plan, symbol) = try PlanCommand.plan(arguments)
      let what = try PlanCommand.what(arguments, symbol)
      Swift.print(
        arguments.has("json")
          ? String(decoding: plan.serialized(), as: UTF8.self) : PlanText.whole(plan, what: what))
      return ExitStatus.done
    })
}

enum PlanCommand {
  /// The plan and, if it is known, the symbol.
  static func plan(_ arguments: Arguments) throws -> (JSONValue, symbol: String?) {
    switch (arguments["books"], arguments["symbol"]) {
    case (let file?, nil):
      let terms = try terms(arguments, symbol: nil)
      let books = try read(file)
      let plan = try OfflinePlan.plan(books: books, terms: terms)
      return (plan, (try? JSONValue(parsing: books))?["symbol"]?.string)
    case (nil, let symbol?):
      let question = try terms(arguments, symbol: symbol)
      return (
        try APIClient.fromEnvironment().post("/v1/plans", question.serialized()), symbol
      )
    default:
      throw Arguments.Failure(description: "say --books FILE or --symbol SYMBOL, one of them")
    }
  }

  static func what(
    _ arguments: Arguments, _ symbol: String?
  ) throws(Arguments.Failure) -> String {
    let symbol = symbol.map { " \($0)" } ?? ""
    let limit = arguments["limit"].map { " limit \($0)" } ?? ""
    return
      "\(try arguments.required("side")) \(try arguments.required("quantity"))\(symbol)\(limit)"
  }

  private static func terms(
    _ arguments: Arguments, symbol: String?
  ) throws(Arguments.Failure) -> JSONValue {
    var members = [
      JSONMember(name: "side", value: .string(try arguments.required("side"))),
      JSONMember(name: "quantity", value: .string(try arguments.required("quantity"))),
    ]
    if let symbol { members.append(JSONMember(name: "symbol", value: .string(symbol))) }
    if let limit = arguments["limit"] {
      members.append(JSONMember(name: "limit_price", value: .string(limit)))
    }
    for (option, field) in [("max-children", "max_children"), ("nodes", "nodes")] {
      guard let number = try arguments.integer(option, 1...100_000_000) else { continue }
      members.append(JSONMember(name: field, value: .number("\(number)")))
    }
    return .object(members)
  }

  private static func read(_ file: String) throws(Arguments.Failure) -> [UInt8] {
    do {
      guard file == "-" else { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file))) }
      return [UInt8](try FileHandle.standardInput.readToEnd() ?? Data())
    } catch {
      throw Arguments.Failure(
        description: "--books: '\(file)' can not be read: \(error.localizedDescription)")
    }
  }
}
