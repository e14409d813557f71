#define _GNU_SOURCE
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform_network.h"

struct sluice_tls {
  SSL *ssl;
  int fd;
  int saw_end;      // recv said the stream is over
  int last_errno;   // of the socket, for the last call
  char error[240];  // words for the last failure
};

// MARK: A BIO over send and recv
//
// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE when the peer has gone.

static BIO_METHOD *socket_method;
static pthread_once_t socket_method_once = PTHREAD_ONCE_INIT;

static int bio_write(BIO *bio, const char *bytes, int count) {
  sluice_tls *tls = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  long n = sluice_send(tls->fd, bytes, count);
  if (n >= 0) return (int)n;
  if (n == -EAGAIN) BIO_set_retry_write(bio);
  else tls->last_errno = (int)-n;
  return -1;
}

static int bio_read(BIO *bio, char *bytes, int count) {
  sluice_tls *tls = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  long n = sluice_receive(tls->fd, bytes, count);
  if (n >= 0) {
    if (n == 0 && count > 0) tls->saw_end = 1;
    return (int)n;
  }
  if (n == -EAGAIN) BIO_set_retry_read(bio);
  else tls->last_errno = (int)-n;
  return -1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
  (void)number, (void)pointer;
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return ((sluice_tls *)BIO_get_data(bio))->saw_end;
  return 0;
}

static int bio_create(BIO *bio) {
  BIO_set_init(bio, 1);
  return 1;
}

static void make_socket_method(void) {
  socket_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  if (!socket_method) return;
  BIO_meth_set_write(socket_method, bio_write);
  BIO_meth_set_read(socket_method, bio_read);
  BIO_meth_set_ctrl(socket_method, bio_control);
  BIO_meth_set_create(socket_method, bio_create);
}

// MARK: Contexts

static void describe_queue(char *text, size_t capacity, const char *fallback) {
  unsigned long code = ERR_peek_last_error();
  const char *reason = code ? ERR_reason_error_string(code) : NULL;
  snprintf(text, capacity, "%s", reason ? reason : fallback);
  ERR_clear_error();
}

static sluice_tls_context *new_context(const SSL_METHOD *method) {
  SSL_CTX *context = SSL_CTX_new(method);
  if (!context) return NULL;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // One recv fetches many records.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 32768);
  return context;
}

static int add_trusted(SSL_CTX *context, const char *pem, size_t count) {
  BIO *bio = BIO_new_mem_buf(pem, (int)count);
  X509_STORE *store = SSL_CTX_get_cert_store(context);
  int added = 0;
  X509 *certificate;
  while (bio && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
    added += X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
  }
  BIO_free(bio);
  if (added > 0) ERR_clear_error();  // the end of the text is reported as an error
  return added > 0;
}

sluice_tls_context *sluice_tls_client_context(const char *ca_file, const char *ca_pem,
                                              size_t ca_pem_count, char *error,
                                              size_t error_capacity) {
  static const unsigned char protocols[] = "\x08http/1.1";
  ERR_clear_error();
  SSL_CTX *context = new_context(TLS_client_method());
  int trusted = 0;
  if (context) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1);
    if (ca_pem) trusted = add_trusted(context, ca_pem, ca_pem_count);
    else if (ca_file) trusted = SSL_CTX_load_verify_file(context, ca_file) == 1;
    else trusted = SSL_CTX_set_default_verify_paths(context) == 1;
  }
  if (trusted) return context;
  describe_queue(error, error_capacity, "no usable certificate authority");
  SSL_CTX_free(context);
  return NULL;
}

