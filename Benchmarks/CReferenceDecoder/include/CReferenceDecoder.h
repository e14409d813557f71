#ifndef C_REFERENCE_DECODER_H
#define C_REFERENCE_DECODER_H

#include <stdint.h>

/// One book of a Binance depth stream in plain C: the yardstick for what the language costs us.
///
/// It does the work of `BinanceMarketData` and `OrderBook` on the same bytes: every byte is checked
/// to be there, every number exact at its scale, keys in any order, unknown members skipped, update
/// ids judged, and the levels applied to sorted arrays only once the whole message has been read.
typedef struct reference_book reference_book;

/// Makes an empty book that keeps `capacity` levels on each side, or returns NULL.
reference_book *reference_book_create(int capacity, const char *symbol, int price_scale,
                                      int quantity_scale);

void reference_book_destroy(reference_book *book);

/// Empties the book; the next diff must follow `last_id`.
void reference_book_reset(reference_book *book, int64_t last_id);

/// Sets, adds or (quantity zero) deletes one level.
void reference_book_set(reference_book *book, int is_bid, int64_t price, int64_t quantity);

/// Decodes one message and applies it. Returns the levels it held, or -1 if it was refused.
int reference_book_decode(reference_book *book, const uint8_t *bytes, long count);

/// The best price of a side, or 0.
int64_t reference_book_best(const reference_book *book, int is_bid);

/// Price and quantity of every level, mixed to one number: to compare two books.
uint64_t reference_book_digest(const reference_book *book);

#endif
