// Preloaded into a process under test: shifts its wall clock and makes its system calls fail, as the
// page says that SLUICE_FAULT_PAGE names. Without it everything is passed on.
#define _GNU_SOURCE
#include "fault_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct shim_page *page;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void load(void) {
  const char *path = getenv("SLUICE_FAULT_PAGE");
  if (path == NULL) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  void *bytes = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (bytes == MAP_FAILED) return;
  page = bytes;
  atomic_store(&page->process, (uint64_t)getpid());
}

// --- The clock

static int read_clock(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
  if (result != 0 || page == NULL || !is_wall) return result;
  atomic_fetch_add(&page->wall_reads, 1);
  int64_t shifted = time->tv_nsec + atomic_load(&page->wall_offset_ns) % 1000000000;
  time->tv_sec += atomic_load(&page->wall_offset_ns) / 1000000000;
  if (shifted < 0) {
    shifted += 1000000000;
    time->tv_sec -= 1;
  }
  time->tv_sec += shifted / 1000000000;
  time->tv_nsec = shifted % 1000000000;
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) { return read_clock(clock, time); }

time_t time(time_t *result) {
  struct timespec now;
  read_clock(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
  (void)zone;
  struct timespec now;
  read_clock(CLOCK_REALTIME, &now);
  result->tv_sec = now.tv_sec;
  result->tv_usec = now.tv_nsec / 1000;
  return 0;
}

// --- Rules

// The rule that strikes this call, if one does; it has waited by then.
static struct shim_rule *strike(enum shim_call call, const char *path) {
  if (page == NULL) return NULL;
  for (int i = 0; i < SHIM_RULES; i++) {
    struct shim_rule *rule = &page->rules[i];
    if (atomic_load(&rule->call) != (int32_t)call) continue;
    if (rule->path[0] != 0 && (path == NULL || strstr(path, rule->path) == NULL)) continue;
    uint64_t number = atomic_fetch_add(&rule->calls, 1);
    if (number < rule->skip || (number - rule->skip) % (rule->period ? rule->period : 1) != 0)
      continue;
    if (atomic_load(&rule->hits) >= rule->limit) continue;
    atomic_fetch_add(&rule->hits, 1);
    if (rule->delay_us > 0) {
      struct timespec wait = {rule->delay_us / 1000000, rule->delay_us % 1000000 * 1000};
      syscall(SYS_nanosleep, &wait, NULL);
    }
    return rule;
  }
  return NULL;
}

static struct shim_rule *strike_file(enum shim_call call, int fd) {
  if (page == NULL) return NULL;
  char link[32], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t count = readlink(link, path, sizeof path - 1);
  path[count < 0 ? 0 : count] = 0;
  return strike(call, path);
}

static int is_failing(struct shim_rule *rule) {
  if (rule == NULL || rule->error == 0) return 0;
  errno = rule->error;
  return 1;
}

// --- Memory

// What is written through memory can neither be seen nor made to fail here.
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  int writes_file = fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE);
  if (page != NULL && writes_file && atomic_load(&page->allows_mapping) == 0) {
    errno = ENODEV;
    return MAP_FAILED;
  }
  return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

// --- Writes that a power cut could take

static int is_zero(const char *bytes, size_t count) {
  return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

static void note_write(int fd, const void *bytes, size_t count, off_t offset) {
  struct stat status;
  if (page == NULL || is_zero(bytes, count) || fstat(fd, &status) != 0) return;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < SHIM_WRITES; i++) {
    struct shim_write *write = &page->writes[i];
    if (atomic_load(&write->state) != 0) continue;
    write->inode = status.st_ino;
    write->offset = offset;
    write->count = (int64_t)count;
    atomic_store(&write->state, 1);
    pthread_mutex_unlock(&lock);
    return;
  }
  atomic_fetch_add(&page->overflow, 1);
  pthread_mutex_unlock(&lock);
}

// A name that another file had before is not noted: what it hid could not be brought back.
static int is_new_name(const char *to) {
  struct stat status;
  return page != NULL && stat(to, &status) != 0;
}

static void note_name(const char *from, const char *to) {
  struct stat status;
  char directory[SHIM_PATH];
  const char *slash = strrchr(to, '/');
  if (slash == NULL || strlen(from) >= SHIM_PATH || strlen(to) >= SHIM_PATH) return;
  snprintf(directory, sizeof directory, "%.*s", (int)(slash - to), to);
  if (stat(directory, &status) != 0) return;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < SHIM_NAMES; i++) {
    struct shim_name *name = &page->names[i];
    if (atomic_load(&name->state) != 0) continue;
    name->directory = status.st_ino;
    name->number = atomic_fetch_add(&page->names_given, 1);
    strcpy(name->from, from);
    strcpy(name->to, to);
    atomic_store(&name->state, 1);
    pthread_mutex_unlock(&lock);
    return;
  }
  atomic_fetch_add(&page->overflow, 1);
  pthread_mutex_unlock(&lock);
}

// Only what was written, or named, before the sync began is covered by it.
struct covered {
  uint16_t index[SHIM_WRITES];
  int count;
  uint8_t names[SHIM_NAMES];
  int name_count;
};

