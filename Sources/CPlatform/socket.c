#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform_network.h"

#define POLL_LIMIT 16

_Static_assert(sizeof(struct sockaddr_storage) <= sizeof(((sluice_address *)0)->storage),
               "an address must fit");

static void set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

// A peer that vanished without a word is found out within about half a minute.
static void tune(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
}

int sluice_resolve(const char *host, int port, sluice_address *out, int capacity) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  hints.ai_flags = AI_NUMERICSERV;
  char service[16];
  snprintf(service, sizeof service, "%d", port);
  struct addrinfo *list = NULL;
  int code = getaddrinfo(host, service, &hints, &list);
  if (code != 0) return code < 0 ? code : -code;
  int count = 0;
  for (struct addrinfo *entry = list; entry && count < capacity; entry = entry->ai_next) {
    if (entry->ai_addrlen > sizeof out[count].storage) continue;
    memcpy(out[count].storage, entry->ai_addr, entry->ai_addrlen);
    out[count++].length = entry->ai_addrlen;
  }
  freeaddrinfo(list);
  return count > 0 ? count : EAI_NONAME;
}

const char *sluice_resolve_error(int code) { return gai_strerror(code); }

int sluice_is_ip_literal(const char *host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

int sluice_address_family(sluice_address address) {
  return ((const struct sockaddr *)address.storage)->sa_family;
}

static int new_socket(const sluice_address *address) {
  const struct sockaddr *name = (const struct sockaddr *)address->storage;
  int fd = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return fd >= 0 ? fd : -errno;
}

int sluice_connect_start(const sluice_address *address) {
  int fd = new_socket(address);
  if (fd < 0) return fd;
  tune(fd);
  int result = connect(fd, (const struct sockaddr *)address->storage, address->length);
  if (result == 0 || errno == EINPROGRESS || errno == EINTR) return fd;
  result = -errno;
  close(fd);
  return result;
}

int sluice_socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int sluice_poll(const int *fds, const uint32_t *interests, uint8_t *ready, int count,
                int milliseconds) {
  struct pollfd list[POLL_LIMIT];
  if (count > POLL_LIMIT) count = POLL_LIMIT;
  for (int i = 0; i < count; i++) {
    short events = 0;
    if (interests[i] & SLUICE_IO_READ) events |= POLLIN;
    if (interests[i] & SLUICE_IO_WRITE) events |= POLLOUT;
    list[i] = (struct pollfd){.fd = fds[i], .events = events};
  }
  int result = poll(list, count, milliseconds);
  if (result < 0 && errno != EINTR) return -errno;
  for (int i = 0; i < count; i++) ready[i] = result > 0 && list[i].revents != 0;
  return result < 0 ? 0 : result;
}

static int local_port(int fd) {
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  if (getsockname(fd, (struct sockaddr *)&name, &size) != 0) return -errno;
  if (name.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&name)->sin6_port);
  return ntohs(((struct sockaddr_in *)&name)->sin_port);
}

int sluice_listen(const sluice_address *address, int backlog, int *port) {
  int fd = new_socket(address);
  if (fd < 0) return fd;
  const struct sockaddr *name = (const struct sockaddr *)address->storage;
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (name->sa_family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (bind(fd, name, address->length) != 0 || listen(fd, backlog) != 0 ||
      (*port = local_port(fd)) < 0) {
    int result = -errno;
    close(fd);
    return result;
  }
  return fd;
}

int sluice_accept(int listener, char *peer, size_t peer_capacity) {
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  int fd = accept4(listener, (struct sockaddr *)&name, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return -errno;
  tune(fd);
  const void *address = name.ss_family == AF_INET6
                            ? (const void *)&((struct sockaddr_in6 *)&name)->sin6_addr
                            : (const void *)&((struct sockaddr_in *)&name)->sin_addr;
  if (!inet_ntop(name.ss_family, address, peer, peer_capacity)) snprintf(peer, peer_capacity, "?");
  return fd;
}

void sluice_close(int fd) { close(fd); }

int sluice_shutdown_write(int fd) { return shutdown(fd, SHUT_WR) == 0 ? 0 : -errno; }

long sluice_receive(int fd, void *bytes, size_t count) {
  ssize_t n;
  do n = recv(fd, bytes, count, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return n >= 0 ? n : -errno;
}

long sluice_send(int fd, const void *bytes, size_t count) {
  ssize_t n;
  do n = send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return n >= 0 ? n : -errno;
}

int sluice_peek(int fd) {
  char byte;
  ssize_t n;
  do n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return n >= 0 ? (int)n : -errno;
}
