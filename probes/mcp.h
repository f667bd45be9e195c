/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the mcp probe share; nobody else includes it but their tests. mcp.c moves a run from step to step
 * over one of two ways, mcp_http*.c and mcp_stdio.c. The others decide, purely: what is said and heard (message, inbox), what an answer
 * is worth (answer, result, fault), which tools there are (tools, schema), what has become of them (lock, drift), and
 * which samples and variables that makes (emit, vars).
 */
#ifndef HEALTHD_PROBES_MCP_H
#define HEALTHD_PROBES_MCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/digest.h"
#include "lib/core/errand.h"
#include "lib/core/expr.h"
#include "lib/core/fetch.h"
#include "lib/core/http_auth.h"
#include "lib/core/json.h"
#include "lib/core/opt.h"
#include "lib/core/run.h"
#include "lib/core/url.h"

#define MCP_MAX_PAGES 100
#define MCP_MAX_MESSAGES 2000 /* of one run, whatever they are */
#define MCP_MAX_CHANGES 200
#define MCP_MAX_ID_BYTES 512 /* of a session's id, and of a page's cursor */
#define MCP_MAX_LOCK_BYTES (4u << 20)
#define MCP_CLOSING (1000 * NSEC_PER_MSEC) /* until a session or child is let go */

/* Revisions of the protocol. Those before MCP_2026_07_28 open a session with `initialize`; from then on each request
 * stands alone. */
enum mcp_revision {
    MCP_2024_11_05,
    MCP_2025_03_26,
    MCP_2025_06_18,
    MCP_2025_11_25,
    MCP_2026_07_28,
    MCP_AUTO
};

struct mcp_call_conf {
    const char *tool;
    const struct node *arguments;
    bool may_fail;
};

struct mcp_conf {
    const char *url;
    struct texts command;
    struct pairs env;
    const char *path, *working_directory;
    struct pairs headers;
    struct http_auth auth;
    struct tls_conf tls;
    const char *proxy_url, *no_proxy, *unix_path;
    int revision; /* enum mcp_revision */
    struct texts tools;
    struct mcp_call_conf call;
    const char *lock;
    bool allow_additions, lock_descriptions;
    int64_t max_tools;
    uint64_t max_size;

    /* Derived by mcp_validate. */
    struct url target;
    const char *const *argv; /* NULL: over HTTP */
    const char *arguments;   /* of the call, as JSON */
};

/* ---- tools ---- */

struct mcp_tool {
    const char *name, *description;
    const json_t *input, *output; /* output: NULL when it has none */
};
struct mcp_tools {
    const struct mcp_tool *items; /* by name, once all are there */
    size_t count;
};

struct mcp_lock {
    struct mcp_tools tools; /* schemas bare; description: its digest, or "" */
};
struct mcp_lock_mark { /* one version of its file */
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns;
};

struct mcp_change { /* of a tool, against the lock */
    enum mcp_change_kind { MCP_ADDED, MCP_REMOVED, MCP_RENAMED, MCP_CHANGED } kind;
    bool is_breaking; /* whoever calls it as before fails */
    const char *text; /* a sentence's part: "tool 'search' is gone" */
};
struct mcp_changes {
    struct mcp_change items[MCP_MAX_CHANGES];
    size_t count; /* also those beyond the list */
};

/* ---- a run ---- */

enum mcp_step {
    MCP_STEP_NONE,
    MCP_STEP_DISCOVER, /* 2026-07-28 */
    MCP_STEP_INITIALIZE,
    MCP_STEP_INITIALIZED, /* the notification */
    MCP_STEP_LIST,
    MCP_STEP_CALL,
    MCP_STEP_OVER
};
enum mcp_taken { MCP_TAKEN, MCP_IS_RESPONSE, MCP_IS_NONSENSE, MCP_TOO_MANY };
enum mcp_kind { MCP_REQUEST, MCP_NOTIFICATION, MCP_RESPONSE, MCP_CANCELLED };

