/* SPDX-License-Identifier: Apache-2.0 */
/* See overview.h. Printed into a buffer rather than built as a tree, and in slices: 200 probes have 30,000 values. */
#include "collector/overview.h"

#include <stdlib.h>
#include <string.h>

#include "collector/alerts_json.h"
#include "collector/availability_json.h"
#include "collector/json_print.h"
#include "collector/page_file.h"
#include "collector/rendering.h"
#include "collector/verdict_history.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

#define OVERVIEW_MAX (64u << 20)
#define FRESH NSEC_PER_SEC

struct overview {
    struct daemon *daemon;
    struct rendering *rendering; /* NULL: none yet */
    struct mono begun;
    uint64_t generation; /* of what is being printed; 0: nothing of it yet */
    struct wall as_of;
    size_t next; /* probe */
    bool is_made;
    struct buf alerts;
    struct mono alerts_made;
    uint64_t alerts_number; /* of texts that differed; 0: none yet */
};

/* ---- one probe ---- */

static void add_time(struct buf *out, const char *name, struct wall at)
{
    if (at.ns)
        json_print_time(out, name, at);
}

static void add_text(struct buf *out, const char *name, const char *text)
{
    if (text && *text)
        json_print_text(out, name, text);
}

static void add_last(struct buf *out, const struct tracked *t)
{
    const struct verdict *v = t->recent.last;
    size_t items[HEALTH_DOWN + 1] = {0};
    buf_printf(out, ",\"last\":\"%s\",\"ms\":%.4g", health_name(v->health),
               nsec_to_sec(v->duration) * 1000);
    add_time(out, "at", v->started);
    add_text(out, "reason", reason_word(v->reason));
    add_text(out, "detail", v->detail);
    for (size_t i = 0; i < v->item_count; i++)
        items[v->items[i].health]++;
    if (v->item_count)
        buf_printf(out, ",\"items\":[%zu,%zu,%zu,%zu]", items[0], items[1], items[2],
                   items[3]);
}

/* Since when, also when that was before healthd was started. */
static struct wall since_of(const struct tracked *t, const struct verdict_record *r)
{
    const bool is_older = r && r->health == t->state.confirmed && r->since.ns &&
                          r->since.ns < t->state.since.ns;
    return is_older ? r->since : t->state.since;
}

static void print_open(struct buf *out, const struct tracked *t,
                       const struct verdict_record *r)
{
    buf_add_text(out, "{\"name\":");
    buf_add_json(out, bytes_of(t->probe->name));
    buf_printf(out, ",\"health\":\"%s\"", health_name(t->state.confirmed));
    add_time(out, "since", since_of(t, r));
    add_time(out, "unknown_since", t->state.unknown_since);
    if (t->state.streak > 0)
        buf_printf(out, ",\"turning\":\"%s\",\"streak\":%d,\"needed\":%d",
                   health_name(t->state.candidate), t->state.streak,
                   state_runs_needed(&t->state, t->probe->rise, t->probe->fall));
    if (t->recent.last)
        add_last(out, t);
}

void overview_brief_print(struct buf *out, const struct daemon *d,
                          const struct tracked *t)
{
    print_open(out, t, verdict_history_find(d->verdict_history, t->probe->name));
    buf_add_byte(out, '}');
}

static void print_probe(struct buf *out, const struct daemon *d, const struct tracked *t,
                        struct wall now)
{
    static const struct latency none;
    const struct verdict_record *r =
        verdict_history_find(d->verdict_history, t->probe->name);
    print_open(out, t, r);
    buf_printf(out, ",\"type\":\"%s\",\"severity\":\"%s\",\"interval\":%.4g",
               t->probe->type->name, t->probe->severity ? t->probe->severity : "",
               nsec_to_sec(t->probe->interval));
    json_print_labels(out, "labels", t->probe->labels);
    buf_add_text(out, ",\"spark\":");
    latency_print(out, r ? &r->latency : &none, now);
    buf_add_text(out, ",\"windows\":");
    availability_print(out, r ? &r->availability : NULL, now);
    buf_add_byte(out, '}');
}

/* ---- all ---- */

