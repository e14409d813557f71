// The struct forms of SHA-2 are deprecated, not removed: they alone can be copied to the stack, so
// that a signature needs no allocation and no lock. The EVP forms allocate twice for each.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "platform_system.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

// HMAC (RFC 2104, FIPS 198-1): the states after the inner and the outer pad. The key itself is not
// kept; from the states one can sign, but not learn it.
struct sluice_hmac {
  int algorithm;
  union {
    SHA256_CTX sha256;
    SHA512_CTX sha512;
  } inner, outer;
};

static void start_256(SHA256_CTX *state, const uint8_t *key, uint8_t pad) {
  uint8_t block[SHA256_CBLOCK];
  for (size_t i = 0; i < sizeof block; i++) block[i] = key[i] ^ pad;
  SHA256_Init(state);
  SHA256_Update(state, block, sizeof block);
  OPENSSL_cleanse(block, sizeof block);
}

static void start_512(SHA512_CTX *state, const uint8_t *key, uint8_t pad) {
  uint8_t block[SHA512_CBLOCK];
  for (size_t i = 0; i < sizeof block; i++) block[i] = key[i] ^ pad;
  SHA512_Init(state);
  SHA512_Update(state, block, sizeof block);
  OPENSSL_cleanse(block, sizeof block);
}

sluice_hmac *sluice_hmac_new(int algorithm, const void *key, size_t count) {
  if (algorithm != SLUICE_SHA256 && algorithm != SLUICE_SHA512) return NULL;
  sluice_hmac *hmac = calloc(1, sizeof *hmac);
  if (hmac == NULL) return NULL;
  hmac->algorithm = algorithm;
  uint8_t block[SHA512_CBLOCK] = {0};
  if (algorithm == SLUICE_SHA256) {
    // A key longer than a block is hashed first.
    if (count > SHA256_CBLOCK) {
      SHA256(key, count, block);
    } else if (count > 0) {
      memcpy(block, key, count);
    }
    start_256(&hmac->inner.sha256, block, 0x36);
    start_256(&hmac->outer.sha256, block, 0x5c);
  } else {
    if (count > SHA512_CBLOCK) {
      SHA512(key, count, block);
    } else if (count > 0) {
      memcpy(block, key, count);
    }
    start_512(&hmac->inner.sha512, block, 0x36);
    start_512(&hmac->outer.sha512, block, 0x5c);
  }
  OPENSSL_cleanse(block, sizeof block);
  return hmac;
}

static bool sign_256(const sluice_hmac *hmac, const void *bytes, size_t count, uint8_t *out) {
  SHA256_CTX state = hmac->inner.sha256;
  uint8_t digest[SHA256_DIGEST_LENGTH];
  bool is_signed = SHA256_Update(&state, bytes, count) == 1 && SHA256_Final(digest, &state) == 1;
  state = hmac->outer.sha256;
  is_signed = is_signed && SHA256_Update(&state, digest, sizeof digest) == 1 &&
              SHA256_Final(out, &state) == 1;
  OPENSSL_cleanse(&state, sizeof state);
  return is_signed;
}

static bool sign_512(const sluice_hmac *hmac, const void *bytes, size_t count, uint8_t *out) {
  SHA512_CTX state = hmac->inner.sha512;
  uint8_t digest[SHA512_DIGEST_LENGTH];
  bool is_signed = SHA512_Update(&state, bytes, count) == 1 && SHA512_Final(digest, &state) == 1;
  state = hmac->outer.sha512;
  is_signed = is_signed && SHA512_Update(&state, digest, sizeof digest) == 1 &&
              SHA512_Final(out, &state) == 1;
  OPENSSL_cleanse(&state, sizeof state);
  return is_signed;
}

size_t sluice_hmac_sign(const sluice_hmac *hmac, const void *bytes, size_t count, uint8_t *out) {
  if (hmac->algorithm == SLUICE_SHA256) {
    return sign_256(hmac, bytes, count, out) ? SHA256_DIGEST_LENGTH : 0;
  }
  return sign_512(hmac, bytes, count, out) ? SHA512_DIGEST_LENGTH : 0;
}

void sluice_hmac_free(sluice_hmac *hmac) {
  OPENSSL_cleanse(hmac, sizeof *hmac);
  free(hmac);
}
