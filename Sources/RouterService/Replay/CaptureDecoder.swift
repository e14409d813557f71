import RouterCore
import VenueAdapters

/// One venue's own decoder, the one that trades, driven from a capture.
protocol CaptureDecoder: AnyObject {
  /// By listing.
  var statistics: [MarketDataStatistics] { get }

  func received(
    _ message: CaptureBytes, at time: Timestamp, into output: inout AdapterOutput)

  /// A book snapshot that the recorder fetched over HTTP.
  func snapshot(
    _ body: CaptureBytes, of listing: ListingID, at time: Timestamp,
    into output: inout AdapterOutput)
}

extension CaptureDecoder {
  func snapshot(
    _ body: CaptureBytes, of listing: ListingID, at time: Timestamp,
    into output: inout AdapterOutput
  ) {}
}

final class BinanceCaptureDecoder: CaptureDecoder {
  private var decoder: BinanceMarketData

  init(_ listings: [ListingBinding]) { decoder = BinanceMarketData(listings: listings) }

  var statistics: [MarketDataStatistics] { decoder.statistics }

  func received(
    _ message: CaptureBytes, at time: Timestamp, into output: inout AdapterOutput
  ) {
    unsafe decoder.decode(message.pointer, at: time, into: &output)
  }

  func snapshot(
    _ body: CaptureBytes, of listing: ListingID, at time: Timestamp,
    into output: inout AdapterOutput
  ) {
    unsafe decoder.snapshot(body.pointer, number: 0, for: listing, at: time, into: &output)
  }
}

final class CoinbaseExchangeCaptureDecoder: CaptureDecoder {
  private var decoder: CoinbaseExchangeMarketData

  init(_ listings: [ListingBinding]) { decoder = CoinbaseExchangeMarketData(listings: listings) }

  var statistics: [MarketDataStatistics] { decoder.statistics }

  func received(
    _ message: CaptureBytes, at time: Timestamp, into output: inout AdapterOutput
  ) {
    _ = unsafe decoder.decode(message.pointer, at: time, into: &output)
  }
}

final class KrakenCaptureDecoder: CaptureDecoder {
  private var decoder: KrakenMarketData

  init(_ listings: [ListingBinding], depth: Int) {
    decoder = KrakenMarketData(listings: listings, bookDepth: depth)
  }

  var statistics: [MarketDataStatistics] { decoder.statistics }

  func received(
    _ message: CaptureBytes, at time: Timestamp, into output: inout AdapterOutput
  ) {
    unsafe decoder.decode(message.pointer, at: time, into: &output)
  }
}

final class KrakenV1CaptureDecoder: CaptureDecoder {
  private var decoder: KrakenV1BookDecoder

  init(_ listings: [ListingBinding]) { decoder = KrakenV1BookDecoder(listings: listings) }

  var statistics: [MarketDataStatistics] { decoder.statistics }

  func received(
    _ message: CaptureBytes, at time: Timestamp, into output: inout AdapterOutput
  ) {
    unsafe decoder.decode(message.pointer, at: time, into: &output)
  }
}
