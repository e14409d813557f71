internal import RouterCore
package import Wire

/// Reads planning problems from JSON, strictly: every fault is named with its field and venue.
package enum PlanReader {
  private static let limits = JSONLimits(allowsDuplicateNames: true)
  private static let bookFields = ["symbol", "venues"]
  /// Of `POST /v1/plans`.
  private static let problemFields = bookFields + PlanTerms.fields
  private static let questionFields = ["symbol"] + PlanTerms.fields

  /// Books in one document and terms in another, as `sluice plan --books` has them.
  package static func read(books: [UInt8], terms: JSONValue) throws(PlanFaults) -> PlanProblem {
    var faults = PlanFaults()
    let read = FieldReader(terms, path: "", known: PlanTerms.fields, faults: &faults).flatMap {
      PlanTerms($0, maximumNodes: PlanTerms.maximumNodes, faults: &faults)
    }
    return try problem(try parse(books), bookFields, read, faults)
  }

  package static func parse(_ bytes: [UInt8]) throws(PlanFaults) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: bytes, limits: limits)
    } catch {
      throw PlanFaults(PlanFault(field: "", detail: "the text is not valid JSON: \(error)"))
    }
  }

  /// Terms and books in one document.
  static func read(
    problem json: JSONValue, maximumNodes: Int64
  ) throws(PlanFaults) -> PlanProblem {
    var faults = PlanFaults()
    // Unknown fields are told once, with the books.
    let known = (json.members ?? []).map(\.name)
    let fields = FieldReader(json, path: "", known: known, faults: &faults)
    faults = PlanFaults()
    let terms = fields.flatMap { PlanTerms($0, maximumNodes: maximumNodes, faults: &faults) }
    return try problem(json, problemFields, terms, faults)
  }

  /// Terms for the service's own books, and their symbol.
  static func read(
    question json: JSONValue, maximumNodes: Int64
  ) throws(PlanFaults) -> (symbol: String, terms: PlanTerms) {
    var faults = PlanFaults()
    let fields = FieldReader(json, path: "", known: questionFields, faults: &faults)
    let symbol = fields.flatMap { $0.text("symbol", &faults) }
    let terms = fields.flatMap { PlanTerms($0, maximumNodes: maximumNodes, faults: &faults) }
    guard faults.isEmpty, let symbol, let terms else { throw faults }
    return (symbol, terms)
  }

  private static func problem(
    _ json: JSONValue, _ known: [String], _ terms: PlanTerms?, _ termFaults: PlanFaults
  ) throws(PlanFaults) -> PlanProblem {
    var faults = termFaults
    guard let fields = FieldReader(json, path: "", known: known, faults: &faults) else {
      throw faults
    }
    if fields.value("symbol") != nil { _ = fields.text("symbol", &faults) }
    let drafts = venues(fields, needed: terms?.side == .sell ? "bids" : "asks", &faults)
    guard faults.isEmpty, let terms else { throw faults }
    var assembly = PlanAssembly(terms, drafts)
    return try assembly.problem()
  }

  private static func venues(
    _ fields: FieldReader, needed: String, _ faults: inout PlanFaults
  ) -> [VenueDraft] {
    guard let value = fields.required("venues", &faults) else { return [] }
    guard let rows = value.array else {
      fields.fault("venues", "must be an array of venues", &faults)
      return []
    }
    guard rows.count <= RoutePlan.maximumLegs else {
      fields.fault(
        "venues", "has \(rows.count) venues; at most \(RoutePlan.maximumLegs) are planned over",
        &faults)
      return []
    }
    let drafts = rows.enumerated().map { index, row in
      VenueDraft(row, path: "venues[\(index)]", needed: needed, faults: &faults)
    }
    var seen: Set<String> = []
    for draft in drafts where !draft.name.isEmpty && !seen.insert(draft.name).inserted {
      faults.add(
        "\(draft.path).venue", venue: draft.name,
        "names a venue that has come before; each may stand once")
    }
    return drafts
  }
}
