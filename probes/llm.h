/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the llm probe share; nobody else includes it. llm.c moves a run, llm_request.c says what is sent,
 * llm_events.c cuts a stream into events, llm_stream.c reads them, llm_fault.c names refusals, llm_plan.c decides whether a
 * completion is due, llm_memory.c keeps how it ended, llm_limits.c reads what headers tell, llm_vars.c names values.
 */
#ifndef HEALTHD_PROBES_LLM_H
#define HEALTHD_PROBES_LLM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/core/budget.h"
#include "lib/core/expr.h"
#include "lib/core/fetch.h"
#include "lib/core/limit.h"
#include "lib/core/opt.h"
#include "lib/core/run.h"
#include "lib/core/session.h"
#include "lib/core/sse.h"
#include "lib/core/url.h"

enum llm_provider { LLM_AUTO, LLM_OPENAI, LLM_ANTHROPIC, LLM_OLLAMA };
enum llm_level { LLM_KEY, LLM_COMPLETE };
enum llm_field { LLM_FIELD_AUTO, LLM_MAX_TOKENS, LLM_MAX_COMPLETION_TOKENS };

struct llm_conf {
    const char *base_url, *model, *prompt, *version, *budget;
    int provider, level, max_tokens_field;
    struct secret key;
    nsec every;
    int64_t max_tokens, daily_tokens;
    struct pairs headers;
    struct tls_conf tls;
    const char *proxy_url, *no_proxy;

    /* Derived by llm_validate. */
    enum llm_provider kind; /* never LLM_AUTO */
    struct url base;        /* its path has no "/" at the end */
    const char *root;       /* base as text that a path is put behind */
};

/* ---- llm_options.c ---- */

extern const struct opt llm_opts[];
bool llm_validate(void *conf, struct arena *arena, struct err *e);
/* "OpenAI", "Anthropic", … in sentences; as the option has it in labels. */
const char *llm_provider_title(enum llm_provider provider);
const char *llm_provider_word(enum llm_provider provider);

/* ---- llm_events.c ---- */

#define LLM_EVENT_MAX_BYTES ((size_t)64 << 10)

enum llm_framing {
    LLM_SSE,  /* server-sent events */
    LLM_LINES /* a JSON document a line */
};
struct llm_events {
    enum llm_framing framing;
    /* Each event's data as it ends, valid during the call. False: no more of it. */
    bool (*take)(void *ctx, struct bytes data);
    void *ctx;
    struct sse sse;  /* of LLM_SSE */
    struct buf line; /* of LLM_LINES */
};
/* v stays where it is until llm_events_finish. */
void llm_events_init(struct llm_events *v, enum llm_framing framing,
                     bool (*take)(void *ctx, struct bytes data), void *ctx);
void llm_events_finish(void *events); /* frees; fits arena_cleanup */
/* False: take wants no more, or an event was larger than LLM_EVENT_MAX_BYTES (llm_events_overflow). */
bool llm_events_feed(struct llm_events *v, struct bytes piece);
bool llm_events_overflow(const struct llm_events *v);

/* ---- llm_stream.c ---- */

#define LLM_TEXT_MAX_BYTES 1024
#define LLM_FINISH_MAX_BYTES 64

/* What a stream of a completion has told so far. */
struct llm_stream {
    enum llm_provider provider;
    struct arena *arena;
    struct buf text;            /* the answer, cut */
    bool has_token;             /* the model has begun, or ended without a word */
    bool is_whole;              /* the end was told */
    size_t pieces, most_pieces; /* events with a part of the answer; more are no answer */
    bool is_endless;            /* there were more */
    struct buf finish;          /* why it ended, as told; "" */
    bool has_usage;
    int64_t input, output; /* tokens, as the provider counts them */
    const json_t *error;   /* a refusal within the stream; NULL: none */
    const char *nonsense;  /* an event that is no JSON, quoted; NULL: none */
    size_t events;
};
/* How many pieces an answer of so many tokens comes in at most, with room for a provider that cuts tokens up. */
size_t llm_stream_most_pieces(int64_t max_tokens);
/* ctx: a struct llm_stream. Fits llm_events. */
bool llm_stream_take(void *ctx, struct bytes data);

/* ---- llm_fault.c ---- */

struct llm_fault {
    enum reason reason;
    const char *word;   /* the provider's own code or type; "" */
    const char *detail; /* what it said, short; "" */
};
/* What a refusal means: the status, and the error of its body (root may be NULL). Pure. */
struct llm_fault llm_fault_of(int status, const json_t *root, struct arena *arena);

/* ---- llm_limits.c ---- */

