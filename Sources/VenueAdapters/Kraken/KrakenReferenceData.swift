import RouterCore
import Wire

/// Reads the answers to the questions of start-up.
enum KrakenReferenceData {
  /// The server's time; whole seconds on the wire, so the middle of that second is meant.
  static func serverTime(_ result: JSONValue) throws(VenueFault) -> VenueAnswer {
    guard let seconds = result["unixtime"]?.int64, seconds > 0, seconds < 9_000_000_000 else {
      throw .malformed("Time: unixtime")
    }
    return .serverTime(nanoseconds: seconds * 1_000_000_000 + 500_000_000)
  }

  // MARK: - Pairs

  static func listings(_ result: JSONValue, _ pairs: [PairName]) throws(VenueFault) -> VenueAnswer {
    guard let members = result.members else { throw .malformed("AssetPairs: result") }
    var definitions: [ListingDefinition] = []
    for pair in pairs {
      let row = members.first { Self.pair($0.value) == pair }
      guard let row else { throw .refused("Kraken lists no \(pair.description)") }
      definitions.append(try definition(pair, row))
    }
    return .listings(definitions)
  }

  /// The pair of a row, from its WebSocket v1 name: `XBT/USD`.
  private static func pair(_ row: JSONValue) -> PairName? {
    guard let parts = row["wsname"]?.string?.split(separator: "/"), parts.count == 2 else {
      return nil
    }
    return PairName(
      base: KrakenAssetNames.name(String(parts[0])),
      quote: KrakenAssetNames.name(String(parts[1])))
  }

  private static func definition(
    _ pair: PairName, _ member: JSONMember
  ) throws(VenueFault) -> ListingDefinition {
    let row = member.value
    let priceDigits = try digits(row, "pair_decimals", pair)
    let quantityDigits = try digits(row, "lot_decimals", pair)
    guard let symbol = row["altname"]?.string else {
      throw .malformed("AssetPairs \(pair.description): altname")
    }
    return ListingDefinition(
      pair: pair, symbol: symbol, streamSymbol: pair.base + "/" + pair.quote,
      internalSymbol: member.name,
      priceIncrement: try decimal(row, "tick_size", pair)
        ?? WrittenDecimal(mantissa: 1, scale: priceDigits),
      quantityIncrement: WrittenDecimal(mantissa: 1, scale: quantityDigits),
      minimumQuantity: try decimal(row, "ordermin", pair) ?? WrittenDecimal(mantissa: 0, scale: 0),
      maximumQuantity: nil,
      minimumNotional: try decimal(row, "costmin", pair) ?? WrittenDecimal(mantissa: 0, scale: 0),
      status: status(row["status"]?.string ?? "online"), feeAsset: .quote,
      priceDigits: priceDigits, quantityDigits: quantityDigits)
  }

  private static func digits(
    _ row: JSONValue, _ name: String, _ pair: PairName
  ) throws(VenueFault) -> Int {
    guard let value = row[name]?.int64, value >= 0, value <= 18 else {
      throw .malformed("AssetPairs \(pair.description): \(name)")
    }
    return Int(value)
  }

  private static func decimal(
    _ row: JSONValue, _ name: String, _ pair: PairName
  ) throws(VenueFault) -> WrittenDecimal? {
    guard let value = row[name], !value.isNull else { return nil }
    guard let text = value.text, let written = DecimalText.parse(text), written.mantissa >= 0 else {
      throw .malformed("AssetPairs \(pair.description): \(name)")
    }
    return WrittenDecimal(mantissa: written.mantissa, scale: written.scale)
  }

  /// A status on REST or on the `instrument` channel; one that we do not know trades nothing.
  static func status(_ text: String) -> ListingStatus {
    switch text {
    case "online": .trading
    case "limit_only": .limitOnly
    case "post_only": .postOnly
    case "cancel_only": .cancelOnly
    default: .halted
    }
  }

  // MARK: - Account

  /// Rates are percentages: `0.2500` is 0.25 %, 250,000 parts per hundred million.
  static func feeRates(
    _ result: JSONValue, _ listings: [ListingDefinition]
  ) throws(VenueFault) -> VenueAnswer {
    var rates: [FeeRates] = []
    for listing in listings {
      guard let taker = rate(result["fees"], listing) else {
        throw .malformed("TradeVolume: fees of \(listing.symbol)")
      }
      // A pair without a maker schedule charges everyone alike.
      let maker = rate(result["fees_maker"], listing) ?? taker
      rates.append(FeeRates(pair: listing.pair, taker: taker, maker: maker))
    }
    return .feeRates(rates)
  }

  private static func rate(_ fees: JSONValue?, _ listing: ListingDefinition) -> FeeRate? {
    let row = fees?[listing.internalSymbol] ?? fees?[listing.symbol] ?? fees?[listing.streamSymbol]
    guard let text = row?["fee"]?.text, let parts = KrakenNumber.parse(text, scale: 6) else {
      return nil
    }
    return FeeRate(partsPerHundredMillion: parts)
  }

  static func balances(_ result: JSONValue) throws(VenueFault) -> [NamedBalance] {
    guard let members = result.members else { throw .malformed("BalanceEx: result") }
    var balances: [NamedBalance] = []
    for member in members {
      guard let name = KrakenAssetNames.tradable(member.name) else { continue }
      guard let balance = balance(name, member.value) else {
        throw .malformed("BalanceEx: \(member.name)")
      }
      if let index = balances.firstIndex(where: { $0.asset == name }) {
        balances[index].available += balance.available
        balances[index].total += balance.total
      } else {
        balances.append(balance)
      }
    }
    return balances
  }

  /// Available is balance + credit - used credit - hold.
  private static func balance(_ name: String, _ row: JSONValue) -> NamedBalance? {
    guard let total = amount(row["balance"]), let credit = amount(row["credit"], orElse: 0),
      let used = amount(row["credit_used"], orElse: 0),
      let hold = amount(row["hold_trade"], orElse: 0)
    else { return nil }
    return NamedBalance(
      asset: name, available: Amount(mantissa: total + credit - used - hold),
      total: Amount(mantissa: total))
  }

  /// An amount small enough to be added to a few others.
  static func amount(_ value: JSONValue?, orElse absent: Int128? = nil) -> Int128? {
    guard let value else { return absent }
    guard let text = value.text, let amount = KrakenNumber.parse128(text, scale: Amount.scale),
      amount.magnitude < 1 << 120
    else { return nil }
    return amount
  }

  static func openOrders(
    _ result: JSONValue, _ listings: [ListingDefinition]
  ) throws(VenueFault) -> VenueAnswer {
    guard let members = result["open"]?.members else { throw .malformed("OpenOrders: open") }
    return .openOrders(
      members.map { member in
        let clientOrderID = member.value["cl_ord_id"]?.string ?? ""
        let terms = member.value["descr"]
        let pair = terms?["pair"]?.string ?? ""
        let listing = listings.first { $0.symbol == pair || $0.internalSymbol == pair }
        return OpenOrder(
          child: ChildOrderID(uuid: clientOrderID.utf8), clientOrderID: clientOrderID,
          venueOrderID: member.name, symbol: listing?.symbol ?? pair,
          side: terms?["type"]?.string == "sell" ? .sell : .buy,
          quantity: member.value["vol"]?.text ?? "", limitPrice: terms?["price"]?.text ?? "",
          filled: member.value["vol_exec"]?.text ?? "")
      })
  }
}
