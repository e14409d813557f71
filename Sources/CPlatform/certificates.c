#define _GNU_SOURCE
#include "platform_system.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct sluice_authority {
  EVP_PKEY *pkey;
  X509 *certificate;
};

static char *take_text(BIO *bio) {
  char *bytes = NULL;
  long count = BIO_get_mem_data(bio, &bytes);
  char *text = count > 0 ? malloc((size_t)count + 1) : NULL;
  if (text != NULL) {
    memcpy(text, bytes, (size_t)count);
    text[count] = 0;
  }
  return text;
}

static char *certificate_text(X509 *certificate) {
  BIO *bio = BIO_new(BIO_s_mem());
  if (bio == NULL) return NULL;
  char *text = PEM_write_bio_X509(bio, certificate) == 1 ? take_text(bio) : NULL;
  BIO_free(bio);
  return text;
}

static char *key_text(EVP_PKEY *pkey) {
  BIO *bio = BIO_new(BIO_s_secmem());
  if (bio == NULL) return NULL;
  bool written = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
  char *text = written ? take_text(bio) : NULL;
  BIO_free(bio);
  return text;
}

void sluice_text_free(char *text) {
  if (text != NULL) sluice_wipe(text, strlen(text));
  free(text);
}

// 159 random bits: positive, and within the 20 octets of RFC 5280, 4.1.2.2.
static bool set_random_serial(X509 *certificate) {
  BIGNUM *serial = BN_new();
  bool done = serial != NULL && BN_rand(serial, 159, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL;
  BN_free(serial);
  return done;
}

static bool set_common_name(X509_NAME *name, const char *text) {
  return X509_NAME_add_entry_by_txt(
             name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) == 1;
}

// Five minutes in the past, for a peer whose clock is a little behind.
static bool set_validity(X509 *certificate, int days) {
  // A month back, for machines whose clocks are behind.
  return X509_time_adj_ex(X509_getm_notBefore(certificate), -30, 0, NULL) != NULL &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, NULL) != NULL;
}

static bool add_extension(X509 *certificate, X509 *issuer, int identifier, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, identifier, value);
  if (extension == NULL) return false;
  bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

static X509 *new_certificate(EVP_PKEY *pkey, const char *common_name, int days) {
  X509 *certificate = X509_new();
  if (certificate == NULL) return NULL;
  if (X509_set_version(certificate, X509_VERSION_3) == 1 && set_random_serial(certificate) &&
      set_validity(certificate, days) && X509_set_pubkey(certificate, pkey) == 1 &&
      set_common_name(X509_get_subject_name(certificate), common_name)) {
    return certificate;
  }
  X509_free(certificate);
  return NULL;
}

static bool seal_authority(X509 *certificate, EVP_PKEY *pkey) {
  return X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
         add_extension(
             certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
         add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, certificate, NID_authority_key_identifier, "keyid:always") &&
         X509_sign(certificate, pkey, EVP_sha256()) > 0;
}

static bool seal_leaf(const sluice_authority *authority, X509 *leaf, const char *names) {
  X509 *issuer = authority->certificate;
  return X509_set_issuer_name(leaf, X509_get_subject_name(issuer)) == 1 &&
         add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature") &&
         add_extension(leaf, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
         add_extension(leaf, issuer, NID_subject_key_identifier, "hash") &&
         add_extension(leaf, issuer, NID_authority_key_identifier, "keyid:always") &&
         add_extension(leaf, issuer, NID_subject_alt_name, names) &&
         X509_sign(leaf, authority->pkey, EVP_sha256()) > 0;
}

sluice_authority *sluice_authority_new(const char *name, int days) {
  sluice_authority *authority = calloc(1, sizeof *authority);
  if (authority == NULL) return NULL;
  authority->pkey = EVP_EC_gen("P-256");
  if (authority->pkey != NULL) {
    authority->certificate = new_certificate(authority->pkey, name, days);
  }
  if (authority->certificate == NULL ||
      !seal_authority(authority->certificate, authority->pkey)) {
    sluice_authority_free(authority);
    return NULL;
  }
  return authority;
}

char *sluice_authority_certificate(const sluice_authority *authority) {
  return certificate_text(authority->certificate);
}

bool sluice_authority_issue(
    const sluice_authority *authority, const char *common_name, const char *names, int days,
    char **certificate, char **key) {
  EVP_PKEY *pkey = EVP_EC_gen("P-256");
  X509 *leaf = pkey == NULL ? NULL : new_certificate(pkey, common_name, days);
  bool sealed = leaf != NULL && seal_leaf(authority, leaf, names);
  *certificate = sealed ? certificate_text(leaf) : NULL;
  *key = sealed ? key_text(pkey) : NULL;
  X509_free(leaf);
  EVP_PKEY_free(pkey);
  return *certificate != NULL && *key != NULL;
}

void sluice_authority_free(sluice_authority *authority) {
  X509_free(authority->certificate);
  EVP_PKEY_free(authority->pkey);
  free(authority);
}
