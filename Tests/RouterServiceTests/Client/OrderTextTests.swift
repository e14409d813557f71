import RouterService
import Testing
import Wire

struct OrderTextTests {
  private func whole(_ more: String) throws -> String {
    OrderText.whole(
      try JSONValue(
        parsing: #"{"id":"7","symbol":"BTC-USD","side":"sell","type":"stop_limit","quantity":"2","#
          + #""time_in_force":"gtc","status":"armed","filled_quantity":"0"\#(more)}"#))
  }

  @Test func `an order is told with its prices, trigger and conditions`() throws {
    let text = try whole(
      #","limit_price":"63400","stop_price":"63500","trigger":"last","post_only":true"#)
    #expect(
      text.contains(
        "order 7: sell 2 BTC-USD stop_limit limit 63400 stop 63500 on last post-only gtc - armed"))
  }

  @Test func `routing is told where it is not the standard`() throws {
    let standard =
      #""strategy":"best_price","objective":"cost","arrival":"spray","max_participation":"1","#
      + #""residual":"rest""#
    #expect(try !whole(#","routing":{\#(standard)}"#).contains("routing"))
    let text = try whole(
      #","routing":{"strategy":"fewest_venues","objective":"cost","arrival":"spray","#
        + #""max_participation":"0.25","wave_interval_ms":250,"residual":"hold"}"#)
    #expect(
      text.contains(
        "routing fewest_venues, max_participation 0.25, wave_interval_ms 250, residual hold"))
  }

  @Test func `a trigger and replacements are told with their times`() throws {
    let text = try whole(
      #","expires_at":"E","triggered":{"at":"T","price":"63499","confirming_venues":2,"#
        + #""usable_venues":3},"replacing":{"quantity":"3","limit_price":"63000"},"#
        + #""replaced":[{"quantity":"1","stop_price":"63600","since":"S","until":"U"}]"#)
    #expect(text.contains("expires E"))
    #expect(text.contains("triggered T at 63499, shown by 2 of 3 venues"))
    #expect(text.contains("being replaced by 3 limit 63000"))
    #expect(text.contains("was 1 stop 63600 until U"))
  }

  @Test func `a list has prices and routing`() throws {
    let order = try JSONValue(
      parsing: #"{"id":"7","limit_price":"1","stop_price":"2","routing":{"residual":"hold"}}"#)
    let lines = OrderText.list([order]).split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasSuffix("routing"))
    #expect(lines[1].hasSuffix("residual hold"))
  }
}
