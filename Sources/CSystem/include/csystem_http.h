// HTTP through libcurl, which is opened when the first request is made: whoever makes none needs no libcurl.
#ifndef OPSRUN_CSYSTEM_HTTP_H
#define OPSRUN_CSYSTEM_HTTP_H

#include <stddef.h>

/// One request. Texts end with NUL; null where something is not wanted.
struct csystem_http_request {
    const char *method;
    const char *url;
    /// `Name: value` each; the last one is null.
    const char *const *headers;
    const char *body;
    size_t body_length;
    /// A PEM file with the CAs that are believed; null: the system's.
    const char *authorities;
    long connect_milliseconds;
    long total_milliseconds;
    /// Bytes of the longest body that is read.
    size_t body_limit;
    long redirects;
    /// Non-zero ends the request soon; read and written atomically.
    const int *cancelled;
};

struct csystem_http_answer {
    /// 0; libcurl's code; CSYSTEM_HTTP_MISSING or CSYSTEM_HTTP_TOO_LARGE.
    int code;
    long status;
    /// To be freed by the caller.
    char *body;
    size_t length;
    /// What libcurl says about an error.
    char message[256];
    char content_type[128];
};

/// There is no libcurl on this machine.
#define CSYSTEM_HTTP_MISSING 1001
/// The body is longer than the limit.
#define CSYSTEM_HTTP_TOO_LARGE 1002

/// Blocks until the request is over.
void csystem_http_perform(const struct csystem_http_request *request, struct csystem_http_answer *answer);

/// Sets the flag of a request.
void csystem_http_cancel(int *cancelled);

#endif
