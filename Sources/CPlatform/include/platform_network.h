#pragma once

#include <stddef.h>
#include <stdint.h>

// Results below zero are a negated errno unless the function says otherwise.

// MARK: Readiness

#define SLUICE_IO_READ 1u
#define SLUICE_IO_WRITE 2u
#define SLUICE_IO_HANG_UP 4u
#define SLUICE_IO_ERROR 8u
// Told once for each change, and not for as long as it lasts.
#define SLUICE_IO_EDGE 16u

typedef struct {
  uint64_t token;
  uint32_t events;
} sluice_io_event;

int sluice_epoll_create(void);
int sluice_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
int sluice_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token);
int sluice_epoll_remove(int epoll, int fd);
// Waits up to `nanoseconds` (-1: for ever, 0: not at all). An interrupted wait counts as zero events.
int sluice_epoll_wait(int epoll, sluice_io_event *events, int capacity, int64_t nanoseconds);

// MARK: Sockets

typedef struct {
  uint64_t storage[16];  // a struct sockaddr_storage
  uint32_t length;
} sluice_address;

// Returns the number of addresses, or a negated EAI_ code (EAI_SYSTEM is 11, others differ from errno).
int sluice_resolve(const char *host, int port, sluice_address *out, int capacity);
const char *sluice_resolve_error(int code);
int sluice_is_ip_literal(const char *host);
int sluice_address_family(sluice_address address);

// Starts a non-blocking connect; the socket becomes writable when it is decided.
int sluice_connect_start(const sluice_address *address);
// The outcome of a connect: zero, or an errno.
int sluice_socket_error(int fd);
// Waits until one of `fds` is ready; sets `ready[i]`. Returns the count of ready ones.
int sluice_poll(const int *fds, const uint32_t *interests, uint8_t *ready, int count,
                int milliseconds);

int sluice_listen(const sluice_address *address, int backlog, int *port);
// Accepts one connection, non-blocking; writes the peer's address as text.
int sluice_accept(int listener, char *peer, size_t peer_capacity);
void sluice_close(int fd);
int sluice_shutdown_write(int fd);

// Bytes moved; zero from receive is the end of the stream. Never raises SIGPIPE.
long sluice_receive(int fd, void *bytes, size_t count);
long sluice_send(int fd, const void *bytes, size_t count);
// 1: bytes wait, 0: the peer has closed, -EAGAIN: neither.
int sluice_peek(int fd);

// MARK: TLS

#define SLUICE_TLS_CLOSED 0L
#define SLUICE_TLS_WANTS_READ -1L
#define SLUICE_TLS_WANTS_WRITE -2L
#define SLUICE_TLS_FAILED -3L
#define SLUICE_TLS_TRUNCATED -4L

typedef struct ssl_ctx_st sluice_tls_context;
typedef struct sluice_tls sluice_tls;

// Trusts `ca_file` or `ca_pem` alone if given, the system's store otherwise. NULL: see `error`.
sluice_tls_context *sluice_tls_client_context(const char *ca_file, const char *ca_pem,
                                              size_t ca_pem_count, char *error,
                                              size_t error_capacity);
sluice_tls_context *sluice_tls_server_context(const char *certificate_pem, size_t certificate_count,
                                              const char *key_pem, size_t key_count, char *error,
                                              size_t error_capacity);
void sluice_tls_context_free(sluice_tls_context *context);

// A connection over `fd`, which stays the caller's. The client checks chain and `host` (name or IP).
sluice_tls *sluice_tls_client(sluice_tls_context *context, int fd, const char *host);
sluice_tls *sluice_tls_server(sluice_tls_context *context, int fd);
void sluice_tls_free(sluice_tls *tls);

// 1 when done, else one of SLUICE_TLS_*.
long sluice_tls_handshake(sluice_tls *tls);
long sluice_tls_read(sluice_tls *tls, void *bytes, size_t count);
long sluice_tls_write(sluice_tls *tls, const void *bytes, size_t count);
// 1: application bytes wait; else as for read.
long sluice_tls_peek(sluice_tls *tls);
int sluice_tls_has_buffered(const sluice_tls *tls);
int sluice_tls_is_established(const sluice_tls *tls);
void sluice_tls_shutdown(sluice_tls *tls);
// What the last failure was: an errno (or 0), and words for it.
int sluice_tls_error(const sluice_tls *tls, char *text, size_t capacity);
