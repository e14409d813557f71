package import RouterCore
package import Wire

/// What a venue's protocol is called and how to ask it the questions of start-up.
///
/// Stateless. Everything here may be repeated and goes through libcurl.
package protocol VenueDialect: Sendable {
  /// The protocol's name in the settings: `binance`, `coinbase-exchange`, `kraken`.
  var name: String { get }
  /// How the secret is written in its file.
  var secretEncoding: SecretEncoding { get }
  var needsPassphrase: Bool { get }
  /// `VenueDefinition.absenceProofMilliseconds` of this venue, with the page it rests on.
  var absenceProofMilliseconds: Int64 { get }
  /// Whether an open buy holds its fee on top of its notional.
  var holdsFee: Bool { get }
  /// The ways that new orders can take; the first is the one to begin with.
  var orderTransports: [OrderTransport] { get }
  /// What the venue publishes about how often it may be asked; `nil` if nothing is known.
  ///
  /// The policy where the settings name none. What an adapter counts beyond it stands.
  var publishedThrottle: VenueThrottle? { get }

  /// The request for a question; paths only, the gateway adds scheme and host.
  func request(for query: VenueQuery, at stamp: RequestStamp, signer: any VenueSigner)
    -> HTTPRequest
  func answer(to query: VenueQuery, from response: HTTPResponse) throws(VenueFault) -> VenueAnswer

  func makeAdapter(_ setup: AdapterSetup) -> any VenueAdapter

  /// An order that the venue checks and answers but never trades; nil where it has no such thing.
  func testOrder(
    _ order: NewChildOrder, _ binding: ListingBinding, at stamp: RequestStamp,
    signer: any VenueSigner
  ) -> HTTPRequest?
}

extension VenueDialect {
  package func testOrder(
    _ order: NewChildOrder, _ binding: ListingBinding, at stamp: RequestStamp,
    signer: any VenueSigner
  ) -> HTTPRequest? { nil }
}

package enum SecretEncoding: Sendable {
  /// The characters are the key.
  case text
  /// The characters are base64 of the key.
  case base64
}

/// A question that may be asked again.
package enum VenueQuery: Sendable, Hashable {
  case serverTime
  /// Increments, minima and status of these pairs, written `BASE-QUOTE` in our asset names.
  case listings([PairName])
  /// The account's own taker and maker rates.
  case feeRates([ListingDefinition])
  case balances
  /// Every open order on the account, ours or not.
  case openOrders([ListingDefinition])
}

package enum VenueAnswer: Sendable, Hashable {
  case serverTime(nanoseconds: Int64)
  case listings([ListingDefinition])
  case feeRates([FeeRates])
  case balances([NamedBalance])
  case openOrders([OpenOrder])
}

package struct PairName: Sendable, Hashable {
  package var base: String
  package var quote: String

  package init(base: String, quote: String) {
    self.base = base
    self.quote = quote
  }

  package var description: String { "\(base)-\(quote)" }
}

/// A decimal as the venue wrote it: `mantissa * 10^-scale`.
package struct WrittenDecimal: Sendable, Hashable {
  package var mantissa: Int64
  package var scale: Int

  package init(mantissa: Int64, scale: Int) {
    self.mantissa = mantissa
    self.scale = scale
  }
}

/// A listing as reference data gives it, before the instrument's scales are chosen.
package struct ListingDefinition: Sendable, Hashable {
  package var pair: PairName
  /// The venue's name of the pair in REST paths and parameters.
  package var symbol: String
  /// Its name on streams, where that is another one.
  package var streamSymbol: String
  /// A third name some dialects need (Kraken's map key `XXBTZUSD`); empty elsewhere.
  package var internalSymbol: String
  package var priceIncrement: WrittenDecimal
  package var quantityIncrement: WrittenDecimal
  package var minimumQuantity: WrittenDecimal
  package var maximumQuantity: WrittenDecimal?
  package var minimumNotional: WrittenDecimal
  package var status: ListingStatus
  package var feeAsset: FeeAsset
  /// Decimals with which the venue writes prices and quantities (checksums need them).
  package var priceDigits: Int
  package var quantityDigits: Int

  package init(
    pair: PairName, symbol: String, streamSymbol: String, internalSymbol: String = "",
    priceIncrement: WrittenDecimal, quantityIncrement: WrittenDecimal,
    minimumQuantity: WrittenDecimal, maximumQuantity: WrittenDecimal?,
    minimumNotional: WrittenDecimal, status: ListingStatus, feeAsset: FeeAsset, priceDigits: Int,
    quantityDigits: Int
  ) {
    self.pair = pair
    self.symbol = symbol
    self.streamSymbol = streamSymbol
    self.internalSymbol = internalSymbol
    self.priceIncrement = priceIncrement
    self.quantityIncrement = quantityIncrement
    self.minimumQuantity = minimumQuantity
    self.maximumQuantity = maximumQuantity
    self.minimumNotional = minimumNotional
    self.status = status
    self.feeAsset = feeAsset
    self.priceDigits = priceDigits
    self.quantityDigits = quantityDigits
  }
}

