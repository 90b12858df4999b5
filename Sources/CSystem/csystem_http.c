#include "csystem_http.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Numbers of libcurl's stable interface (soname 4), so that its headers are not needed to build.
enum {
    CURLE_NOT_BUILT_IN = 4,
    CURLE_WRITE_ERROR = 23,
    CURLE_OUT_OF_MEMORY = 27,
    OPTION_WRITE_DATA = 10001,
    OPTION_URL = 10002,
    OPTION_ERROR_BUFFER = 10010,
    OPTION_POST_FIELDS = 10015,
    OPTION_USER_AGENT = 10018,
    OPTION_HTTP_HEADER = 10023,
    OPTION_SSL_VERSION = 32,
    OPTION_CUSTOM_REQUEST = 10036,
    OPTION_NO_PROGRESS = 43,
    OPTION_FOLLOW_LOCATION = 52,
    OPTION_PROGRESS_DATA = 10057,
    OPTION_POST_FIELD_SIZE = 60,
    OPTION_CA_INFO = 10065,
    OPTION_CA_PATH = 10097,
    OPTION_MAX_REDIRECTS = 68,
    OPTION_NO_SIGNAL = 99,
    OPTION_TIMEOUT_MS = 155,
    OPTION_CONNECT_TIMEOUT_MS = 156,
    OPTION_PROTOCOLS = 181,
    OPTION_REDIRECT_PROTOCOLS = 182,
    OPTION_WRITE_FUNCTION = 20011,
    OPTION_PROGRESS_FUNCTION = 20219,
    INFO_RESPONSE_CODE = 0x200002,
    INFO_CONTENT_TYPE = 0x100012,
    PROTOCOLS_HTTP_AND_HTTPS = 3,
    TLS_1_2 = 6,
    GLOBAL_DEFAULT = 3,
};

static struct {
    int (*global_init)(long);
    void *(*easy_init)(void);
    int (*easy_setopt)(void *, int, ...);
    int (*easy_perform)(void *);
    int (*easy_getinfo)(void *, int, ...);
    void (*easy_cleanup)(void *);
    void *(*slist_append)(void *, const char *);
    void (*slist_free_all)(void *);
    const char *(*easy_strerror)(int);
    int is_there;
} curl;

static pthread_once_t opening = PTHREAD_ONCE_INIT;

static void open_library(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    *(void **)&curl.global_init = dlsym(library, "curl_global_init");
    *(void **)&curl.easy_init = dlsym(library, "curl_easy_init");
    *(void **)&curl.easy_setopt = dlsym(library, "curl_easy_setopt");
    *(void **)&curl.easy_perform = dlsym(library, "curl_easy_perform");
    *(void **)&curl.easy_getinfo = dlsym(library, "curl_easy_getinfo");
    *(void **)&curl.easy_cleanup = dlsym(library, "curl_easy_cleanup");
    *(void **)&curl.slist_append = dlsym(library, "curl_slist_append");
    *(void **)&curl.slist_free_all = dlsym(library, "curl_slist_free_all");
    *(void **)&curl.easy_strerror = dlsym(library, "curl_easy_strerror");
    curl.is_there = curl.global_init && curl.easy_init && curl.easy_setopt && curl.easy_perform && curl.easy_getinfo &&
                    curl.easy_cleanup && curl.slist_append && curl.slist_free_all && curl.easy_strerror &&
                    curl.global_init(GLOBAL_DEFAULT) == 0;
}

struct body {
    struct csystem_http_answer *answer;
    size_t limit;
    int is_too_large;
};

static size_t keep(char *bytes, size_t size, size_t count, void *context) {
    struct body *body = context;
    size_t added = size * count;
    if (added > body->limit - body->answer->length) {
        body->is_too_large = 1;
        return 0;
    }
    char *grown = realloc(body->answer->body, body->answer->length + added + 1);
    if (!grown) return 0;
    memcpy(grown + body->answer->length, bytes, added);
    body->answer->body = grown;
    body->answer->length += added;
    return added;
}