struct mcp_finding {
    enum health health;
    bool is_unknown; /* ours: the target is not judged */
    enum reason reason;
    const char *detail;
};

struct mcp_state;
struct mcp_http;
struct mcp_stdio;
struct mcp_letter;

struct mcp_way { /* how messages travel */
    /* Opens it; messages may be sent at once. False (and e): our own fault. */
    bool (*open)(struct mcp_state *s, struct err *e);
    /* Sends one message. What comes of a request is told by mcp_answered, of a notification by mcp_sent, and of either,
     * when nothing can come, by mcp_find and mcp_over. text stays valid. */
    void (*send)(struct mcp_state *s, enum mcp_kind kind, struct bytes text);
    /* Lets everything go, within MCP_CLOSING; mcp_closed follows, at once or later, exactly once. */
    void (*close)(struct mcp_state *s);
    /* What a text that was handed to mcp_hear is; e: why it is nonsense. */
    void (*heard)(struct mcp_state *s, enum mcp_taken taken, struct bytes text,
                  const struct err *e);
    /* A text that was read beside the loop has been heard. */
    void (*went_on)(struct mcp_state *s);
    /* For a sentence: whom we talk with. */
    const char *(*peer)(const struct mcp_state *s);
    /* What the server wrote to its log so far, where we see that; its beginning. */
    struct bytes (*log)(const struct mcp_state *s);
};
extern const struct mcp_way mcp_http_way, mcp_stdio_way;

struct mcp_state {
    struct run *run;
    const struct mcp_conf *conf;
    const struct mcp_way *way;
    struct mcp_http *http;
    struct mcp_stdio *stdio;

    enum mcp_step step;
    enum mcp_revision revision; /* offered, then agreed on */
    bool was_stateless_tried;
    int64_t id;        /* of the request under way */
    struct mono since; /* it was sent */
    struct {
        struct mcp_letter *first; /* waiting */
        bool is_reading;
    } inbox;
    size_t messages;     /* taken so far */
    size_t strays;       /* lines that are no message */
    const char *stray;   /* the first of them, in quotes */
    size_t asked, told;  /* requests and notifications of the server */
    int renewals;        /* sessions begun anew, because the server forgot them */
    const char *session; /* "" for none */
    bool is_over, is_closing;

    const json_t *response; /* to the request under way: result or error */
    const json_t *server, *capabilities;
    const char *instructions;
    bool is_agreed; /* initialize (or discover) was answered */
    struct mcp_tools tools;
    size_t tool_room, pages;
    bool has_tools; /* all pages came */
    const char *cursor;
    const json_t *result, *error; /* of the call */
    const char *text;             /* of the result */
    bool is_error;
    const struct mcp_lock *lock;       /* NULL: there is none to compare with */
    const char *lock_fault;            /* why the file cannot be used; NULL: it can */
    char schema[DIGEST_TEXT_SIZE];     /* "" before the tools are known */
    const struct mcp_changes *changes; /* NULL: nothing to compare with */
    nsec took[MCP_STEP_OVER];
    struct mcp_finding finding;
};

struct mcp_session {   /* of a configured probe, between its runs */
    bool is_stateless; /* what the server spoke last */
    struct errand errand;
    struct arena *lock_arena; /* of lock; NULL: none was read */
    struct mcp_lock lock;
    struct mcp_lock_mark lock_mark;
};

/* mcp.c: told by the way */
void mcp_find(struct mcp_state *s, enum health health, enum reason reason,
              const char *fmt, ...) PRINTF_LIKE(4, 5);
/* For the end of a sentence, when nothing came: the last line of its log; "" for nothing. */
const char *mcp_last_words(const struct mcp_state *s);
/* Too much came: too many messages, or one that is too large. */
void mcp_find_excess(struct mcp_state *s);
void mcp_find_trouble(struct mcp_state *s, const struct trouble *why);
void mcp_answered(struct mcp_state *s); /* s->response is there */
void mcp_sent(struct mcp_state *s);     /* the notification */
void mcp_over(struct mcp_state *s);     /* nothing more is asked */
void mcp_closed(struct mcp_state *s);
/* The server knows the session no more. False: that is once too often. */
bool mcp_renew(struct mcp_state *s);

