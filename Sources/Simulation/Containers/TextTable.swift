/// A table from a text to a value; texts with equal hashes share a bucket and are told apart in it.
package struct TextTable<Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    var key: String
    var value: Value
  }

  private var buckets = FlatTable<[Entry]>()
  package private(set) var count = 0

  package init() {}

  package subscript(_ key: String) -> Value? {
    get { buckets[SeededRandom.hash(key)]?.first { $0.key == key }?.value }
    set {
      let hash = SeededRandom.hash(key)
      var bucket = buckets[hash] ?? []
      count -= bucket.count
      bucket.removeAll { $0.key == key }
      if let newValue { bucket.append(Entry(key: key, value: newValue)) }
      count += bucket.count
      buckets[hash] = bucket.isEmpty ? nil : bucket
    }
  }
}
