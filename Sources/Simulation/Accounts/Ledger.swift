/// Balances and holds of every account, exact, with nothing made or lost but by deposits.
package struct Ledger: Sendable {
  package struct Balance: Sendable, Equatable {
    package var total = Amount.zero
    package var hold = Amount.zero
    package var available: Amount { total - hold }
  }

  package let assets: [String]
  package private(set) var accountCount = 0
  private var balances: [Balance] = []
  private var deposits: [Amount]

  package init(assets: [String]) {
    self.assets = assets
    deposits = [Amount](repeating: .zero, count: assets.count)
  }

  package func assetIndex(_ asset: String) -> Int? { assets.firstIndex(of: asset) }

  package mutating func openAccount() -> Int {
    balances += [Balance](repeating: Balance(), count: assets.count)
    accountCount += 1
    return accountCount - 1
  }

  package func balance(_ account: Int, _ asset: Int) -> Balance {
    balances[account * assets.count + asset]
  }

  package mutating func deposit(_ amount: Amount, to account: Int, _ asset: Int) {
    balances[account * assets.count + asset].total += amount
    deposits[asset] += amount
  }

  package mutating func transfer(_ amount: Amount, of asset: Int, from: Int, to: Int) {
    balances[from * assets.count + asset].total -= amount
    balances[to * assets.count + asset].total += amount
  }

  /// Changes what is on hold by a positive or negative amount; the hold never falls below zero.
  package mutating func changeHold(_ account: Int, _ asset: Int, by amount: Amount) {
    let index = account * assets.count + asset
    balances[index].hold += amount
    precondition(balances[index].hold >= .zero)
  }

  /// Whether the balances of all accounts together are exactly what was deposited.
  package var isConserved: Bool {
    assets.indices.allSatisfy { asset in
      var sum = Amount.zero
      for account in 0..<accountCount { sum += balance(account, asset).total }
      return sum == deposits[asset]
    }
  }
}
