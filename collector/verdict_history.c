/* SPDX-License-Identifier: Apache-2.0 */
/* See verdict_history.h. Records by name, and when they go to the file. */
#include "collector/verdict_history.h"

#include <stdlib.h>
#include <string.h>

#include "collector/availability_json.h"
#include "collector/verdict_file.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/config/generation.h"

#define FLUSH_INTERVAL (5 * NSEC_PER_MINUTE)
#define PRUNE_FLUSHES 12 /* once an hour */
#define DETAIL_MAX 300

struct verdict_history {
    struct loop *loop;
    struct verdict_file *file;        /* NULL: memory only */
    struct map *records;              /* → struct verdict_record * */
    bool is_retaining;                /* those that go are looked for */
    const struct map_entry *retained; /* the last that stays, so far; NULL: none */
    bool is_recall_wanted;            /* of a record, and not asked for yet */
    bool is_recalling;                /* the file is being read */
    struct timer *timer;
    unsigned flushes;
};

/* ---- records ---- */

static struct verdict_record *record_of(struct verdict_history *h, const char *name)
{
    struct verdict_record *r = map_get(h->records, bytes_of(name));
    if (r)
        return r;
    r = memory_take(sizeof(*r));
    *r = (struct verdict_record){.name = memory_strdup(name), .recall = RECALL_WANTED};
    map_put(h->records, bytes_of(name), r);
    h->is_recall_wanted = true;
    return r;
}

static void record_free(struct verdict_record *r)
{
    for (size_t i = 0; i < CHANGES_KEPT; i++)
        free(r->changes[i].detail);
    free(r->name);
    free(r);
}

const struct verdict_record *verdict_history_find(const struct verdict_history *h,
                                                  const char *name)
{
    return map_get(h->records, bytes_of(name));
}

static void touch(struct verdict_record *r, struct wall at)
{
    const int64_t hour = availability_number(WINDOW_DAY, at);
    if (r->dirty_from == 0 || hour < r->dirty_from)
        r->dirty_from = hour;
}

/* As long as the last answer can be relied on. */
static void count_until(struct verdict_record *r, struct wall to)
{
    const struct wall known = wall_add(r->seen, r->patience);
    const struct wall end = to.ns < known.ns ? to : known;
    if (r->counted.ns == 0 || end.ns <= r->counted.ns)
        return;
    availability_add(&r->availability, r->counted, end, r->health);
    touch(r, r->counted);
    r->counted = end;
}

static void note_change(struct verdict_history *h, struct verdict_record *r,
                        const struct verdict *v)
{
    struct health_change *c = &r->changes[r->change_count++ % CHANGES_KEPT];
    free(c->detail);
    *c = (struct health_change){.at = v->since,
                                .health = v->confirmed,
                                .reason = v->reason,
                                .detail = strndup(v->detail, DETAIL_MAX)};
    r->health = v->confirmed;
    r->since = v->since;
    if (h->file)
        verdict_file_put_change(h->file, r->name, c);
}

void verdict_history_settle(struct verdict_history *h, struct wall now)
{
    const struct map_entry *x = NULL;
    while ((x = map_next(h->records, x)))
        count_until(x->value, now);
}

/* ---- to the file, and back ---- */

static size_t dirty_hours(const struct verdict_record *r)
{
    const int64_t newest = r->availability.newest[WINDOW_DAY];
    const bool is_due =
        r->recall == RECALL_DONE && r->dirty_from && r->dirty_from <= newest;
    return is_due ? (size_t)(newest - r->dirty_from) + 1 : 0;
}

static size_t take_dirty(struct verdict_record *r, struct hour_row *rows)
{
    size_t count = 0;
    for (size_t i = dirty_hours(r); i > 0; i--) {
        const int64_t hour = r->availability.newest[WINDOW_DAY] - (int64_t)i + 1;
        const struct tally *t = availability_cell(&r->availability, WINDOW_DAY, hour);
        if (t)
            rows[count++] = (struct hour_row){memory_strdup(r->name), hour, *t};
    }
    if (r->recall == RECALL_DONE)
        r->dirty_from = 0;
    return count;
}