static void print_head(struct buf *out, const struct daemon *d, struct wall now)
{
    buf_printf(out, "{\"version\":\"%s\",\"page\":\"%s\",\"generation\":%ju",
               HEALTHD_VERSION, page_files_hash, (uintmax_t)d->generation->number);
    add_text(out, "site", d->generation->site);
    add_time(out, "now", now);
    add_time(out, "started", d->started);
    buf_printf(out, ",\"receivers\":%zu", d->generation->alerting.receivers.count);
    if (!d->last_reload_ok)
        add_text(out, "rejected", d->last_reload_text ? d->last_reload_text : "unknown");
}

const char *overview_alerts(struct overview *o, uint64_t *ret_number)
{
    const struct mono now = loop_now(o->daemon->frame.loop);
    if (!o->alerts_number || mono_reached(now, mono_add(o->alerts_made, FRESH))) {
        struct buf text = BUF_MAX(OVERVIEW_MAX);
        alerts_print(&text, o->daemon, OVERVIEW_ALERTS_MAX);
        o->alerts_number += strcmp(buf_text(&text), buf_text(&o->alerts)) != 0;
        buf_finish(&o->alerts);
        o->alerts = text;
        o->alerts_made = now;
    }
    *ret_number = o->alerts_number;
    return buf_text(&o->alerts);
}

static void print_begin(struct overview *o, struct buf *out)
{
    const struct daemon *d = o->daemon;
    uint64_t number;
    o->generation = d->generation->number;
    o->next = 0;
    o->as_of = loop_wall(d->frame.loop);
    verdict_history_settle(d->verdict_history, o->as_of);
    buf_clear(out);
    print_head(out, d, o->as_of);
    buf_add_text(out, ",\"alerts\":");
    buf_add_text(out, overview_alerts(o, &number));
    buf_add_text(out, ",\"probes\":[");
}

/* A reload in the midst of it: from the beginning, for the probes are others. */
static bool print_on(void *ctx, struct buf *out, nsec budget)
{
    struct overview *o = ctx;
    const struct daemon *d = o->daemon;
    const struct mono until = mono_add(mono_read(), budget);
    if (o->generation != d->generation->number)
        print_begin(o, out);
    for (; o->next < schedule_count(d->schedule); o->next++) {
        if (mono_reached(mono_read(), until))
            return false;
        if (o->next)
            buf_add_byte(out, ',');
        print_probe(out, d, schedule_at(d->schedule, o->next), o->as_of);
    }
    buf_add_text(out, "]}\n");
    return true;
}

struct overview *overview_create(struct daemon *d)
{
    struct overview *o = memory_take(sizeof(*o));
    *o = (struct overview){.daemon = d};
    return o;
}

void overview_destroy(struct overview *o)
{
    if (!o)
        return;
    rendering_release(o->rendering);
    buf_finish(&o->alerts);
    free(o);
}

static void made(void *ctx)
{
    ((struct overview *)ctx)->is_made = true;
}

static void renew(struct overview *o, struct mono now)
{
    static const struct rendering_kind kind = {
        .name = "overview",
        .content_type = "application/json",
        .gzip_level = 1,
        .max_bytes = OVERVIEW_MAX,
        .too_large = "The overview is larger than 64 MiB: ask /api/probes/{probe} and "
                     "/api/alerts instead.",
        .print = print_on,
        .made = made,
    };
    rendering_release(o->rendering);
    o->rendering = rendering_create(o->daemon, &kind, o);
    o->begun = now;
    o->generation = 0;
    o->is_made = false;
}

void overview_answer(struct overview *o, struct exchange *x)
{
    const struct mono now = loop_now(o->daemon->frame.loop);
    exchange_add_header(x, "Cache-Control", "no-store");
    exchange_add_header(x, "Vary", "Accept-Encoding");
    const bool is_old = mono_reached(now, mono_add(o->begun, FRESH));
    if (o->rendering && !(o->is_made && is_old)) {
        rendering_answer(o->rendering, x);
        return;
    }
    renew(o, now);
    rendering_answer(o->rendering, x);
    rendering_begin(o->rendering);
}
