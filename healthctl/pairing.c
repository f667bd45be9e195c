/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the one trace find their counterparts in the other by name and order; headers that differ in every answer
 * are left out. Called by explain. Draws nothing: the text writer does.
 */
#include "healthctl/pairing.h"

#include <string.h>
#include <strings.h>

#include "healthctl/remote.h"
#include "lib/base/units.h"

enum { ROWS_MAX = 192 };

struct maker {
    struct arena *arena;
    struct pairing p;
};

static struct pair_row *add(struct maker *m, const char *name, bool is_bad,
                            const char *text)
{
    struct pair_row *row = &m->p.rows[m->p.count];
    /* Runs have at most 64 lines each; what is beyond the cap goes to the spare row. */
    if (m->p.count < ROWS_MAX)
        m->p.count++;
    *row = (struct pair_row){.name = name};
    *(is_bad ? &row->bad : &row->good) = text;
    return row;
}

/* What is different in every answer is no difference. */
static bool always_differs(const char *name)
{
    static const char *const names[] = {"Date",          "Age",          "ETag",
                                        "Last-Modified", "X-Request-Id", "Set-Cookie",
                                        "Expires",       "CF-Ray",       "Traceparent"};
    if (strncmp(name, "header ", 7) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!strcasecmp(name + 7, names[i]))
            return true;
    }
    return false;
}

/* Headers are lines of their own: "header Content-Type". */
static const char *line_name(struct arena *arena, const char *key, const char **text)
{
    const char *colon = strchr(*text, ':');
    if (strcmp(key, "header") != 0 || !colon)
        return key;
    const char *name = arena_printf(arena, "header %.*s", (int)(colon - *text), *text);
    *text = colon + 1 + strspn(colon + 1, " ");
    return name;
}

/* The first line of that name that has no counterpart yet. */
static struct pair_row *counterpart(struct maker *m, size_t from, const char *name)
{
    for (size_t i = from; i < m->p.count; i++) {
        if (!strcasecmp(m->p.rows[i].name, name) && !m->p.rows[i].bad)
            return &m->p.rows[i];
    }
    return NULL;
}

/* The verdict itself has said it. */
static bool is_said(const json_t *verdict, const char *name, const char *text)
{
    return (!strcmp(name, "address") && !strcmp(remote_text(verdict, "address"), text)) ||
           (!strcmp(name, "trouble") && !strcmp(remote_text(verdict, "detail"), text));
}

static bool has_answer(const struct maker *m, size_t from, bool is_bad)
{
    for (size_t i = from; i < m->p.count; i++) {
        const struct pair_row *row = &m->p.rows[i];
        if (!strcmp(row->name, "status") && (is_bad ? row->bad : row->good))
            return true;
    }
    return false;
}

/* That a run without an answer has no headers and no body is no news. */
static bool differs(const struct maker *m, size_t from, const struct pair_row *row)
{
    if (row->good && row->bad)
        return strcmp(row->good, row->bad) != 0;
    const bool is_of_answer =
        !strncmp(row->name, "header ", 7) || !strcmp(row->name, "body");
    return !is_of_answer || has_answer(m, from, row->good != NULL);
}

static void add_trace(struct maker *m, const json_t *good, const json_t *bad)
{
    const size_t from = m->p.count;
    const json_t *const runs[] = {good, bad};
    for (int side = 0; side < 2; side++) {
        const json_t *lines = json_object_get(runs[side], "trace");
        for (size_t i = 0; i < json_array_size(lines); i++) {
            const json_t *line = json_array_get(lines, i);
            const char *text = remote_text(line, "text");
            const char *name = line_name(m->arena, remote_text(line, "key"), &text);
            if (is_said(runs[side], name, text))
                continue;
            struct pair_row *row = side ? counterpart(m, from, name) : NULL;
            if (row)
                row->bad = text;
            else
                add(m, name, side == 1, text);
        }
    }
    for (size_t i = from; i < m->p.count; i++) {
        struct pair_row *row = &m->p.rows[i];
        row->differs = differs(m, from, row) && !always_differs(row->name);
    }
}

static const char *duration(struct arena *arena, nsec d)
{
    return d > 0 ? duration_text_short(arena, d) : NULL;
}

static const char *text_or_null(const json_t *verdict, const char *key)
{
    const char *text = remote_text(verdict, key);
    return *text ? text : NULL;
}

static void add_text(struct maker *m, const char *name, const char *good, const char *bad,
                     bool is_compared)
{
    if (!good && !bad)
        return;
    struct pair_row *row = add(m, name, false, good);
    row->bad = bad;
    row->differs = is_compared && (!good || !bad || strcmp(good, bad) != 0);
}

static void add_phase(struct maker *m, enum phase phase, const char *good,
                      const char *bad)
{
    if (!good && !bad)
        return;
    struct pair_row *row =
        add(m, arena_printf(m->arena, "  %s", phase_name(phase)), false, good);
    row->bad = bad;
    row->is_phase = true;
}

static const char *instant(struct arena *arena, const json_t *verdict)
{
    const char *text = text_or_null(verdict, "started");
    return text ? arena_printf(arena, "%.10s %.8s UTC", text, text + 11) : NULL;
}

struct pairing pairing_make(struct arena *arena, const json_t *good, const json_t *bad)
{
    struct maker m = {.arena = arena};
    m.p.rows = arena_alloc(arena, (ROWS_MAX + 1) * sizeof(*m.p.rows));
    const struct waterfall a = remote_waterfall(good), b = remote_waterfall(bad);
    add_text(&m, "health", text_or_null(good, "health"), text_or_null(bad, "health"),
             false);
    add_text(&m, "reason", text_or_null(good, "reason"), text_or_null(bad, "reason"),
             false);
    add_text(&m, "detail", text_or_null(good, "detail"), text_or_null(bad, "detail"),
             false);
    add_text(&m, "started", instant(arena, good), instant(arena, bad), false);
    add_text(&m, "took", duration(arena, a.total), duration(arena, b.total), false);
    for (size_t i = 0; i < PHASE_COUNT; i++)
        add_phase(&m, (enum phase)i, duration(arena, a.phases[i]),
                  duration(arena, b.phases[i]));
    add_text(&m, "address", text_or_null(good, "address"), text_or_null(bad, "address"),
             true);
    add_trace(&m, good, bad);
    return m.p;
}
