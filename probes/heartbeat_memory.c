/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of pings: moved by one ping at a time, and written down as a session's memo, so that a restart forgets
 * nothing. Called by heartbeat.c. Judges nothing: heartbeat_stand.c does.
 */
#include <string.h>

#include "lib/core/json.h"
#include "probes/heartbeat.h"

static void text_set(char *field, size_t size, struct bytes text)
{
    const struct bytes cut = bytes_cut(text, size - 1);
    if (cut.len)
        memcpy(field, cut.ptr, cut.len);
    field[cut.len] = '\0';
}

/* Runs that know their number end only themselves; whoever says none ends what goes on. */
static bool is_own_end(const struct heartbeat_memory *m, const struct heartbeat_ping *p)
{
    return m->is_running && (!*p->run_id || !*m->run_id || !strcmp(p->run_id, m->run_id));
}

static void note_end(struct heartbeat_memory *m, const struct heartbeat_ping *p)
{
    const bool is_own = is_own_end(m, p);
    const bool is_well = p->status == 0;
    m->took = p->took >= 0 ? p->took : is_own ? p->at.ns - m->last_start.ns : -1;
    if (m->took < 0)
        m->took = -1;
    if (is_own)
        m->is_running = false;
    m->last_end = p->at;
    m->status = p->status;
    m->has_failed = !is_well;
    if (!is_well) {
        m->failures++;
        return;
    }
    m->successes++;
    m->last_success = p->at;
}

void heartbeat_note(struct heartbeat_memory *m, const struct heartbeat_ping *p)
{
    m->last_ping = p->at;
    switch (p->kind) {
    case HEARTBEAT_START:
        m->is_running = true;
        m->last_start = p->at;
        m->starts++;
        text_set(m->run_id, sizeof(m->run_id), bytes_of(p->run_id));
        break;
    case HEARTBEAT_END:
        note_end(m, p);
        break;
    }
}

void heartbeat_keep_words(struct heartbeat_memory *m, struct bytes text)
{
    text = bytes_trim(text);
    if (text.len > HEARTBEAT_MAX_WORDS)
        text = bytes_slice(text, text.len - HEARTBEAT_MAX_WORDS, text.len);
    while (text.len && ((unsigned char)text.ptr[0] & 0xc0) == 0x80)
        text = bytes_slice(text, 1, text.len); /* cut within a character */
    text_set(m->words, sizeof(m->words), text);
}

void heartbeat_plan(struct heartbeat_memory *m, const char *plan, struct wall now)
{
    if (!m->first.ns)
        m->first = now;
    if (m->since.ns && !strcmp(m->plan, plan))
        return;
    m->since = now;
    text_set(m->plan, sizeof(m->plan), bytes_of(plan));
}

/* ---- the memo ---- */

/* Every number that is kept; one table for both ways. */
struct number {
    const char *key;
    int64_t *value;
};
#define NUMBERS 10
static void numbers_of(struct heartbeat_memory *m, struct number *ret)
{
    const struct number list[NUMBERS] = {
        {"first", &m->first.ns},      {"since", &m->since.ns},
        {"ping", &m->last_ping.ns},   {"start", &m->last_start.ns},
        {"end", &m->last_end.ns},     {"success", &m->last_success.ns},
        {"took", &m->took},           {"starts", &m->starts},
        {"successes", &m->successes}, {"failures", &m->failures},
    };
    memcpy(ret, list, sizeof(list));
}

static void add_text(struct buf *out, const char *key, struct bytes text)
{
    buf_printf(out, ",\"%s\":", key);
    buf_add_json(out, text);
}

static void write_with(const struct heartbeat_memory *m, struct bytes words,
                       struct buf *out)
{
    struct heartbeat_memory copy = *m;
    struct number numbers[NUMBERS];
    numbers_of(&copy, numbers);
    buf_printf(out, "{\"running\":%s,\"failed\":%s,\"status\":%d",
               m->is_running ? "true" : "false", m->has_failed ? "true" : "false",
               m->status);
    for (size_t i = 0; i < NUMBERS; i++)
        buf_printf(out, ",\"%s\":%lld", numbers[i].key, (long long)*numbers[i].value);
    add_text(out, "plan", bytes_of(m->plan));
    add_text(out, "run", bytes_of(m->run_id));
    add_text(out, "words", words);
    buf_add_byte(out, '}');
}

void heartbeat_memo_write(const struct heartbeat_memory *m, size_t max, struct buf *out)
{
    struct bytes words = bytes_of(m->words);
    for (;;) {
        buf_clear(out);
        write_with(m, words, out);
        if (out->len <= max || !words.len)
            return;
        words = bytes_cut(words, words.len / 2);
    }
}

static struct bytes text_at(const json_t *root, const char *key)
{
    return bytes_of(json_string_value(json_object_get(root, key)));
}

void heartbeat_memo_read(const char *memo, struct heartbeat_memory *ret)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    struct heartbeat_memory m = {.took = -1};
    struct number numbers[NUMBERS];
    const json_t *root = *memo ? json_read(arena, bytes_of(memo), 1 << 20, &e) : NULL;
    numbers_of(&m, numbers);
    for (size_t i = 0; i < NUMBERS; i++) {
        const json_t *value = json_object_get(root, numbers[i].key);
        if (json_is_integer(value))
            *numbers[i].value = json_integer_value(value);
    }
    m.status = (int)json_integer_value(json_object_get(root, "status"));
    m.is_running = json_is_true(json_object_get(root, "running"));
    m.has_failed = json_is_true(json_object_get(root, "failed"));
    text_set(m.plan, sizeof(m.plan), text_at(root, "plan"));
    text_set(m.run_id, sizeof(m.run_id), text_at(root, "run"));
    text_set(m.words, sizeof(m.words), text_at(root, "words"));
    arena_destroy(arena);
    *ret = m;
}
