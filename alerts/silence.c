/* SPDX-License-Identifier: Apache-2.0 */
/* See silence.h. Each silence has an arena of its own; the map owns them. */
#include "alerts/silence.h"

#include <string.h>

#include "alerts/overlay_impl.h"

struct kept_silence {
    struct silence silence;
    struct arena *arena;
};

static struct kept_silence *kept(const struct overlay *o, const char *id)
{
    return id ? map_get(o->silences, bytes_of(id)) : NULL;
}

static void forget(struct overlay *o, const char *id)
{
    struct kept_silence *k = map_remove(o->silences, bytes_of(id));
    if (k)
        arena_destroy(k->arena);
}

static void save(const struct silence *s, struct wall now, struct ledger_txn *txn)
{
    json_t *row = json_object();
    row_put_matchers(row, "matchers", s->matchers);
    row_put_number(row, "starts", s->starts.ns);
    row_put_number(row, "ends", s->ends.ns);
    row_put_number(row, "made", now.ns);
    row_put_text(row, "creator", s->creator);
    row_put_text(row, "comment", s->comment);
    row_save(txn, LEDGER_SILENCE, s->id, row);
}

static bool is_for_everything(struct matchers m)
{
    for (size_t i = 0; i < m.count; i++) {
        if (!matcher_matches(&m.items[i], ""))
            return false;
    }
    return true;
}

static size_t count_unended(const struct overlay *o, struct wall now)
{
    size_t count = 0;
    for (const struct map_entry *it = NULL; (it = map_next(o->silences, it));) {
        const struct kept_silence *k = it->value;
        count += k->silence.ends.ns > now.ns;
    }
    return count;
}

static bool is_too_long(const char *text)
{
    return text && strlen(text) > SILENCE_TEXT_MAX;
}

static bool is_acceptable(const struct overlay *o, const struct silence *s,
                          struct wall now, struct err *e)
{
    const bool is_new = !s->id || !*s->id;
    if (!is_new && !kept(o, s->id))
        return err_set(e, "there is no silence '%.40s'; leave the id out to make one",
                       s->id);
    if (is_for_everything(s->matchers))
        return err_set(e, "this would silence everything; name at least one label with a "
                          "value that is not empty");
    if (s->ends.ns <= now.ns || s->ends.ns <= s->starts.ns)
        return err_set(e, "a silence has to end in the future, and after it starts");
    if (is_too_long(s->creator) || is_too_long(s->comment))
        return err_set(e, "comment and creator have at most %d bytes each",
                       SILENCE_TEXT_MAX);
    if (is_new && count_unended(o, now) >= SILENCES_MAX)
        return err_set(e, "there are %d silences; expire one first", SILENCES_MAX);
    return true;
}

static bool keep(struct overlay *o, struct arena *arena, const struct silence *s,
                 struct err *e)
{
    struct kept_silence *k = arena_alloc(arena, sizeof(*k));
    *k = (struct kept_silence){.arena = arena,
                               .silence = {.id = arena_strdup(arena, s->id),
                                           .starts = s->starts,
                                           .ends = s->ends,
                                           .creator = arena_strdup(arena, s->creator),
                                           .comment = arena_strdup(arena, s->comment)}};
    if (!matchers_copy(s->matchers, arena, &k->silence.matchers, e))
        return false;
    struct kept_silence *former = map_put(o->silences, bytes_of(s->id), k);
    if (former)
        arena_destroy(former->arena);
    overlay_touch(o);
    return true;
}

const char *silence_put(struct overlay *o, const struct silence *s, struct wall now,
                        struct ledger_txn *txn, struct err *e)
{
    silence_forget(o, now, txn);
    if (!is_acceptable(o, s, now, e))
        return NULL;
    struct arena *arena = arena_create(0);
    struct silence full = *s;
    full.creator = s->creator ? s->creator : "";
    full.comment = s->comment ? s->comment : "";
    if (!full.starts.ns)
        full.starts = now;
    full.id = s->id && *s->id ? arena_strdup(arena, s->id)
                              : overlay_new_id(o, o->silences, now, arena);
    if (!keep(o, arena, &full, e)) {
        arena_destroy(arena);
        return NULL;
    }
    save(&full, now, txn);
    return full.id;
}

