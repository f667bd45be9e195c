/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redis streams as queues. By itself the probe adds an entry to a stream of its own, reads it with a group of its own and
 * acknowledges it. With `answered` the entry goes into the application's stream, and its group has to acknowledge it, or
 * somebody to reply. queue_group.c tells how far a group is.
 */
#include <string.h>

#include "probes/queue.h"

#define OWN_GROUP "healthd"
#define SEARCH_COUNT "1000"
#define SEARCH_BEFORE (2 * NSEC_PER_SEC) /* the server's clock may be that far behind */

static bool is_own(struct run *run)
{
    return !queue_is_answered(run_conf(run));
}

/* ---- putting it in ---- */

static void ask_add(struct run *run, redis_link_answer *answer)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);
    struct bytes words[6 + 2 * QUEUE_MAX_FIELDS];
    size_t count = 0;

    words[count++] = bytes_of("XADD");
    words[count++] = bytes_of(state->place);
    /* An application's stream that is not there would stay behind, empty. */
    if (!is_own(run))
        words[count++] = bytes_of("NOMKSTREAM");
    words[count++] = bytes_of("*");
    words[count++] = bytes_of(conf->field);
    words[count++] = bytes_of(state->message);
    for (size_t i = 0; i < state->fields.count; i++) {
        words[count++] = bytes_of(state->fields.items[i].key);
        words[count++] = bytes_of(state->fields.items[i].value);
    }
    queue_redis_ask_words(run, answer, words, count);
}

static void on_queued(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (value->kind == RESP_ERROR && !state->failed)
        state->failed = value;
}

static void take_entry(struct run *run, const struct resp_value *value)
{
    struct queue_state *state = run_state(run);

    state->is_refused = value->kind != RESP_TEXT;
    if (value->kind == RESP_NIL && !is_own(run)) {
        queue_fail(run, REASON_NO_QUEUE, "there is no stream %s", state->place);
        return;
    }
    if (value->kind != RESP_TEXT || state->failed) {
        queue_redis_fail(run, "XADD", state->failed ? state->failed : value);
        return;
    }
    state->entry = arena_strndup(run_arena(run), value->text.ptr, value->text.len);
    if (!is_own(run)) { /* without its id it would be found as well, only later */
        queue_ledger_add(run, state->entry, queue_redis_ignore);
        queue_redis_flush(run);
    }
    queue_next(run);
}

static void on_executed(void *ctx, const struct resp_value *value)
{
    const bool has_entry = value->kind == RESP_LIST && value->count;
    take_entry(ctx, has_entry ? value->items[0] : value);
}

static void on_added(void *ctx, const struct resp_value *value)
{
    take_entry(ctx, value);
}

static void on_noted(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;

    if (!queue_ledger_has(run, value))
        return;
    ask_add(run, on_added);
    queue_redis_flush(run);
}

static void stream_publish(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);

    state->is_out = true;
    state->place = conf->name;
    if (is_own(run)) {
        state->place = arena_printf(run_arena(run), "%s:%s", conf->own,
                                    state->tag + strlen("healthd:"));
        queue_redis_ask(run, on_queued, "MULTI", NULL);
        ask_add(run, on_queued);
        queue_redis_ask(run, on_queued, "PEXPIRE", state->place, queue_own_time(run),
                        NULL);
        queue_redis_ask(run, on_queued, "XGROUP", "CREATE", state->place, OWN_GROUP, "0",
                        NULL);
        queue_redis_ask(run, on_executed, "EXEC", NULL);
    } else {
        state->is_refused = true; /* until it is asked for */
        queue_ledger_add(run, "", on_noted);
    }
    queue_redis_flush(run);
}

/* ---- seeing it arrive ---- */

static void on_acknowledged(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;

    if (value->kind == RESP_NUMBER && value->number == 1)
        queue_arrived(run);
    else
        queue_redis_fail(run, "XACK", value);
}

static const struct resp_value *item(const struct resp_value *list, size_t at)
{
    return list && list->kind == RESP_LIST && at < list->count ? list->items[at] : NULL;
}

/* [[stream, [[id, [field, value, …]]]]] */
static void on_read(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);
    const struct resp_value *entry = item(item(item(value, 0), 1), 0);

    if (value->kind == RESP_NIL) {
        queue_look_again(run);
        return;
    }
    if (value->kind != RESP_LIST) {
        queue_redis_fail(run, "XREADGROUP", value);
        return;
    }
    if (!bytes_is(resp_text(item(entry, 0)), state->entry) ||
        !bytes_is(resp_text(item(item(entry, 1), 1)), state->message)) {
        queue_fail(run, REASON_BODY, "%s went into %s, and another entry came out",
                   run_quoted(run, bytes_of(state->message)), state->place);
        return;
    }
    queue_redis_ask(run, on_acknowledged, "XACK", state->place, OWN_GROUP, state->entry,
                    NULL);
    queue_redis_flush(run);
}

