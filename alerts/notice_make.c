/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a group's members to a notice: every text that will be shown, rendered now, so that nothing can go wrong later.
 * Called by dispatch at a flush. Lays nothing out: that is a notifier's work.
 */
#include <string.h>

#include "alerts/dispatch_impl.h"
#include "alerts/rule.h"
#include "lib/base/units.h"
#include "lib/core/digest.h"

#define SPARK_MAX 60
#define DEPLOY_RECENT NSEC_PER_HOUR

void dedup_key(const char *site, const char *receiver, const char *lane,
               char ret_key[LANE_SIZE + 3])
{
    const struct bytes parts[] = {bytes_of(site), bytes_of(receiver), bytes_of(lane)};
    char digest[DIGEST_TEXT_SIZE];
    digest_parts(parts, ARRAY_LEN(parts), digest);
    snprintf(ret_key, LANE_SIZE + 3, "hd-%.40s", digest);
}

/* ---- one alert ---- */

static void add_words(struct dispatch *d, const struct alert *a, struct arena *arena,
                      struct notice_alert *ret)
{
    const struct dispatch_words *w = &d->words;
    double *spark = arena_alloc(arena, SPARK_MAX * sizeof(*spark));
    ret->spark = spark;
    ret->spark_count = w->spark ? w->spark(w->ctx, a, spark, SPARK_MAX) : 0;
    ret->detail = w->detail ? w->detail(w->ctx, a, arena) : "";
    if (w->last_log && ret->is_firing)
        ret->last_log = w->last_log(w->ctx, a, arena);
}

static struct notice_alert alert_words(struct dispatch *d, const struct member *m,
                                       bool is_firing, struct wall now,
                                       struct arena *arena)
{
    const struct alert *a = m->alert;
    struct notice_alert n = {.key = m->key,
                             .is_firing = is_firing,
                             .labels = m->labels,
                             .since = m->fired_at,
                             .ended = is_firing ? (struct wall){0} : now,
                             .end_reason = is_firing ? "" : "removed",
                             .threshold = "",
                             .detail = "",
                             .last_log = "",
                             .expr = ""};
    if (!a)
        return n;
    n.fingerprint = a->fingerprint;
    n.annotations = a->annotations;
    n.value = a->status.value;
    n.end_reason = is_firing || !a->status.end_reason ? "" : a->status.end_reason;
    if (!is_firing && a->status.resolved_at.ns)
        n.ended = a->status.resolved_at;
    if (a->rule && a->rule->expr_text) {
        n.expr = a->rule->expr_text;
        n.threshold = rule_threshold(n.expr, arena);
    }
    add_words(d, a, arena, &n);
    if (is_firing)
        n.hides = overlay_hidden_by(d->overlay, a, now, arena);
    return n;
}

static void add_alerts(struct dispatch *d, const struct notice_parts *parts,
                       struct wall now, struct arena *arena, struct notice *n)
{
    const size_t total = parts->firing_count + parts->ended_count;
    const size_t count = total < NOTICE_MAX_ALERTS ? total : NOTICE_MAX_ALERTS;
    struct notice_alert *alerts = arena_alloc(arena, (count + 1) * sizeof(*alerts));
    for (size_t i = 0; i < count; i++) {
        const bool is_firing = i < parts->firing_count;
        const struct member *m =
            is_firing ? parts->firing[i] : parts->ended[i - parts->firing_count];
        alerts[i] = alert_words(d, m, is_firing, now, arena);
        if (!n->first_since.ns || alerts[i].since.ns < n->first_since.ns)
            n->first_since = alerts[i].since;
    }
    n->alerts = alerts;
    n->alert_count = count;
    n->truncated = total - count;
}

/* ---- what they have in common ---- */

