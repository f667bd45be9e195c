/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a notice says besides its alert: the last hour of the value, the probe's own sentence, and what the subject
 * printed last. Asked by dispatch when it makes a notice, on the loop, so it looks at one series only.
 */
#include <math.h>
#include <string.h>

#include "alerts/engine_impl.h"

#define SPARK_SPAN NSEC_PER_HOUR
#define WORDS_HOLD (15 * NSEC_PER_MINUTE) /* as long as ProbeFlapping looks back */

/* ---- the sparkline ---- */

static bool is_the_rules(const struct rule *r, const char *name)
{
    for (size_t i = 0; i < r->labels.count; i++) {
        if (!strcmp(r->labels.items[i].name, name))
            return true;
    }
    return !strcmp(name, "alertname");
}

/* The first thing that the rule reads, for this alert only: what the rule's own labels say is not on the series. */
static struct matchers matchers_of(const struct rule *r, struct labels labels,
                                   struct arena *arena)
{
    size_t selectors = 0, count;
    const struct selector *const *list = promql_selectors(r->expr, &selectors);
    if (selectors == 0)
        return (struct matchers){0};
    const struct matchers own = list[0]->matchers;
    struct matcher *items =
        arena_alloc(arena, (own.count + labels.count + 1) * sizeof(*items));
    for (count = 0; count < own.count; count++)
        items[count] = own.items[count];
    for (size_t i = 0; i < labels.count; i++) {
        if (!is_the_rules(r, labels.items[i].name))
            items[count++] = (struct matcher){.name = labels.items[i].name,
                                              .op = MATCH_EQUAL,
                                              .value = labels.items[i].value};
    }
    return (struct matchers){items, count};
}

/* The newest value of each of max equal spans that end at to. */
static size_t thin_out(const struct promql_series *s, int64_t from, int64_t to,
                       double *ret, size_t max)
{
    size_t first = max;
    for (size_t i = 0; i < max; i++)
        ret[i] = NAN;
    for (size_t i = 0; i < s->count; i++) {
        const int64_t into = s->points[i].ms - from;
        const size_t at = (size_t)(into * (int64_t)max / (to - from + 1));
        if (is_stale(s->points[i].value) || into < 0 || at >= max)
            continue;
        ret[at] = s->points[i].value;
        first = at < first ? at : first;
    }
    memmove(ret, ret + first, (max - first) * sizeof(*ret));
    return max - first;
}

static size_t read_series(struct engine *e, const struct selector *selector, double *ret,
                          size_t max, struct arena *arena)
{
    const int64_t to = wall_to_ms(e->now), from = to - SPARK_SPAN / NSEC_PER_MSEC;
    struct history_view *view = history_view(e->history, &selector, 1);
    const struct promql_source source = history_view_source(view);
    struct promql_set set = {0};
    struct err ignored = {0};
    size_t count = 0;
    if (source.select(source.ctx, selector, from, to, arena, &set, &ignored) &&
        set.count > 0)
        count = thin_out(&set.items[0], from, to, ret, max);
    history_view_release(view);
    return count;
}

static size_t spark(void *ctx, const struct alert *a, double *ret, size_t max)
{
    size_t count = 0;
    if (!a->rule || max == 0)
        return 0;
    struct arena *arena = arena_create(0);
    const struct selector selector = {.matchers = matchers_of(a->rule, a->labels, arena),
                                      .range = SPARK_SPAN,
                                      .reach = SPARK_SPAN};
    if (selector.matchers.count > 0)
        count = read_series(ctx, &selector, ret, max, arena);
    arena_destroy(arena);
    return count;
}

/* ---- sentences ---- */

/* The item that an alert is about: it has all of the item's labels. */
static bool is_about(const struct alert *a, const struct finding *found)
{
    const char *key = labels_get(a->labels, "item");
    if (key || !found->labels.count)
        return key && !strcmp(key, found->key);
    for (size_t i = 0; i < found->labels.count; i++) {
        const struct label *l = &found->labels.items[i];
        const char *value = labels_get(a->labels, l->name);
        if (!value || strcmp(value, l->value) != 0)
            return false;
    }
    return true;
}

static const struct subject *subject_of_alert(void *ctx, const struct alert *a)
{
    const char *probe = labels_get(a->labels, "probe");
    return probe ? subject_named(ctx, probe) : NULL;
}

static const struct finding *finding_of(const struct subject *s, const struct alert *a)
{
    for (size_t i = 0; i < s->finding_count; i++) {
        if (is_about(a, &s->findings[i]))
            return &s->findings[i];
    }
    return NULL;
}

/* A probe that is well says nothing: what it said of an outage is no news of what is wrong with it much later. */
static const char *words_of(const struct engine *e, const struct subject *s)
{
    const bool is_over =
        s->health == HEALTH_UP && e->now.ns - s->detail_at.ns > WORDS_HOLD;
    return s->detail && !is_over ? s->detail : "";
}

const char *engine_found(struct engine *e, const struct alert *a)
{
    const struct subject *s = subject_of_alert(e, a);
    const struct finding *found = s ? finding_of(s, a) : NULL;
    if (labels_get(a->labels, DRILL_LABEL))
        return "this is a drill: nothing is wrong";
    if (found && *found->detail)
        return found->detail;
    return s ? words_of(e, s) : "";
}

static const char *detail(void *ctx, const struct alert *a, struct arena *arena)
{
    return arena_strdup(arena, engine_found(ctx, a));
}

/* What the alert's item printed last, or its probe's one subject. */
static const char *last_log(void *ctx, const struct alert *a, struct arena *arena)
{
    const struct subject *s = subject_of_alert(ctx, a);
    const struct finding *found = s ? finding_of(s, a) : NULL;
    if (!s || labels_get(a->labels, DRILL_LABEL))
        return "";
    if (found)
        return arena_strdup(arena, found->last_log);
    return s->last_log ? arena_strdup(arena, s->last_log) : "";
}

struct dispatch_words engine_words(struct engine *e, const struct alerting *a)
{
    return (struct dispatch_words){
        .ctx = e,
        .site = a->site ? a->site : "",
        .external_url = a->external_url ? a->external_url : "",
        .timezone = zone_name(a->zone ? a->zone : zone_utc),
        .external_labels = a->external_labels,
        .spark = spark,
        .detail = detail,
        .last_log = last_log,
    };
}
