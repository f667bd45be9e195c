/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expectations: a typed subset of CEL, compiled when configuration loads, over the values that a probe
 * type's `vars` name. A value that is missing is an error that says what was there instead, never 0.
 *
 *   status == 200 && headers["content-type"].contains("json")     timing.total < 800ms
 *   json.items.size() > 0        tls.expires_in > 14d              body.matches("ok$")   has(json.error)
 *   !(status in [500, 502])      json.price * 1.19 < 100.0         now - json.updated_at < 5m
 *
 * Operators: ?: || && == != < <= > >= in + - * / % ! unary-; a.b a["b"] a[0] a.f(x) f(x); literals: numbers,
 * durations (5m), sizes (10MiB), percents (95%), "text" or 'text' with escapes, true false null, [lists].
 * Functions: size has contains startsWith endsWith matches lower upper trim int number text duration time
 * age now jsonpath min max abs exists all (the last two are CEL's macros over lists).
 */
#ifndef HEALTHD_CORE_EXPR_H
#define HEALTHD_CORE_EXPR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/json.h"

enum value_type {
    VALUE_NONE, /* absent */
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_NUMBER,
    VALUE_DURATION, /* number of nanoseconds */
    VALUE_SIZE,     /* number of bytes */
    VALUE_PERCENT,
    VALUE_TIME, /* wall clock, nanoseconds */
    VALUE_TEXT,
    VALUE_LIST,
    VALUE_MAP, /* text to text: headers */
    VALUE_JSON /* a document; its parts take their own types when compared */
};
const char *value_type_name(enum value_type type);

struct value {
    enum value_type type;
    bool truth;
    double number;
    int64_t ns; /* DURATION, TIME */
    struct bytes text;
    const json_t *json;
    const struct value *items; /* LIST */
    size_t count;
    /* MAP: finds one entry; key is matched as the map sees fit (headers: without case). */
    bool (*lookup)(const void *map, struct bytes key, struct arena *arena,
                   struct value *ret_value);
    const void *map;
};

struct value value_bool(bool truth);
struct value value_number(double number);
struct value value_duration(nsec d);
struct value value_time(struct wall at);
struct value value_text(struct bytes text);
struct value value_json(const json_t *json);

struct run;
/* What expect, should and capture may name; a probe type's table ends with {0}. Values are fetched only
 * when an expression asks. */
struct var {
    const char *name; /* "status", "timing.total" */
    enum value_type type;
    const char *doc;
    /* False with VALUE_NONE semantics: not there in this run; why says so ("the body is no JSON: …"). */
    bool (*get)(struct run *run, struct arena *arena, struct value *ret_value,
                struct err *why);
};

struct expr;

/* Compiles; unknown names and type errors are faults with their column and the nearest name. vars: tables
 * tried in order, NULL-terminated; NULL when nobody knows the names: then only the form is judged, and what comes back cannot
 * be evaluated. */
struct expr *expr_compile(struct arena *arena, const char *text,
                          const struct var *const *vars, struct err *e);
const char *expr_text(const struct expr *x);
/* VALUE_JSON when it is known only at run time. A condition is VALUE_BOOL or that. */
enum value_type expr_type(const struct expr *x);
/* False (and e) when a value is missing or types do not fit at run time. */
bool expr_eval(const struct expr *x, struct run *run, struct wall now,
               struct arena *arena, struct value *ret_value, struct err *e);

enum expr_judgement { EXPR_HOLDS, EXPR_FAILS, EXPR_ERROR };
/* As a condition. ret_detail (in arena) names the sub-expression that decided and the values seen:
 * "status == 200: status is 503". When it holds, the expression itself. */
enum expr_judgement expr_judge(const struct expr *x, struct run *run, struct wall now,
                               struct arena *arena, const char **ret_detail);
/* Names used, for load-time checks ("timing.total" makes the frame keep phases). */
bool expr_uses(const struct expr *x, const char *var_name);
/* For captures: text as it is, JSON and lists as JSON, durations and sizes as they parse back. */
void value_print(const struct value *v, struct buf *out);
/* For sentences, in arena: one line, text quoted and cut at 80 characters, durations rounded. */
const char *value_brief(const struct value *v, struct arena *arena);

#endif
