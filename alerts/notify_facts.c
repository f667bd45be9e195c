/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a notice in words: since when in local time, value against threshold, labels, what else is known. Called
 * by notice_text.c and by notifiers that have a layout of their own. Never fails.
 */
#include "alerts/notify_facts.h"

#include <math.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/units.h"

enum {
    FACTS_MAX = 16,
    LINE_MAX_BYTES = 1000,
    LOG_MAX_BYTES = 1500,
    LABELS_SHOWN_MAX = 40,
    DOMAIN_MAX = 2000
};

static bool is_set(const char *text)
{
    return text && *text;
}

static void fact_add(struct facts *f, struct fact *items, const char *name,
                     const char *text)
{
    if (is_set(text) && f->count < FACTS_MAX)
        items[f->count++] = (struct fact){name, text};
}

/* ---- times ---- */

/* A name that this machine does not know is shown in UTC. */
static const struct zone *zone_of(const struct notice *n, struct arena *arena)
{
    struct err ignored;
    const struct zone *zone =
        is_set(n->timezone) ? zone_load(arena, n->timezone, &ignored) : NULL;
    return zone ? zone : zone_utc;
}

static const char *time_text(const struct zone *zone, struct wall at, struct arena *arena)
{
    char text[ZONE_TEXT_SIZE];
    return arena_strdup(arena, zone_format(zone, at, text));
}

/* Shorter than a second is "0 s": nobody is told to the millisecond. */
static const char *seconds_text(nsec d, struct arena *arena)
{
    return duration_text_short(arena, d > 0 ? d / NSEC_PER_SEC * NSEC_PER_SEC : 0);
}

static const char *since_text(const struct notice *n, struct wall since,
                              struct wall until, struct arena *arena)
{
    if (since.ns <= 0)
        return "";
    return arena_printf(arena, "%s (%s)", time_text(zone_of(n, arena), since, arena),
                        seconds_text(until.ns - since.ns, arena));
}

/* ---- the whole notice ---- */

const char *notice_state_word(const struct notice *n)
{
    switch (n->kind) {
    case NOTICE_TRIGGER:
    case NOTICE_UPDATE:
    case NOTICE_REMINDER:
        return "firing";
    case NOTICE_RESOLVE:
        return "resolved";
    case NOTICE_ACK:
        return "acknowledged";
    case NOTICE_DEPLOY:
        return "deploy";
    case NOTICE_TEST:
        return "test";
    }
    return "";
}

size_t notice_firing_count(const struct notice *n)
{
    size_t count = n->kind == NOTICE_RESOLVE ? 0 : n->truncated;
    for (size_t i = 0; i < n->alert_count; i++)
        count += n->alerts[i].is_firing;
    return count;
}

const char *notice_title_line(const struct notice *n, struct arena *arena)
{
    const char *name = labels_get(n->common_labels, "alertname");
    if (!name)
        name = labels_get(n->group_labels, "alertname");
    if (!name && n->alert_count)
        name = labels_get(n->alerts[0].labels, "alertname");
    return text_line(is_set(n->title) ? n->title
                     : name           ? name
                                      : "alert",
                     LINE_MAX_BYTES, arena);
}

static struct wall last_end(const struct notice *n)
{
    struct wall last = {0};
    for (size_t i = 0; i < n->alert_count; i++) {
        if (n->alerts[i].ended.ns > last.ns)
            last = n->alerts[i].ended;
    }
    return last;
}

const char *notice_status_line(const struct notice *n, const struct attempt *a,
                               struct arena *arena)
{
    const char *separator = "";
    struct buf out = BUF_MAX(LINE_MAX_BYTES);
    const struct wall end = last_end(n);
    if (is_set(n->severity)) {
        buf_add_text(&out, text_line(n->severity, 60, arena));
        separator = " · ";
    }
    buf_printf(&out, "%s%s", separator, notice_state_word(n));
    if (n->kind == NOTICE_RESOLVE && end.ns && n->first_since.ns)
        buf_printf(&out, " %s after %s", time_text(zone_of(n, arena), end, arena),
                   seconds_text(end.ns - n->first_since.ns, arena));
    else if (n->first_since.ns)
        buf_printf(&out, " since %s", since_text(n, n->first_since, a->now, arena));
    if (is_set(n->site))
        buf_printf(&out, " · %s", text_line(n->site, 100, arena));
    return arena_keep(arena, &out);
}

