#ifndef C_ALLOCATION_COUNTER_H
#define C_ALLOCATION_COUNTER_H

#include <stdint.h>
#include <time.h>

/// How often memory was asked for since the program began, by all threads.
///
/// The target replaces `malloc` and its relatives for the whole program, so it is linked into the
/// benchmarks only.
uint64_t benchmark_allocation_count(void);

/// The same by threads called "core" alone.
uint64_t benchmark_core_allocation_count(void);

/// Keeps the calling thread on the processor it runs on. Returns 0, or an error number.
int benchmark_pin_to_processor(void);

// Keeps the calling thread on one processor, or on any for -1; others started by it inherit that.
int benchmark_move_to_processor(int processor);

/// What the optimiser must believe to be used.
static inline void benchmark_sink(uint64_t value) {
    __asm__ volatile("" : : "r"(value) : "memory");
}

static inline uint64_t benchmark_clock_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// The time stamp counter where there is one, and nanoseconds elsewhere. Nothing before the call
/// is left to do when it is read, and nothing after it has begun.
static inline uint64_t benchmark_ticks_begin(void) {
#if defined(__x86_64__)
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
#else
    return benchmark_clock_nanoseconds();
#endif
}

static inline uint64_t benchmark_ticks_end(void) {
#if defined(__x86_64__)
    uint32_t low, high, processor;
    __asm__ volatile("rdtscp\n\tlfence" : "=a"(low), "=d"(high), "=c"(processor) : : "memory");
    return (uint64_t)high << 32 | low;
#else
    return benchmark_clock_nanoseconds();
#endif
}

#endif
