import RouterCore
import Wire

/// When each book was last asked for, so that a broken one is asked for again, but not too often.
struct KrakenSubscriptions {
  private struct Book {
    let listing: ListingID
    var askedAt = Timestamp.distantPast
    var attempts: Int64 = 0
  }

  /// How long a snapshot may take; longer than the venue ever needs for a thousand levels.
  private static let snapshotMilliseconds: Int64 = 10_000
  private static let firstRetryMilliseconds: Int64 = 500
  private static let calmMilliseconds: Int64 = 60_000

  private var books: [Book]

  init(_ listings: [ListingID]) {
    books = listings.map { Book(listing: $0) }
  }

  /// All books have just been asked for.
  mutating func askedForAll(at time: Timestamp) {
    for index in books.indices {
      books[index].askedAt = time
      books[index].attempts = 0
    }
  }

  mutating func asked(_ listing: ListingID, at time: Timestamp) {
    guard let index = books.firstIndex(where: { $0.listing == listing }) else { return }
    let isCalm = time >= books[index].askedAt.adding(milliseconds: Self.calmMilliseconds)
    books[index].attempts = isCalm ? 1 : books[index].attempts + 1
    books[index].askedAt = time
  }

  /// When a book in that state should be asked for.
  func due(_ listing: ListingID, _ state: KrakenBookFeed.State) -> Timestamp {
    guard let book = books.first(where: { $0.listing == listing }) else { return .distantFuture }
    switch state {
    case .live: return .distantFuture
    case .synchronizing: return book.askedAt.adding(milliseconds: Self.snapshotMilliseconds)
    case .broken:
      let wait = Self.firstRetryMilliseconds << min(book.attempts, 6)
      return book.attempts == 0 ? book.askedAt : book.askedAt.adding(milliseconds: wait)
    }
  }
}

/// The messages that open and close subscriptions.
enum KrakenSubscriptionMessages {
  static func books(
    _ method: String, _ symbols: [String], depth: Int, requestID: Int64
  ) -> [UInt8] {
    message(method, requestID) { writer in
      writer.field("channel", "book")
      writer.key("symbol")
      writer.beginArray()
      for symbol in symbols { writer.string(symbol) }
      writer.endArray()
      writer.field("depth", integer: Int64(depth))
      if method == "subscribe" { writer.field("snapshot", bool: true) }
    }
  }

  /// Without the snapshot, which holds trades of before.
  static func trades(_ symbols: [String], requestID: Int64) -> [UInt8] {
    message("subscribe", requestID) { writer in
      writer.field("channel", "trade")
      writer.key("symbol")
      writer.beginArray()
      for symbol in symbols { writer.string(symbol) }
      writer.endArray()
      writer.field("snapshot", bool: false)
    }
  }

  static func instruments(requestID: Int64) -> [UInt8] {
    message("subscribe", requestID) { writer in
      writer.field("channel", "instrument")
      writer.field("snapshot", bool: true)
    }
  }

  static func executions(token: String, requestID: Int64) -> [UInt8] {
    message("subscribe", requestID) { writer in
      writer.field("channel", "executions")
      writer.field("snap_orders", bool: true)
      writer.field("snap_trades", bool: true)
      writer.field("order_status", bool: true)
      writer.field("token", token)
    }
  }

  static func balances(token: String, requestID: Int64) -> [UInt8] {
    message("subscribe", requestID) { writer in
      writer.field("channel", "balances")
      writer.field("snapshot", bool: true)
      writer.field("token", token)
    }
  }

  static func ping(requestID: Int64) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("method", "ping")
    writer.field("req_id", integer: requestID)
    writer.endObject()
    return writer.bytes
  }

  private static func message(
    _ method: String, _ requestID: Int64, _ parameters: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("method", method)
    writer.key("params")
    writer.beginObject()
    parameters(&writer)
    writer.endObject()
    writer.field("req_id", integer: requestID)
    writer.endObject()
    return writer.bytes
  }
}
