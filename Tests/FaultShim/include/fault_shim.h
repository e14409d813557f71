// The page that a test and the process under test share; FaultShim.swift knows its layout.
#ifndef FAULT_SHIM_H
#define FAULT_SHIM_H

#include <stdatomic.h>
#include <stdint.h>

enum { SHIM_RULES = 16, SHIM_WRITES = 4096, SHIM_NAMES = 64, SHIM_PATH = 256 };

// Calls that can be made to fail.
enum shim_call {
  SHIM_PWRITE = 1,
  SHIM_FDATASYNC,
  SHIM_FSYNC,
  SHIM_RENAME,
  SHIM_OPEN,
  SHIM_FALLOCATE,
  SHIM_CONNECT,
  SHIM_ACCEPT,
  SHIM_RECV,
  SHIM_SEND,
  SHIM_POLL,
  SHIM_PREAD,
  SHIM_TRUNCATE,
};

struct shim_rule {
  _Atomic int32_t call;  // 0: no rule
  int32_t error;         // 0: the call is made, after a delay or for fewer bytes
  uint64_t skip;         // so many calls go through first
  uint64_t limit;        // so many are struck
  uint64_t period;       // and of those only each n-th
  int64_t bytes;         // at most so many are written
  int64_t delay_us;
  _Atomic uint64_t calls;
  _Atomic uint64_t hits;
  char path[64];         // a part of the file's name; empty: any
};

// A write that no sync has covered yet.
struct shim_write {
  uint64_t inode;
  int64_t offset;
  int64_t count;
  _Atomic uint64_t state;  // 0: none or synced, 1: pending
};

// A new name of a file that no sync of its directory has covered yet.
struct shim_name {
  uint64_t directory;      // its inode
  uint64_t number;         // names are given in this order
  _Atomic uint64_t state;  // 0: none or synced, 1: pending
  char from[SHIM_PATH];
  char to[SHIM_PATH];
};

struct shim_page {
  _Atomic int64_t wall_offset_ns;
  _Atomic uint64_t wall_reads;
  _Atomic uint64_t process;  // which has loaded the shim
  _Atomic uint64_t overflow;  // pending writes that had no room
  struct shim_rule rules[SHIM_RULES];
  struct shim_write writes[SHIM_WRITES];
  _Atomic uint64_t allows_mapping;  // files may be written through memory, where nothing is seen here
  _Atomic uint64_t names_given;
  struct shim_name names[SHIM_NAMES];
};

#endif