enum llm_limit {
    LLM_LIMIT_REQUESTS,
    LLM_LIMIT_TOKENS,
    LLM_LIMIT_INPUT,
    LLM_LIMIT_OUTPUT,
    LLM_LIMIT_KINDS
};
extern const char *const llm_limit_kinds[LLM_LIMIT_KINDS];
struct llm_limits {
    double left[LLM_LIMIT_KINDS], most[LLM_LIMIT_KINDS]; /* -1: not told */
    nsec retry_after;                                    /* 0: not told */
};
struct llm_limits llm_limits_of(const struct reply *reply, struct wall now);

/* ---- llm_plan.c ---- */

/* What a probe keeps between its runs. */
struct llm_session {
    /* of the last call that succeeded: seconds since the epoch; 0: never */
    int64_t asked_at;
    bool is_recalled;
    bool has_first_token;
    nsec first_token;  /* of that call */
    int64_t used;      /* its tokens */
    struct buf finish; /* why it ended, in the provider's word */
    enum reason held;  /* why the last call failed; NONE: it did not */
    struct buf held_text;
    size_t failures;        /* in a row */
    struct mono not_before; /* no call until then */
};
enum llm_plan {
    LLM_PLAN_KEY,      /* nothing is due, or asked for */
    LLM_PLAN_COMPLETE, /* a call, whose tokens are taken */
    LLM_PLAN_SPENT,    /* a call is due, and today's tokens are used up */
    LLM_PLAN_UNCOUNTED /* a call is due, and nobody knows how many are left */
};
bool llm_plan_is_due(const struct llm_session *s, const struct llm_conf *conf,
                     struct mono now, struct wall wall);
enum llm_plan llm_plan(bool is_due, enum budget_state budget);
/* The most tokens that a call can use, as far as the configuration tells. */
int64_t llm_plan_need(const struct llm_conf *conf);
/* How long no call is made after so many failures in a row, of which the provider asked to wait. */
nsec llm_plan_pause(const struct llm_conf *conf, size_t failures, nsec asked_to_wait);
/* "00:00 UTC" of the next day, as a span from now. */
nsec llm_plan_until_tomorrow(struct wall now);

/* ---- llm_request.c ---- */

enum llm_question { LLM_ASK_MODEL, LLM_ASK_LIST, LLM_ASK_COMPLETION };
void llm_request_make(struct run *run, enum llm_question question,
                      struct request *ret_request);

/* ---- llm.c ---- */

struct llm_state {
    const struct llm_conf *conf;
    struct llm_session *kept;
    bool is_due;
    struct budget_ask *counting; /* NULL: not under way */
    bool is_counted;
    struct budget_answer count; /* of the budget, when is_counted */
    enum llm_plan plan;
    enum llm_question question; /* under way, or answered last */
    struct fetch *fetch;
    const struct reply *reply; /* the last one */
    struct llm_events events;
    struct llm_stream stream;
    /* the body of an answer that is no stream; of a stream the head */
    struct buf refusal;
    struct mono sent_at;
    bool has_first_token, is_settled;
    nsec first_token;
    struct llm_limits limits;
    struct llm_fault fault;
    size_t models;    /* how many were listed; 0: none were */
    bool is_accepted; /* the question was answered as it should be */
    bool is_too_large;
};

/* ---- llm_answer.c ---- */

#define LLM_REFUSAL_MAX_BYTES ((size_t)64 << 10)

/* The stream of a completion, or the refusal instead of it, as it comes. ctx: the run. Fits request.take. */
bool llm_answer_take(void *ctx, struct bytes piece);
/* What came is judged, and the run answered. Of a model's entry that cannot be had false: ask for the list instead. */
bool llm_answer_judge(struct run *run);
/* A call that was cut off: what it may have cost counts. */
void llm_answer_cut(struct run *run);

/* ---- llm_memory.c ---- */

/* What the session keeps, with the memo read. */
struct llm_session *llm_memory_of(struct run *run);
/* Whose tokens it uses. */
const char *llm_memory_budget(struct run *run);
/* A call is over: used tokens, or -1 for all that was taken. */
void llm_memory_settle(struct run *run, int64_t used);
/* It failed, and holds until one succeeds. */
void llm_memory_hold(struct run *run, enum reason reason, const char *detail);
void llm_memory_succeed(struct run *run);
void llm_memory_close(struct session *s);

/* ---- llm_vars.c, llm_emit.c ---- */

extern const struct var llm_vars[];
extern const struct limit llm_probe_limits[];
extern const struct metric *const llm_metrics[];
extern const enum reason llm_refusals[]; /* ended by REASON_NONE */
void llm_report(struct run *run);

#endif
