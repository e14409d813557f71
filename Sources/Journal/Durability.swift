/// What a fact must survive before anything acts on it.
package enum Durability: Sendable, Equatable {
  /// A power cut: the fact is safe when a sync has returned.
  case power
  /// A crash of this process: the fact is safe when the kernel has it.
  case process
}
