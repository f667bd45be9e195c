/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table says what an option is: name, field, default, limits, unit, choices, words. Parsing,
 * defaults, --print-config, command-line flags, manual, schema and completion all read it.
 *
 * A plugin's file says `#define OPT_STRUCT struct its_conf` and lists rows ended by {0}. The default is
 * text as a user would write it and passes through the user's parser; NULL means required, and
 * OPT_NONE means absent (the field stays zero).
 */
#ifndef HEALTHD_CORE_OPT_H
#define HEALTHD_CORE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/diag.h"
#include "lib/core/node.h"
#include "lib/core/secret.h"
#include "lib/core/tmpl.h"

struct regex;
struct var;

struct texts {
    const char *const *items;
    size_t count;
};
struct ints {
    const int64_t *items;
    size_t count;
};
struct pair {
    const char *key, *value;
};
struct pairs { /* in the order written */
    const struct pair *items;
    size_t count;
};
struct regexes {
    const struct regex *const *items;
    size_t count;
};
struct sections { /* a list of nested tables; items are row_size apart */
    const void *items;
    size_t count;
    /* where each was written: count of them; NULL when nobody wrote them */
    const struct node *const *nodes;
};

enum opt_type {
    OPT_END,
    OPT_BOOL,     /* bool: true, false (also yes/no/on/off, unquoted) */
    OPT_INT,      /* int64_t, within min..max */
    OPT_NUMBER,   /* double */
    OPT_DURATION, /* nsec: "15s"; limits in seconds */
    OPT_SIZE,     /* uint64_t bytes: "10MiB"; limits in bytes */
    OPT_PERCENT,  /* double: "95%" is 95.0 */
    OPT_TEXT,     /* const char *; limits are of its length */
    OPT_CHOICE,   /* int: one of choices */
    OPT_SECRET,   /* struct secret; prints as [redacted] */
    OPT_REGEX, /* const struct regex *; NULL when empty, or when absent and the default is OPT_NONE */
    OPT_TEXTS,   /* struct texts; one scalar is a list of one */
    OPT_INTS,    /* struct ints */
    OPT_REGEXES, /* struct regexes */
    OPT_PAIRS, /* struct pairs: a mapping of scalars; a list value gives one pair an element */
    OPT_SECRET_PAIRS, /* struct pairs, values treated as secrets */
    OPT_SECTION,      /* a nested struct, by rows */
    OPT_SECTIONS,     /* struct sections: a list of nested structs, by rows */
    OPT_NODE /* const struct node *: somebody else reads it; ${…} in its values are filled in */
};

struct opt_choice {
    const char *name;
    int value;
    const char *doc;
};

enum opt_flag {
    OPT_SHORTHAND =
        1, /* `type: SCALAR` sets this row; also `/probe?target=` and the CLI's operand */
    OPT_HIDDEN = 2, /* accepted, not documented: other tools' synonyms */
    /* ${name} without a colon is left as it is: the type itself fills it in (tcp's send); of an OPT_NODE row every
     * ${…} is left */
    OPT_LATE = 4,
    OPT_SITE_ZONE = 8 /* unless written: the top level's `timezone` */
};

struct opt {
    const char *name;
    enum opt_type type;
    size_t offset;
    const char *def;
    double min, max; /* both 0: no limits */
    /* of a bare number: "seconds", "connections"; of an OPT_NODE row: what it is; NULL for none */
    const char *unit;
    const struct opt_choice *choices;
    const struct opt *rows; /* OPT_SECTION(S) */
    size_t row_size;
    unsigned flags;
    const char *doc; /* one or two sentences */
};

extern const char opt_none[]; /* its address is OPT_NONE */
#define OPT_NONE opt_none

/* The offset of a member, checked to have this C type. */
#define OPT_AT(member, ctype) \
    _Generic(((OPT_STRUCT *)0)->member, ctype : offsetof(OPT_STRUCT, member))
