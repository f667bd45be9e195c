/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the websocket probe share: its configuration, one dialogue's state, and the pure parts of its handshake. */
#ifndef HEALTHD_PROBES_WEBSOCKET_H
#define HEALTHD_PROBES_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/expr.h"
#include "lib/core/http_auth.h"
#include "lib/core/json.h"
#include "lib/core/metric.h"
#include "lib/core/opt.h"
#include "lib/core/regex.h"
#include "lib/core/run.h"
#include "lib/core/url.h"
#include "probes/websocket_frame.h"

#define WEBSOCKET_MAX_HEAD (64u << 10)
#define WEBSOCKET_MAX_SENT (256u << 10)
#define WEBSOCKET_MAX_JSON (256u << 10)
#define WEBSOCKET_ACCEPT_SIZE 29 /* 20 bytes as base64, and a NUL */

struct websocket_step { /* as blackbox_exporter's query_response has it */
    const struct regex *expect;
    const char *send; /* with `expect`, when that came; NULL: any message is waited for */
};

struct websocket_conf {
    const char *url, *origin, *send, *key;
    const struct node *json;
    const struct regex *answer;
    struct sections query_response; /* struct websocket_step */
    struct pairs headers;
    struct texts subprotocols;
    struct http_auth auth;
    bool ping, close_wait;
    uint64_t max_message;

    /* Derived by websocket_validate. */
    struct url at;        /* its scheme is http or https */
    const char *question; /* of send or json; NULL: none */
    /* the message that answers; NULL: any, if there is a question */
    const struct regex *expect;
};

enum websocket_place {
    WEBSOCKET_AT_UPGRADE, /* the answer to our request has not come */
    WEBSOCKET_AT_STEPS,   /* messages */
    WEBSOCKET_AT_PONG,    /* for our ping */
    WEBSOCKET_AT_CLOSE    /* for the answer to our close frame */
};

struct websocket_answer { /* to the request for the upgrade */
    int status;           /* 0: none yet */
    struct pairs headers;
};

#define WEBSOCKET_QUOTE_BYTES 160
struct websocket_state {
    enum websocket_place place; /* moved by websocket.c's go_to alone */
    const char *key;
    struct websocket_answer answer;
    size_t head_len;         /* bytes of the answers so far */
    const char *subprotocol; /* NULL: none was chosen */
    struct websocket_reader reader;
    size_t step;
    size_t messages, pongs;           /* heard in this step; sent */
    char last[WEBSOCKET_QUOTE_BYTES]; /* of the last message heard */
    size_t last_len;
    bool failed_by_regex;
    struct bytes message; /* that answered last; ptr NULL: none */
    struct mono opened_at, upgraded_at, ended_at, pinged_at; /* ns 0: not yet */
    char ping_payload[8];
    nsec ping_took; /* 0: no pong came */
    int close_code; /* the server's; 0: none */
    const json_t *json;
};

/* websocket_upgrade.c: RFC 6455 §4. */
bool websocket_accept(const char *key, char ret_text[WEBSOCKET_ACCEPT_SIZE]);
/* The request of an upgrade. False (and e) when a file or secret is not there. */
bool websocket_request_write(struct run *run, const struct websocket_conf *conf,
                             const char *key, struct buf *out, struct err *e);
/* Consumes the head of the answer once it is whole. False: not yet, or (with ret_reason) it is none, and e says why. */
bool websocket_answer_take(struct bytes *in, struct arena *arena,
                           struct websocket_answer *ret_answer, enum reason *ret_reason,
                           struct err *e);
/* REASON_NONE: the connection is a WebSocket now, with ret_subprotocol (may be NULL). Else e says what is wrong. */
enum reason websocket_answer_judge(const struct websocket_conf *conf, const char *key,
                                   const struct websocket_answer *answer,
                                   const char **ret_subprotocol, struct err *e);

/* websocket_say.c: the connection is a WebSocket. */
void websocket_random(void *ptr,
                      size_t len); /* fills it with what the peer cannot guess */
void websocket_say(struct run *run, enum websocket_opcode opcode, struct bytes payload);
void websocket_say_close(struct run *run, int code);
void websocket_say_text(struct run *run, const char *text); /* NULL, "": nothing */

/* websocket_steps.c */
enum websocket_steps {
    WEBSOCKET_STEPS_WAIT,  /* for a message */
    WEBSOCKET_STEPS_DONE,  /* nothing is left to say or to wait for */
    WEBSOCKET_STEPS_FAILED /* the run has its answer, and the server our close frame */
};
/* Says what needs no message first, up to a step that waits for one. */
enum websocket_steps websocket_steps_go(struct run *run);
enum websocket_steps websocket_steps_hear(struct run *run, struct bytes message);
/* What is still waited for, as a sentence's half. */
const char *websocket_waited_for(struct run *run);
/* The run ends here: a step whose message did not come has failed by its expression, if any message came. */
void websocket_note_unmatched(struct run *run);

/* websocket_options.c */
extern const struct opt websocket_opts[];
bool websocket_validate(void *conf, struct arena *arena, struct err *e);
/* How many steps there are: those written, or one made of `send`, `json` and `answer`. */
size_t websocket_step_count(const struct websocket_conf *conf);
struct websocket_step websocket_step_at(const struct websocket_conf *conf, size_t at);

/* websocket_vars.c */
extern const struct var websocket_vars[];

/* websocket_emit.c */
extern const struct metric *const websocket_metrics[];
void websocket_report(struct run *run);

#endif
