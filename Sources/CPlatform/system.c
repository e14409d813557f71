#define _GNU_SOURCE
#include "platform_system.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

int sluice_eventfd(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int sluice_random(void *bytes, size_t count) {
  uint8_t *next = bytes;
  while (count > 0) {
    ssize_t got = getrandom(next, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -errno;
    next += got;
    count -= (size_t)got;
  }
  return 0;
}

int sluice_lock_file(int descriptor) {
  return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
}

int sluice_preallocate(int descriptor, int64_t bytes) {
  // posix_fallocate returns its error instead of setting errno.
  int code;
  do code = posix_fallocate(descriptor, 0, bytes);
  while (code == EINTR);
  return -code;
}

void sluice_wipe(void *bytes, size_t count) { explicit_bzero(bytes, count); }

void sluice_error_text(int code, char *text, size_t capacity) {
  char buffer[128];
  snprintf(text, capacity, "%s", strerror_r(code, buffer, sizeof buffer));
}

struct thread_start {
  char name[16];
  void (*body)(void *);
  void *context;
};

static void *run_thread(void *argument) {
  struct thread_start start = *(struct thread_start *)argument;
  free(argument);
  pthread_setname_np(pthread_self(), start.name);
  // A peer that has gone is an error of the write, not the end of the process.
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &blocked, NULL);
  start.body(start.context);
  return NULL;
}

static int create_thread(pthread_t *thread, size_t stack_bytes, struct thread_start *start) {
  pthread_attr_t attributes;
  int code = pthread_attr_init(&attributes);
  if (code != 0) return code;
  code = pthread_attr_setstacksize(&attributes, stack_bytes);
  if (code == 0) code = pthread_create(thread, &attributes, run_thread, start);
  pthread_attr_destroy(&attributes);
  return code;
}

int sluice_thread_start(
    uint64_t *token, const char *name, size_t stack_bytes, void (*body)(void *), void *context) {
  struct thread_start *start = calloc(1, sizeof *start);
  if (start == NULL) return -ENOMEM;
  snprintf(start->name, sizeof start->name, "%s", name);
  start->body = body;
  start->context = context;
  pthread_t thread;
  int code = create_thread(&thread, stack_bytes, start);
  if (code != 0) {
    free(start);
    return -code;
  }
  *token = (uint64_t)thread;
  return 0;
}

enum { HUGE_PAGE = 2 << 20, COLLAPSE = 25 /* MADV_COLLAPSE, Linux 6.1 */ };

// A router alone has less; a process with more should not wait for it.
static const int64_t most_joined = 256 << 20;

static int64_t join_area(uintptr_t start, uintptr_t end, int64_t *tried) {
  uintptr_t first = (start + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
  uintptr_t last = end & ~(uintptr_t)(HUGE_PAGE - 1);
  int64_t joined = 0;
  for (uintptr_t at = first; at < last && *tried < most_joined; at += HUGE_PAGE) {
    *tried += HUGE_PAGE;
    if (madvise((void *)at, HUGE_PAGE, COLLAPSE) == 0) joined += HUGE_PAGE;
  }
  return joined;
}

int64_t sluice_join_pages(void) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (maps == NULL) return 0;
  char line[512];
  int64_t joined = 0, tried = 0;
  while (fgets(line, sizeof line, maps) != NULL) {
    uintptr_t start, end;
    char flags[5];
    unsigned long inode;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %lu", &start, &end, flags, &inode) != 4)
      continue;
    int is_data = inode == 0 && flags[0] == 'r' && flags[1] == 'w' && strstr(line, "[stack") == NULL;
    int is_code = inode != 0 && flags[0] == 'r' && flags[2] == 'x';
    if (is_data || is_code) joined += join_area(start, end, &tried);
  }
  fclose(maps);
  return joined;
}

int sluice_thread_pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (processor < 0 || processor >= CPU_SETSIZE) return -EINVAL;
  CPU_SET(processor, &set);
  return -pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int sluice_thread_join(uint64_t token) { return -pthread_join((pthread_t)token, NULL); }

int sluice_thread_detach(uint64_t token) { return -pthread_detach((pthread_t)token); }
