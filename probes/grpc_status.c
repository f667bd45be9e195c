/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer to Health/Check means: HTTP's status, gRPC's from the trailers, and what the message says, in the order
 * in which a gRPC client looks at them. Pure; called by grpc.c when an exchange is over.
 */
#include <inttypes.h>

#include "lib/base/attr.h"
#include "lib/base/hex.h"
#include "probes/grpc.h"

#define MAX_TOLD_MESSAGE 200
#define MAX_TIMEOUT_DIGITS 99999999

static const char *const code_names[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};
static const char *const serving_names[GRPC_SERVING_COUNT] = {
    [GRPC_SERVING_UNKNOWN] = "UNKNOWN",
    [GRPC_SERVING] = "SERVING",
    [GRPC_NOT_SERVING] = "NOT_SERVING",
    [GRPC_SERVICE_UNKNOWN] = "SERVICE_UNKNOWN",
};

const char *grpc_code_name(int code)
{
    return code >= 0 && (size_t)code < ARRAY_LEN(code_names) ? code_names[code] : "?";
}

const char *grpc_serving_name(int serving)
{
    return serving >= 0 && serving < GRPC_SERVING_COUNT ? serving_names[serving] : "?";
}

void grpc_timeout_write(nsec left, struct buf *out)
{
    int64_t msec = left / NSEC_PER_MSEC;

    msec = msec > 1 ? msec : 1;
    if (msec <= MAX_TIMEOUT_DIGITS)
        buf_printf(out, "%" PRId64 "m", msec);
    else
        buf_printf(out, "%" PRId64 "S", msec / 1000);
}

const char *grpc_message_decode(struct arena *arena, const char *text)
{
    const struct bytes coded = bytes_of(text);
    char *out = arena_alloc(arena, coded.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < coded.len; i++) {
        char byte = text[i];
        if (hex_percent(coded, i, &byte))
            i += 2;
        out[len++] = (unsigned char)byte < ' ' ? ' ' : byte;
    }
    out[len] = '\0';
    return bytes_is_utf8((struct bytes){out, len}) ? out : "";
}

