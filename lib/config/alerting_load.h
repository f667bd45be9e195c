/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of lib/config that read who is told, and when: spans of time, routes, inhibition. */
#ifndef HEALTHD_CONFIG_ALERTING_LOAD_H
#define HEALTHD_CONFIG_ALERTING_LOAD_H

#include "alerts/interval_impl.h"
#include "alerts/route.h"
#include "lib/config/load.h"

#define INTERVALS_MAX 1000
#define ROUTES_MAX 2000

/* Rows of the top level's lists; the tables are beside their readers. */
struct days_rows { /* which days, and where */
    struct texts weekdays, days_of_month, months, years;
    const char *location;
};

struct interval_rows {
    const char *name;
    struct sections parts; /* struct calendar_rows */
};

struct maintenance_rows {
    const char *name;
    struct texts match;
    struct days_rows days;
    const char *date, *start;
    nsec duration;
};

struct inhibit_rows {
    const char *name;
    struct texts source_matchers, target_matchers, equal;
    struct pairs source_match, source_match_re, target_match, target_match_re;
};
extern const struct opt interval_opts[], maintenance_opts[], inhibit_opts[];

/* span_conf.c: "monday:friday", "-3:-1" and the like, as Alertmanager writes them. Each reports to the loader what is
 * wrong, at node's place (the list, may be NULL), and then returns false. */
struct span_kind;
extern const struct span_kind span_weekdays, span_days, span_months, span_years;
bool spans_read(struct loader *l, const struct span_kind *kind, const struct texts *texts,
                const struct node *node, struct spans *ret);
/* "09:30" to seconds after midnight; 24:00 is 86400. */
bool time_of_day_read(const char *text, int *ret_seconds, struct err *e);
/* What a time is in: a zone's name, "" for the top level's `timezone`. NULL after reporting. */
const struct zone *location_read(struct loader *l, const char *name, struct place at);

/* conf_place.c: where things stand. */
const struct node *conf_item(const struct node *list, size_t i);  /* NULL: none */
struct place conf_place(const struct node *map, const char *key); /* else the map's */
/* One mapping by rows, every ${name} filled in; a row at fault, which is reported, is as if it were not written: a required
 * one is empty. */
const void *conf_rows(struct loader *l, const struct opt *rows, size_t size,
                      const struct node *node);

/* receivers_named.c: the nearest of a section's names to one that it lacks, else all; false when it has none. */
bool hint_among(struct diag *d, const char *section, const char *const *names,
                const char *name);
/* Names to a NULL-terminated list; "none" alone is an empty one. False after reporting. */
bool receivers_named(struct loader *l, const struct texts *names, const struct node *node,
                     const struct receiver *const **ret);
const struct receiver *receiver_named(struct loader *l, const char *name,
                                      struct place at);

/* intervals_named.c: NULL after reporting. */
const struct interval *interval_named(struct loader *l, const char *name,
                                      struct place at);

/* matchers_conf.c */
struct matcher_rows { /* the three forms, and where each was written (may be NULL) */
    const struct texts *matchers;
    const struct pairs *match, *match_re;
    const struct node *matchers_at, *match_at, *match_re_at;
};
bool matchers_gather(struct loader *l, const struct matcher_rows *rows,
                     struct matchers *ret);
bool matchers_read(struct loader *l, const struct texts *texts, const struct node *node,
                   struct matchers *ret);

/* route_conf.c */
const struct route *route_tree_load(struct loader *l, const struct node *node);
const char *route_key(struct arena *arena, const struct route *parent,
                      struct matchers matchers);
bool route_is_critical(const struct route *r);
/* notify_conf.c: the tree that the short form stands for; NULL: none, or after reporting. */
const struct route *notify_load(struct loader *l, const struct node *node);
/* interval_conf.c */
void maintenance_load(struct loader *l, const struct top_conf *top);
/* routing_lint.c: warnings about what cannot be meant. */
void routing_lint(struct loader *l, const struct node *root);
/* inhibit_conf.c */
void inhibit_load(struct loader *l, const struct top_conf *top);

#endif
