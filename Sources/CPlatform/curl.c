#define _GNU_SOURCE
#include "platform_system.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAXIMUM_HEAD_BYTES = 256 << 10 };

struct sluice_curl {
  CURLM *multi;
  char *ca_file;
  char *proxy;
  char *user_agent;
};

struct bytes {
  char *start;
  size_t count;
  size_t capacity;
};

struct sluice_transfer {
  CURL *easy;
  CURLM *multi;  // set while the multi handle has the transfer
  struct curl_slist *headers;
  struct bytes head;
  struct bytes body;
  size_t maximum_body_bytes;
  bool too_large;
  uint64_t token;
  char message[CURL_ERROR_SIZE];
};

static pthread_once_t initialized = PTHREAD_ONCE_INIT;

static void initialize(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static bool append(struct bytes *bytes, const char *start, size_t count) {
  if (bytes->capacity - bytes->count < count) {
    size_t capacity = bytes->capacity * 2 + count + 1024;
    char *grown = realloc(bytes->start, capacity);
    if (grown == NULL) return false;
    bytes->start = grown;
    bytes->capacity = capacity;
  }
  memcpy(bytes->start + bytes->count, start, count);
  bytes->count += count;
  return true;
}

// A return value other than the size makes libcurl fail the transfer.
static size_t take_body(char *start, size_t size, size_t count, void *context) {
  sluice_transfer *transfer = context;
  size_t total = size * count;
  if (total > transfer->maximum_body_bytes - transfer->body.count) {
    transfer->too_large = true;
    return 0;
  }
  return append(&transfer->body, start, total) ? total : 0;
}

static size_t take_header(char *start, size_t size, size_t count, void *context) {
  sluice_transfer *transfer = context;
  size_t total = size * count;
  // A new status line replaces the head of an interim response.
  if (total >= 5 && memcmp(start, "HTTP/", 5) == 0) transfer->head.count = 0;
  if (total > MAXIMUM_HEAD_BYTES - transfer->head.count) {
    transfer->too_large = true;
    return 0;
  }
  return append(&transfer->head, start, total) ? total : 0;
}

static char *copy_text(const char *text) { return text == NULL ? NULL : strdup(text); }

sluice_curl *sluice_curl_new(const char *ca_file, const char *proxy, const char *user_agent) {
  pthread_once(&initialized, initialize);
  sluice_curl *curl = calloc(1, sizeof *curl);
  if (curl == NULL) return NULL;
  curl->multi = curl_multi_init();
  if (curl->multi == NULL) {
    free(curl);
    return NULL;
  }
  curl_multi_setopt(curl->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  curl_multi_setopt(curl->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 8L);
  curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, 64L);
  curl->ca_file = copy_text(ca_file);
  curl->proxy = copy_text(proxy);
  curl->user_agent = copy_text(user_agent);
  return curl;
}

void sluice_curl_free(sluice_curl *curl) {
  curl_multi_cleanup(curl->multi);
  free(curl->ca_file);
  free(curl->proxy);
  free(curl->user_agent);
  free(curl);
}

static bool set_connection(CURL *easy, const sluice_curl *curl, const sluice_curl_request *request) {
  // An empty proxy keeps the environment's http_proxy from rerouting credentials.
  return curl_easy_setopt(easy, CURLOPT_PROXY, curl->proxy == NULL ? "" : curl->proxy) == 0 &&
         curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == 0 &&
         (curl->ca_file == NULL || curl_easy_setopt(easy, CURLOPT_CAINFO, curl->ca_file) == 0) &&
         curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == 0 &&
         curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == 0 &&
         curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == 0 &&
         curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == 0 &&
         curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L) == 0 &&
         curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == 0 &&
         curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)request->fresh_connection) == 0 &&
         curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == 0 &&
         curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == 0 &&
         curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == 0 &&
         curl_easy_setopt(
             easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_milliseconds) == 0 &&
         curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_milliseconds) == 0;
}