static struct labels in_both(struct labels a, struct labels b, struct arena *arena)
{
    struct label *items = arena_alloc(arena, (a.count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < a.count; i++) {
        const char *other = labels_get(b, a.items[i].name);
        if (other && !strcmp(other, a.items[i].value))
            items[count++] = a.items[i];
    }
    return (struct labels){items, count};
}

static void add_common(struct notice *n, struct arena *arena)
{
    for (size_t i = 0; i < n->alert_count; i++) {
        const struct notice_alert *a = &n->alerts[i];
        n->common_labels = i ? in_both(n->common_labels, a->labels, arena) : a->labels;
        n->common_annotations =
            i ? in_both(n->common_annotations, a->annotations, arena) : a->annotations;
    }
}

static const char *worst_severity(const struct notice *n)
{
    const bool only_firing = n->alert_count > 0 && n->alerts[0].is_firing;
    const char *worst = "";
    for (size_t i = 0; i < n->alert_count; i++) {
        const char *severity = severity_of(n->alerts[i].labels);
        const bool counts = n->alerts[i].is_firing || !only_firing;
        if (counts && (!*worst || severity_rank(severity) > severity_rank(worst)))
            worst = severity;
    }
    return *worst ? worst : "warning";
}

static const char *runbook_of(const struct notice *n)
{
    for (size_t i = 0; i < n->alert_count; i++) {
        const char *url = labels_get(n->alerts[i].annotations, "runbook_url");
        if (!url)
            url = labels_get(n->alerts[i].annotations, "runbook");
        if (url)
            return url;
    }
    return "";
}

static bool is_drill(const struct notice *n)
{
    const char *drill = labels_get(n->common_labels, "drill");
    return drill && !strcmp(drill, "true");
}

/* ---- what is around them ---- */

static const char *last_deploy(const struct dispatch *d, const struct notice *n,
                               struct wall now, struct arena *arena)
{
    if (n->alert_count == 0)
        return "";
    const struct alert *first = book_find(d->book, n->alerts[0].key);
    const char *story = first ? deploy_story(d->overlay, first, now, arena) : "";
    if (*story)
        return story;
    const struct deploy *last = deploy_last(d->overlay, n->alerts[0].labels);
    const nsec after = last ? n->first_since.ns - last->begun.ns : -1;
    if (after < 0 || after > DEPLOY_RECENT)
        return "";
    return arena_printf(arena, "%s after %s%s", duration_text_short(arena, after),
                        last->is_seen ? "the " : "", deploy_words(last, arena));
}

/* One word, which all alerts of the notice have in common: what follows it is the reason. */
static const char *ack_hint(const struct notice *n, struct arena *arena)
{
    if (n->kind == NOTICE_RESOLVE || n->kind == NOTICE_ACK || n->alert_count == 0)
        return "";
    const char *word = labels_get(n->common_labels, "probe");
    if (!word)
        word = labels_get(n->common_labels, "alertname");
    return word ? arena_printf(arena, "healthctl ack %s", word) : "";
}

static const char *key_of(const struct alert_group *g, struct arena *arena)
{
    const struct route like = {.key = g->route_key};
    return route_group_key(&like, g->labels, arena);
}

const struct notice *notice_make(struct dispatch *d, const struct alert_group *g,
                                 const struct notice_parts *parts, struct wall now,
                                 struct arena *arena)
{
    const struct dispatch_words *w = &d->words;
    struct notice *n = arena_alloc(arena, sizeof(*n));
    char *dedup = arena_alloc(arena, LANE_SIZE + 3);
    const char *site = w->site ? w->site : "";
    dedup_key(site, g->receiver_name, g->lane, dedup);
    *n = (struct notice){.kind = parts->kind,
                         .receiver = g->receiver_name,
                         .lane = g->lane,
                         .dedup_key = dedup,
                         .site = site,
                         .group_key = key_of(g, arena),
                         .reason = parts->reason,
                         .group_labels = g->labels,
                         .external_url = w->external_url ? w->external_url : "",
                         .timezone = w->timezone ? w->timezone : "UTC",
                         .made = now};
    add_alerts(d, parts, now, arena, n);
    add_common(n, arena);
    n->severity = worst_severity(n);
    n->title = notice_title(n, g->kind, arena);
    n->runbook = runbook_of(n);
    n->last_deploy = last_deploy(d, n, now, arena);
    n->also = also_failing(d, n, parts, arena);
    n->ack_hint = ack_hint(n, arena);
    n->is_drill = is_drill(n);
    return n;
}
