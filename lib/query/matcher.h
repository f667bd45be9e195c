/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which series: label matchers as PromQL writes them, and selectors, which also say how far back. Read-only once
 * made, so that any thread may use them. Made by promql_parse, and by matchers_parse for the API's `match[]`,
 * silences and routes (Alertmanager's form).
 */
#ifndef HEALTHD_QUERY_MATCHER_H
#define HEALTHD_QUERY_MATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/labels.h"

struct regex;

enum match_op { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX };

struct matcher {
    const char *name; /* "__name__" for the metric's */
    enum match_op op;
    const char *value;         /* as written */
    const struct regex *regex; /* anchored at both ends; NULL unless a regex */
};
struct matchers {
    const struct matcher *items;
    size_t count;
};

struct selector { /* one vector or range selector of an expression */
    struct matchers matchers;
    nsec range; /* 0: an instant selector */
    /* How far before the evaluation's time it can read: its range or the lookback, with the offsets and subqueries around
     * it. At most 100 years, and that when `@` names a time. */
    nsec reach;
    nsec ahead;        /* how far after it: by a negative offset; 0 nearly always */
    bool is_last_only; /* only the newest sample at the evaluation's time counts */
    /* what is read of five-minute points besides their last value: ROLLED_… */
    unsigned rolled;
};

/* An absent label is "", as in Prometheus. */
bool matcher_matches(const struct matcher *m, const char *value);
bool matchers_match(struct matchers m, struct labels l);
/* One matcher as Alertmanager writes it: severity="critical", team=~"a|b", quotes may be left out. */
bool matcher_parse(struct arena *arena, const char *text, struct matcher *ret,
                   struct err *e);
/* From its parts; a regular expression is compiled. Texts are not copied. */
bool matcher_make(struct arena *arena, const char *name, enum match_op op,
                  const char *value, struct matcher *ret, struct err *e);
/* Several, separated by commas, braces optional: {a="b",c!="d"}. */
bool matchers_parse(struct arena *arena, const char *text, struct matchers *ret,
                    struct err *e);
void matchers_print(struct matchers m, struct buf *out); /* {a="b",c=~"d"} */

#endif
