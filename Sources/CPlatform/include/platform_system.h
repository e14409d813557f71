// Threads, files, cryptography and libcurl, in forms that Swift can call.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- system.c ------------------------------------------------------------------------------

// All return 0 or a non-negative value on success and -errno on failure.
int sluice_eventfd(void);
int sluice_random(void *bytes, size_t count);
int sluice_lock_file(int descriptor);
int sluice_preallocate(int descriptor, int64_t bytes);

// MARK: Files in memory

// The first bytes of a file that has them all, shared with whoever reads it. What is copied in is
// the kernel's at once. NULL if the file system has no such thing. A copy fails with -EIO where an
// access alone would end the process.
typedef struct sluice_mapping sluice_mapping;
sluice_mapping *sluice_map_file(int descriptor, int64_t bytes);
void sluice_unmap_file(sluice_mapping *mapping);
// No write goes through memory any more.
void sluice_mapping_end(sluice_mapping *mapping);
// 1: written; 0: not within the mapping.
int sluice_mapping_write(sluice_mapping *mapping, int64_t offset, const void *bytes, size_t count);
// Makes the pages behind the last write, as far as `ahead` bytes, ready to be written. Any thread.
int sluice_mapping_prepare(sluice_mapping *mapping, size_t ahead);

void sluice_wipe(void *bytes, size_t count);
void sluice_error_text(int code, char *text, size_t capacity);

// Starts a named thread; `token` is what join and detach take.
int sluice_thread_start(
    uint64_t *token, const char *name, size_t stack_bytes, void (*body)(void *), void *context);
int sluice_thread_join(uint64_t token);
// Joins the pages of this process's larger memory areas and of its code into huge ones, as far as
// the kernel can; returns how many bytes lie in areas where it could.
int64_t sluice_join_pages(void);
// Keeps the calling thread on one processor.
int sluice_thread_pin(int processor);
int sluice_thread_detach(uint64_t token);

// --- crypto.c ------------------------------------------------------------------------------

enum { SLUICE_SHA1 = 0, SLUICE_SHA256 = 1, SLUICE_SHA512 = 2 };

// The number of bytes written to `out` (64 are enough), or 0 on failure.
size_t sluice_digest(int algorithm, const void *bytes, size_t count, uint8_t *out);

// A digest over bytes that come piece by piece. `value` leaves it as it is, `reset` starts anew.
typedef struct sluice_running_digest sluice_running_digest;
sluice_running_digest *sluice_running_digest_new(int algorithm);
bool sluice_running_digest_reset(sluice_running_digest *digest);
bool sluice_running_digest_add(sluice_running_digest *digest, const void *bytes, size_t count);
size_t sluice_running_digest_value(const sluice_running_digest *digest, uint8_t *out);
void sluice_running_digest_free(sluice_running_digest *digest);

typedef struct sluice_hmac sluice_hmac;
sluice_hmac *sluice_hmac_new(int algorithm, const void *key, size_t count);
size_t sluice_hmac_sign(const sluice_hmac *hmac, const void *bytes, size_t count, uint8_t *out);
void sluice_hmac_free(sluice_hmac *hmac);

bool sluice_equal(const void *a, const void *b, size_t count);

// A private or public key of one kind; signing and verifying may be called from any thread.
enum { SLUICE_ED25519 = 0, SLUICE_ES256 = 1 };
typedef struct sluice_key sluice_key;
sluice_key *sluice_key_from_pem(int kind, const void *pem, size_t count);
sluice_key *sluice_key_from_seed(const uint8_t seed[32]);
sluice_key *sluice_key_from_public_pem(int kind, const void *pem, size_t count);
void sluice_key_free(sluice_key *key);
bool sluice_key_sign(const sluice_key *key, const void *bytes, size_t count, uint8_t out[64]);
bool sluice_key_verify(
    const sluice_key *key, const void *bytes, size_t count, const uint8_t signature[64]);
bool sluice_key_public_raw(const sluice_key *key, uint8_t out[32]);

// A certificate authority of one run. PEM texts are NUL-terminated and freed with sluice_text_free.
typedef struct sluice_authority sluice_authority;
sluice_authority *sluice_authority_new(const char *name, int days);
char *sluice_authority_certificate(const sluice_authority *authority);
// `names` is an OpenSSL subjectAltName value, e.g. "DNS:localhost,IP:127.0.0.1".
bool sluice_authority_issue(
    const sluice_authority *authority, const char *common_name, const char *names, int days,
    char **certificate, char **key);
void sluice_authority_free(sluice_authority *authority);
void sluice_text_free(char *text);

// The reason of the last failure of libcrypto on this thread; clears the thread's error queue.
void sluice_crypto_error(char *text, size_t capacity);

// --- curl.c --------------------------------------------------------------------------------

typedef struct sluice_curl sluice_curl;
typedef struct sluice_transfer sluice_transfer;

// Texts may be null where the option is not used.
sluice_curl *sluice_curl_new(const char *ca_file, const char *proxy, const char *user_agent);
void sluice_curl_free(sluice_curl *curl);

typedef struct {
  const char *method;
  const char *url;
  const void *body;
  size_t body_count;
  int64_t connect_timeout_milliseconds;
  int64_t timeout_milliseconds;
  size_t maximum_response_bytes;
  bool fresh_connection;
} sluice_curl_request;

// Copies everything it is given. Null when out of memory or when libcurl refuses an option.
sluice_transfer *sluice_transfer_new(
    sluice_curl *curl, const sluice_curl_request *request, uint64_t token);
bool sluice_transfer_add_header(sluice_transfer *transfer, const char *line);
// Hands the transfer to the multi handle, which owns it until it is finished.
bool sluice_transfer_start(sluice_curl *curl, sluice_transfer *transfer);
void sluice_transfer_free(sluice_transfer *transfer);

// Waits until a transfer can move, a wake-up, or the timeout, then moves all transfers on.
// Only this and sluice_curl_wake may be called while another thread is in it: wake alone.
bool sluice_curl_step(sluice_curl *curl, int timeout_milliseconds);
void sluice_curl_wake(sluice_curl *curl);

typedef struct {
  uint64_t token;
  int code;  // 0, or a CURLcode
  int status;
  bool bytes_may_have_left;
  bool too_large;
  char message[256];
  const char *head;  // status line and headers of the final response
  size_t head_count;
  const void *body;
  size_t body_count;
  sluice_transfer *transfer;  // to be freed when the answer was copied
} sluice_curl_result;

// Takes one finished transfer; false when there is none.
bool sluice_curl_finished(sluice_curl *curl, sluice_curl_result *result);