static bool set_method(CURL *easy, const sluice_curl_request *request) {
  if (strcmp(request->method, "HEAD") == 0) return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == 0;
  bool is_post = strcmp(request->method, "POST") == 0;
  if (request->body_count > 0 || is_post) {
    if (curl_easy_setopt(easy, CURLOPT_POST, 1L) != 0 ||
        curl_easy_setopt(
            easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count) != 0 ||
        curl_easy_setopt(
            easy, CURLOPT_COPYPOSTFIELDS, request->body_count > 0 ? request->body : "") != 0) {
      return false;
    }
  }
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) == 0;
}

static bool set_exchange(
    CURL *easy, const sluice_curl *curl, const sluice_curl_request *request,
    sluice_transfer *transfer) {
  return curl_easy_setopt(easy, CURLOPT_URL, request->url) == 0 && set_method(easy, request) &&
         (curl->user_agent == NULL ||
          curl_easy_setopt(easy, CURLOPT_USERAGENT, curl->user_agent) == 0) &&
         curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == 0 &&
         curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message) == 0 &&
         curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == 0 &&
         curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == 0 &&
         curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == 0 &&
         curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == 0 &&
         curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == 0;
}

sluice_transfer *sluice_transfer_new(
    sluice_curl *curl, const sluice_curl_request *request, uint64_t token) {
  sluice_transfer *transfer = calloc(1, sizeof *transfer);
  if (transfer == NULL) return NULL;
  transfer->token = token;
  transfer->maximum_body_bytes = request->maximum_response_bytes;
  transfer->easy = curl_easy_init();
  if (transfer->easy == NULL || !set_connection(transfer->easy, curl, request) ||
      !set_exchange(transfer->easy, curl, request, transfer)) {
    sluice_transfer_free(transfer);
    return NULL;
  }
  return transfer;
}

bool sluice_transfer_add_header(sluice_transfer *transfer, const char *line) {
  struct curl_slist *longer = curl_slist_append(transfer->headers, line);
  if (longer == NULL) return false;
  transfer->headers = longer;
  return true;
}

bool sluice_transfer_start(sluice_curl *curl, sluice_transfer *transfer) {
  if (curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) != 0) return false;
  if (curl_multi_add_handle(curl->multi, transfer->easy) != CURLM_OK) return false;
  transfer->multi = curl->multi;
  return true;
}

void sluice_transfer_free(sluice_transfer *transfer) {
  if (transfer->multi != NULL) curl_multi_remove_handle(transfer->multi, transfer->easy);
  curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->headers);
  free(transfer->head.start);
  free(transfer->body.start);
  free(transfer);
}

bool sluice_curl_step(sluice_curl *curl, int timeout_milliseconds) {
  // Waiting comes first: what the work finishes is then seen by the caller at once.
  if (curl_multi_poll(curl->multi, NULL, 0, timeout_milliseconds, NULL) != CURLM_OK) return false;
  int running = 0;
  return curl_multi_perform(curl->multi, &running) == CURLM_OK;
}

void sluice_curl_wake(sluice_curl *curl) { curl_multi_wakeup(curl->multi); }

static bool bytes_may_have_left(CURL *easy) {
  // Before "pretransfer" the connection is not up, so nothing of the request can have left.
  curl_off_t pretransfer = 0;
  long request_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer);
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  return pretransfer > 0 || request_bytes > 0;
}

static void describe(sluice_curl_result *result, sluice_transfer *transfer) {
  long status = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  result->token = transfer->token;
  result->status = (int)status;
  result->bytes_may_have_left = bytes_may_have_left(transfer->easy);
  result->too_large = transfer->too_large;
  const char *message = transfer->message[0] != 0
                            ? transfer->message
                            : curl_easy_strerror((CURLcode)result->code);
  snprintf(result->message, sizeof result->message, "%s", message);
  result->head = transfer->head.start;
  result->head_count = transfer->head.count;
  result->body = transfer->body.start;
  result->body_count = transfer->body.count;
  result->transfer = transfer;
}

bool sluice_curl_finished(sluice_curl *curl, sluice_curl_result *result) {
  int left = 0;
  for (CURLMsg *message; (message = curl_multi_info_read(curl->multi, &left)) != NULL;) {
    if (message->msg != CURLMSG_DONE) continue;
    char *private = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
    result->code = (int)message->data.result;
    describe(result, (sluice_transfer *)private);
    return true;
  }
  return false;
}
