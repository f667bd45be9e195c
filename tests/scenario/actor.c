/* SPDX-License-Identifier: Apache-2.0 */
/* Probes of a story: they run on their real grid, find what the story says, and are confirmed by the real state. */
#include <string.h>

#include "collector/target.h"
#include "lib/core/probe.h"
#include "lib/core/reason.h"
#include "tests/scenario/world.h"

static bool read_health(const char *word, enum health *ret)
{
    static const enum health all[] = {HEALTH_UP, HEALTH_DEGRADED, HEALTH_DOWN,
                                      HEALTH_UNKNOWN};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (!strcmp(health_name(all[i]), word)) {
            *ret = all[i];
            return true;
        }
    }
    return false;
}

static enum reason read_reason(const char *word)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        if (!strcmp(reason_word((enum reason)i), word))
            return (enum reason)i;
    }
    return REASON_REFUSED;
}

struct actor *actor_find(struct world *w, const char *name)
{
    for (size_t i = 0; i < w->actor_count; i++) {
        if (!strcmp(w->actors[i].probe->name, name))
            return &w->actors[i];
    }
    return NULL;
}

/* ---- what the story says of one ---- */

static bool play_metric(struct world *w, struct actor *a, const struct step *s)
{
    double value = 0;
    struct actor_sample *sample = NULL;
    if (s->count < 4 || !bytes_to_double(bytes_of(s->words[3]), &value))
        return err_set(&w->e, "line %d: metric NAME VALUE", s->line);
    for (size_t i = 0; i < a->sample_count; i++) {
        if (!strcmp(a->samples[i].text, s->words[2]))
            sample = &a->samples[i];
    }
    if (!sample && a->sample_count < SAMPLES_MAX)
        sample = &a->samples[a->sample_count++];
    if (!sample)
        return err_set(&w->e, "line %d: too many metrics", s->line);
    snprintf(sample->text, sizeof(sample->text), "%s", s->words[2]);
    sample->value = value;
    return true;
}

/* NAME item CONTAINER HEALTH [by-hand]: a container's state; by-hand: somebody stops it now. The next run is at once, as
 * an event would have it. */
static bool play_item(struct world *w, struct actor *a, const struct step *s)
{
    struct actor_item *item = NULL;
    enum health health;
    if (s->count < 4 || !read_health(s->words[3], &health))
        return err_set(&w->e, "line %d: item CONTAINER HEALTH [by-hand]", s->line);
    for (size_t i = 0; i < a->item_count; i++) {
        if (!strcmp(a->items[i].name, s->words[2]))
            item = &a->items[i];
    }
    if (!item && a->item_count < ACTOR_ITEMS_MAX)
        item = &a->items[a->item_count++];
    if (!item)
        return err_set(&w->e, "line %d: too many items", s->line);
    snprintf(item->name, sizeof(item->name), "%s", s->words[2]);
    item->health = health;
    item->is_back = item->stopped.ns && health != HEALTH_DOWN;
    if (s->count > 4)
        item->stopped = world_now(w);
    a->retry_at = w->mono;
    return true;
}

bool actor_play(struct world *w, struct actor *a, const struct step *s)
{
    if (s->count > 1 && !strcmp(s->words[1], "metric"))
        return play_metric(w, a, s);
    if (s->count > 1 && !strcmp(s->words[1], "item"))
        return play_item(w, a, s);
    if (s->count < 2 || !read_health(s->words[1], &a->health))
        return err_set(&w->e, "line %d: what does %s do?", s->line, s->words[0]);
    a->reason = a->health == HEALTH_UP ? REASON_NONE
                : s->count > 2         ? read_reason(s->words[2])
                                       : REASON_REFUSED;
    snprintf(a->detail, sizeof(a->detail), "%s", s->count > 3 ? s->words[3] : "");
    return true;
}

/* ---- a run ---- */

static void add(struct batch *b, const char *name, double value)
{
    const struct metric *m = batch_metric(b, name, METRIC_GAUGE, "", NULL);
    batch_add(b, batch_group(b, ""), m, NULL, (struct labels){0}, value);
}

