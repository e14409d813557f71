#include "CReferenceDecoder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// MARK: - Book side: parallel arrays, the best price last; asks under the negative of their price.

typedef struct {
    int64_t *keys;
    int64_t *sizes;
    int capacity;
    int count;
} book_side;

typedef struct {
    int64_t price;
    int64_t quantity;
} level;

enum { maximum_levels = 4096 };

struct reference_book {
    book_side bids;
    book_side asks;
    char symbol[32];
    int price_scale;
    int quantity_scale;
    int64_t last_id;
    level levels[maximum_levels];
};

static void side_set(book_side *side, int64_t key, int64_t quantity) {
    int64_t *keys = side->keys;
    int64_t *sizes = side->sizes;
    int position = side->count;
    while (position > 0 && keys[position - 1] > key) {
        position--;
    }
    bool is_known = position > 0 && keys[position - 1] == key;
    if (is_known && quantity > 0) {
        sizes[position - 1] = quantity;
    } else if (is_known) {
        size_t behind = (size_t)(side->count - position);
        memmove(keys + position - 1, keys + position, behind * sizeof *keys);
        memmove(sizes + position - 1, sizes + position, behind * sizeof *sizes);
        side->count--;
    } else if (quantity > 0) {
        if (side->count == side->capacity) {
            // The worst level makes room.
            if (position == 0) {
                return;
            }
            memmove(keys, keys + 1, (size_t)(position - 1) * sizeof *keys);
            memmove(sizes, sizes + 1, (size_t)(position - 1) * sizeof *sizes);
            position--;
        } else {
            size_t behind = (size_t)(side->count - position);
            memmove(keys + position + 1, keys + position, behind * sizeof *keys);
            memmove(sizes + position + 1, sizes + position, behind * sizeof *sizes);
            side->count++;
        }
        keys[position] = key;
        sizes[position] = quantity;
    }
}

// MARK: - JSON

typedef struct {
    const uint8_t *at;
    const uint8_t *end;
} cursor;

static inline void skip_blanks(cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t')) {
        c->at++;
    }
}

/// Takes one byte of punctuation.
static inline bool take(cursor *c, uint8_t byte) {
    skip_blanks(c);
    if (c->at == c->end || *c->at != byte) {
        return false;
    }
    c->at++;
    return true;
}

static inline uint8_t peek(cursor *c) {
    skip_blanks(c);
    return c->at < c->end ? *c->at : 0;
}

/// A string without escapes.
static inline bool take_string(cursor *c, const uint8_t **start, long *count) {
    if (!take(c, '"')) {
        return false;
    }
    *start = c->at;
    while (c->at < c->end && *c->at != '"') {
        if (*c->at == '\\' || *c->at < 0x20) {
            return false;
        }
        c->at++;
    }
    if (c->at == c->end) {
        return false;
    }
    *count = c->at - *start;
    c->at++;
    return true;
}

static const uint64_t powers_of_ten[] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
};

/// A number that is not negative, exact at `scale`; digits past the scale must be zeros.
static inline bool take_decimal(cursor *c, int scale, int64_t *value) {
    const uint8_t *at = c->at;
    const uint8_t *end = c->end;
    const uint8_t *start = at;
    uint64_t magnitude = 0;
    uint8_t digit;
    while (at < end && (digit = (uint8_t)(*at - '0')) < 10) {
        magnitude = magnitude * 10 + digit;
        at++;
    }
    long digits = at - start;
    int missing = scale;
    if (digits == 0) {
        return false;
    }
    if (at < end && *at == '.') {
        const uint8_t *fraction = ++at;
        while (missing > 0 && at < end && (digit = (uint8_t)(*at - '0')) < 10) {
            magnitude = magnitude * 10 + digit;
            missing--;
            at++;
        }
        digits += at - fraction;
        while (at < end && *at == '0') {
            at++;
        }
        if (at == fraction || (at < end && (uint8_t)(*at - '0') < 10)) {
            return false;
        }
    }
    if (digits > 18) {
        return false;
    }
    uint64_t scaled;
    if (__builtin_mul_overflow(magnitude, powers_of_ten[missing], &scaled) || scaled >> 63 != 0) {
        return false;
    }
    *value = (int64_t)scaled;
    c->at = at;
    return true;
}

static inline bool take_quoted_decimal(cursor *c, int scale, int64_t *value) {
    return take(c, '"') && take_decimal(c, scale, value) && c->at < c->end && *c->at++ == '"';
}

static bool skip_value(cursor *c, int depth) {
    const uint8_t *start;
    long count;
    uint8_t next = peek(c);
    if (next == '"') {
        return take_string(c, &start, &count);
    }
    if (next == '{' || next == '[') {
        uint8_t close = next == '{' ? '}' : ']';
        c->at++;
        if (depth == 64) {
            return false;
        }
        if (take(c, close)) {
            return true;
        }
        do {
            if (next == '{' && !(take_string(c, &start, &count) && take(c, ':'))) {
                return false;
            }
            if (!skip_value(c, depth + 1)) {
                return false;
            }
        } while (take(c, ','));
        return take(c, close);
    }
    start = c->at;
    while (c->at < c->end && *c->at != ',' && *c->at != '}' && *c->at != ']' && *c->at > ' ') {
        c->at++;
    }
    return c->at > start;
}

// MARK: - The message

typedef struct {
    int64_t first_id;
    int64_t last_id;
    bool is_depth;
    bool is_ours;
    int bid_start, bid_count;
    int ask_start, ask_count;
    int count;
} frame;

