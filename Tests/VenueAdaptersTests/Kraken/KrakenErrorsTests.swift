import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct KrakenErrorsTests {
  @Test(arguments: [
    ("EOrder:Insufficient funds", KrakenErrorMeaning.refused(.insufficientFunds)),
    ("EOrder:Order minimum not met", .refused(.belowMinimum)),
    ("EOrder:Cost minimum not met", .refused(.belowMinimum)),
    ("EOrder:Tick size check failed", .refused(.incrementViolation)),
    (
      "EOrder:Invalid price:BTC/USD price can only be specified up to 1 decimals.",
      .refused(.incrementViolation)
    ),
    ("EOrder:Rate limit exceeded", .refused(.rateLimited)),
    ("EOrder:Domain rate limit exceeded", .refused(.rateLimited)),
    ("EOrder:Orders limit exceeded", .refused(.tooManyOrders)),
    ("EOrder:Post only order", .refused(.postOnlyWouldTake)),
    ("EOrder:Unknown order", .unknownOrder),
    ("EOrder:Something new", .ambiguous), ("EGeneral:Something new", .ambiguous),
    ("EService:Something new", .ambiguous), ("EAPI:Something new", .ambiguous),
    ("EAuth:Something new", .ambiguous), ("EQuery:Something new", .ambiguous),
    ("ETrade:Something new", .ambiguous), ("EFunding:Something new", .ambiguous),
    ("EBM:Something new", .ambiguous), ("ESession:Something new", .ambiguous),
    ("EGeneral:Invalid arguments:volume", .refused(.malformedRequest)),
    ("EGeneral:Permission denied", .unauthorized),
    ("EGeneral:Temporary lockout", .busy(milliseconds: 900_000)),
    ("EGeneral:Too many requests", .busy(milliseconds: 5000)),
    ("EGeneral:Internal error", .ambiguous),
    ("EGeneral:Internal error:17", .ambiguous),
    ("EService:Unavailable", .ambiguous),
    ("EService:Busy", .ambiguous),
    ("EService:Deadline elapsed", .ambiguous),
    ("EService:Market in cancel_only mode", .refused(.marketClosed)),
    ("EService: Throttled: 1700000000", .busy(milliseconds: 5000)),
    ("EAPI:Invalid nonce", .invalidNonce),
    ("EAPI:Invalid key", .unauthorized),
    ("EAPI:Invalid signature", .unauthorized),
    ("EAPI:Rate limit exceeded", .throttled(milliseconds: 15_000)),
    ("EAuth:Account temporary disabled", .unauthorized),
    ("EAuth:Rate limit exceeded", .busy(milliseconds: 15_000)),
    ("EAccount:Invalid permissions", .unauthorized),
    ("ESession:Invalid session", .sessionExpired),
    ("EQuery:Unknown asset pair", .refused(.malformedRequest)),
    ("ETrade:Invalid request", .refused(.venueRule)),
    ("EBM:limit exceeded:CAL", .refused(.venueRule)),
    ("Exceeded msg rate", .ambiguous),
    ("", .ambiguous),
    ("<html>", .ambiguous),
  ])
  func `each error of the table has its meaning`(_ text: String, _ meaning: KrakenErrorMeaning) {
    #expect(KrakenErrorMeaning(text) == meaning)
  }

  @Test func `only an answer of the API says anything`() throws {
    func reply(_ body: String, _ status: Int = 200) throws(KrakenReply.Failure) -> JSONValue {
      try KrakenReply(
        HTTPResponse(status: status, reason: "", headers: [], body: Array(body.utf8))
      ).result
    }
    #expect(try reply("{\"error\":[],\"result\":{\"a\":1}}")["a"]?.int64 == 1)
    #expect(try reply("{\"error\":[\"WGeneral:Slow\"],\"result\":7}").int64 == 7)
    #expect(throws: KrakenReply.Failure.status(502)) { try reply("<html>", 502) }
    #expect(throws: KrakenReply.Failure.refused("EAPI:Invalid key")) {
      try reply("{\"error\":[\"EAPI:Invalid key\"]}")
    }
    #expect(throws: KrakenReply.Failure.self) { try reply("<html>busy</html>") }
    #expect(throws: KrakenReply.Failure.self) { try reply("{\"error\":[]}") }
    #expect(throws: KrakenReply.Failure.self) { try reply("{\"error\":[7],\"result\":{}}") }
  }
}
