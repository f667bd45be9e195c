/* SPDX-License-Identifier: Apache-2.0 */
/* See deploy.h. Each has an arena of its own; the map owns them, in no order that means something. */
#include "alerts/deploy.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/overlay_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

struct kept_deploy {
    struct deploy deploy;
    struct arena *arena;
};

static void save(const struct deploy *d, struct ledger_txn *txn)
{
    json_t *row = json_object();
    row_put_text(row, "what", d->what);
    row_put_text(row, "release", d->release);
    row_put_text(row, "who", d->who);
    row_put_matchers(row, "scope", d->scope);
    row_put_number(row, "begun", d->begun.ns);
    row_put_number(row, "ended", d->ended.ns);
    row_put_number(row, "start_period", d->start_period);
    row_put_number(row, "hold_until", d->hold_until.ns);
    row_put_text(row, "service", d->service);
    row_put_text(row, "why", d->why);
    json_object_set_new(row, "failed", json_boolean(d->has_failed));
    json_object_set_new(row, "seen", json_boolean(d->is_seen));
    row_save(txn, LEDGER_DEPLOY, d->id, row);
}

static void forget(struct overlay *o, struct kept_deploy *k, struct ledger_txn *txn)
{
    ledger_drop(txn, LEDGER_DEPLOY, k->deploy.id);
    map_remove(o->deploys, bytes_of(k->deploy.id));
    arena_destroy(k->arena);
}

/* The texts of d are copied; false when its matchers do not compile. */
static bool keep(struct overlay *o, struct arena *arena, const struct deploy *d,
                 struct err *e)
{
    struct kept_deploy *k = arena_alloc(arena, sizeof(*k));
    *k = (struct kept_deploy){.arena = arena, .deploy = *d};
    k->deploy.id = arena_strdup(arena, d->id);
    k->deploy.what = arena_strdup(arena, d->what ? d->what : "");
    k->deploy.release = arena_strdup(arena, d->release ? d->release : "");
    k->deploy.who = arena_strdup(arena, d->who ? d->who : "");
    k->deploy.service = arena_strdup(arena, d->service ? d->service : "");
    k->deploy.why = arena_strdup(arena, d->why ? d->why : "");
    if (!matchers_copy(d->scope, arena, &k->deploy.scope, e))
        return false;
    struct kept_deploy *former = map_put(o->deploys, bytes_of(d->id), k);
    if (former)
        arena_destroy(former->arena);
    overlay_touch(o);
    return true;
}

/* When what it may have stopped has to be back. */
static struct wall window_end(const struct deploy *d)
{
    const nsec longest = d->is_seen ? DEPLOY_HOLD_MAX : DEPLOY_LONGEST;
    return d->ended.ns ? d->hold_until : wall_add(d->begun, longest);
}

static bool is_under_way(const struct deploy *d, struct wall now)
{
    return !d->ended.ns && window_end(d).ns > now.ns;
}

/* The one that began first among those that are over; NULL: all are under way. */
static struct kept_deploy *oldest(const struct overlay *o, struct wall now)
{
    struct kept_deploy *found = NULL;
    for (const struct map_entry *it = NULL; (it = map_next(o->deploys, it));) {
        struct kept_deploy *k = it->value;
        const bool is_older = !found || k->deploy.begun.ns < found->deploy.begun.ns;
        if (is_older && !is_under_way(&k->deploy, now))
            found = k;
    }
    return found;
}

void deploy_forget(struct overlay *o, struct wall now, struct ledger_txn *txn)
{
    struct kept_deploy *k = NULL;
    while (map_count(o->deploys) > DEPLOYS_MAX && (k = oldest(o, now)))
        forget(o, k, txn);
}

/* One more has a place when an older one can go. */
static bool has_room(const struct overlay *o, struct wall now, struct err *e)
{
    if (map_count(o->deploys) < DEPLOYS_MAX || oldest(o, now))
        return true;
    return err_set(e, "%d deploys are under way, and no more can be: end one of them",
                   DEPLOYS_MAX);
}

