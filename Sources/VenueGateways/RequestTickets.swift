internal import VenueAdapters

/// The tags of requests under way, by small numbers that are used again.
struct RequestTickets {
  private var tags: [RequestTag] = []
  private var free: [Int] = []

  mutating func take(_ tag: RequestTag) -> Int {
    guard let ticket = free.popLast() else {
      tags.append(tag)
      return tags.count - 1
    }
    tags[ticket] = tag
    return ticket
  }

  subscript(ticket: Int) -> RequestTag { tags[ticket] }

  /// Ends a ticket; each is given back once.
  mutating func giveBack(_ ticket: Int) -> RequestTag {
    free.append(ticket)
    return tags[ticket]
  }
}