static void add_sample(struct batch *b, const struct actor_sample *s)
{
    struct arena *arena = b->arena;
    struct matchers m = {0};
    struct err e = {0};
    const char *brace = strchr(s->text, '{');
    const char *name =
        brace ? arena_strndup(arena, s->text, (size_t)(brace - s->text)) : s->text;
    if (brace)
        matchers_parse(arena, brace, &m, &e);
    struct label *labels = arena_alloc(arena, (m.count + 1) * sizeof(*labels));
    for (size_t i = 0; i < m.count; i++)
        labels[i] = (struct label){m.items[i].name, m.items[i].value};
    batch_add(b, batch_group(b, ""), batch_metric(b, name, METRIC_GAUGE, "", NULL), NULL,
              (struct labels){labels, m.count}, s->value);
}

static void add_item(struct batch *b, const struct actor_item *item)
{
    struct actor_sample sample = {.value = item->health};
    snprintf(sample.text, sizeof(sample.text),
             "probe_item_state{item=\"%s\",name=\"%s\"}", item->name, item->name);
    add_sample(b, &sample);
    snprintf(sample.text, sizeof(sample.text),
             "healthd_container_state{name=\"%s\",state=\"%s\"}", item->name,
             item->health == HEALTH_DOWN ? "exited" : "running");
    sample.value = 1;
    add_sample(b, &sample);
}

/* As the frame says it of every run that was not up. */
static void add_failure(struct batch *b, const struct actor *a)
{
    const char *pack = probe_pack_telling_of(a->probe->type, a->reason);
    const struct label labels[] = {{"pack", pack}, {"reason", reason_word(a->reason)}};
    const size_t left_out = !pack;
    batch_add(b, batch_group(b, ""),
              batch_metric(b, "probe_failure_info", METRIC_GAUGE, "", NULL), NULL,
              (struct labels){labels + left_out, ARRAY_LEN(labels) - left_out}, 1);
}

static void list_items(struct arena *arena, const struct actor *a, struct verdict *v)
{
    struct item *items = arena_alloc(arena, (a->item_count + 1) * sizeof(*items));
    for (size_t i = 0; i < a->item_count; i++)
        items[i] = (struct item){.key = a->items[i].name,
                                 .health = a->items[i].health,
                                 .detail = "",
                                 .stopped = a->items[i].stopped,
                                 .is_back = a->items[i].is_back};
    v->items = items;
    v->item_count = a->item_count;
}

static struct batch *found(struct arena *arena, const struct actor *a)
{
    struct batch *b = batch_create(arena);
    const bool is_good = a->health == HEALTH_UP || a->health == HEALTH_DEGRADED;
    if (a->health == HEALTH_UNKNOWN)
        return b;
    add(b, "probe_success", is_good);
    add(b, "probe_duration_seconds", 0.001);
    if (a->health != HEALTH_UP)
        add_failure(b, a);
    for (size_t i = 0; i < a->sample_count; i++)
        add_sample(b, &a->samples[i]);
    for (size_t i = 0; i < a->item_count; i++)
        add_item(b, &a->items[i]);
    return b;
}

static void run(struct world *w, struct actor *a, struct wall due)
{
    struct arena *arena = arena_create(0);
    const struct wall now = world_now(w);
    struct verdict v = {.probe = a->probe,
                        .seq = ++a->seq,
                        .origin = ORIGIN_SCHEDULED,
                        .due = due,
                        .started = now,
                        .duration = NSEC_PER_MSEC,
                        .health = a->health,
                        .reason = a->reason,
                        .detail = a->detail,
                        .address = ""};
    list_items(arena, a, &v);
    state_confirm(&a->state, &v, a->probe->rise, a->probe->fall);
    seen_note(&a->seen, &a->state);
    a->last = a->health;
    a->retry_at = (struct mono){0};
    if (state_is_unconfirmed(&a->state) || a->health == HEALTH_UNKNOWN)
        a->retry_at = mono_add(w->mono, a->probe->retry_interval);
    engine_verdict(w->engine, a->owner, &v, found(arena, a), now);
    arena_destroy(arena);
}

static void run_if_due(struct world *w, struct actor *a)
{
    const bool is_slot = mono_reached(w->mono, a->due);
    const bool is_retry = a->retry_at.ns && mono_reached(w->mono, a->retry_at);
    const bool was_wanted = a->wants_run;
    while (mono_reached(w->mono, a->due))
        a->due = mono_add(a->due, a->probe->interval);
    a->wants_run = false;
    if (is_slot || is_retry || was_wanted)
        run(w, a, world_now(w));
    if (was_wanted)
        engine_parent_ran(w->engine, a->probe->name, world_now(w));
}

