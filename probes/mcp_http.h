/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange over HTTP: mcp_http.c makes it and takes what comes, mcp_http_judge.c says what its end means. Theirs alone. */
#ifndef HEALTHD_PROBES_MCP_HTTP_H
#define HEALTHD_PROBES_MCP_HTTP_H

#include "lib/core/loop.h"
#include "lib/core/sse.h"
#include "probes/mcp.h"

#define MCP_MAX_OPEN \
    8 /* the message under way, and answers to the server's own requests */

struct exchange {
    struct mcp_state *s;
    struct fetch *fetch; /* NULL: this place is free */
    enum mcp_kind kind;
    struct mcp_post post;
    int redirects;
    bool is_waiting; /* to be started in the next turn */
    bool has_head, is_stream, is_answered, is_too_large;
    size_t taken;
    struct sse sse;
    struct buf body;
    struct err fault;          /* a message that is none; "" for no fault */
    const struct reply *reply; /* of an exchange that has ended */
};

struct mcp_http {
    struct url at; /* after redirects */
    struct exchange open[MCP_MAX_OPEN];
    struct timer *resume;
    int resumes;
    bool is_deleting;
    const char *from; /* an address, or a path; NULL: none yet */
};

/* mcp_http.c: asks what x->post says, afresh. */
void mcp_exchange_start(struct exchange *x);
/* mcp_http_judge.c */
/* Nothing that may still come matters. */
bool mcp_exchange_is_settled(const struct exchange *x);
void mcp_exchange_judge(struct exchange *x, const struct reply *reply);
void mcp_http_heard(struct mcp_state *s, enum mcp_taken taken, struct bytes text,
                    const struct err *e);
void mcp_http_went_on(struct mcp_state *s);

#endif
