/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts into typed fields: the only writer of what an option table describes. Called with what
 * people write, with defaults, and with operands of strangers; says what was expected and what came.
 * Knows nothing of files, places or ${names}.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "lib/core/opt.h"
#include "lib/core/opt_load.h"
#include "lib/core/regex.h"

enum { CHOICES_MAX = 64, QUOTED_MAX = 80 };

static bool refuse(struct err *e, const char *text, const char *expected)
{
    return err_set(e, "'%.*s%s' is no %s", QUOTED_MAX, text,
                   strlen(text) > QUOTED_MAX ? "…" : "", expected);
}

/* Limits are in the unit that people write: seconds, bytes, characters. */
static bool within(const struct opt *row, double value, const char *text, struct err *e)
{
    if ((row->min == 0 && row->max == 0) || (value >= row->min && value <= row->max))
        return true;
    struct buf limits = BUF_MAX(200);
    opt_limits_print(row, &limits);
    if (row->type == OPT_TEXT)
        err_set(e, "has %.0f characters; expected %s", value, buf_text(&limits));
    else
        err_set(e, "%.*s is out of bounds; expected %s", QUOTED_MAX, text,
                buf_text(&limits));
    buf_finish(&limits);
    return false;
}

static bool set_bool(bool *field, const char *text, struct err *e)
{
    static const char *const words[][2] = {
        {"true", "false"}, {"yes", "no"}, {"on", "off"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        for (int no = 0; no < 2; no++) {
            if (!bytes_is_nocase(bytes_of(text), words[i][no]))
                continue;
            *field = !no;
            return true;
        }
    }
    return err_set(e, "'%.*s' is neither true nor false", QUOTED_MAX, text);
}

static bool parse_int(const struct opt *row, const char *text, int64_t *ret_value,
                      struct err *e)
{
    int64_t value;
    if (!bytes_to_i64(bytes_of(text), &value))
        return refuse(e, text, "whole number");
    if (!within(row, (double)value, text, e))
        return false;
    *ret_value = value;
    return true;
}

static bool set_number(const struct opt *row, double *field, const char *text,
                       struct err *e)
{
    double value;
    if (!bytes_to_double(bytes_of(text), &value) || !isfinite(value))
        return refuse(e, text, "number");
    if (!within(row, value, text, e))
        return false;
    *field = value;
    return true;
}

static bool set_duration(const struct opt *row, nsec *field, const char *text,
                         struct err *e)
{
    nsec value;
    if (!duration_parse(bytes_of(text), &value, e) ||
        !within(row, nsec_to_sec(value), text, e))
        return false;
    *field = value;
    return true;
}

static bool set_size(const struct opt *row, uint64_t *field, const char *text,
                     struct err *e)
{
    uint64_t value;
    if (!size_parse(bytes_of(text), &value, e) || !within(row, (double)value, text, e))
        return false;
    *field = value;
    return true;
}

static bool set_percent(const struct opt *row, double *field, const char *text,
                        struct err *e)
{
    double value;
    if (!percent_parse(bytes_of(text), &value, e) || !within(row, value, text, e))
        return false;
    *field = value;
    return true;
}

static bool parse_text(const struct opt *row, const char *text, struct arena *arena,
                       const char **ret_text, struct err *e)
{
    if (!within(row, (double)strlen(text), text, e))
        return false;
    *ret_text = arena_strdup(arena, text);
    return true;
}

static bool set_choice(const struct opt *row, int *field, const char *text, struct err *e)
{
    const char *names[CHOICES_MAX + 1] = {0};
    struct buf list = BUF_MAX(400);
    size_t count = 0;
    for (const struct opt_choice *c = row->choices; c->name && count < CHOICES_MAX; c++) {
        if (!strcmp(c->name, text)) {
            *field = c->value;
            buf_finish(&list);
            return true;
        }
        buf_printf(&list, "%s%s", count ? ", " : "", c->name);
        names[count++] = c->name;
    }
    const char *near = nearest_word(text, names);
    err_set(e, "'%.*s' is none of %s%s%s%s", QUOTED_MAX, text, buf_text(&list),
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    buf_finish(&list);
    return false;
}

static bool parse_regex(const char *text, struct arena *arena,
                        const struct regex **ret_regex, struct err *e)
{
    struct regex *re = NULL;
    if (*text && !(re = regex_compile(arena, text, e)))
        return false;
    *ret_regex = re;
    return true;
}

/* Where absent is told apart from empty, an empty expression is one that matches everything. */
static bool set_regex(const struct opt *row, const struct regex **field, const char *text,
                      struct arena *arena, struct err *e)
{
    if (*text || row->def != OPT_NONE)
        return parse_regex(text, arena, field, e);
    *field = regex_compile(arena, text, e);
    return *field != NULL;
}

static bool set_texts(const struct opt *row, struct texts *field,
                      const char *const *texts, size_t count, struct arena *arena,
                      struct err *e)
{
    const char **items = arena_alloc(arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        if (!parse_text(row, texts[i], arena, &items[i], e))
            return false;
    }
    *field = (struct texts){items, count};
    return true;
}

static bool set_ints(const struct opt *row, struct ints *field, const char *const *texts,
                     size_t count, struct arena *arena, struct err *e)
{
    int64_t *items = arena_alloc(arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        if (!parse_int(row, texts[i], &items[i], e))
            return false;
    }
    *field = (struct ints){items, count};
    return true;
}

static bool set_regexes(struct regexes *field, const char *const *texts, size_t count,
                        struct arena *arena, struct err *e)
{
    const struct regex **items = arena_alloc(arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        if (!*texts[i])
            return err_set(e, "an empty expression matches everything; remove it");
        if (!parse_regex(texts[i], arena, &items[i], e))
            return false;
    }
    *field = (struct regexes){items, count};
    return true;
}

bool opt_set_list(const struct opt *row, void *conf, const char *const *texts,
                  size_t count, struct arena *arena, struct err *e)
{
    void *field = opt_field(row, conf);
    if (row->type == OPT_TEXTS)
        return set_texts(row, field, texts, count, arena, e);
    if (row->type == OPT_INTS)
        return set_ints(row, field, texts, count, arena, e);
    return set_regexes(field, texts, count, arena, e);
}

static bool set_secret(struct secret *field, const char *text, struct arena *arena)
{
    field->value = arena_strdup(arena, text);
    return true;
}

/* An empty text empties what holds several. */
static bool set_several(const struct opt *row, void *conf, const char *text,
                        struct arena *arena, struct err *e)
{
    return opt_set_list(row, conf, &text, *text ? 1 : 0, arena, e);
}

static bool set_composed(const struct opt *row, const char *text, struct err *e)
{
    return !*text || err_set(e, "expected a %s, not '%.*s'", opt_type_name(row->type),
                             QUOTED_MAX, text);
}

bool opt_set(const struct opt *row, void *conf, const char *text, struct arena *arena,
             struct err *e)
{
    void *field = opt_field(row, conf);
    switch (row->type) {
    case OPT_BOOL:
        return set_bool(field, text, e);
    case OPT_INT:
        return parse_int(row, text, field, e);
    case OPT_NUMBER:
        return set_number(row, field, text, e);
    case OPT_DURATION:
        return set_duration(row, field, text, e);
    case OPT_SIZE:
        return set_size(row, field, text, e);
    case OPT_PERCENT:
        return set_percent(row, field, text, e);
    case OPT_TEXT:
        return parse_text(row, text, arena, field, e);
    case OPT_CHOICE:
        return set_choice(row, field, text, e);
    case OPT_SECRET:
        return set_secret(field, text, arena);
    case OPT_REGEX:
        return set_regex(row, field, text, arena, e);
    case OPT_TEXTS:
    case OPT_INTS:
    case OPT_REGEXES:
        return set_several(row, conf, text, arena, e);
    case OPT_PAIRS:
    case OPT_SECRET_PAIRS:
    case OPT_SECTION:
    case OPT_SECTIONS:
    case OPT_NODE:
    case OPT_END:
        return set_composed(row, text, e);
    }
    return false;
}