static void stream_look(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);

    if (is_own(run)) {
        queue_redis_ask(run, on_read, "XREADGROUP", "GROUP", OWN_GROUP, "healthd",
                        "COUNT", "1", "STREAMS", state->place, ">", NULL);
        queue_redis_flush(run);
    } else if (conf->reply[0]) {
        queue_reply_look(run);
    } else {
        queue_group_look(run);
    }
}

static const char *stream_tell(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);
    struct arena *arena = run_arena(run);

    if (is_own(run))
        return NULL;
    if (state->reply)
        return arena_printf(arena, "the entry of %s was not answered with %s",
                            state->place, state->reply);
    return arena_printf(
        arena,
        state->is_taken ? "group %s was handed the entry of %s, but acknowledged it not"
                        : "nobody of group %s asked for the entry of %s",
        conf->group, state->place);
}

/* ---- leaving nothing ---- */

static void on_removed(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);

    if (value->kind == RESP_NUMBER) {
        queue_ledger_close(run);
        return;
    }
    queue_leave(run, "the entry could not be removed from %s: the server said %s",
                state->place, resp_said(run, value));
    queue_next(run);
}

/* An entry that is gone would stay on a group's list of those to be acknowledged. */
static void on_groups(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);

    for (size_t i = 0; value->kind == RESP_LIST && i < value->count; i++) {
        const struct bytes words[] = {bytes_of("XACK"), bytes_of(state->place),
                                      resp_text(resp_field(value->items[i], "name")),
                                      bytes_of(state->entry)};
        queue_redis_ask_words(run, queue_redis_ignore, words, 4);
    }
    queue_redis_ask(run, on_removed, "XDEL", state->place, state->entry, NULL);
    queue_redis_flush(run);
}

static void stream_clean(struct run *run)
{
    const struct queue_state *state = run_state(run);

    if (is_own(run)) {
        queue_own_remove(run);
        return;
    }
    if (state->is_refused) {
        queue_ledger_close(run);
        return;
    }
    if (!state->entry) { /* whether it was added is not known: the ledger is */
        queue_next(run);
        return;
    }
    if (state->has_arrived && !state->reply)
        queue_redis_ask(run, on_removed, "XDEL", state->place, state->entry, NULL);
    else
        queue_redis_ask(run, on_groups, "XINFO", "GROUPS", state->place, NULL);
    queue_redis_flush(run);
}

/* ---- what earlier runs left ---- */

/* Killed before it knew its entry's id: the entries of that time are looked through. */
static void on_found(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_conf *conf = run_conf(run);

    for (size_t i = 0; value->kind == RESP_LIST && i < value->count; i++) {
        const struct resp_value *fields = item(value->items[i], 1);
        for (size_t f = 1; fields && f < fields->count; f += 2) {
            struct bytes tag;
            struct wall made;
            if (!queue_tag_find(run, resp_text(fields->items[f]), &tag, &made) ||
                !queue_is_leftover(run, made))
                continue;
            const struct bytes words[] = {bytes_of("XDEL"), bytes_of(conf->name),
                                          resp_text(item(value->items[i], 0))};
            queue_redis_ask_words(run, queue_redis_count_swept, words, 3);
            break;
        }
    }
    queue_redis_flush(run);
}

static void stream_remove_other(struct run *run, struct bytes tag, struct wall made,
                                struct bytes note)
{
    const struct queue_conf *conf = run_conf(run);
    const struct bytes words[] = {bytes_of("XDEL"), bytes_of(conf->name), note};
    (void)tag;

    if (note.len) {
        const struct bytes ack[] = {bytes_of("XACK"), bytes_of(conf->name),
                                    bytes_of(conf->group), note};
        if (conf->group[0])
            queue_redis_ask_words(run, queue_redis_ignore, ack, 4);
        queue_redis_ask_words(run, queue_redis_count_swept, words, 3);
        return;
    }
    const char *from = arena_printf(
        run_arena(run), "%lld", (long long)((made.ns - SEARCH_BEFORE) / NSEC_PER_MSEC));
    queue_redis_ask(run, on_found, "XRANGE", conf->name, from, "+", "COUNT", SEARCH_COUNT,
                    NULL);
}

const struct queue_kind queue_stream = {
    .name = "stream",
    .sweep = queue_ledger_sweep,
    .measure = queue_stream_measure,
    .publish = stream_publish,
    .look = stream_look,
    .clean = stream_clean,
    .remove = stream_remove_other,
    .tell = stream_tell,
};