static bool is_too_long(const char *text)
{
    return text && strlen(text) > DEPLOY_TEXT_MAX;
}

static nsec start_period_of(const struct deploy *d)
{
    const nsec asked = d->start_period > 0 ? d->start_period : DEPLOY_START_DEFAULT;
    return asked < DEPLOY_HOLD_MAX ? asked : DEPLOY_HOLD_MAX;
}

const char *deploy_begin(struct overlay *o, const struct deploy *d, struct wall now,
                         struct ledger_txn *txn, struct err *e)
{
    if (is_too_long(d->what) || is_too_long(d->release) || is_too_long(d->who)) {
        err_set(e, "what, release and who have at most %d bytes each", DEPLOY_TEXT_MAX);
        return NULL;
    }
    if (!has_room(o, now, e))
        return NULL;
    struct arena *arena = arena_create(0);
    const struct deploy full = {.id = overlay_new_id(o, o->deploys, now, arena),
                                .what = d->what,
                                .release = d->release,
                                .scope = d->scope,
                                .begun = d->begun.ns ? d->begun : now,
                                .start_period = start_period_of(d),
                                .who = d->who,
                                .is_seen = d->is_seen,
                                .service = d->service};
    if (!keep(o, arena, &full, e)) {
        arena_destroy(arena);
        return NULL;
    }
    deploy_forget(o, now, txn);
    const struct deploy *kept = deploy_find(o, full.id);
    save(kept, txn);
    log_info(EV("deploy.began"), STR("deploy", kept->id), STR("what", kept->what),
             STR("release", kept->release), STR("who", kept->who));
    return kept->id;
}

const struct deploy *deploy_find(const struct overlay *o, const char *id)
{
    const struct kept_deploy *k = map_get(o->deploys, bytes_of(id));
    return k ? &k->deploy : NULL;
}

static void log_end(const struct deploy *d)
{
    const enum log_level level = d->has_failed ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
    log_write(level,
              LOG_FIELDS(EV("deploy.ended"), STR("deploy", d->id), STR("what", d->what),
                         STR("release", d->release), STR("who", d->who),
                         STR("outcome", d->has_failed ? "failed" : "passed"),
                         STR("why", d->why), DUR("duration", d->ended.ns - d->begun.ns)));
}

uint64_t deploys_ended(const struct overlay *o, bool has_failed)
{
    return has_failed ? o->deploys_failed : o->deploys_passed;
}

bool deploy_end(struct overlay *o, const char *id, bool has_failed, const char *why,
                struct wall now, struct ledger_txn *txn, struct err *e)
{
    struct kept_deploy *k = map_get(o->deploys, bytes_of(id));
    if (!k)
        return err_set(e, "there is no deploy '%.40s'", id);
    struct deploy *d = &k->deploy;
    if (d->ended.ns)
        return err_set(e, "deploy '%s' has ended already", d->id);
    d->ended = now;
    d->has_failed = has_failed;
    const struct bytes short_why = bytes_cut(bytes_of(why), DEPLOY_TEXT_MAX);
    d->why = arena_strndup(k->arena, short_why.ptr, short_why.len);
    d->hold_until = has_failed ? now : wall_add(now, d->start_period);
    if (!d->is_seen)
        *(has_failed ? &o->deploys_failed : &o->deploys_passed) += 1;
    save(d, txn);
    log_end(d);
    overlay_touch(o);
    return true;
}

/* Rows of the ledger come by key. Those of one moment stay as they came. */
static void put_in_order(const struct deploy **all, size_t count, const struct deploy *d)
{
    size_t at = count;
    for (; at > 0 && all[at - 1]->begun.ns > d->begun.ns; at--)
        all[at] = all[at - 1];
    all[at] = d;
}