#define OPT_ROW(n, t, member, ctype, d, text, ...)                             \
    {                                                                          \
        .name = (n), .type = (t), .offset = OPT_AT(member, ctype), .def = (d), \
        .doc = (text), __VA_ARGS__                                             \
    }

/* OPT_ROW_TEXT("method", method, "GET", "The request's method.") and so on; further fields may follow as
 * designated initialisers: , .flags = OPT_SHORTHAND */
#define OPT_ROW_BOOL(n, m, d, ...) OPT_ROW(n, OPT_BOOL, m, bool, d, __VA_ARGS__, )
#define OPT_ROW_INT(n, m, d, lo, hi, ...) \
    OPT_ROW(n, OPT_INT, m, int64_t, d, __VA_ARGS__, .min = (lo), .max = (hi))
#define OPT_ROW_NUMBER(n, m, d, lo, hi, ...) \
    OPT_ROW(n, OPT_NUMBER, m, double, d, __VA_ARGS__, .min = (lo), .max = (hi))
#define OPT_ROW_DURATION(n, m, d, lo, hi, ...) \
    OPT_ROW(n, OPT_DURATION, m, nsec, d, __VA_ARGS__, .min = (lo), .max = (hi))
#define OPT_ROW_SIZE(n, m, d, lo, hi, ...) \
    OPT_ROW(n, OPT_SIZE, m, uint64_t, d, __VA_ARGS__, .min = (lo), .max = (hi))
#define OPT_ROW_PERCENT(n, m, d, ...) \
    OPT_ROW(n, OPT_PERCENT, m, double, d, __VA_ARGS__, .min = 0, .max = 100)
#define OPT_ROW_TEXT(n, m, d, ...) OPT_ROW(n, OPT_TEXT, m, const char *, d, __VA_ARGS__, )
#define OPT_ROW_CHOICE(n, m, d, list, ...) \
    OPT_ROW(n, OPT_CHOICE, m, int, d, __VA_ARGS__, .choices = (list))
#define OPT_ROW_SECRET(n, m, d, ...) \
    OPT_ROW(n, OPT_SECRET, m, struct secret, d, __VA_ARGS__, )
#define OPT_ROW_REGEX(n, m, d, ...) \
    OPT_ROW(n, OPT_REGEX, m, const struct regex *, d, __VA_ARGS__, )
#define OPT_ROW_TEXTS(n, m, d, ...) \
    OPT_ROW(n, OPT_TEXTS, m, struct texts, d, __VA_ARGS__, )
#define OPT_ROW_INTS(n, m, d, lo, hi, ...) \
    OPT_ROW(n, OPT_INTS, m, struct ints, d, __VA_ARGS__, .min = (lo), .max = (hi))
#define OPT_ROW_REGEXES(n, m, d, ...) \
    OPT_ROW(n, OPT_REGEXES, m, struct regexes, d, __VA_ARGS__, )
#define OPT_ROW_PAIRS(n, m, d, ...) \
    OPT_ROW(n, OPT_PAIRS, m, struct pairs, d, __VA_ARGS__, )
#define OPT_ROW_SECRET_PAIRS(n, m, d, ...) \
    OPT_ROW(n, OPT_SECRET_PAIRS, m, struct pairs, d, __VA_ARGS__, )
#define OPT_ROW_NODE(n, m, ...) \
    OPT_ROW(n, OPT_NODE, m, const struct node *, OPT_NONE, __VA_ARGS__, )
#define OPT_ROW_SECTION(n, m, ctype, table, ...)                              \
    OPT_ROW(n, OPT_SECTION, m, ctype, OPT_NONE, __VA_ARGS__, .rows = (table), \
            .row_size = sizeof(ctype))
#define OPT_ROW_SECTIONS(n, m, ctype, table, ...)                                        \
    OPT_ROW(n, OPT_SECTIONS, m, struct sections, OPT_NONE, __VA_ARGS__, .rows = (table), \
            .row_size = sizeof(ctype))

