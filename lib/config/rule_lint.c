/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that load but can hardly be meant: those that look further back than samples are kept, and those that wait for
 * series which nothing here makes. Warnings only; called by generation.c once all is read.
 */
#include <stddef.h>
#include <string.h>

#include "alerts/rule.h"
#include "alerts/rule_file.h"
#include "lib/base/glob.h"
#include "lib/base/map.h"
#include "lib/base/units.h"
#include "lib/config/load.h"
#include "lib/config/series_known.h"

enum { SAID_MAX = 20, LINES_LOOKED_AT = 200, LIST_MAX = 600 };

/* ---- how far back ---- */

static bool reads_beyond(const struct promql *q, nsec keep)
{
    return q && promql_reach(q) > keep;
}

/* Looks further back than samples are kept: it works, on five-minute points, and not beyond those. */
static void warn_reach(struct loader *l, const struct rule *r)
{
    const nsec keep = l->g->alerting.history.keep;
    const bool is_expr = reads_beyond(r->expr, keep);
    struct buf text = BUF_MAX(300);
    if (!is_expr && !reads_beyond(r->resolve_when, keep))
        return;
    const nsec reach = promql_reach(is_expr ? r->expr : r->resolve_when);
    duration_format(&text, reach);
    buf_add_text(&text, ", and samples are kept for ");
    duration_format(&text, keep);
    buf_add_text(&text, ": before that it reads five-minute points");
    if (reach > HISTORY_ROLLUP_KEEP)
        buf_add_text(&text, ", which are kept for 32 days at most");
    diag_warning(l->diag, r->at, "'%s' looks back %s", r->name, buf_text(&text));
    diag_hint(l->diag, "results are within five minutes of a range's ends; for every "
                       "sample raise `history: {keep: ...}`");
    buf_finish(&text);
}

/* ---- series that nothing makes ---- */

struct lint {
    struct loader *l;
    struct arena *arena; /* gone afterwards */
    const struct series_known *known;
    struct map *said; /* each name, and each label of one, once */
    size_t left_out;
};

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == ':';
}

/* Where word stands alone in line; -1: nowhere. */
static ptrdiff_t find_word(struct bytes line, const char *word)
{
    const size_t len = strlen(word);
    for (size_t from = 0; from < line.len;) {
        const ptrdiff_t at =
            bytes_find(bytes_slice(line, from, line.len), bytes_of(word));
        if (at < 0)
            return -1;
        const size_t start = from + (size_t)at, end = start + len;
        if ((start == 0 || !is_word_byte(line.ptr[start - 1])) &&
            (end == line.len || !is_word_byte(line.ptr[end])))
            return (ptrdiff_t)start;
        from = start + 1;
    }
    return -1;
}

static int column_of(struct bytes line, ptrdiff_t offset)
{
    int column = 1;
    for (ptrdiff_t i = 0; i < offset; i++)
        column += ((unsigned char)line.ptr[i] & 0xC0) != 0x80;
    return column;
}

/* In the rule's own lines, as far as the file is known; else where the rule stands. */
static struct place word_place(const struct diag *d, const struct rule *r,
                               const char *word)
{
    struct bytes rest = diag_source_text(d, r->at.file), line;
    for (int number = 1; bytes_token(&rest, '\n', &line); number++) {
        if (number > r->at.line + LINES_LOOKED_AT)
            break;
        const ptrdiff_t at = number < r->at.line ? -1 : find_word(line, word);
        if (at >= 0)
            return (struct place){r->at.file, number, column_of(line, at)};
    }
    return r->at;
}

/* False: it was said before, or enough was. */
static bool is_news(struct lint *x, const char *what)
{
    if (map_get(x->said, bytes_of(what)))
        return false;
    map_put(x->said, bytes_of(what), x);
    x->left_out += map_count(x->said) > SAID_MAX;
    return map_count(x->said) <= SAID_MAX;
}