static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_count,
                           const unsigned char *in, unsigned int in_count, void *unused) {
  static const unsigned char ours[] = "\x08http/1.1";
  (void)ssl, (void)unused;
  int found = SSL_select_next_proto((unsigned char **)out, out_count, ours, sizeof ours - 1, in,
                                    in_count);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int use_certificate(SSL_CTX *context, const char *pem, size_t count) {
  BIO *bio = BIO_new_mem_buf(pem, (int)count);
  X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
  int used = certificate && SSL_CTX_use_certificate(context, certificate) == 1;
  X509_free(certificate);
  while (used && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
    if (SSL_CTX_add0_chain_cert(context, certificate) != 1) X509_free(certificate);
  }
  BIO_free(bio);
  if (used) ERR_clear_error();
  return used;
}

static int use_key(SSL_CTX *context, const char *pem, size_t count) {
  BIO *bio = BIO_new_mem_buf(pem, (int)count);
  EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;
  int used = key && SSL_CTX_use_PrivateKey(context, key) == 1 &&
             SSL_CTX_check_private_key(context) == 1;
  EVP_PKEY_free(key);
  BIO_free(bio);
  return used;
}

sluice_tls_context *sluice_tls_server_context(const char *certificate_pem, size_t certificate_count,
                                              const char *key_pem, size_t key_count, char *error,
                                              size_t error_capacity) {
  ERR_clear_error();
  SSL_CTX *context = new_context(TLS_server_method());
  if (context && use_certificate(context, certificate_pem, certificate_count) &&
      use_key(context, key_pem, key_count)) {
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    SSL_CTX_set_num_tickets(context, 0);
    return context;
  }
  describe_queue(error, error_capacity, "unusable certificate or key");
  SSL_CTX_free(context);
  return NULL;
}

void sluice_tls_context_free(sluice_tls_context *context) { SSL_CTX_free(context); }

// MARK: Connections

static sluice_tls *new_connection(SSL_CTX *context, int fd) {
  pthread_once(&socket_method_once, make_socket_method);
  ERR_clear_error();
  sluice_tls *tls = calloc(1, sizeof *tls);
  if (!tls) return NULL;
  tls->fd = fd;
  tls->ssl = SSL_new(context);
  BIO *bio = socket_method ? BIO_new(socket_method) : NULL;
  if (!tls->ssl || !bio) {
    BIO_free(bio);
    sluice_tls_free(tls);
    return NULL;
  }
  BIO_set_data(bio, tls);
  SSL_set_bio(tls->ssl, bio, bio);
  return tls;
}

static int expect_host(SSL *ssl, const char *host) {
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (sluice_is_ip_literal(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
  }
  return host[0] && SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

sluice_tls *sluice_tls_client(sluice_tls_context *context, int fd, const char *host) {
  sluice_tls *tls = new_connection(context, fd);
  if (!tls) return NULL;
  if (!expect_host(tls->ssl, host)) {
    sluice_tls_free(tls);
    return NULL;
  }
  SSL_set_connect_state(tls->ssl);
  return tls;
}

sluice_tls *sluice_tls_server(sluice_tls_context *context, int fd) {
  sluice_tls *tls = new_connection(context, fd);
  if (tls) SSL_set_accept_state(tls->ssl);
  return tls;
}

void sluice_tls_free(sluice_tls *tls) {
  if (!tls) return;
  SSL_free(tls->ssl);
  free(tls);
}

static void describe_failure(sluice_tls *tls) {
  long verdict = SSL_get_verify_result(tls->ssl);
  if (!SSL_is_server(tls->ssl) && verdict != X509_V_OK) {
    snprintf(tls->error, sizeof tls->error, "%s", X509_verify_cert_error_string(verdict));
    ERR_clear_error();
  } else {
    describe_queue(tls->error, sizeof tls->error,
                   tls->last_errno ? strerror(tls->last_errno) : "protocol failure");
  }
}

static long outcome(sluice_tls *tls, int result) {
  switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ: return SLUICE_TLS_WANTS_READ;
    case SSL_ERROR_WANT_WRITE: return SLUICE_TLS_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN: return SLUICE_TLS_CLOSED;
    default: break;
  }
  int cut = tls->saw_end && tls->last_errno == 0;
  describe_failure(tls);
  return cut ? SLUICE_TLS_TRUNCATED : SLUICE_TLS_FAILED;
}

static void prepare(sluice_tls *tls) {
  ERR_clear_error();
  tls->last_errno = 0;
}

static int bounded(size_t count) { return count > (1 << 30) ? 1 << 30 : (int)count; }

long sluice_tls_handshake(sluice_tls *tls) {
  prepare(tls);
  int result = SSL_do_handshake(tls->ssl);
  return result == 1 ? 1 : outcome(tls, result);
}

long sluice_tls_read(sluice_tls *tls, void *bytes, size_t count) {
  prepare(tls);
  int result = SSL_read(tls->ssl, bytes, bounded(count));
  return result > 0 ? result : outcome(tls, result);
}

long sluice_tls_write(sluice_tls *tls, const void *bytes, size_t count) {
  prepare(tls);
  int result = SSL_write(tls->ssl, bytes, bounded(count));
  return result > 0 ? result : outcome(tls, result);
}

long sluice_tls_peek(sluice_tls *tls) {
  char byte;
  prepare(tls);
  int result = SSL_peek(tls->ssl, &byte, 1);
  return result > 0 ? 1 : outcome(tls, result);
}

int sluice_tls_has_buffered(const sluice_tls *tls) { return SSL_has_pending(tls->ssl); }

int sluice_tls_is_established(const sluice_tls *tls) { return SSL_is_init_finished(tls->ssl); }

void sluice_tls_shutdown(sluice_tls *tls) {
  ERR_clear_error();
  if (SSL_is_init_finished(tls->ssl)) SSL_shutdown(tls->ssl);
  ERR_clear_error();
}

int sluice_tls_error(const sluice_tls *tls, char *text, size_t capacity) {
  snprintf(text, capacity, "%s", tls->error);
  return tls->last_errno;
}
