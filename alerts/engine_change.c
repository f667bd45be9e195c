/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of an alert: a line of the log, a row of the journal, and dispatch is told. The book calls it with every
 * change, within the engine's transaction.
 */
#include <string.h>

#include "alerts/engine_impl.h"
#include "alerts/severity.h"
#include "lib/base/log.h"

#define FIELDS_MAX 10

/* ---- the log ---- */

static const char *change_event(enum change change)
{
    switch (change) {
    case CHANGE_PENDING:
        return "alert.pending";
    case CHANGE_FIRED:
        return "alert.firing";
    case CHANGE_HELD:
        return "alert.held";
    case CHANGE_RESOLVED:
        return "alert.resolved";
    case CHANGE_DROPPED:
        return "alert.dropped";
    case CHANGE_NONE:
        break;
    }
    return "alert";
}

static enum log_level change_level(const struct alert *a, enum change change)
{
    if (change != CHANGE_FIRED)
        return LOG_LEVEL_INFO;
    switch ((enum severity_rank)severity_rank(labels_get(a->labels, "severity"))) {
    case RANK_CRITICAL:
    case RANK_ERROR:
        return LOG_LEVEL_ERROR;
    case RANK_WARNING:
        return LOG_LEVEL_WARNING;
    case RANK_INFO:
    case RANK_NONE:
        break;
    }
    return LOG_LEVEL_INFO;
}

static const char *change_words(const struct alert *a, enum change change)
{
    const char *why = a->status.end_reason;
    switch (change) {
    case CHANGE_PENDING:
        return "may fire soon";
    case CHANGE_FIRED:
        return "fires";
    case CHANGE_HELD:
        return "fires, and nobody knows any more whether it is so";
    case CHANGE_RESOLVED:
        return !strcmp(why, "removed")   ? "is over, removed from the configuration"
               : !strcmp(why, "no data") ? "is over for want of data"
                                         : "is over";
    case CHANGE_DROPPED:
        return "does not fire after all";
    case CHANGE_NONE:
        break;
    }
    return "has changed";
}

/* "ProbeDown of db fires: db is down" */
static const char *change_text(struct arena *arena, const struct alert *a,
                               enum change change)
{
    const char *probe = labels_get(a->labels, "probe");
    const char *summary = labels_get(a->annotations, "summary");
    const bool has_summary =
        summary && *summary && (change == CHANGE_FIRED || change == CHANGE_PENDING);
    return arena_printf(arena, "%s%s%s %s%s%s", a->name, probe ? " of " : "",
                        probe ? probe : "", change_words(a, change),
                        has_summary ? ": " : "", has_summary ? summary : "");
}

static void log_change(const struct alert *a, enum change change)
{
    struct arena *arena = arena_create(0);
    struct log_field fields[FIELDS_MAX];
    size_t count = 0;
    const char *probe = labels_get(a->labels, "probe");
    const char *severity = labels_get(a->labels, "severity");
    struct log_pair *pairs = arena_alloc(arena, (a->labels.count + 1) * sizeof(*pairs));
    for (size_t i = 0; i < a->labels.count; i++)
        pairs[i] = (struct log_pair){a->labels.items[i].name, a->labels.items[i].value};
    fields[count++] = EV(change_event(change));
    fields[count++] = STR("msg", change_text(arena, a, change));
    if (probe)
        fields[count++] = STR("probe", probe);
    fields[count++] = STR("alert", a->name);
    if (severity)
        fields[count++] = STR("severity", severity);
    fields[count++] = STR("key", a->key);
    fields[count++] = PAIRS("labels", pairs, (int64_t)a->labels.count);
    fields[count++] = NUM("value", a->status.value);
    if (change == CHANGE_RESOLVED && *a->status.end_reason)
        fields[count++] = STR("why", a->status.end_reason);
    fields[count] = (struct log_field){.kind = LOG_FIELD_END};
    log_write(change_level(a, change), fields);
    arena_destroy(arena);
}

/* ---- the journal ---- */

static void add_member(struct buf *json, const char *name, const char *value)
{
    buf_add_json(json, bytes_of(name));
    buf_add_byte(json, ':');
    buf_add_json(json, bytes_of(value));
}

static void note_change(struct engine *e, const struct alert *a, enum change change)
{
    struct buf json = BUF_MAX(64 << 10);
    buf_add_byte(&json, '{');
    add_member(&json, "alert", a->name);
    buf_printf(&json, ",\"key\":\"%s\",\"fingerprint\":\"%016jx\",\"value\":\"%g\",",
               a->key, (uintmax_t)a->fingerprint, a->status.value);
    add_member(&json, "why", a->status.end_reason ? a->status.end_reason : "");
    buf_add_text(&json, ",\"labels\":{");
    for (size_t i = 0; i < a->labels.count; i++) {
        buf_add_text(&json, i ? "," : "");
        add_member(&json, a->labels.items[i].name, a->labels.items[i].value);
    }
    buf_add_text(&json, "}}");
    ledger_note(e->txn, e->now, change_name(change),
                json.overflow ? "{}" : buf_text(&json));
    buf_finish(&json);
}

void engine_changed(void *ctx, struct alert *a, enum change change)
{
    struct engine *e = ctx;
    overlay_touch(e->overlay);
    log_change(a, change);
    note_change(e, a, change);
    if (change == CHANGE_FIRED || change == CHANGE_RESOLVED)
        dispatch_change(e->dispatch, a, change, e->now, e->txn);
}