/* "Fired 02:10, resolved 02:14": what was never told while it happened. */
static const char *merged_text(const struct notice *n, const struct attempt *a,
                               struct arena *arena)
{
    const struct zone *zone = zone_of(n, arena);
    const struct wall end = last_end(n), since = a->merged_first->first_since;
    const char *ended =
        n->kind == NOTICE_RESOLVE && end.ns
            ? arena_printf(arena, ", resolved %s", time_text(zone, end, arena))
            : "";
    return arena_printf(arena, "Fired %s%s; %zu notices waited and became this one.",
                        since.ns ? time_text(zone, since, arena) : "before", ended,
                        a->merged_count);
}

const char *const *notice_remarks(const struct notice *n, const struct attempt *a,
                                  struct arena *arena)
{
    const char **list = arena_alloc(arena, 6 * sizeof(*list));
    size_t count = 0;
    if (n->is_drill)
        list[count++] = "DRILL: an exercise that somebody started; nothing is broken.";
    if (n->kind == NOTICE_TEST)
        list[count++] = "TEST: somebody tries whether this receiver works.";
    if (a->late > 0)
        list[count++] = arena_printf(
            arena, "Delayed %s: %s.", seconds_text(a->late, arena),
            is_set(a->late_why) ? text_line(a->late_why, 200, arena) : "not delivered");
    if (a->merged_first && a->merged_count > 1)
        list[count++] = merged_text(n, a, arena);
    if (a->is_in_doubt)
        list[count++] =
            arena_printf(arena, "(re-sent) An earlier try may have arrived; notice %llu.",
                         (unsigned long long)n->id);
    return list;
}

static const char *after(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) ? text : text + strlen(prefix);
}

/* A page of healthd's own, when nobody said under which address people reach it. */
static const char *runbook_command(const struct notice *n, struct arena *arena)
{
    const char *path = n->runbook;
    if (!is_set(path) || n->kind == NOTICE_RESOLVE ||
        strncmp(path, RUNBOOK_PATH, strlen(RUNBOOK_PATH)))
        return "";
    return arena_printf(arena, "healthctl runbook %s", after(path, RUNBOOK_PATH));
}

struct facts notice_facts(const struct notice *n, struct arena *arena)
{
    struct fact *items = arena_alloc(arena, FACTS_MAX * sizeof(*items));
    struct facts f = {items, 0};
    const struct {
        const char *name, *text;
    } rows[] = {
        {"Told because of", n->reason},
        {"Last deploy", n->last_deploy},
        {"Also failing", is_set(n->also) ? after(n->also, "also failing: ") : ""},
        {"Acknowledge", n->kind == NOTICE_RESOLVE ? "" : n->ack_hint},
        {"Runbook", runbook_command(n, arena)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (is_set(rows[i].text))
            fact_add(&f, items, rows[i].name,
                     text_line(rows[i].text, LINE_MAX_BYTES, arena));
    }
    if (n->truncated)
        fact_add(&f, items, "Left out",
                 arena_printf(arena, "%zu further alerts", n->truncated));
    return f;
}

static bool is_web_url(const char *text)
{
    return is_set(text) && strlen(text) <= DOMAIN_MAX &&
           (!strncmp(text, "https://", 8) || !strncmp(text, "http://", 7)) &&
           !strpbrk(text, " \t\r\n<>\"|");
}

struct facts notice_links(const struct notice *n, struct arena *arena)
{
    struct fact *items = arena_alloc(arena, FACTS_MAX * sizeof(*items));
    struct facts f = {items, 0};
    if (is_web_url(n->runbook))
        fact_add(&f, items, "Runbook", n->runbook);
    if (is_web_url(n->external_url))
        fact_add(&f, items, "healthd", n->external_url);
    return f;
}

/* ---- one alert ---- */

const char *alert_headline(const struct notice_alert *alert, struct arena *arena)
{
    const char *const candidates[] = {
        labels_get(alert->annotations, "summary"),
        alert->detail,
        labels_get(alert->annotations, "description"),
        labels_get(alert->labels, "alertname"),
    };
    for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
        if (is_set(candidates[i]))
            return text_line(candidates[i], LINE_MAX_BYTES, arena);
    }
    return "alert";
}

const char *notice_gist(const struct notice *n, struct arena *arena)
{
    const struct notice_alert *one = n->alerts;
    if (n->alert_count != 1 || n->truncated || !one->is_firing)
        return "";
    if (is_set(one->detail))
        return text_line(one->detail, LINE_MAX_BYTES, arena);
    const char *headline = alert_headline(one, arena);
    return strcmp(headline, notice_title_line(n, arena)) ? headline : "";
}

