#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Options are macros with casts, which Swift does not import.

/// TLS 1.2 peers may not start another handshake on a connection (a cheap way to burn a server's CPU).
static const unsigned long long copenssl_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
/// A stream that ends without close_notify ends in order: Kafka's frames tell where it was cut.
static const unsigned long long copenssl_ignore_unexpected_eof = SSL_OP_IGNORE_UNEXPECTED_EOF;
static const unsigned long long copenssl_no_ticket = SSL_OP_NO_TICKET;

/// Flags of a BIO that tell OpenSSL to come again when the descriptor is ready.
static const int copenssl_retry_read = BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY;
static const int copenssl_retry_write = BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY;
static const int copenssl_retry_flags = BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY;

/// Names on one line, with control characters escaped.
static const unsigned long copenssl_name_flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