static void begin_sync(int fd, struct covered *covered) {
  struct stat status;
  covered->count = covered->name_count = 0;
  if (page == NULL || fstat(fd, &status) != 0) return;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < SHIM_WRITES; i++) {
    struct shim_write *write = &page->writes[i];
    if (atomic_load(&write->state) == 1 && write->inode == status.st_ino)
      covered->index[covered->count++] = (uint16_t)i;
  }
  for (int i = 0; i < SHIM_NAMES; i++) {
    struct shim_name *name = &page->names[i];
    if (atomic_load(&name->state) == 1 && name->directory == status.st_ino)
      covered->names[covered->name_count++] = (uint8_t)i;
  }
  pthread_mutex_unlock(&lock);
}

static void end_sync(struct covered *covered) {
  for (int i = 0; i < covered->count; i++)
    atomic_store(&page->writes[covered->index[i]].state, 0);
  for (int i = 0; i < covered->name_count; i++)
    atomic_store(&page->names[covered->names[i]].state, 0);
}

// --- Files

static ssize_t write_at(int fd, const void *bytes, size_t count, off_t offset) {
  struct shim_rule *rule = strike_file(SHIM_PWRITE, fd);
  if (is_failing(rule)) return -1;
  if (rule != NULL && rule->bytes > 0 && (size_t)rule->bytes < count) count = (size_t)rule->bytes;
  note_write(fd, bytes, count, offset);
  return syscall(SYS_pwrite64, fd, bytes, count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return write_at(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  return write_at(fd, bytes, count, offset);
}

static ssize_t read_at(int fd, void *bytes, size_t count, off_t offset) {
  struct shim_rule *rule = strike_file(SHIM_PREAD, fd);
  if (is_failing(rule)) return -1;
  if (rule != NULL && rule->bytes > 0 && (size_t)rule->bytes < count) count = (size_t)rule->bytes;
  return syscall(SYS_pread64, fd, bytes, count, offset);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
  return read_at(fd, bytes, count, offset);
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t offset) {
  return read_at(fd, bytes, count, offset);
}

static int synchronize(enum shim_call call, long number, int fd) {
  if (is_failing(strike_file(call, fd))) return -1;
  struct covered covered;
  begin_sync(fd, &covered);
  int result = (int)syscall(number, fd);
  if (result == 0) end_sync(&covered);
  return result;
}

int fdatasync(int fd) { return synchronize(SHIM_FDATASYNC, SYS_fdatasync, fd); }

int fsync(int fd) { return synchronize(SHIM_FSYNC, SYS_fsync, fd); }

int rename(const char *from, const char *to) {
  if (is_failing(strike(SHIM_RENAME, to))) return -1;
  int is_new = is_new_name(to);
  int result = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
  if (result == 0 && is_new) note_name(from, to);
  return result;
}

static int open_file(const char *path, int flags, va_list arguments) {
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
  if (is_failing(strike(SHIM_OPEN, path))) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int result = open_file(path, flags, arguments);
  va_end(arguments);
  return result;
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int result = open_file(path, flags, arguments);
  va_end(arguments);
  return result;
}

int posix_fallocate(int fd, off_t offset, off_t count) {
  struct shim_rule *rule = strike_file(SHIM_FALLOCATE, fd);
  if (rule != NULL && rule->error != 0) return rule->error;
  return syscall(SYS_fallocate, fd, 0, offset, count) == 0 ? 0 : errno;
}

int ftruncate(int fd, off_t count) {
  if (is_failing(strike_file(SHIM_TRUNCATE, fd))) return -1;
  return (int)syscall(SYS_ftruncate, fd, count);
}

// --- Sockets

int connect(int fd, const struct sockaddr *address, socklen_t count) {
  if (is_failing(strike(SHIM_CONNECT, NULL))) return -1;
  return (int)syscall(SYS_connect, fd, address, count);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict count, int flags) {
  if (is_failing(strike(SHIM_ACCEPT, NULL))) return -1;
  return (int)syscall(SYS_accept4, fd, address, count, flags);
}

ssize_t recv(int fd, void *bytes, size_t count, int flags) {
  struct shim_rule *rule = strike(SHIM_RECV, NULL);
  if (is_failing(rule)) return -1;
  if (rule != NULL && rule->bytes > 0 && (size_t)rule->bytes < count) count = (size_t)rule->bytes;
  return syscall(SYS_recvfrom, fd, bytes, count, flags, NULL, NULL);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags) {
  struct shim_rule *rule = strike(SHIM_SEND, NULL);
  if (is_failing(rule)) return -1;
  if (rule != NULL && rule->bytes > 0 && (size_t)rule->bytes < count) count = (size_t)rule->bytes;
  return syscall(SYS_sendto, fd, bytes, count, flags, NULL, 0);
}

int epoll_wait(int epoll, struct epoll_event *events, int capacity, int milliseconds) {
  if (is_failing(strike(SHIM_POLL, NULL))) return -1;
  return (int)syscall(SYS_epoll_pwait, epoll, events, capacity, milliseconds, NULL, 8);
}

int epoll_pwait2(
    int epoll, struct epoll_event *events, int capacity, const struct timespec *timeout,
    const sigset_t *mask) {
  if (is_failing(strike(SHIM_POLL, NULL))) return -1;
  return (int)syscall(SYS_epoll_pwait2, epoll, events, capacity, timeout, mask, 8);
}
