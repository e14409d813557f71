import RouterCore
import Testing

struct Number: TableKey {
  var value: UInt64
  /// Poor on purpose: keys collide.
  var tableHash: UInt64 { value % 7 }
}

/// Hashes that differ only in bits that a place of a small table does not hold.
struct FarNumber: TableKey {
  var value: UInt64
  var tableHash: UInt64 { value << 58 | 5 }
}

/// Hashes of one home that a place tells apart.
struct NearNumber: TableKey {
  var value: UInt64
  var tableHash: UInt64 { value << 32 | 5 }
}

struct HashTableTests {
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `random inserts and removals agree with a dictionary`(seed: UInt64) {
    disturb(seed) { Number(value: $0) }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `keys of which a place can not tell one from the other are told apart`(seed: UInt64) {
    disturb(seed) { FarNumber(value: $0) }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `keys of one home are told apart by their places`(seed: UInt64) {
    disturb(seed) { NearNumber(value: $0) }
  }

  private func disturb<Key: TableKey>(_ seed: UInt64, _ key: (UInt64) -> Key) {
    var random = SeededRandom(seed: seed)
    var table = HashTable<Key>(capacity: 40)
    var pool = Pool<Key>(capacity: 40)
    var naive: [UInt64: Int] = [:]
    for _ in 0..<3000 {
      let number = UInt64(random.next(in: 0...60))
      if let slot = naive[number] {
        table.remove(key(number), slot: slot, in: pool) { $0 }
        pool.remove(slot)
        naive[number] = nil
      } else if let slot = pool.insert(key(number)) {
        let fits = table.insert(key(number), slot: slot)
        #expect(fits)
        naive[number] = slot
      } else {
        let fits = table.insert(key(number), slot: 0)
        #expect(!fits && naive.count == 40)
      }
      for probe in 0...60 as ClosedRange<UInt64> {
        let found = table.find(key(probe), in: pool) { $0 }
        #expect(found == naive[probe])
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 7, 8, 255, 256, 257])
  func `a full table tells every key and every slot`(_ capacity: Int) {
    var table = HashTable<Number>(capacity: capacity)
    var pool = Pool<Number>(capacity: capacity)
    for value in 0..<UInt64(capacity) {
      let slot = pool.insert(Number(value: value))
      let fits = table.insert(Number(value: value), slot: slot ?? -1)
      #expect(fits)
    }
    for value in 0..<UInt64(capacity) {
      let found = table.find(Number(value: value), in: pool) { $0 }
      #expect(found == Int(value))
    }
    let other = table.find(Number(value: UInt64(capacity)), in: pool) { $0 }
    #expect(other == nil)
  }

  @Test func `the removal of what is not there changes nothing`() {
    var table = HashTable<Number>(capacity: 4)
    var pool = Pool<Number>(capacity: 4)
    _ = pool.insert(Number(value: 1))
    let fits = table.insert(Number(value: 1), slot: 0)
    table.remove(Number(value: 8), slot: 1, in: pool) { $0 }
    let count = table.count
    let found = table.find(Number(value: 1), in: pool) { $0 }
    #expect(fits && count == 1 && found == 0)
  }
}

struct PoolTests {
  @Test func `a full pool refuses and a freed slot is used again`() {
    var pool = Pool<Int>(capacity: 2)
    #expect(pool.insert(10) == 0)
    #expect(pool.insert(11) == 1)
    #expect(pool.insert(12) == nil)
    pool.remove(0)
    #expect(pool.contains(0) == false)
    #expect(pool.insert(13) == 0)
    #expect(pool[0] == 13)
    #expect(pool[1] == 11)
  }

  @Test(arguments: 0...20)
  func `preparing changes nothing, however full the pool is`(_ capacity: Int) {
    var pool = Pool<Int>(capacity: capacity)
    for number in 0..<capacity {
      pool.prepare()
      #expect(!pool.contains(number) && pool.insert(number) == number)
    }
    pool.prepare()
    for number in 0..<capacity { #expect(pool.contains(number) && pool[number] == number) }
    #expect(pool.insert(0) == nil)
  }
}

struct TimerHeapTests {
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `deadlines come out in order of time, then number`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var heap = TimerHeap(items: 30)
    var naive: [Int: Int64] = [:]
    for _ in 0..<2000 {
      let item = Int(random.next(in: 0...29))
      switch random.next(in: 0...3) {
      case 0:
        heap.remove(item)
        naive[item] = nil
      case 1:
        let now = Timestamp(nanoseconds: random.next(in: 0...50))
        let due = naive.filter { $0.value <= now.nanoseconds }
          .min { ($0.value, $0.key) < ($1.value, $1.key) }
        let popped = heap.popDue(at: now)
        #expect(popped == due?.key)
        if let due { naive[due.key] = nil }
      default:
        let deadline = random.next(in: 0...50)
        heap.set(item, to: Timestamp(nanoseconds: deadline))
        naive[item] = deadline
      }
      #expect(heap.earliest.nanoseconds == naive.values.min() ?? .max)
    }
  }
}
