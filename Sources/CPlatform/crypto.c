#define _GNU_SOURCE
#include "platform_system.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Algorithms are fetched once: a fetch per call costs more than the digest of a short message.
static const char *const digest_names[] = {"SHA1", "SHA256", "SHA512"};
static EVP_MD *digests[3];
static pthread_key_t digest_context_key;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void free_digest_context(void *context) { EVP_MD_CTX_free(context); }

static void fetch_algorithms(void) {
  for (int i = 0; i < 3; i++) digests[i] = EVP_MD_fetch(NULL, digest_names[i], NULL);
  pthread_key_create(&digest_context_key, free_digest_context);
}

static EVP_MD_CTX *thread_digest_context(void) {
  EVP_MD_CTX *context = pthread_getspecific(digest_context_key);
  if (context == NULL) {
    context = EVP_MD_CTX_new();
    pthread_setspecific(digest_context_key, context);
  }
  return context;
}

size_t sluice_digest(int algorithm, const void *bytes, size_t count, uint8_t *out) {
  pthread_once(&fetched, fetch_algorithms);
  EVP_MD_CTX *context = thread_digest_context();
  unsigned int length = 0;
  if (context == NULL || digests[algorithm] == NULL) return 0;
  if (EVP_DigestInit_ex2(context, digests[algorithm], NULL) != 1) return 0;
  if (EVP_DigestUpdate(context, bytes, count) != 1) return 0;
  return EVP_DigestFinal_ex(context, out, &length) == 1 ? length : 0;
}

struct sluice_running_digest {
  EVP_MD_CTX *context;
  EVP_MD_CTX *copy;
  const EVP_MD *algorithm;
};

sluice_running_digest *sluice_running_digest_new(int algorithm) {
  pthread_once(&fetched, fetch_algorithms);
  if (digests[algorithm] == NULL) return NULL;
  sluice_running_digest *digest = calloc(1, sizeof *digest);
  if (digest == NULL) return NULL;
  digest->context = EVP_MD_CTX_new();
  digest->copy = EVP_MD_CTX_new();
  digest->algorithm = digests[algorithm];
  if (digest->context == NULL || digest->copy == NULL || !sluice_running_digest_reset(digest)) {
    sluice_running_digest_free(digest);
    return NULL;
  }
  return digest;
}

bool sluice_running_digest_reset(sluice_running_digest *digest) {
  return EVP_DigestInit_ex2(digest->context, digest->algorithm, NULL) == 1;
}

bool sluice_running_digest_add(sluice_running_digest *digest, const void *bytes, size_t count) {
  return EVP_DigestUpdate(digest->context, bytes, count) == 1;
}

size_t sluice_running_digest_value(const sluice_running_digest *digest, uint8_t *out) {
  unsigned int length = 0;
  if (EVP_MD_CTX_copy_ex(digest->copy, digest->context) != 1) return 0;
  return EVP_DigestFinal_ex(digest->copy, out, &length) == 1 ? length : 0;
}

void sluice_running_digest_free(sluice_running_digest *digest) {
  if (digest == NULL) return;
  EVP_MD_CTX_free(digest->context);
  EVP_MD_CTX_free(digest->copy);
  free(digest);
}

bool sluice_equal(const void *a, const void *b, size_t count) {
  return CRYPTO_memcmp(a, b, count) == 0;
}

void sluice_crypto_error(char *text, size_t capacity) {
  unsigned long code = ERR_get_error();
  if (code == 0) {
    snprintf(text, capacity, "no further detail");
  } else {
    ERR_error_string_n(code, text, capacity);
  }
  ERR_clear_error();
}