/* mcp_message.c */
extern const char *const mcp_revisions[]; /* their names, by number; NULL-terminated */
struct bytes mcp_text_of_step(struct mcp_state *s);
struct bytes mcp_text_of_refusal(struct mcp_state *s, const json_t *request);
const char *mcp_method_of_step(enum mcp_step step); /* "tools/list" */
/* Takes one message, or a batch of them. MCP_IS_RESPONSE: what was waited for is in s->response. A request of the server
 * is answered; a notification is counted. MCP_IS_NONSENSE and e: no message. */
enum mcp_taken mcp_take(struct mcp_state *s, const json_t *root, struct err *e);

/* mcp_inbox.c */
/* Reads a message, at once or beside the loop; the way's `heard` is told, before this returns or later. */
void mcp_hear(struct mcp_state *s, struct bytes text);
/* `heard` and `went_on` are still to come. */
bool mcp_is_reading(const struct mcp_state *s);

/* mcp_answer.c: what the response of each step says; false: a finding that ends the run. */
bool mcp_read_agreement(struct mcp_state *s);
bool mcp_read_page(struct mcp_state *s);
bool mcp_read_result(struct mcp_state *s);

/* mcp_tools.c */
void mcp_tools_sort(struct mcp_tools *tools);
const struct mcp_tool *mcp_tools_find(const struct mcp_tools *tools, const char *name);
/* SHA-256 over names and schemas. */
void mcp_tools_digest(const struct mcp_tools *tools, char ret_text[DIGEST_TEXT_SIZE]);
/* "a, b, c and 12 more" */
const char *mcp_tools_listed(const struct mcp_tools *tools, struct arena *arena);
/* Those that the configuration names are there; else a finding. */
void mcp_judge_tools(struct mcp_state *s);

/* mcp_schema.c */
/* A copy without what is only for readers (title, description, examples …), with `required` in order. To be released. */
json_t *mcp_schema_bare(const json_t *schema);
/* Compact, by key: equal for equal meaning. */
const char *mcp_schema_text(const json_t *schema, struct arena *arena);
/* What of value is not as schema (its types, required members and enums) says; NULL: nothing. */
const char *mcp_schema_fault(const json_t *schema, const json_t *value,
                             struct arena *arena);

/* mcp_lock.c */
bool mcp_lock_parse(struct bytes text, struct arena *arena, struct mcp_lock *ret_lock,
                    struct err *e);
void mcp_lock_write(const struct mcp_tools *tools, const json_t *server, struct buf *out);
void mcp_judge_lock(struct mcp_state *s);

/* mcp_lock_read.c: fills lock or lock_fault when there is to be one, then next, at once or later. */
void mcp_lock_read(struct mcp_state *s, void (*next)(struct run *run));

/* mcp_drift.c */
void mcp_drift(const struct mcp_lock *lock, const struct mcp_tools *tools,
               bool has_descriptions, struct arena *arena, struct mcp_changes *ret);

/* mcp_http_request.c */
struct mcp_post { /* one request over HTTP */
    const char *method;
    const struct url *at;
    struct bytes body;
    const char *last_event; /* of a stream that is taken up again; NULL: none */
};
bool mcp_http_request(struct mcp_state *s, const struct mcp_post *post,
                      struct request *ret_request, struct err *e);
/* mcp_http_fault.c: what a status that is no answer means. */
void mcp_http_fault(struct mcp_state *s, const struct reply *reply, struct bytes body);

/* mcp_emit.c, mcp_vars.c, mcp_options.c */
extern const struct metric *const mcp_metrics[];
void mcp_report(struct run *run);
void mcp_trace(struct run *run);
extern const struct var mcp_vars[];
extern const struct opt mcp_opts[];
bool mcp_validate(void *conf, struct arena *arena, struct err *e);

#endif