bool silence_expire(struct overlay *o, const char *id, struct wall now,
                    struct ledger_txn *txn, struct err *e)
{
    struct kept_silence *k = kept(o, id);
    if (!k)
        return err_set(e,
                       "there is no silence '%.40s'; `healthctl silence list` shows all",
                       id ? id : "");
    if (k->silence.ends.ns <= now.ns)
        return err_set(e, "silence '%s' has ended already", k->silence.id);
    k->silence.ends = now;
    save(&k->silence, now, txn);
    overlay_touch(o);
    return true;
}

void silence_each(const struct overlay *o, void (*fn)(void *ctx, const struct silence *s),
                  void *ctx)
{
    for (const struct map_entry *it = NULL; (it = map_next(o->silences, it));)
        fn(ctx, &((const struct kept_silence *)it->value)->silence);
}

const char *silence_state(const struct silence *s, struct wall now)
{
    if (s->ends.ns <= now.ns)
        return "expired";
    return s->starts.ns > now.ns ? "pending" : "active";
}

bool silence_holds(const struct judging *j, struct overlay_verdict *ret)
{
    const struct silence *longest = NULL;
    for (const struct map_entry *it = NULL; (it = map_next(j->overlay->silences, it));) {
        const struct silence *s = &((const struct kept_silence *)it->value)->silence;
        if (s->starts.ns > j->now.ns || s->ends.ns <= j->now.ns ||
            (longest && longest->ends.ns >= s->ends.ns) ||
            !matchers_match(s->matchers, j->alert->labels))
            continue;
        longest = s;
    }
    if (!longest)
        return false;
    const char *by =
        arena_printf(j->arena, "silence %s%s%s until %s%s%s", longest->id,
                     *longest->creator ? " by " : "", longest->creator,
                     overlay_clock(j->overlay, longest->ends, j->now, j->arena),
                     *longest->comment ? ": " : "", longest->comment);
    *ret = (struct overlay_verdict){
        .kind = OVERLAY_SILENCED, .by = by, .until = longest->ends};
    return true;
}

struct wall silence_next(const struct overlay *o, struct wall now)
{
    struct wall next = {0};
    for (const struct map_entry *it = NULL; (it = map_next(o->silences, it));) {
        const struct silence *s = &((const struct kept_silence *)it->value)->silence;
        if (s->ends.ns > now.ns)
            next = wall_earlier(next, s->starts.ns > now.ns ? s->starts : s->ends);
    }
    return next;
}

void silence_forget(struct overlay *o, struct wall now, struct ledger_txn *txn)
{
    const struct map_entry *next;
    for (const struct map_entry *it = map_next(o->silences, NULL); it; it = next) {
        next = map_next(o->silences, it);
        const struct kept_silence *k = it->value;
        if (wall_add(k->silence.ends, SILENCE_KEEP_ENDED).ns > now.ns)
            continue;
        ledger_drop(txn, LEDGER_SILENCE, k->silence.id);
        forget(o, k->silence.id);
    }
}

/* The clock was put back since it was made: what had begun goes on, no longer than it was made for. */
static void shift_back(struct silence *s, struct wall made, struct wall now)
{
    if (made.ns <= now.ns || s->starts.ns > made.ns)
        return;
    s->ends = wall_add(now, s->ends.ns - s->starts.ns);
    s->starts = now;
}

static bool read_row(struct arena *arena, const char *json, struct wall now,
                     struct silence *ret, struct err *e)
{
    const json_t *row = row_object(arena, json, OVERLAY_ROW_MAX_BYTES, e);
    if (!row || !row_matchers(row, "matchers", arena, &ret->matchers, e))
        return false;
    ret->starts = row_time(row, "starts");
    ret->ends = row_time(row, "ends");
    ret->creator = row_text(row, "creator");
    ret->comment = row_text(row, "comment");
    shift_back(ret, row_time(row, "made"), now);
    if (!ret->ends.ns || is_for_everything(ret->matchers))
        return err_set(e, "it has no end, or no matchers");
    return true;
}

bool silence_restore(struct overlay *o, const char *key, const char *json,
                     struct wall now, struct err *e)
{
    struct arena *arena = arena_create(0);
    struct silence s = {.id = key};
    if (read_row(arena, json, now, &s, e) && keep(o, arena, &s, e))
        return true;
    arena_destroy(arena);
    return err_wrap(e, "silence '%.40s'", key);
}

void silences_finish(struct overlay *o)
{
    for (const struct map_entry *it = NULL; (it = map_next(o->silences, it));)
        arena_destroy(((const struct kept_silence *)it->value)->arena);
    map_destroy(o->silences);
}
