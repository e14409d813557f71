/// What is wrong with one field of a planning problem, and what would mend it.
package struct PlanFault: Sendable, Equatable, CustomStringConvertible {
  /// Where it stands, such as `venues[0].asks[2][1]`; empty for the whole document.
  package var field: String
  /// The venue's name, if the field is a venue's and the name is known.
  package var venue: String?
  package var detail: String

  package init(field: String, venue: String? = nil, detail: String) {
    self.field = field
    self.venue = venue
    self.detail = detail
  }

  package var description: String {
    let place = [field, venue.map { "(venue \($0))" } ?? ""].filter { !$0.isEmpty }
    return place.isEmpty ? detail : "\(place.joined(separator: " ")): \(detail)"
  }
}

/// All faults of a document, in its order; never empty when thrown.
package struct PlanFaults: Error, Sendable, Equatable, CustomStringConvertible {
  /// More are not told: who sends so many has sent something else altogether.
  private static let toldAtMost = 20

  package private(set) var faults: [PlanFault] = []
  private(set) var untold = 0

  package init() {}

  package init(_ fault: PlanFault) {
    faults = [fault]
  }

  package var isEmpty: Bool { faults.isEmpty }

  mutating func add(_ field: String, venue: String? = nil, _ detail: String) {
    guard faults.count < Self.toldAtMost else {
      untold += 1
      return
    }
    faults.append(PlanFault(field: field, venue: venue, detail: detail))
  }

  /// Calls fields of the document itself by other names.
  package mutating func rename(_ names: [String: String]) {
    for index in faults.indices {
      faults[index].field = names[faults[index].field] ?? faults[index].field
    }
  }

  package func description(separator: String) -> String {
    let rest = untold > 0 ? ["and \(untold) more"] : []
    return (faults.map(\.description) + rest).joined(separator: separator)
  }

  package var description: String { description(separator: "\n") }

  /// In one line, beside the first fault's field.
  var detail: String {
    guard faults.count == 1 && untold == 0, let fault = faults.first else {
      return description(separator: "; ")
    }
    return (fault.venue.map { "venue \($0): " } ?? "") + fault.detail
  }
}
