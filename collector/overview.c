/* SPDX-License-Identifier: Apache-2.0 */
/* See overview.h. Printed into a buffer rather than built as a tree: 200 probes have 30,000 values. */
#include "collector/overview.h"

#include <stdlib.h>
#include <string.h>

#include "collector/alerts_json.h"
#include "collector/availability_json.h"
#include "collector/page_file.h"
#include "collector/verdict_history.h"
#include "lib/base/memory.h"
#include "lib/core/gzip.h"
#include "lib/core/loop.h"

#define OVERVIEW_MAX (64u << 20)
#define FRESH NSEC_PER_SEC

struct rendering { /* lives until the last client has it */
    struct buf text, compressed;
    size_t holds;
};

struct overview {
    struct daemon *daemon;
    struct rendering *rendering; /* NULL: none yet */
    struct mono made;
};

/* ---- one probe ---- */

static void add_time(struct buf *out, const char *name, struct wall at)
{
    char text[WALL_TEXT_SIZE];
    if (at.ns)
        buf_printf(out, ",\"%s\":\"%s\"", name, wall_format(at, text));
}

static void add_text(struct buf *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, bytes_of(text));
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
        buf_printf(out, ",\"turning\":\"%s\"", health_name(t->state.candidate));
    if (t->recent.last)
        add_last(out, t);
}

void overview_brief_print(struct buf *out, const struct daemon *d,
                          const struct tracked *t)
{
    print_open(out, t, verdict_history_find(d->verdict_history, t->probe->name));
    buf_add_byte(out, '}');
}

static void print_labels(struct buf *out, struct labels labels)
{
    buf_add_text(out, ",\"labels\":{");
    for (size_t i = 0; i < labels.count; i++) {
        if (i)
            buf_add_byte(out, ',');
        buf_add_json(out, bytes_of(labels.items[i].name));
        buf_add_byte(out, ':');
        buf_add_json(out, bytes_of(labels.items[i].value));
    }
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
    print_labels(out, t->probe->labels);
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

static void print_alerts(struct buf *out, struct daemon *d)
{
    json_t *alerts = alerts_to_json(d, OVERVIEW_ALERTS_MAX);
    char *text = json_dumps(alerts, JSON_COMPACT);
    buf_add_text(out, ",\"alerts\":");
    buf_add_text(out, text ? text : "[]");
    free(text);
    json_decref(alerts);
}

static void print_all(struct buf *out, struct daemon *d)
{
    const struct wall now = loop_wall(d->frame.loop);
    verdict_history_settle(d->verdict_history, now);
    print_head(out, d, now);
    print_alerts(out, d);
    buf_add_text(out, ",\"probes\":[");
    for (size_t i = 0; i < schedule_count(d->schedule); i++) {
        if (i)
            buf_add_byte(out, ',');
        print_probe(out, d, schedule_at(d->schedule, i), now);
    }
    buf_add_text(out, "]}\n");
}

/* ---- the shared rendering ---- */

static void release(void *owner)
{
    struct rendering *r = owner;
    if (--r->holds > 0)
        return;
    buf_finish(&r->text);
    buf_finish(&r->compressed);
    free(r);
}

static void renew(struct overview *o, struct mono now)
{
    struct rendering *r = memory_take(sizeof(*r));
    *r = (struct rendering){BUF_MAX(OVERVIEW_MAX), BUF_MAX(OVERVIEW_MAX), 1};
    print_all(&r->text, o->daemon);
    if (!r->text.overflow)
        gzip_text(buf_bytes(&r->text), 1, &r->compressed);
    if (o->rendering)
        release(o->rendering);
    o->rendering = r;
    o->made = now;
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
    if (o->rendering)
        release(o->rendering);
    free(o);
}

void overview_answer(struct overview *o, struct exchange *x)
{
    const struct mono now = loop_now(o->daemon->frame.loop);
    if (!o->rendering || mono_reached(now, mono_add(o->made, FRESH)))
        renew(o, now);
    struct rendering *r = o->rendering;
    if (r->text.overflow) {
        exchange_error(x, 503,
                       "The overview is larger than %u MiB: ask /api/probes/{probe} and "
                       "/api/alerts instead.",
                       OVERVIEW_MAX >> 20);
        return;
    }
    const bool is_gzip = exchange_accepts_gzip(x) && r->compressed.len > 0;
    r->holds++;
    exchange_add_header(x, "Cache-Control", "no-store");
    exchange_add_header(x, "Vary", "Accept-Encoding");
    if (is_gzip)
        exchange_add_header(x, "Content-Encoding", "gzip");
    exchange_reply_shared(x, 200, "application/json",
                          buf_bytes(is_gzip ? &r->compressed : &r->text), release, r);
}
