/// Events in order, with the levels of their book updates; reused, so that it stops allocating.
package struct EventBatch: Sendable {
  @usableFromInline package internal(set) var events: [Event] = []
  @usableFromInline package internal(set) var levels: [BookLevel] = []

  /// A batch of one event without levels.
  package init(_ event: Event) {
    events = [event]
  }

  package init(eventCapacity: Int = 64, levelCapacity: Int = 4096) {
    events.reserveCapacity(eventCapacity)
    levels.reserveCapacity(levelCapacity)
  }

  @inlinable package var isEmpty: Bool { events.isEmpty }

  /// How many levels are held; where the next one will lie.
  @inlinable package var levelCount: Int { levels.count }

  @inlinable package mutating func append(_ event: Event) {
    events.append(event)
  }

  /// Adds a level for the book update that is being decoded.
  @inlinable package mutating func append(_ level: BookLevel) {
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
