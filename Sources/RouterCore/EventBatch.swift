/// Events in order, with the levels of their book updates; reused, so that it stops allocating.
///
/// The type is `@usableFromInline` because `@inlinable` does nothing on the members of a type that
/// is only `package`, and levels are appended one by one.
@usableFromInline
package struct EventBatch: Sendable {
  package internal(set) var events: [Event] = []
  @usableFromInline package internal(set) var levels: [BookLevel] = []

  /// A batch of one event without levels.
  package init(_ event: Event) {
    events = [event]
  }

  package init(eventCapacity: Int = 64, levelCapacity: Int = 4096) {
    // An array allocates for a capacity of zero as well.
    if eventCapacity > 0 { events.reserveCapacity(eventCapacity) }
    if levelCapacity > 0 { levels.reserveCapacity(levelCapacity) }
  }

  package var isEmpty: Bool { events.isEmpty }

  /// How many levels are held; where the next one will lie.
  @inlinable package var levelCount: Int { levels.count }

  package mutating func append(_ event: Event) {
    events.append(event)
  }

  /// Adds a level for the book update that is being decoded.
  @inlinable @inline(always) package mutating func append(_ level: BookLevel) {
    levels.append(level)
  }

  /// Drops the levels from `count` on: the message turned out to be broken.
  package mutating func truncateLevels(to count: Int) {
    levels.removeSubrange(count...)
  }

  package mutating func removeAll() {
    events.removeAll(keepingCapacity: true)
    levels.removeAll(keepingCapacity: true)
  }
}
