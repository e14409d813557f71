import RouterCore
import Wire

/// An order as REST describes it.
struct KrakenFoundOrder {
  enum Status {
    case open, filled, canceled, expired
    case unknown

    var isTerminal: Bool { self == .filled || self == .canceled || self == .expired }
  }

  let venueOrderID: ShortText
  let status: Status
  /// `nil` if it could not be read.
  let executed: Quantity?
  let reason: String
  /// The ids of its trades as far as the venue lists them.
  let tradeIDs: [String]

  /// `nil` if the id is not an id.
  init?(_ member: JSONMember, _ binding: ListingBinding) {
    guard let id = ShortText(member.name), !id.isEmpty else { return nil }
    venueOrderID = id
    status = Self.status(member.value["status"]?.string)
    executed = KrakenExecution.quantity(member.value["vol_exec"], binding)
    reason = member.value["reason"]?.string ?? ""
    tradeIDs = member.value["trades"]?.array?.compactMap(\.string) ?? []
  }

  private static func status(_ text: String?) -> Status {
    switch text {
    case "pending", "open": .open
    case "closed": .filled
    case "canceled": .canceled
    case "expired": .expired
    default: .unknown
    }
  }
}