static const char *value_text(const struct notice_alert *alert, struct arena *arena)
{
    if (isnan(alert->value))
        return "";
    const char *value = arena_printf(arena, "%.6g", alert->value);
    return is_set(alert->threshold)
               ? arena_printf(arena, "%s, threshold %s", value,
                              text_line(alert->threshold, 100, arena))
               : value;
}

static const char *spark_text(const struct notice_alert *alert, struct arena *arena)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < alert->spark_count; i++) {
        if (isfinite(alert->spark[i])) {
            least = fmin(least, alert->spark[i]);
            most = fmax(most, alert->spark[i]);
        }
    }
    const char *line = sparkline(alert->spark, alert->spark_count, arena);
    return *line && least < most
               ? arena_printf(arena, "%s %.4g to %.4g", line, least, most)
               : "";
}

static bool is_first_class(const char *name)
{
    for (const char *const *known = first_class_labels; *known; known++) {
        if (!strcmp(*known, name))
            return true;
    }
    return false;
}

static void label_add(struct buf *out, const char *name, const char *value,
                      struct arena *arena)
{
    buf_printf(out, "%s%s=%s", out->len ? " · " : "", name, text_line(value, 200, arena));
}

/* Those that say where it belongs come first. */
static const char *labels_text(struct labels l, struct arena *arena)
{
    struct buf out = BUF_MAX(2 * LINE_MAX_BYTES);
    size_t shown = 0;
    for (const char *const *name = first_class_labels; *name; name++) {
        if (is_set(labels_get(l, *name)))
            label_add(&out, *name, labels_get(l, *name), arena);
    }
    for (size_t i = 0; i < l.count && shown < LABELS_SHOWN_MAX; i++) {
        const char *name = l.items[i].name;
        if (is_first_class(name) || !strcmp(name, "alertname") ||
            !strcmp(name, "severity"))
            continue;
        label_add(&out, name, l.items[i].value, arena);
        shown++;
    }
    const char *text = text_line(buf_text(&out), 2 * LINE_MAX_BYTES, arena);
    buf_finish(&out);
    return text;
}

static const char *list_text(const char *const *names, struct arena *arena)
{
    struct buf out = BUF_MAX(LINE_MAX_BYTES);
    for (; names && *names && !out.overflow; names++)
        buf_printf(&out, "%s%s", out.len ? ", " : "", text_line(*names, 100, arena));
    const char *text =
        arena_printf(arena, "%s%s", buf_text(&out), out.overflow ? ", …" : "");
    buf_finish(&out);
    return text;
}

static const char *ended_text(const struct notice *n, const struct notice_alert *alert,
                              struct arena *arena)
{
    if (alert->is_firing || alert->ended.ns <= 0)
        return "";
    const char *at = time_text(zone_of(n, arena), alert->ended, arena);
    return is_set(alert->end_reason)
               ? arena_printf(arena, "%s, %s", at,
                              text_line(alert->end_reason, 200, arena))
               : at;
}

struct facts alert_facts(const struct notice *n, const struct notice_alert *alert,
                         const struct attempt *a, struct arena *arena)
{
    struct fact *items = arena_alloc(arena, FACTS_MAX * sizeof(*items));
    struct facts f = {items, 0};
    const struct wall until = alert->is_firing ? a->now : alert->ended;
    const char *headline = alert_headline(alert, arena);
    const char *description = labels_get(alert->annotations, "description");
    const char *detail =
        is_set(alert->detail) ? text_line(alert->detail, LINE_MAX_BYTES, arena) : "";
    fact_add(&f, items, "Since", since_text(n, alert->since, until, arena));
    fact_add(&f, items, "Ended", ended_text(n, alert, arena));
    if (strcmp(detail, headline))
        fact_add(&f, items, "Found", detail);
    if (!*detail || is_set(alert->threshold)) /* of a state, words say more */
        fact_add(&f, items, "Value", value_text(alert, arena));
    fact_add(&f, items, "Last hour", spark_text(alert, arena));
    fact_add(&f, items, "Labels", labels_text(alert->labels, arena));
    if (is_set(description) && strcmp(description, headline))
        fact_add(&f, items, "Description",
                 text_block(description, LINE_MAX_BYTES, arena));
    fact_add(&f, items, "Hides", list_text(alert->hides, arena));
    if (is_set(alert->last_log))
        fact_add(&f, items, FACT_LAST_LOG,
                 text_block(alert->last_log, LOG_MAX_BYTES, arena));
    return f;
}
