/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a verdict is not up: a closed list that rules, dashboards and exit codes can rely on.
 * Each row: identifier, the word in labels and logs, what it means to a reader.
 */
#ifndef HEALTHD_CORE_REASON_H
#define HEALTHD_CORE_REASON_H

#define REASONS(X)                                                                       \
    X(NONE, "", "nothing is wrong")                                                      \
    X(NO_NAME, "dns_no_name", "the name does not exist (NXDOMAIN or no address)")        \
    X(DNS_ERROR, "dns_error", "the resolver answered with an error")                     \
    X(DNS_TIMEOUT, "dns_timeout", "the resolver did not answer")                         \
    X(REFUSED, "refused", "nothing listens there")                                       \
    X(UNREACHABLE, "unreachable",                                                        \
      "no route to the address, or the socket does not exist")                           \
    X(RESET, "reset", "the peer broke the connection off")                               \
    X(CLOSED, "closed", "the peer closed the connection before its answer was complete") \
    X(TIMEOUT, "timeout", "no complete answer within the timeout")                       \
    X(TLS_HANDSHAKE, "tls_handshake", "the TLS handshake failed")                        \
    X(TLS_UNTRUSTED, "tls_untrusted", "the certificate's issuer is not trusted")         \
    X(TLS_EXPIRED, "tls_expired", "the certificate has expired or is not valid yet")     \
    X(TLS_NAME, "tls_name", "the certificate is for another name")                       \
    X(TLS_CLIENT, "tls_client",                                                          \
      "the server refused our client certificate, or wants one")                         \
    X(NOT_TLS, "not_tls", "the answer came without TLS, and TLS was asked for")          \
    X(IS_TLS, "is_tls", "the answer came over TLS, and plain text was asked for")        \
    X(PROXY, "proxy", "the proxy failed")                                                \
    X(AUTH, "auth", "the credentials were not accepted")                                 \
    X(FORBIDDEN, "forbidden", "the credentials are good, but do not allow this")         \
    X(DATABASE, "database", "the server has no such database")                           \
    X(FULL, "full", "the server takes no more connections")                              \
    X(QUEUE_FULL, "queue_full", "the queue takes no more messages")                      \
    X(NO_QUEUE, "no_queue", "there is no such queue, table or group")                    \
    X(REJECTED, "rejected", "the target did not take what it was given")                 \
    X(LEFTOVER, "leftover", "what was put there to ask could not be removed again")      \
    X(STARTING, "starting", "the server runs, but is not ready to answer yet")           \
    X(BUSY, "busy", "the server answers nobody until it is done with something else")    \
    X(PROTOCOL, "protocol", "the peer does not speak the expected protocol")             \
    X(REDIRECT, "redirect", "too many redirects, or one that may not be followed")       \
    X(STATUS, "status", "the answer's status is not the expected one")                   \
    X(VERSION, "version", "the protocol version is not the expected one")                \
    X(HEADER, "header", "a header is not as expected")                                   \
    X(BODY, "body", "the body, or the text received, is not as expected")                \
    X(UNHEALTHY, "unhealthy", "the target says of itself that it is not well")           \
    X(STOPPED, "stopped", "it does not run")                                             \
    X(STARVED, "out_of_memory", "it was killed for want of memory")                      \
    X(EXPECT, "expect", "an expectation does not hold")                                  \
    X(EXPECT_ERROR, "expect_error",                                                      \
      "an expectation cannot be judged: a value is missing")                             \
    X(MISSING, "missing", "the file, or what was to be mounted, is not there")           \
    X(CORRUPT, "corrupt", "the file is not whole, or not what its name says")            \
    X(HUNG, "hung", "the file system does not answer")                                   \
    X(LATE, "late", "it did not come by the time it was expected")                       \
    X(FAILED, "failed", "the run or command ended as failed")                            \
    X(OVERRUN, "overrun", "a run goes on for longer than it may")                        \
    X(TOO_SLOW, "too_slow", "the answer was right but slower than it should be")         \
    X(TOO_LARGE, "too_large", "the answer is larger than allowed")                       \
    X(INVALID_KEY, "invalid_key", "the API key is unknown, revoked or expired")          \
    X(NO_CREDIT, "no_credit", "the account has no credit or quota left")                 \
    X(RATE_LIMITED, "rate_limited", "it was asked more often than the account may")      \
    X(OVERLOADED, "overloaded", "the provider has more to do than it can")               \
    X(MODEL_MISSING, "model_missing", "there is no such model, or not for this account") \
    X(BUDGET, "budget",                                                                  \
      "the probe has used what it may today; the target was not asked")                  \
    X(TOOL_MISSING, "tool_missing", "the server does not have a tool that is needed")    \
    X(SCHEMA_DRIFT, "schema_drift", "the tools are not as they were agreed on")          \
    X(CONFIG, "config", "the configuration cannot be filled in: a secret or variable")   \
    X(SELF, "self", "healthd itself could not ask: no descriptors, threads or time")

enum reason {
#define X(id, word, sentence) REASON_##id,
    REASONS(X)
#undef X
        REASON_COUNT
};

const char *reason_word(enum reason reason);
const char *reason_sentence(enum reason reason);

#endif