/* What reading needs besides the text. */
struct opt_ctx {
    struct arena *arena; /* owns what is read */
    struct diag *diag;
    /* literals of secret rows are remembered here; also the load-time scope */
    struct secrets *secrets;
    /* the shorthand row may be missing: template_fill gets it (modules) */
    bool operand_comes_later;
    const char *timezone; /* for OPT_SITE_ZONE rows; NULL: they keep their default */
    /* what expressions may name besides the type's own; NULL: nothing */
    const struct var *vars;
};

/* One or more tables that share a mapping (a dialogue's own rows and the frame's host, port, tls). */
struct opt_part {
    const struct opt *rows;
    size_t size; /* of the struct that the rows fill */
};
#define TEMPLATE_MAX_PARTS 3

/* Configuration read from one mapping: fixed structs, or with rows that are filled in per run. */
struct template;

/* Reads node: a mapping, a scalar for the shorthand row, or NULL/nothing for all defaults. Reports every
 * fault to ctx->diag (unknown key with the nearest one, wrong type, out of limits, missing, a ${name} that
 * env/file/secret cannot give now) and returns NULL if there was any. Rows with ${variables} of other
 * scopes are kept as text until template_fill. skip_keys (NULL-terminated or NULL) belong to others. */
struct template *template_load(const struct opt_ctx *ctx, const struct opt_part *parts,
                               size_t count, const struct node *node,
                               const char *const *skip_keys);
/* As template_load, but always a template: a row at fault is as if it were not written (a required one is empty; a list
 * of tables lacks the ones at fault), so that what the others say can be judged as well. */
struct template *template_load_rest(const struct opt_ctx *ctx,
                                    const struct opt_part *parts, size_t count,
                                    const struct node *node,
                                    const char *const *skip_keys);
/* Part index as it was read when it was loaded, with what env:, file: and secret: gave then; what only a run can fill in is
 * as if it were not written. */
const void *template_loaded(const struct template *t, size_t index);
/* True when nothing is filled in per run: template_fill then returns the shared structs, free of cost. */
bool template_is_fixed(const struct template *t);
/* The first ${name} that neither env:, file: nor secret: explains, so that only a run's scope can; NULL: none. */
const char *template_variable(const struct template *t, struct place *ret_at);
/* The structs of all parts (ret_confs[count]), with every ${…} filled in from scope (then from the secrets;
 * scope may be NULL) and the shorthand row set from operand unless NULL. The operand is a stranger's: a ${…} in
 * it stays text. Without anything to fill in these are the shared structs; else part 0 is the caller's own copy.
 * Lives as long as both t and arena. */
bool template_fill(const struct template *t, const struct scope *scope,
                   const char *operand, struct arena *arena, const void **ret_confs,
                   struct err *e);
/* Sets further rows of filled structs by name, from a stranger's texts (a request's parameters): confs are replaced by
 * copies in arena. Names that no part has are passed over. */
bool template_override(const struct template *t, struct pairs rows, struct arena *arena,
                       const void **confs, struct err *e);
/* Every row with its value as text: for --print-config and `explain`. Secrets are [redacted]. */
void template_print(const struct template *t, int indent, struct buf *out);

/* Defaults alone, without a template: every row of rows into conf. Asserts that defaults parse. */
void opt_defaults(const struct opt *rows, void *conf, struct arena *arena);
/* Parses one scalar into one row's field: the only writer of typed fields. */
bool opt_set(const struct opt *row, void *conf, const char *text, struct arena *arena,
             struct err *e);
/* The value of one row as a user would write it. */
void opt_print(const struct opt *row, const void *conf, struct buf *out);
const struct opt *opt_find(const struct opt *rows, const char *name);
/* NULL: the type has none. */
const struct opt *opt_find_shorthand(const struct opt *rows);
/* Its limits in words, "1s to 1h" or "at least 1"; nothing when it has none. */
void opt_limits_print(const struct opt *row, struct buf *out);
const char *opt_type_name(enum opt_type type); /* "duration", "list of texts" */

/* For a job that outlives the run whose configuration it takes along. */
struct texts texts_copy(struct arena *arena, struct texts from);
struct pairs pairs_copy(struct arena *arena, struct pairs from);

#endif