/* http-grpc-status-mapping.md of the gRPC project: what no gRPC server said. */
static int code_of_http(int status)
{
    switch (status) {
    case 400:
        return GRPC_INTERNAL;
    case 401:
        return GRPC_UNAUTHENTICATED;
    case 403:
        return GRPC_PERMISSION_DENIED;
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

static enum reason reason_of_code(int code)
{
    switch (code) {
    case GRPC_DEADLINE_EXCEEDED:
        return REASON_TIMEOUT;
    case GRPC_PERMISSION_DENIED:
        return REASON_FORBIDDEN;
    case GRPC_UNIMPLEMENTED:
        return REASON_PROTOCOL;
    case GRPC_UNAVAILABLE:
        return REASON_UNHEALTHY;
    case GRPC_UNAUTHENTICATED:
        return REASON_AUTH;
    default:
        return REASON_STATUS;
    }
}

static struct grpc_finding fault(int code, enum reason reason, const char *detail)
{
    return (struct grpc_finding){
        .code = code, .serving = -1, .reason = reason, .detail = detail};
}

static const char *told_of(const struct reply *reply, struct arena *arena)
{
    const char *text = reply_header(reply, "grpc-message");
    const char *message = text ? grpc_message_decode(arena, text) : "";
    const struct bytes told = bytes_cut(bytes_of(message), MAX_TOLD_MESSAGE);

    return told.len ? arena_printf(arena, ": %.*s", (int)told.len, told.ptr) : "";
}

static const char *asked_for(const struct grpc_conf *conf, struct arena *arena)
{
    return conf->service[0] ? arena_printf(arena, "the service \"%s\"", conf->service)
                            : "the server as a whole (no `service` is given)";
}

static struct grpc_finding judge_code(const struct grpc_conf *conf,
                                      const struct reply *reply, int code,
                                      const char *from, struct arena *arena)
{
    const char *told = told_of(reply, arena);
    const char *detail;

    if (code == GRPC_UNIMPLEMENTED)
        detail = arena_printf(arena,
                              "%s speaks gRPC and has no health service "
                              "(grpc.health.v1.Health): add the one of its gRPC "
                              "library, or probe it with tcp (UNIMPLEMENTED%s)",
                              from, told);
    else if (code == GRPC_NOT_FOUND)
        detail = arena_printf(arena,
                              "%s knows no health of %s: expected a name that it sets a "
                              "status for (NOT_FOUND%s)",
                              from, asked_for(conf, arena), told);
    else
        detail = arena_printf(arena, "%s answered with gRPC status %d, %s%s", from, code,
                              grpc_code_name(code), told);
    return fault(code, reason_of_code(code), detail);
}

static struct grpc_finding judge_message(const struct grpc_conf *conf,
                                         const struct reply *reply, const char *from,
                                         struct arena *arena)
{
    struct grpc_finding f = {.code = GRPC_OK};
    struct err e = {0};

    if (!grpc_response_read(reply->body, &f.serving, &e))
        return fault(GRPC_INTERNAL, REASON_PROTOCOL,
                     arena_printf(arena, "%s: %s", from, e.text));
    f.is_up = f.serving == GRPC_SERVING;
    if (f.is_up) {
        f.detail = "";
        return f;
    }
    f.reason = REASON_UNHEALTHY;
    if (f.serving < 0 || f.serving >= GRPC_SERVING_COUNT)
        f.detail = arena_printf(arena,
                                "expected %s at %s to be SERVING, it is %d, for which "
                                "grpc.health.v1 has no name",
                                asked_for(conf, arena), from, f.serving);
    else
        f.detail =
            arena_printf(arena, "expected %s at %s to be SERVING, it is %s",
                         asked_for(conf, arena), from, grpc_serving_name(f.serving));
    return f;
}

static struct grpc_finding judge_http(const struct reply *reply, const char *from,
                                      struct arena *arena)
{
    const char *type = reply_header(reply, "content-type");

    if (reply->status != 200)
        return fault(code_of_http(reply->status), REASON_STATUS,
                     arena_printf(arena,
                                  "%s answered with HTTP status %d and no gRPC status: "
                                  "is there a proxy before the server?",
                                  from, reply->status));
    if (type && !bytes_starts(bytes_of(type), "application/grpc"))
        return fault(GRPC_UNKNOWN, REASON_PROTOCOL,
                     arena_printf(arena,
                                  "expected an answer of type application/grpc, %s sent "
                                  "\"%.60s\": it is no gRPC server",
                                  from, type));
    return fault(GRPC_UNKNOWN, REASON_PROTOCOL,
                 arena_printf(arena, "%s ended its answer without a gRPC status", from));
}

struct grpc_finding grpc_judge(const struct grpc_conf *conf, const struct reply *reply,
                               const char *from, struct arena *arena)
{
    const struct trouble *why = &reply->trouble;
    const char *text = reply_header(reply, "grpc-status");
    uint64_t code;

    if (reply->status && reply->version != 20) /* whatever came of its body */
        return fault(GRPC_UNAVAILABLE, REASON_PROTOCOL,
                     arena_printf(arena,
                                  "%s answered over HTTP/1; gRPC goes over HTTP/2, which "
                                  "it does not offer for TLS (ALPN h2)",
                                  from));
    if (why->reason != REASON_NONE)
        return fault(why->reason == REASON_TIMEOUT ? GRPC_DEADLINE_EXCEEDED
                                                   : GRPC_UNAVAILABLE,
                     why->reason, arena_strdup(arena, why->detail));
    if (!text)
        return judge_http(reply, from, arena);
    if (!bytes_to_u64(bytes_of(text), &code) || code > INT32_MAX)
        return fault(GRPC_UNKNOWN, REASON_PROTOCOL,
                     arena_printf(arena,
                                  "expected a number as grpc-status, %s sent \"%.40s\"",
                                  from, text));
    if (code != GRPC_OK)
        return judge_code(conf, reply, (int)code, from, arena);
    return judge_message(conf, reply, from, arena);
}
