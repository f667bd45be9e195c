/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the grpc probe share: its configuration, one call's state, and the pure parts that unit tests see. */
#ifndef HEALTHD_PROBES_GRPC_H
#define HEALTHD_PROBES_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/expr.h"
#include "lib/core/fetch.h"
#include "lib/core/metric.h"
#include "lib/core/opt.h"
#include "lib/core/run.h"
#include "lib/core/url.h"

#define GRPC_MAX_SERVICE 1024
#define GRPC_MAX_ANSWER (64u << 10)

/* HealthCheckResponse.ServingStatus of grpc.health.v1. */
enum grpc_serving {
    GRPC_SERVING_UNKNOWN,
    GRPC_SERVING,
    GRPC_NOT_SERVING,
    GRPC_SERVICE_UNKNOWN,
    GRPC_SERVING_COUNT
};

/* https://grpc.io/docs/guides/status-codes/: those that something is done about; there are 0 to 16. */
enum grpc_code {
    GRPC_OK = 0,
    GRPC_UNKNOWN = 2,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
    GRPC_UNAUTHENTICATED = 16
};

struct grpc_conf {
    const char *target, *service, *authority;
    bool is_tls;
    struct tls_conf tls;
    struct pairs metadata;
    int preferred_ip_protocol; /* 4 or 6 */
    bool ip_protocol_fallback;
    const char *connect_to, *source_ip_address, *unix_path;

    /* Derived by grpc_validate. */
    struct url at; /* of the method */
};

/* What an answer means. code: as a gRPC client would have it, also where the server sent none. */
struct grpc_finding {
    int code;
    int serving; /* of the answer, any number; -1: there is none */
    bool is_up;
    enum reason reason;
    const char *detail;
};

struct grpc_state {
    struct fetch *fetch;
    struct mono asked_at; /* the address was known; ns 0: not yet */
    nsec took;
    const struct reply *reply; /* NULL: none yet */
    struct grpc_finding finding;
};

/* grpc_message.c: the two messages of grpc.health.v1, each behind gRPC's prefix of five bytes. */
void grpc_request_write(const char *service, struct buf *out);
/* False, with what is wrong, when body is not one whole message of that type. */
bool grpc_response_read(struct bytes body, int *ret_serving, struct err *e);

/* grpc_status.c */
const char *grpc_code_name(int code);       /* "UNAVAILABLE"; "?" for none of the 17 */
const char *grpc_serving_name(int serving); /* "NOT_SERVING"; "?" for none of the four */
/* The deadline as the header grpc-timeout has it: at most eight digits and a unit. */
void grpc_timeout_write(nsec left, struct buf *out);
/* What grpc-message says: percent-encoded UTF-8. */
const char *grpc_message_decode(struct arena *arena, const char *text);
/* from: the address, for sentences. */
struct grpc_finding grpc_judge(const struct grpc_conf *conf, const struct reply *reply,
                               const char *from, struct arena *arena);

/* grpc_options.c */
extern const struct opt grpc_opts[];
bool grpc_validate(void *conf, struct arena *arena, struct err *e);

/* grpc_vars.c */
extern const struct var grpc_vars[];

/* grpc_emit.c */
extern const struct metric *const grpc_metrics[];
void grpc_report(struct run *run);
void grpc_trace(struct run *run);

#endif
