#define _GNU_SOURCE
#include "platform_system.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

struct sluice_key {
  int kind;
  EVP_PKEY *pkey;
};

static bool is_p256(EVP_PKEY *pkey) {
  char group[64];
  size_t length = 0;
  if (EVP_PKEY_get_group_name(pkey, group, sizeof group, &length) != 1) return false;
  return strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0;
}

static bool has_kind(EVP_PKEY *pkey, int kind) {
  if (kind == SLUICE_ED25519) return EVP_PKEY_is_a(pkey, "ED25519");
  return EVP_PKEY_is_a(pkey, "EC") && is_p256(pkey);
}

static sluice_key *wrap(int kind, EVP_PKEY *pkey) {
  sluice_key *key = NULL;
  if (pkey != NULL && has_kind(pkey, kind)) key = calloc(1, sizeof *key);
  if (key == NULL) {
    EVP_PKEY_free(pkey);
    return NULL;
  }
  key->kind = kind;
  key->pkey = pkey;
  return key;
}

// Without a callback libcrypto would ask for a passphrase on the terminal.
static int no_passphrase(char *buffer, int size, int writing, void *context) {
  (void)buffer, (void)size, (void)writing, (void)context;
  return -1;
}

sluice_key *sluice_key_from_pem(int kind, const void *pem, size_t count) {
  BIO *bio = BIO_new_mem_buf(pem, (int)count);
  if (bio == NULL) return NULL;
  EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
  BIO_free(bio);
  return wrap(kind, pkey);
}

sluice_key *sluice_key_from_public_pem(int kind, const void *pem, size_t count) {
  BIO *bio = BIO_new_mem_buf(pem, (int)count);
  if (bio == NULL) return NULL;
  EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
  BIO_free(bio);
  return wrap(kind, pkey);
}

sluice_key *sluice_key_from_seed(const uint8_t seed[32]) {
  return wrap(
      SLUICE_ED25519, EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32));
}

void sluice_key_free(sluice_key *key) {
  EVP_PKEY_free(key->pkey);
  free(key);
}

bool sluice_key_public_raw(const sluice_key *key, uint8_t out[32]) {
  size_t length = 32;
  return EVP_PKEY_get_raw_public_key(key->pkey, out, &length) == 1 && length == 32;
}

static bool sign_into(
    const sluice_key *key, const void *bytes, size_t count, uint8_t *out, size_t *length) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  const EVP_MD *digest = key->kind == SLUICE_ED25519 ? NULL : EVP_sha256();
  bool done = context != NULL &&
              EVP_DigestSignInit(context, NULL, digest, NULL, key->pkey) == 1 &&
              EVP_DigestSign(context, out, length, bytes, count) == 1;
  EVP_MD_CTX_free(context);
  return done;
}

static bool verify_bytes(
    const sluice_key *key, const void *bytes, size_t count, const uint8_t *signature,
    size_t length) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  const EVP_MD *digest = key->kind == SLUICE_ED25519 ? NULL : EVP_sha256();
  bool valid = context != NULL &&
               EVP_DigestVerifyInit(context, NULL, digest, NULL, key->pkey) == 1 &&
               EVP_DigestVerify(context, signature, length, bytes, count) == 1;
  EVP_MD_CTX_free(context);
  return valid;
}

// JOSE wants r and s as two 32-byte numbers (RFC 7518, 3.4); libcrypto speaks DER.
static bool der_to_raw(const uint8_t *der, size_t length, uint8_t out[64]) {
  ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);
  if (signature == NULL) return false;
  bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32) == 32;
  ECDSA_SIG_free(signature);
  return fits;
}

static int raw_to_der(const uint8_t raw[64], uint8_t **der) {
  ECDSA_SIG *signature = ECDSA_SIG_new();
  BIGNUM *r = BN_bin2bn(raw, 32, NULL);
  BIGNUM *s = BN_bin2bn(raw + 32, 32, NULL);
  if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return 0;
  }
  int length = i2d_ECDSA_SIG(signature, der);
  ECDSA_SIG_free(signature);
  return length;
}

bool sluice_key_sign(const sluice_key *key, const void *bytes, size_t count, uint8_t out[64]) {
  if (key->kind == SLUICE_ED25519) {
    size_t length = 64;
    return sign_into(key, bytes, count, out, &length) && length == 64;
  }
  uint8_t der[80];
  size_t length = sizeof der;
  return sign_into(key, bytes, count, der, &length) && der_to_raw(der, length, out);
}

bool sluice_key_verify(
    const sluice_key *key, const void *bytes, size_t count, const uint8_t signature[64]) {
  if (key->kind == SLUICE_ED25519) return verify_bytes(key, bytes, count, signature, 64);
  uint8_t *der = NULL;
  int length = raw_to_der(signature, &der);
  bool valid = length > 0 && verify_bytes(key, bytes, count, der, (size_t)length);
  OPENSSL_free(der);
  return valid;
}
