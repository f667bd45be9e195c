/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An alert as a row of the ledger, and back: JSON with times in nanoseconds since the epoch. Called by the book. A row
 * that came back is unconfirmed until its rule is evaluated again.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/book_impl.h"
#include "alerts/ledger_row.h"
#include "lib/core/json.h"
#include "lib/core/verdict_json.h"

enum { ROW_MAX = 4 << 20 };

/* ---- out ---- */

static json_t *number_to_json(double value)
{
    struct buf text = BUF_MAX(64);
    buf_add_double(&text, value); /* as text: JSON has no NaN and no infinities */
    json_t *string = json_string(buf_text(&text));
    buf_finish(&text);
    return string;
}

static json_t *time_to_json(struct wall at)
{
    return json_integer(at.ns);
}

static json_t *row_of(const struct kept *k)
{
    const struct alert *a = &k->alert;
    const struct alert_status *s = &a->status;
    char canonical[24];
    snprintf(canonical, sizeof(canonical), "%016llx",
             (unsigned long long)k->shelf->canonical);
    json_t *row = json_object();
    json_object_set_new(row, "rule", json_string(a->rule_id));
    json_object_set_new(row, "canonical", json_string(canonical));
    json_object_set_new(row, "name", json_string(a->name));
    json_object_set_new(row, "labels", labels_to_json(a->labels));
    json_object_set_new(row, "annotations", labels_to_json(a->annotations));
    json_object_set_new(row, "state", json_string(alert_state_name(s->state)));
    json_object_set_new(row, "active_at", time_to_json(s->active_at));
    json_object_set_new(row, "fired_at", time_to_json(s->fired_at));
    json_object_set_new(row, "resolved_at", time_to_json(s->resolved_at));
    json_object_set_new(row, "keep_until", time_to_json(s->keep_until));
    json_object_set_new(row, "unknown_since", time_to_json(s->unknown_since));
    json_object_set_new(row, "earned_at", time_to_json(s->earned_at));
    json_object_set_new(row, "earned", json_integer(s->earned));
    json_object_set_new(row, "value", number_to_json(s->value));
    json_object_set_new(row, "end_reason", json_string(s->end_reason));
    return row;
}

void kept_save(struct kept *k, struct wall now, struct ledger_txn *txn)
{
    k->saved_at = now;
    if (!txn)
        return;
    json_t *row = row_of(k);
    char *text = json_dumps(row, JSON_COMPACT);
    json_decref(row);
    if (text)
        ledger_put(txn, LEDGER_ALERT, k->alert.key, text);
    free(text);
}

/* ---- back ---- */

static bool state_of(const json_t *row, enum alert_state *ret)
{
    for (int i = ALERT_INACTIVE; i <= ALERT_RESOLVED; i++) {
        if (!strcmp(row_text(row, "state"), alert_state_name((enum alert_state)i))) {
            *ret = (enum alert_state)i;
            return true;
        }
    }
    return false;
}

/* A static text: statuses outlive their rows. */
static const char *reason_of(const json_t *row)
{
    static const char *const reasons[] = {"removed", "no data"};
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (!strcmp(row_text(row, "end_reason"), reasons[i]))
            return reasons[i];
    }
    return "";
}

static bool status_read(const json_t *row, struct alert_status *ret, struct err *e)
{
    struct alert_status s = {
        .active_at = row_time(row, "active_at"),
        .fired_at = row_time(row, "fired_at"),
        .resolved_at = row_time(row, "resolved_at"),
        .keep_until = row_time(row, "keep_until"),
        .unknown_since = row_time(row, "unknown_since"),
        .earned_at = row_time(row, "earned_at"),
        .earned = row_number(row, "earned"),
        .is_unconfirmed = true,
        .end_reason = reason_of(row),
    };
    if (!state_of(row, &s.state))
        return err_set(e, "its state is '%.40s'", row_text(row, "state"));
    if (!bytes_to_double(bytes_of(row_text(row, "value")), &s.value))
        s.value = NAN;
    if (s.earned < 0)
        s.earned = 0;
    *ret = s;
    return true;
}

static bool row_take(struct book *b, const char *key, const json_t *row,
                     struct arena *scratch, struct err *e)
{
    struct labels labels, annotations;
    struct alert_status status;
    char own_key[ALERT_KEY_SIZE];
    if (!*row_text(row, "rule") || !row_labels(row, "labels", scratch, &labels) ||
        !row_labels(row, "annotations", scratch, &annotations))
        return err_set(e, "it has no rule, labels or annotations");
    if (!status_read(row, &status, e))
        return false;
    alert_key(row_text(row, "rule"), labels, own_key);
    if (strcmp(own_key, key) != 0)
        return err_set(e, "its key is not that of its labels");
    if (map_count(b->by_key) >= BOOK_MAX_ALERTS || map_get(b->by_key, bytes_of(key)))
        return err_set(e, "it is one too many");
    struct shelf *s = shelf_make(b, row_text(row, "rule"));
    s->canonical = strtoull(row_text(row, "canonical"), NULL, 16);
    struct kept *k = kept_make(b, s, row_text(row, "name"), labels);
    kept_set_annotations(k, annotations);
    k->alert.status = status;
    return true;
}

bool row_read(struct book *b, const char *key, const char *json, struct err *e)
{
    struct arena *scratch = arena_create(0);
    const json_t *row = row_object(scratch, json, ROW_MAX, e);
    const bool ok = row && row_take(b, key, row, scratch, e);
    arena_destroy(scratch);
    return ok || err_wrap(e, "the alert %.40s of the last run", key);
}
