extension SimulatedExchange {
  /// Opens an account, or finds the one of that name.
  package func openAccount(_ name: String) -> Int {
    if let known = accountNames.firstIndex(of: name), !name.isEmpty { return known }
    commit(.account(name))
    return accountNames.count - 1
  }

  /// Credits an account from outside; unknown assets are ignored.
  package func deposit(_ amount: Amount, of asset: String, to account: Int) {
    guard let index = ledger.assetIndex(asset) else { return }
    commit(.deposit(account: account, asset: index, amount))
  }

  package func balance(_ account: Int, _ asset: String) -> Ledger.Balance {
    ledger.assetIndex(asset).map { ledger.balance(account, $0) } ?? Ledger.Balance()
  }

  /// Notes that a request with this client order id has arrived, whatever becomes of it.
  package func noteRequest(_ clientOrderID: String) {
    guard !clientOrderID.isEmpty else { return }
    commit(.request(clientOrderID))
  }

  /// How many order requests with this client order id have arrived.
  package func requestCount(_ clientOrderID: String) -> Int { requestCounts[clientOrderID] ?? 0 }

  package func order(id: UInt64) -> SimulatedOrder? { orderIndices[id].map { orders[$0] } }

  /// The newest order of an account with this client order id.
  package func order(account: Int, clientOrderID: String) -> SimulatedOrder? {
    clientIDIndices[clientKey(account, clientOrderID)].map { orders[$0] }
  }

  package func openOrders(_ account: Int, instrument: Int? = nil) -> [SimulatedOrder] {
    openIndices.map { orders[$0] }.filter {
      $0.account == account && (instrument == nil || $0.terms.instrument == instrument)
    }
  }

  package func fills(of order: SimulatedOrder) -> [SimulatedFill] {
    order.fillIndices.map { fills[$0] }
  }

  func clientKey(_ account: Int, _ clientOrderID: String) -> String {
    "\(account) \(clientOrderID)"
  }

  /// Applies a record and keeps it for the state log.
  func commit(_ record: StateRecord) {
    records.append(record)
    apply(record)
  }
}