void deploy_each(const struct overlay *o, void (*fn)(void *ctx, const struct deploy *d),
                 void *ctx)
{
    const size_t most = map_count(o->deploys) + 1;
    const struct deploy **all = memory_take(most * sizeof(const struct deploy *));
    size_t count = 0;
    for (const struct map_entry *it = NULL; (it = map_next(o->deploys, it));)
        put_in_order(all, count++, &((const struct kept_deploy *)it->value)->deploy);
    for (size_t i = 0; i < count; i++)
        fn(ctx, all[i]);
    free(all);
}

static bool is_called(const struct deploy *d, const char *text, size_t len)
{
    return (len == strlen(d->what) && !strncmp(text, d->what, len)) ||
           (len && len == strlen(d->service) && !strncmp(text, d->service, len));
}

/* By its name, its service's, or the host of its target: "web:3000". */
static bool concerns_seen(const struct deploy *d, struct labels labels)
{
    static const char *const subjects[] = {"name", "container", "service", "component"};
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        const char *value = labels_get(labels, subjects[i]);
        if (value && is_called(d, value, strlen(value)))
            return true;
    }
    const char *instance = labels_get(labels, "instance");
    return instance && is_called(d, instance, strcspn(instance, ":"));
}

bool deploy_is_of(const char *what, struct labels labels)
{
    static const char *const subjects[] = {"probe", "component", "container",
                                           "name",  "service",   "workflow_id"};
    for (size_t i = 0; *what && i < ARRAY_LEN(subjects); i++) {
        const char *value = labels_get(labels, subjects[i]);
        if (value && !strcmp(value, what))
            return true;
    }
    return !*what;
}

static bool concerns(const struct deploy *d, struct labels labels)
{
    if (d->is_seen)
        return concerns_seen(d, labels);
    if (d->scope.count)
        return matchers_match(d->scope, labels);
    return deploy_is_of(d->what, labels);
}

static bool has_stopped(const struct deploy *d, const struct alert *a)
{
    const struct wall at = a->status.active_at;
    return at.ns >= d->begun.ns && at.ns <= window_end(d).ns && concerns(d, a->labels);
}

const struct deploy *deploy_last(const struct overlay *o, struct labels labels)
{
    const struct deploy *last = NULL;
    for (const struct map_entry *it = NULL; (it = map_next(o->deploys, it));) {
        const struct deploy *d = &((const struct kept_deploy *)it->value)->deploy;
        if (concerns(d, labels) && (!last || d->begun.ns >= last->begun.ns))
            last = d;
    }
    return last;
}

const char *deploy_words(const struct deploy *d, struct arena *arena)
{
    if (d->is_seen)
        return arena_printf(arena, "stop of %s by hand", d->what);
    return arena_printf(arena, "deploy%s%s%s%s", *d->release ? " " : "", d->release,
                        *d->what ? " of " : "", d->what);
}

/* "the deploy of shop a1b2c3" */
static const char *words_of(const struct deploy *d, struct arena *arena)
{
    if (d->is_seen)
        return arena_printf(arena, "the stop of %s", d->what);
    return arena_printf(arena, "the deploy%s%s%s%s", *d->what ? " of " : "", d->what,
                        *d->release ? " " : "", d->release);
}

/* However often it is deployed meanwhile, DEPLOY_HOLD_MAX counts from when it stopped. */
static struct wall held_until(const struct deploy *d, const struct alert *a)
{
    const struct wall longest = wall_add(a->status.active_at, DEPLOY_HOLD_MAX);
    return wall_earlier(longest, window_end(d));
}