static void flush(struct verdict_history *h)
{
    const struct map_entry *x = NULL;
    size_t room = 1, count = 0;
    while ((x = map_next(h->records, x)))
        room += dirty_hours(x->value);
    struct hour_row *rows = memory_take(room * sizeof(*rows));
    while ((x = map_next(h->records, x)))
        count += take_dirty(x->value, rows + count);
    verdict_file_put_hours(h->file, rows, count);
}

static void save(struct verdict_history *h)
{
    if (!h->file)
        return;
    verdict_history_settle(h, loop_wall(h->loop));
    flush(h);
}

static void recall(struct verdict_history *h);

static void on_recalled(void *ctx, struct map *by_name)
{
    struct verdict_history *h = ctx;
    const struct map_entry *x = NULL;
    while ((x = map_next(h->records, x))) {
        struct verdict_record *r = x->value;
        if (r->recall != RECALL_ASKED)
            continue;
        r->recall = by_name ? RECALL_DONE : RECALL_WANTED;
        const struct availability *a =
            by_name ? map_get(by_name, bytes_of(r->name)) : NULL;
        if (a)
            availability_merge(&r->availability, a);
    }
    while (by_name && (x = map_next(by_name, x)))
        free(x->value);
    map_destroy(by_name);
    h->is_recalling = false;
    if (!by_name) /* a file that cannot be read is asked again when it is written to */
        h->is_recall_wanted = true;
    else
        recall(h);
}

static void recall(struct verdict_history *h)
{
    if (!h->file || h->is_recalling || !h->is_recall_wanted)
        return;
    const struct map_entry *x = NULL;
    while ((x = map_next(h->records, x))) {
        struct verdict_record *r = x->value;
        if (r->recall == RECALL_WANTED)
            r->recall = RECALL_ASKED;
    }
    h->is_recall_wanted = false;
    h->is_recalling = true;
    verdict_file_load(h->file, loop_wall(h->loop), on_recalled, h);
}

static void on_flush(void *ctx)
{
    struct verdict_history *h = ctx;
    recall(h);
    save(h);
    if (h->flushes++ % PRUNE_FLUSHES == 0)
        verdict_file_prune(h->file, loop_wall(h->loop));
    timer_at(h->timer, mono_add(loop_now(h->loop), FLUSH_INTERVAL));
}

static void recall_state(void *ctx, const char *name, enum health health,
                         struct wall since, bool was_good)
{
    struct verdict_record *r = record_of(ctx, name);
    r->health = health;
    r->since = since;
    r->was_good = was_good;
}

static void open_file(struct verdict_history *h, const char *state_path)
{
    struct err e = {0};
    h->file = verdict_file_open(h->loop, state_path, &e);
    if (!h->file) {
        log_warning(EV("verdict history not kept"), STR("why", e.text),
                    STR("effect", "the status page forgets it over a restart"));
        return;
    }
    h->timer = loop_timer_create(h->loop, "verdict history", on_flush, h);
    timer_at(h->timer, mono_add(loop_now(h->loop), FLUSH_INTERVAL));
    verdict_file_states(h->file, recall_state, h);
    recall(h);
}

struct verdict_history *verdict_history_create(struct loop *l, const char *state_path)
{
    struct verdict_history *h = memory_take(sizeof(*h));
    *h = (struct verdict_history){.loop = l, .records = map_create()};
    if (state_path)
        open_file(h, state_path);
    return h;
}

void verdict_history_destroy(struct verdict_history *h)
{
    if (!h)
        return;
    save(h);
    if (h->file)
        verdict_file_close(h->file);
    timer_destroy(h->timer);
    const struct map_entry *x = NULL;
    while ((x = map_next(h->records, x)))
        record_free(x->value);
    map_destroy(h->records);
    free(h);
}

/* ---- what it is told ---- */

