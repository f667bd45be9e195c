/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps so many runs going on a loop of its own, copies what each found out of the run's arena, and ends with the last.
 * Called by `probe` and `validate --run`. Prints nothing.
 */
#include "healthctl/asked.h"

#include <string.h>

#include "healthctl/frame_setup.h"
#include "lib/core/loop.h"
#include "lib/core/registry.h"
#include "lib/core/runner.h"
#include "lib/core/verdict_json.h"

enum { MAX_ACTIVE = 64 };

struct crowd { /* all that is asked in one go */
    const struct invocation *in;
    struct frame frame;
    struct runner *runner;
    struct asked *asked;
    size_t count, started, done, gone;
    bool is_starting;
    void (*progress)(size_t done, size_t count);
};

struct seat { /* one run's way back to its crowd */
    struct crowd *crowd;
    struct asked *asked;
};

static const char *value_of(const struct sample *s, const char *label,
                            struct arena *arena)
{
    for (size_t i = 0; s->values && s->metric->labels[i]; i++) {
        if (!strcmp(s->metric->labels[i], label))
            return arena_strdup(arena, s->values[i]);
    }
    return NULL;
}

/* The certificate, as the families say that every TLS probe has. */
static void read_certificate(struct asked *a, const struct batch *b, struct arena *arena)
{
    for (const struct batch_group *g = b->first; g; g = g->next) {
        for (const struct sample *s = g->first; s; s = s->next) {
            const char *name = s->metric->name;
            if (!strcmp(name, "probe_ssl_earliest_cert_expiry")) {
                a->expires = s->value;
            } else if (!strcmp(name, "probe_tls_version_info")) {
                a->tls_version = value_of(s, "version", arena);
            } else if (!strcmp(name, "probe_ssl_last_chain_info")) {
                a->subject = value_of(s, "subject", arena);
                a->issuer = value_of(s, "issuer", arena);
                a->names = value_of(s, "subjectalternative", arena);
            }
        }
    }
}

static void copy_trace(struct asked *a, const struct verdict *v, struct arena *arena)
{
    a->trace = arena_alloc(arena, (v->trace_count + 1) * sizeof(*a->trace));
    a->trace_count = v->trace_count;
    for (size_t i = 0; i < v->trace_count; i++)
        a->trace[i] =
            (struct trace_line){v->trace[i].at, arena_strdup(arena, v->trace[i].key),
                                arena_strdup(arena, v->trace[i].text)};
}

static void release_json(void *value)
{
    json_decref(value);
}

static void on_done(void *ctx, struct verdict *v, struct batch *b)
{
    struct seat *seat = ctx;
    struct asked *a = seat->asked;
    struct crowd *c = seat->crowd;
    struct arena *arena = c->in->arena;
    struct buf page = BUF_MAX(32 << 20);
    page_of_batch(b, &page);
    a->page = arena_strndup(arena, buf_text(&page), page.len);
    buf_finish(&page);
    a->is_done = true;
    a->health = v->health;
    a->reason = v->reason;
    a->detail = arena_strdup(arena, v->detail ? v->detail : "");
    a->address = arena_strdup(arena, v->address ? v->address : "");
    a->duration = v->duration;
    memcpy(a->phases.phases, v->phases, sizeof(a->phases.phases));
    a->phases.total = v->duration;
    copy_trace(a, v, arena);
    read_certificate(a, b, arena);
    a->verdict = verdict_to_json(v);
    arena_cleanup(arena, release_json, a->verdict);
    c->done++;
    if (c->progress)
        c->progress(c->done, c->count);
}

static void start_more(struct crowd *c);

static void start_later(void *ctx)
{
    start_more(ctx);
}

static void on_gone(void *ctx)
{
    const struct seat *seat = ctx;
    struct crowd *c = seat->crowd;
    c->gone++;
    if (c->gone == c->count)
        loop_stop(c->frame.loop);
    else if (!c->is_starting)
        loop_defer(c->frame.loop, "ask the next", start_later, c);
}

static void start_more(struct crowd *c)
{
    c->is_starting = true;
    while (c->started < c->count && c->started - c->gone < MAX_ACTIVE) {
        struct asked *a = &c->asked[c->started++];
        struct seat *seat = arena_alloc(c->in->arena, sizeof(*seat));
        *seat = (struct seat){c, a};
        runner_start(c->runner,
                     &(struct ask){
                         .probe = a->probe,
                         .origin = ORIGIN_ONCE,
                         .due = loop_wall(c->frame.loop),
                         .timeout = a->timeout,
                         .operand = a->operand,
                         .is_traced = true,
                         .is_recording = invocation_flag(c->in, "accept") != NULL,
                         .done = on_done,
                         .gone = on_gone,
                         .ctx = seat,
                     });
    }
    c->is_starting = false;
}

bool ask_all(const struct invocation *in, const struct generation *g, struct asked *asked,
             size_t count, void (*progress)(size_t done, size_t count), struct err *e)
{
    struct crowd c = {.in = in, .asked = asked, .count = count, .progress = progress};
    const bool ok = frame_setup(&c.frame, FRAME_WHOLE, g, in->secrets, e);
    if (ok) {
        c.runner = runner_create(&c.frame, MAX_ACTIVE);
        start_more(&c);
        if (c.gone < c.count)
            loop_run(c.frame.loop);
        runner_destroy(c.runner);
    }
    frame_finish(&c.frame);
    return ok;
}