bool deploy_holds(const struct judging *j, struct overlay_verdict *ret)
{
    const struct deploy *by = NULL;
    struct wall until = j->now;
    for (const struct map_entry *it = NULL; (it = map_next(j->overlay->deploys, it));) {
        const struct deploy *d = &((const struct kept_deploy *)it->value)->deploy;
        if (!has_stopped(d, j->alert) || held_until(d, j->alert).ns <= until.ns)
            continue;
        by = d;
        until = held_until(d, j->alert);
    }
    if (!by)
        return false;
    *ret = (struct overlay_verdict){
        .kind = OVERLAY_DEPLOY,
        .by = arena_printf(j->arena, "%s%s%s, begun %s, waits for it until %s",
                           words_of(by, j->arena), *by->who ? " by " : "", by->who,
                           overlay_clock(j->overlay, by->begun, j->now, j->arena),
                           overlay_clock(j->overlay, until, j->now, j->arena)),
        .until = until};
    return true;
}

const char *deploy_story(const struct overlay *o, const struct alert *a, struct wall now,
                         struct arena *arena)
{
    const struct deploy *d = deploy_last(o, a->labels);
    const struct probes_view *p = &o->probes;
    struct wall since = {0};
    if (!d || !has_stopped(d, a) || a->status.state != ALERT_FIRING)
        return "";
    if (d->is_seen)
        return arena_printf(
            arena, "stopped %s by hand, %s", overlay_clock(o, d->begun, now, arena),
            d->ended.ns ? "came back, and is not well" : "never came back");
    const char *at = overlay_clock(o, a->status.active_at, now, arena);
    const char *probe = alert_probe(a);
    const bool is_down = *probe && p->phase(p->ctx, probe, &since) == PROBE_DOWN;
    return arena_printf(arena, "%s %s during %s, %s%s%s%s", is_down ? "stopped" : "since",
                        at, words_of(d, arena),
                        d->has_failed ? "which failed"
                        : is_down     ? "never came back"
                                      : "and not over",
                        d->has_failed && *d->why ? " (" : "", d->has_failed ? d->why : "",
                        d->has_failed && *d->why ? ")" : "");
}

struct wall deploy_next(const struct overlay *o, struct wall now)
{
    struct wall next = {0};
    for (const struct map_entry *it = NULL; (it = map_next(o->deploys, it));) {
        const struct wall end =
            window_end(&((const struct kept_deploy *)it->value)->deploy);
        if (end.ns > now.ns)
            next = wall_earlier(next, end);
    }
    return next;
}

static void read_row(const json_t *row, struct deploy *ret)
{
    ret->what = row_text(row, "what");
    ret->release = row_text(row, "release");
    ret->who = row_text(row, "who");
    ret->service = row_text(row, "service");
    ret->why = row_text(row, "why");
    ret->is_seen = json_is_true(json_object_get(row, "seen"));
    ret->begun = row_time(row, "begun");
    ret->ended = row_time(row, "ended");
    ret->start_period = row_number(row, "start_period");
    ret->hold_until = row_time(row, "hold_until");
    ret->has_failed = json_is_true(json_object_get(row, "failed"));
}

/* The clock was put back since: it holds no longer than it would have. */
static void shift_back(struct deploy *d, struct wall now)
{
    const nsec by = d->begun.ns - now.ns;
    if (by <= 0)
        return;
    d->begun = now;
    d->hold_until.ns -= d->hold_until.ns ? by : 0;
    d->ended.ns -= d->ended.ns ? by : 0;
}

bool deploy_restore(struct overlay *o, const char *key, const char *json, struct wall now,
                    struct err *e)
{
    struct arena *arena = arena_create(0);
    const json_t *row = row_object(arena, json, OVERLAY_ROW_MAX_BYTES, e);
    struct deploy d = {.id = key};
    if (row && row_matchers(row, "scope", arena, &d.scope, e)) {
        read_row(row, &d);
        shift_back(&d, now);
        d.start_period = start_period_of(&d);
        if (keep(o, arena, &d, e))
            return true;
    }
    arena_destroy(arena);
    return err_wrap(e, "deploy '%.40s'", key);
}

void deploys_finish(struct overlay *o)
{
    for (const struct map_entry *it = NULL; (it = map_next(o->deploys, it));)
        arena_destroy(((const struct kept_deploy *)it->value)->arena);
    map_destroy(o->deploys);
}
