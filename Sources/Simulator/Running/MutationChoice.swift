#if MUTATIONS
  internal import RouterCore

  /// The planted bug that a build for the mutation gate runs with.
  package enum MutationChoice {
    package static var names: [String] { Mutation.allCases.map(\.rawValue) }

    /// - Returns: Whether there is such a bug.
    package static func choose(_ name: String) -> Bool {
      guard let mutation = Mutation(rawValue: name) else { return false }
      unsafe Mutation.active = mutation
      return true
    }
  }
#endif
