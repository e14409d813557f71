/// Kraken's asset names in ours.
///
/// A closed table, because letters can not be stripped by rule: `XTZ`, `ZRX` and `ZEC` are names.
enum KrakenAssetNames {
  private static let renamed: [(String, String)] = [
    ("XXBT", "BTC"), ("XBT", "BTC"), ("XETH", "ETH"), ("XXRP", "XRP"), ("XLTC", "LTC"),
    ("XXLM", "XLM"), ("XXMR", "XMR"), ("XETC", "ETC"), ("XZEC", "ZEC"), ("XREP", "REP"),
    ("XMLN", "MLN"), ("XXDG", "DOGE"), ("XDG", "DOGE"), ("ZUSD", "USD"), ("ZEUR", "EUR"),
    ("ZGBP", "GBP"), ("ZCAD", "CAD"), ("ZJPY", "JPY"),
  ]

  /// Our name of an asset, which is also WebSocket v2's.
  static func name(_ venueName: String) -> String {
    renamed.first { $0.0 == venueName }?.1 ?? venueName
  }

  /// The asset whose orders a balance under this key can pay for; `nil` for one that can not.
  ///
  /// `.F` holds what earns rewards by itself and is spent through its base asset. Staked, yield and
  /// opt-in balances (`.S`, `.B`, `.M`, ...) are not free to trade.
  static func tradable(_ balanceKey: String) -> String? {
    guard let point = balanceKey.firstIndex(of: ".") else { return name(balanceKey) }
    guard balanceKey[point...] == ".F" else { return nil }
    return name(String(balanceKey[..<point]))
  }
}