static void warn_name(struct lint *x, const struct rule *r, const char *name)
{
    struct diag *d = x->l->diag;
    if (!is_news(x, name))
        return;
    const char *near = series_nearest(x->known, name, x->arena);
    const struct probe_type *type = near ? NULL : series_type(name);
    diag_warning(d, word_place(d, r, name),
                 "nothing here makes '%.120s': the rule '%s' waits for it in vain", name,
                 r->name);
    if (near)
        diag_hint(d, "did you mean %s?", near);
    else if (type)
        diag_hint(d, "probes of type %s make it, and none is configured", type->name);
    else
        diag_hint(d, "series come from configured probes, recording rules and healthd "
                     "itself; /metrics shows them");
}

static bool is_among(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (!strcmp(*names, name))
            return true;
    }
    return false;
}

static void hint_labels(struct diag *d, const char *const *labels, const char *name)
{
    const char *near = nearest_word(name, labels);
    struct buf list = BUF_MAX(LIST_MAX);
    for (size_t i = 1; labels[i]; i++)
        buf_printf(&list, "%s%s", i > 1 ? ", " : "", labels[i]);
    if (near)
        diag_hint(d, "did you mean %s?", near);
    else
        diag_hint(d, "it can have: %s%s", buf_text(&list), list.overflow ? ", …" : "");
    buf_finish(&list);
}

/* One that also takes what has no such label may well be meant. */
static void warn_labels(struct lint *x, const struct rule *r, const char *name,
                        struct matchers matchers)
{
    struct diag *d = x->l->diag;
    const char *const *labels = series_labels(x->known, name, x->arena);
    for (size_t i = 0; labels && i < matchers.count; i++) {
        const struct matcher *m = &matchers.items[i];
        if (is_among(labels, m->name) || matcher_matches(m, ""))
            continue;
        if (!is_news(x, arena_printf(x->arena, "%s{%s", name, m->name)))
            continue;
        diag_warning(d, word_place(d, r, m->name),
                     "'%s' has no label '%.120s': the rule '%s' waits for it in vain",
                     name, m->name, r->name);
        hint_labels(d, labels, m->name);
    }
}

static const char *name_of(struct matchers matchers)
{
    for (size_t i = 0; i < matchers.count; i++) {
        const struct matcher *m = &matchers.items[i];
        if (!strcmp(m->name, "__name__") && m->op == MATCH_EQUAL)
            return m->value;
    }
    return NULL;
}

static void lint_series(struct lint *x, const struct rule *r, const struct promql *q)
{
    size_t count = 0;
    const struct selector *const *selectors = q ? promql_selectors(q, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const char *name = name_of(selectors[i]->matchers);
        if (name && !series_may_be(x->known, name))
            warn_name(x, r, name);
        else if (name && !r->reads_absence)
            warn_labels(x, r, name, selectors[i]->matchers);
    }
}

/* ---- all of them ---- */

void rules_lint(struct loader *l)
{
    const struct rules *rules = &l->g->alerting.rules;
    if (diag_error_count(l->diag) > 0 || l->has_no_packs)
        return;
    struct arena *arena = arena_create(0);
    struct lint x = {.l = l,
                     .arena = arena,
                     .known = series_known_make(l->g, arena),
                     .said = map_create()};
    for (size_t i = 0; i < rules->count; i++) {
        for (size_t k = 0; k < rules->groups[i]->count; k++) {
            const struct rule *r = rules->groups[i]->rules[k];
            warn_reach(l, r);
            if (r->is_bundled)
                continue;
            lint_series(&x, r, r->expr);
            lint_series(&x, r, r->resolve_when);
        }
    }
    if (x.left_out)
        diag_warning(l->diag, (struct place){0},
                     "and %zu more names or labels that rules wait for in vain",
                     x.left_out);
    map_destroy(x.said);
    arena_destroy(arena);
}
