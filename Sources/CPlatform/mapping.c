#define _GNU_SOURCE
#include "platform_system.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct sluice_mapping {
  uint8_t *bytes;
  size_t mapped;
  // Writes go through memory below this; zero once the file is cut.
  atomic_size_t limit;
  // Where the last write ended.
  atomic_size_t end;
};

// A page that the kernel can not give (the file was cut by somebody, its device fails, a file system that copies
// on write is full) is SIGBUS. Where this thread copies into a mapping, that is an error of the copy.
static _Thread_local sigjmp_buf *volatile guard;
static struct sigaction previous;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static void bus_error(int number, siginfo_t *info, void *context) {
  sigjmp_buf *back = guard;
  if (back != NULL) {
    guard = NULL;
    siglongjmp(*back, 1);
  }
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  } else {
    sigaction(number, &previous, NULL);
    raise(number);
  }
}

static void install(void) {
  struct sigaction action = {.sa_sigaction = bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

sluice_mapping *sluice_map_file(int descriptor, int64_t bytes) {
  if (bytes <= 0) return NULL;
  pthread_once(&installed, install);
  sluice_mapping *mapping = calloc(1, sizeof *mapping);
  if (mapping == NULL) return NULL;
  mapping->mapped = (size_t)bytes;
  mapping->bytes = mmap(NULL, mapping->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (mapping->bytes == MAP_FAILED) {
    free(mapping);
    return NULL;
  }
  atomic_store(&mapping->limit, mapping->mapped);
  return mapping;
}

void sluice_unmap_file(sluice_mapping *mapping) {
  munmap(mapping->bytes, mapping->mapped);
  free(mapping);
}

void sluice_mapping_end(sluice_mapping *mapping) { atomic_store(&mapping->limit, 0); }

// Front to back, a word at a time: whoever is killed within it leaves a beginning of the bytes, as a write would.
static void copy(uint8_t *to, const uint8_t *from, size_t count) {
  size_t words = ((uintptr_t)to & 7) == 0 ? count / 8 : 0;
  for (size_t i = 0; i < words; i++) {
    uint64_t word;
    memcpy(&word, from + i * 8, 8);
    ((volatile uint64_t *)to)[i] = word;
  }
  for (size_t i = words * 8; i < count; i++) ((volatile uint8_t *)to)[i] = from[i];
}

int sluice_mapping_write(sluice_mapping *mapping, int64_t offset, const void *bytes, size_t count) {
  size_t limit = atomic_load_explicit(&mapping->limit, memory_order_relaxed);
  if (offset < 0 || count > limit || (size_t)offset > limit - count) return 0;
  sigjmp_buf back;
  if (sigsetjmp(back, 0) != 0) return -EIO;
  guard = &back;
  atomic_signal_fence(memory_order_seq_cst);
  copy(mapping->bytes + offset, bytes, count);
  atomic_signal_fence(memory_order_seq_cst);
  guard = NULL;
  atomic_store_explicit(&mapping->end, (size_t)offset + count, memory_order_release);
  return 1;
}

int sluice_mapping_prepare(sluice_mapping *mapping, size_t ahead) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t limit = atomic_load_explicit(&mapping->limit, memory_order_relaxed);
  size_t end = atomic_load_explicit(&mapping->end, memory_order_acquire);
  if (end >= limit) return 0;
  size_t last = ahead < limit - 1 - end ? end + ahead : limit - 1;
  sigjmp_buf back;
  if (sigsetjmp(back, 0) != 0) return -EIO;
  guard = &back;
  atomic_signal_fence(memory_order_seq_cst);
  // To exchange a byte for itself makes its page writable and changes nothing, whoever writes there at
  // the same time. (An `or` with zero would do, and compilers make a mere load of it.)
  for (size_t place = end; place <= last; place = (place / page + 1) * page) {
    _Atomic uint8_t *byte = (_Atomic uint8_t *)(mapping->bytes + place);
    uint8_t seen = atomic_load_explicit(byte, memory_order_relaxed);
    atomic_compare_exchange_strong(byte, &seen, seen);
  }
  atomic_signal_fence(memory_order_seq_cst);
  guard = NULL;
  return 0;
}