void verdict_history_observe(struct verdict_history *h, const char *name,
                             const struct verdict *v, nsec interval)
{
    if (!origin_moves_state(v->origin))
        return;
    struct verdict_record *r = record_of(h, name);
    recall(h);
    const struct wall ended = wall_add(v->started, v->duration);
    count_until(r, ended);
    if (v->health == HEALTH_UNKNOWN)
        return;
    r->seen = r->counted = ended;
    r->patience = 2 * interval + NSEC_PER_MINUTE;
    availability_run(&r->availability, ended, v->health == HEALTH_DOWN, v->duration);
    latency_run(&r->latency, ended, v->health, v->duration);
    touch(r, ended);
    if (v->confirmed != HEALTH_UNKNOWN && v->confirmed != r->health)
        note_change(h, r, v);
}

bool verdict_history_retain(struct verdict_history *h, const struct generation *g,
                            const struct slice *slice)
{
    const struct map_entry *x;
    if (!h->is_retaining)
        save(h);
    h->is_retaining = true;
    while ((x = map_next(h->records, h->retained)) != NULL) {
        struct verdict_record *r = x->value;
        if (slice_is_over(slice))
            return false;
        if (generation_probe(g, x->key)) {
            h->retained = x;
            continue;
        }
        map_remove(h->records, bytes_of(x->key));
        record_free(r);
    }
    h->retained = NULL;
    h->is_retaining = false;
    return true;
}

/* ---- reading ---- */

static void print_head(struct buf *out, const char *name, const struct verdict_record *r,
                       struct wall from, struct wall now)
{
    char text[WALL_TEXT_SIZE];
    buf_add_text(out, "{\"probe\":");
    buf_add_json(out, bytes_of(name));
    buf_printf(out, ",\"health\":\"%s\"", health_name(r ? r->health : HEALTH_UNKNOWN));
    if (r && r->since.ns)
        buf_printf(out, ",\"since\":\"%s\"", wall_format(r->since, text));
    buf_printf(out, ",\"from\":\"%s\"", wall_format(from, text));
    buf_printf(out, ",\"now\":\"%s\",\"windows\":", wall_format(now, text));
    availability_print(out, r ? &r->availability : NULL, now);
    buf_add_byte(out, ',');
}

static void print_kept(struct buf *out, const struct verdict_record *r, struct wall from,
                       struct wall now)
{
    const size_t count = !r ? 0 : r->change_count;
    const size_t first = count > CHANGES_KEPT ? count - CHANGES_KEPT : 0;
    const char *comma = "";
    buf_add_text(out, "\"kept\":\"memory\",\"changes\":[");
    for (size_t i = count; i > first; i--) { /* the newest first, as the file's */
        const struct health_change *c = &r->changes[(i - 1) % CHANGES_KEPT];
        if (c->at.ns < from.ns)
            continue;
        buf_add_text(out, comma);
        health_change_print(out, c->at, c->health, reason_word(c->reason), c->detail);
        comma = ",";
    }
    buf_add_text(out, "],\"hours\":[");
    comma = "";
    const int64_t last = availability_number(WINDOW_DAY, now);
    for (int64_t n = last - 23; r && n <= last; n++) {
        const struct tally *t = availability_cell(&r->availability, WINDOW_DAY, n);
        if (!t)
            continue;
        buf_add_text(out, comma);
        hour_print(out, n, t);
        comma = ",";
    }
    buf_add_byte(out, ']');
}

void verdict_history_read(struct verdict_history *h, const char *name, struct wall from,
                          struct wall now, verdict_history_done *done, void *ctx)
{
    struct verdict_record *r = map_get(h->records, bytes_of(name));
    struct buf text = BUF_MAX(4 << 20);
    if (r)
        count_until(r, now);
    print_head(&text, name, r, from, now);
    if (h->file) {
        flush(h);
        verdict_file_read(h->file, name, from, &text, done, ctx);
        return;
    }
    print_kept(&text, r, from, now);
    buf_add_text(&text, "}\n");
    done(ctx, &text, NULL);
}