package struct FeeRates: Sendable, Hashable {
  package var pair: PairName
  package var taker: FeeRate
  package var maker: FeeRate

  package init(pair: PairName, taker: FeeRate, maker: FeeRate) {
    self.pair = pair
    self.taker = taker
    self.maker = maker
  }
}

/// A balance with the asset in our name (`BTC`, not `XXBT`).
package struct NamedBalance: Sendable, Hashable {
  package var asset: String
  package var available: Amount
  package var total: Amount

  package init(asset: String, available: Amount, total: Amount) {
    self.asset = asset
    self.available = available
    self.total = total
  }
}

/// An order that rests at a venue; `child` if its client id is in our format.
package struct OpenOrder: Sendable, Hashable {
  package var child: ChildOrderID?
  package var clientOrderID: String
  package var venueOrderID: String
  package var symbol: String
  package var side: Side
  /// As the venue writes them; empty where it says nothing.
  package var quantity: String
  package var limitPrice: String
  package var filled: String

  package init(
    child: ChildOrderID?, clientOrderID: String, venueOrderID: String, symbol: String,
    side: Side = .buy, quantity: String = "", limitPrice: String = "", filled: String = ""
  ) {
    self.child = child
    self.clientOrderID = clientOrderID
    self.venueOrderID = venueOrderID
    self.symbol = symbol
    self.side = side
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.filled = filled
  }
}

/// Why a start-up question has no usable answer, sorted by what the caller can do.
package enum VenueFault: Error, Sendable, Hashable {
  /// Try again later; the venue's words.
  case unavailable(String)
  case rateLimited(retryAfterMilliseconds: Int64, String)
  /// Key, signature, passphrase, permission or address list.
  case unauthorized(String)
  /// Our clock is off; what the venue says.
  case clockSkew(String)
  /// A pair, path or parameter the venue does not know.
  case refused(String)
  /// The answer is not what the sheet says; names the field.
  case malformed(String)
}

/// What an adapter must know of its account.
package struct AdapterSetup: Sendable {
  package var venue: VenueID
  /// The settings' name of the venue, for incidents.
  package var venueName: String
  /// Ids of children with another instance are not ours.
  package var instance: UInt32
  package var listings: [ListingBinding]
  package var assets: [AssetBinding]
  /// How long a request for an order may take to reach the engine.
  package var requestWindowMilliseconds: Int64
  /// Levels a side to subscribe to where the venue lets us choose.
  package var bookDepth: Int
  /// Which way new orders take where the venue has two.
  package var orderTransport: OrderTransportPolicy
  /// One in so many new orders takes the way that is not chosen, to measure it; at least 2.
  package var orderExplorationInterval: Int

  package init(
    venue: VenueID, venueName: String, instance: UInt32, listings: [ListingBinding],
    assets: [AssetBinding], requestWindowMilliseconds: Int64 = 2000, bookDepth: Int = 1000,
    orderTransport: OrderTransportPolicy = .fastest, orderExplorationInterval: Int = 32
  ) {
    self.venue = venue
    self.venueName = venueName
    self.instance = instance
    self.listings = listings
    self.assets = assets
    self.requestWindowMilliseconds = requestWindowMilliseconds
    self.bookDepth = bookDepth
    self.orderTransport = orderTransport
    self.orderExplorationInterval = orderExplorationInterval
  }
}

/// The venue's names and the core's numbers of one listing.
package struct ListingBinding: Sendable, Hashable {
  package var listing: ListingID
  package var instrument: Instrument
  package var definition: ListingDefinition

  package init(listing: ListingID, instrument: Instrument, definition: ListingDefinition) {
    self.listing = listing
    self.instrument = instrument
    self.definition = definition
  }
}

package struct AssetBinding: Sendable, Hashable {
  package var id: AssetID
  /// Our name: `BTC`, `USD`, `USDT`.
  package var name: String

  package init(id: AssetID, name: String) {
    self.id = id
    self.name = name
  }
}