void actors_run(struct world *w)
{
    for (size_t i = 0; w->engine && i < w->actor_count; i++)
        run_if_due(w, &w->actors[i]);
}

struct mono actors_next(const struct world *w)
{
    struct mono next = {INT64_MAX};
    for (size_t i = 0; w->engine && i < w->actor_count; i++) {
        const struct actor *a = &w->actors[i];
        if (a->due.ns < next.ns)
            next = a->due;
        if (a->retry_at.ns && a->retry_at.ns < next.ns)
            next = a->retry_at;
        if (a->wants_run)
            next = w->mono;
    }
    return next;
}

/* ---- life ---- */

/* As the verdicts on disk tell it when healthd starts again. */
static struct wall down_since(const struct actor *before)
{
    const bool is_down = before->state.confirmed == HEALTH_DOWN;
    return is_down ? before->state.since : before->seen.was_down;
}

static struct actor new_actor(struct world *w, const struct probe *p)
{
    struct actor *before = actor_find(w, p->name);
    struct actor a = {0};
    /* What the target does goes on, whoever looks. */
    if (before)
        a = *before;
    if (before && before->owner && !strcmp(before->probe->canonical, p->canonical)) {
        a.probe = p;
        return a;
    }
    a.probe = p;
    a.seen = (struct seen){.known_since = world_wall(w)};
    if (before && !before->owner && before->seen.was_up)
        seen_recall(&a.seen, down_since(before));
    a.state = (struct state){0};
    a.last = HEALTH_UNKNOWN;
    a.wants_run = false;
    a.owner = NULL;
    a.due = w->mono;
    a.retry_at = (struct mono){0};
    a.health = before ? a.health : HEALTH_UP;
    return a;
}

static void end_absent(struct world *w, struct history_owner *const *before, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool is_there = false;
        for (size_t k = 0; k < w->actor_count; k++)
            is_there |= w->actors[k].owner == before[i];
        if (before[i] && !is_there)
            engine_owner_end(w->engine, before[i], world_now(w));
    }
}

void actors_adopt(struct world *w)
{
    const struct generation *g = w->generation;
    struct actor next[ACTORS_MAX];
    struct history_owner *before[ACTORS_MAX];
    const size_t count = w->actor_count;
    for (size_t i = 0; i < count; i++)
        before[i] = w->actors[i].owner;
    for (size_t i = 0; i < g->probe_count; i++) {
        struct arena *arena = arena_create(0);
        next[i] = new_actor(w, g->probes[i]);
        next[i].owner =
            engine_owner(w->engine, target_labels(g->probes[i], &w->frame, arena));
        arena_destroy(arena);
    }
    memcpy(w->actors, next, g->probe_count * sizeof(*next));
    w->actor_count = g->probe_count;
    end_absent(w, before, count);
}

void actors_forget(struct world *w)
{
    for (size_t i = 0; i < w->actor_count; i++)
        w->actors[i].owner = NULL;
}

/* ---- as the overlay sees them ---- */

static enum probe_phase phase(void *ctx, const char *probe, struct wall *ret_since)
{
    const struct actor *a = actor_find(ctx, probe);
    *ret_since = (struct wall){0};
    if (!a)
        return PROBE_UNKNOWN;
    *ret_since = seen_since(&a->seen, &a->state);
    return seen_phase(&a->seen, &a->state, a->last);
}

static const char *const *depends_on(void *ctx, const char *probe)
{
    const struct actor *a = actor_find(ctx, probe);
    return a ? a->probe->depends_on : NULL;
}

static void want_run(void *ctx, const char *probe)
{
    struct actor *a = actor_find(ctx, probe);
    if (a)
        a->wants_run = true;
}

/* As healthd tells it: did the network carry an answer? */
static enum probe_answer answer(void *ctx, const char *probe)
{
    const struct actor *a = actor_find(ctx, probe);
    if (!a || !a->seq)
        return PROBE_NOT_ASKED;
    return a->last == HEALTH_DOWN && a->reason == REASON_DNS_TIMEOUT ? PROBE_SILENT
                                                                     : PROBE_ANSWERED;
}

struct probes_view actors_view(struct world *w)
{
    return (struct probes_view){.ctx = w,
                                .phase = phase,
                                .depends_on = depends_on,
                                .run = want_run,
                                .answer = answer,
                                .started = w->started};
}
