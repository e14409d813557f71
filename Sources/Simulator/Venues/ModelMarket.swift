internal import RouterCore
internal import struct Simulation.SeededRandom

/// The books of a model venue; what its orders trade at does not come from here.
struct ModelMarket {
  struct Book {
    var bids: [BookLevel] = []
    var asks: [BookLevel] = []
  }

  private(set) var books: [Book]

  init(_ random: inout SeededRandom) {
    books = Universe.instruments.map { _ in Book() }
    for instrument in books.indices { move(instrument, &random) }
  }

  /// A new book around the middle, in which the venues may differ a little.
  mutating func move(_ instrument: Int, _ random: inout SeededRandom) {
    let middle = Universe.middles[instrument]
    let center = middle + Int64(random.below(61)) - 30
    var (bid, ask) = (center - 1 - Int64(random.below(3)), center + Int64(random.below(3)))
    var book = Book()
    for _ in 0..<(3 + random.below(3)) {
      book.bids.append(Self.level(bid, &random))
      book.asks.append(Self.level(ask, &random))
      bid -= 1 + Int64(random.below(4))
      ask += 1 + Int64(random.below(4))
    }
    books[instrument] = book
  }

  /// Crossed, empty, far away, or too large.
  mutating func distort(_ instrument: Int, _ random: inout SeededRandom) {
    move(instrument, &random)
    switch random.below(5) {
    case 0:
      let book = books[instrument]
      books[instrument] = Book(bids: book.asks, asks: book.bids)
    case 1: books[instrument].asks = []
    case 2: scale(instrument, by: 250, over: 1)
    case 3: scale(instrument, by: 1, over: 250)
    default:
      for index in books[instrument].asks.indices {
        books[instrument].asks[index].quantity = Quantity(mantissa: .max / 8)
      }
    }
  }

  private mutating func scale(_ instrument: Int, by factor: Int64, over divisor: Int64) {
    func scaled(_ level: BookLevel) -> BookLevel {
      BookLevel(
        price: Price(mantissa: max(1, level.price.mantissa * factor / divisor)),
        quantity: level.quantity)
    }
    books[instrument].bids = books[instrument].bids.map(scaled)
    books[instrument].asks = books[instrument].asks.map(scaled)
  }

  /// Changes some quantities; the changed levels.
  mutating func nudge(_ instrument: Int, _ random: inout SeededRandom) -> Book {
    var change = Book()
    for index in books[instrument].bids.indices where random.below(2) == 0 {
      books[instrument].bids[index].quantity = Quantity(mantissa: Int64(1 + random.below(80)))
      change.bids.append(books[instrument].bids[index])
    }
    for index in books[instrument].asks.indices where random.below(2) == 0 {
      books[instrument].asks[index].quantity = Quantity(mantissa: Int64(1 + random.below(80)))
      change.asks.append(books[instrument].asks[index])
    }
    return change
  }

  private static func level(_ price: Int64, _ random: inout SeededRandom) -> BookLevel {
    BookLevel(
      price: Price(mantissa: price), quantity: Quantity(mantissa: Int64(1 + random.below(80))))
  }
}
