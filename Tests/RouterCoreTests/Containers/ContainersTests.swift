import RouterCore
import Testing

struct Number: TableKey {
  var value: UInt64
  /// Poor on purpose: keys collide.
  var tableHash: UInt64 { value % 7 }
}

struct HashTableTests {
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `random inserts and removals agree with a dictionary`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = HashTable<Number>(capacity: 40)
    var naive: [UInt64: Int] = [:]
    for round in 0..<3000 {
      let key = UInt64(random.next(in: 0...60))
      if naive[key] != nil {
        table.remove(Number(value: key))
        naive[key] = nil
      } else {
        let fits = table.insert(Number(value: key), slot: round)
        #expect(fits == (naive.count < 40))
        if fits { naive[key] = round }
      }
      for probe in 0...60 as ClosedRange<UInt64> {
        #expect(table.find(Number(value: probe)) == naive[probe])
      }
    }
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
