#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <time.h>

#include "platform_network.h"

#define BATCH 128

static uint32_t to_epoll(uint32_t events) {
  uint32_t mask = 0;
  if (events & SLUICE_IO_READ) mask |= EPOLLIN;
  if (events & SLUICE_IO_WRITE) mask |= EPOLLOUT;
  if (events & SLUICE_IO_HANG_UP) mask |= EPOLLRDHUP;
  if (events & SLUICE_IO_EDGE) mask |= EPOLLET;
  return mask;
}

static uint32_t from_epoll(uint32_t mask) {
  uint32_t events = 0;
  if (mask & EPOLLIN) events |= SLUICE_IO_READ;
  if (mask & EPOLLOUT) events |= SLUICE_IO_WRITE;
  if (mask & EPOLLRDHUP) events |= SLUICE_IO_HANG_UP;
  if (mask & (EPOLLERR | EPOLLHUP)) events |= SLUICE_IO_ERROR;
  return events;
}

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = to_epoll(events), .data = {.u64 = token}};
  return epoll_ctl(epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

int sluice_epoll_create(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd >= 0 ? fd : -errno;
}

int sluice_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, fd, events, token);
}

int sluice_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, fd, events, token);
}

int sluice_epoll_remove(int epoll, int fd) {
  return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) == 0 ? 0 : -errno;
}

// epoll_pwait2 has the resolution our timers need; a sandbox may refuse it, then whole
// milliseconds, rounded up, must do.
static int wait_for(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds) {
  static atomic_int precise = 1;
  if (nanoseconds <= 0) return epoll_wait(epoll, events, capacity, nanoseconds < 0 ? -1 : 0);
  if (atomic_load_explicit(&precise, memory_order_relaxed)) {
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    int count = epoll_pwait2(epoll, events, capacity, &timeout, NULL);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    atomic_store_explicit(&precise, 0, memory_order_relaxed);
  }
  int64_t milliseconds = nanoseconds / 1000000 + (nanoseconds % 1000000 != 0);
  return epoll_wait(epoll, events, capacity, milliseconds > 86400000 ? 86400000 : (int)milliseconds);
}

int sluice_epoll_wait(int epoll, sluice_io_event *events, int capacity, int64_t nanoseconds) {
  struct epoll_event ready[BATCH];
  int count = wait_for(epoll, ready, capacity < BATCH ? capacity : BATCH, nanoseconds);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    events[i].token = ready[i].data.u64;
    events[i].events = from_epoll(ready[i].events);
  }
  return count;
}