static bool take_levels(reference_book *book, cursor *c, frame *f, int *start, int *count) {
    int price_scale = book->price_scale;
    int quantity_scale = book->quantity_scale;
    level *levels = book->levels;
    int filled = f->count;
    *start = filled;
    if (!take(c, '[')) {
        return false;
    }
    if (!take(c, ']')) {
        do {
            int64_t price, quantity;
            if (filled == maximum_levels || !take(c, '[') ||
                !take_quoted_decimal(c, price_scale, &price) || !take(c, ',') ||
                !take_quoted_decimal(c, quantity_scale, &quantity) || !take(c, ']') || price == 0) {
                return false;
            }
            levels[filled].price = price;
            levels[filled].quantity = quantity;
            filled++;
        } while (take(c, ','));
        if (!take(c, ']')) {
            return false;
        }
    }
    *count = filled - f->count;
    f->count = filled;
    return true;
}

static bool take_member(reference_book *book, cursor *c, frame *f, uint8_t key) {
    const uint8_t *text;
    long count;
    switch (key) {
    case 'e':
        if (!take_string(c, &text, &count)) {
            return false;
        }
        f->is_depth = count == 11 && memcmp(text, "depthUpdate", 11) == 0;
        return true;
    case 's':
        if (!take_string(c, &text, &count)) {
            return false;
        }
        f->is_ours = strlen(book->symbol) == (size_t)count &&
                     memcmp(text, book->symbol, (size_t)count) == 0;
        return true;
    case 'U':
        return peek(c) != 0 && take_decimal(c, 0, &f->first_id);
    case 'u':
        return peek(c) != 0 && take_decimal(c, 0, &f->last_id);
    case 'b':
        return take_levels(book, c, f, &f->bid_start, &f->bid_count);
    case 'a':
        return take_levels(book, c, f, &f->ask_start, &f->ask_count);
    default:
        return skip_value(c, 0);
    }
}

static bool take_object(reference_book *book, cursor *c, frame *f, bool is_outer) {
    if (!take(c, '{')) {
        return false;
    }
    if (take(c, '}')) {
        return true;
    }
    do {
        const uint8_t *key;
        long count;
        bool is_read;
        if (!take_string(c, &key, &count) || !take(c, ':')) {
            return false;
        }
        if (count == 1) {
            is_read = take_member(book, c, f, *key);
        } else if (is_outer && count == 4 && memcmp(key, "data", 4) == 0) {
            is_read = take_object(book, c, f, false);
        } else {
            is_read = skip_value(c, 0);
        }
        if (!is_read) {
            return false;
        }
    } while (take(c, ','));
    return take(c, '}');
}

int reference_book_decode(reference_book *book, const uint8_t *bytes, long count) {
    cursor c = {bytes, bytes + count};
    frame f = {-1, -1, false, false, 0, 0, 0, 0, 0};
    if (!take_object(book, &c, &f, true)) {
        return -1;
    }
    skip_blanks(&c);
    if (c.at != c.end || !f.is_depth || !f.is_ours || f.first_id < 0 || f.last_id < f.first_id) {
        return -1;
    }
    if (f.last_id <= book->last_id) {
        return 0;
    }
    if (f.first_id > book->last_id + 1) {
        return -1;
    }
    book->last_id = f.last_id;
    for (int i = f.bid_start; i < f.bid_start + f.bid_count; i++) {
        side_set(&book->bids, book->levels[i].price, book->levels[i].quantity);
    }
    for (int i = f.ask_start; i < f.ask_start + f.ask_count; i++) {
        side_set(&book->asks, -book->levels[i].price, book->levels[i].quantity);
    }
    return f.count;
}

// MARK: - The book

static bool side_create(book_side *side, int capacity) {
    side->keys = calloc((size_t)capacity, sizeof(int64_t));
    side->sizes = calloc((size_t)capacity, sizeof(int64_t));
    side->capacity = capacity;
    side->count = 0;
    return side->keys != NULL && side->sizes != NULL;
}

reference_book *reference_book_create(int capacity, const char *symbol, int price_scale,
                                      int quantity_scale) {
    if (price_scale > 18 || quantity_scale > 18 || strlen(symbol) > 31) {
        return NULL;
    }
    reference_book *book = calloc(1, sizeof *book);
    if (book == NULL) {
        return NULL;
    }
    strcpy(book->symbol, symbol);
    book->price_scale = price_scale;
    book->quantity_scale = quantity_scale;
    if (!side_create(&book->bids, capacity) || !side_create(&book->asks, capacity)) {
        reference_book_destroy(book);
        return NULL;
    }
    return book;
}

void reference_book_destroy(reference_book *book) {
    free(book->bids.keys);
    free(book->bids.sizes);
    free(book->asks.keys);
    free(book->asks.sizes);
    free(book);
}

void reference_book_reset(reference_book *book, int64_t last_id) {
    book->bids.count = 0;
    book->asks.count = 0;
    book->last_id = last_id;
}

void reference_book_set(reference_book *book, int is_bid, int64_t price, int64_t quantity) {
    if (is_bid) {
        side_set(&book->bids, price, quantity);
    } else {
        side_set(&book->asks, -price, quantity);
    }
}

int64_t reference_book_best(const reference_book *book, int is_bid) {
    const book_side *side = is_bid ? &book->bids : &book->asks;
    if (side->count == 0) {
        return 0;
    }
    int64_t key = side->keys[side->count - 1];
    return is_bid ? key : -key;
}

uint64_t reference_book_digest(const reference_book *book) {
    uint64_t digest = 0;
    for (int i = 0; i < book->bids.count; i++) {
        digest = digest * 31 + (uint64_t)book->bids.keys[i];
        digest = digest * 31 + (uint64_t)book->bids.sizes[i];
    }
    for (int i = 0; i < book->asks.count; i++) {
        digest = digest * 31 + (uint64_t)-book->asks.keys[i];
        digest = digest * 31 + (uint64_t)book->asks.sizes[i];
    }
    return digest;
}
