internal import ClientGateways
package import Wire

/// Plans over books in a document, without any service.
package enum OfflinePlan {
  /// - Parameters:
  ///   - books: The document.
  ///   - terms: An object with `side`, `quantity` and so on, made of the command's options.
  /// - Returns: The plan as the API would answer it.
  /// - Throws: A failure with the exit status of wrong usage that names every fault.
  package static func plan(
    books: [UInt8], terms: JSONValue
  ) throws(ClientFailure) -> JSONValue {
    let answer: [UInt8]
    do throws(PlanFaults) {
      answer = try PlanReader.read(books: books, terms: terms).answer()
    } catch {
      throw .usage(words(error))
    }
    guard let json = try? JSONValue(parsing: answer) else {
      throw .usage("the plan can not be written as JSON")
    }
    return json
  }

  private static let options = [
    "side": "--side", "quantity": "--quantity", "limit_price": "--limit",
    "max_children": "--max-children", "nodes": "--nodes",
  ]

  /// The faults, one a line, with options by their own names.
  private static func words(_ faults: PlanFaults) -> String {
    var named = faults
    named.rename(Self.options)
    return named.description
  }
}