static int watch(void *context, long long a, long long b, long long c, long long d) {
    (void)a, (void)b, (void)c, (void)d;
    return __atomic_load_n((const int *)context, __ATOMIC_RELAXED);
}

void csystem_http_perform(const struct csystem_http_request *request, struct csystem_http_answer *answer) {
    memset(answer, 0, sizeof *answer);
    pthread_once(&opening, open_library);
    void *handle = curl.is_there ? curl.easy_init() : NULL;
    if (!handle) {
        answer->code = CSYSTEM_HTTP_MISSING;
        return;
    }
    struct body body = {answer, request->body_limit, 0};
    // What cannot be set must not be left out: each setting bounds the request or guards it.
    int refused = 0;
    void *headers = NULL;
    for (const char *const *header = request->headers; header && *header; header++) {
        void *longer = curl.slist_append(headers, *header);
        if (longer) headers = longer;
        else refused = CURLE_OUT_OF_MEMORY;
    }
#define set(...) (refused = refused ? refused : curl.easy_setopt(handle, __VA_ARGS__))
    // A thread is not the place for SIGALRM.
    set(OPTION_NO_SIGNAL, 1L);
    set(OPTION_ERROR_BUFFER, answer->message);
    set(OPTION_URL, request->url);
    set(OPTION_PROTOCOLS, (long)PROTOCOLS_HTTP_AND_HTTPS);
    set(OPTION_REDIRECT_PROTOCOLS, (long)PROTOCOLS_HTTP_AND_HTTPS);
    set(OPTION_SSL_VERSION, (long)TLS_1_2);
    set(OPTION_USER_AGENT, "opsrun");
    if (request->body) {
        set(OPTION_POST_FIELD_SIZE, (long)request->body_length);
        set(OPTION_POST_FIELDS, request->body);
    }
    set(OPTION_CUSTOM_REQUEST, request->method);
    if (headers) set(OPTION_HTTP_HEADER, headers);
    if (request->authorities) {
        // In the place of the platform's: libcurl has a folder of those besides its file.
        set(OPTION_CA_INFO, request->authorities);
        int code = curl.easy_setopt(handle, OPTION_CA_PATH, NULL);
        // Where TLS comes without folders there is none to forget.
        if (code != CURLE_NOT_BUILT_IN && !refused) refused = code;
    }
    set(OPTION_CONNECT_TIMEOUT_MS, request->connect_milliseconds);
    set(OPTION_TIMEOUT_MS, request->total_milliseconds);
    set(OPTION_FOLLOW_LOCATION, request->redirects > 0 ? 1L : 0L);
    set(OPTION_MAX_REDIRECTS, request->redirects);
    set(OPTION_WRITE_FUNCTION, keep);
    set(OPTION_WRITE_DATA, &body);
    set(OPTION_NO_PROGRESS, 0L);
    set(OPTION_PROGRESS_FUNCTION, watch);
    set(OPTION_PROGRESS_DATA, request->cancelled);
#undef set
    int code = refused ? refused : curl.easy_perform(handle);
    answer->code = code == CURLE_WRITE_ERROR && body.is_too_large ? CSYSTEM_HTTP_TOO_LARGE : code;
    if (code && !answer->message[0]) strncpy(answer->message, curl.easy_strerror(code), sizeof answer->message - 1);
    curl.easy_getinfo(handle, INFO_RESPONSE_CODE, &answer->status);
    const char *type = NULL;
    curl.easy_getinfo(handle, INFO_CONTENT_TYPE, &type);
    if (type) strncpy(answer->content_type, type, sizeof answer->content_type - 1);
    curl.easy_cleanup(handle);
    curl.slist_free_all(headers);
}

void csystem_http_cancel(int *cancelled) {
    __atomic_store_n(cancelled, 1, __ATOMIC_RELAXED);
}
