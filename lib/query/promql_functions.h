/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of PromQL: one table says what each takes and gives; its families are in promql_rate.c,
 * promql_over_time.c, promql_math.c, promql_labels.c, promql_time.c and promql_histogram.c. For promql_*.c.
 */
#ifndef HEALTHD_QUERY_PROMQL_FUNCTIONS_H
#define HEALTHD_QUERY_PROMQL_FUNCTIONS_H

#include "lib/query/promql_tree.h"

struct evaluation; /* promql_evaluation.h */
struct answer;

/* The samples of one series in a range, stale markers left out; never empty. */
struct window {
    const struct point *points;
    /* what each point stands for; NULL: points are the samples */
    const struct rolled *over;
    /* Of a window that is one rolled point: the point before it, which says how the range began. NULL: there is none. */
    const struct point *former;
    size_t count;              /* of points, and of over */
    int64_t from, to;          /* the range's ends, in milliseconds */
    int64_t now;               /* the instant that is evaluated, in milliseconds */
    double factors[2];         /* the function's scalar arguments, in order */
    enum promql_compat compat; /* as in struct promql_opts */
    double *room; /* for count values; there when the function's row says `sorts` */
};

#define FUNCTION_ANY_NUMBER UINT8_MAX

struct promql_function {
    const char *name;
    enum promql_type result;
    uint8_t least, most;       /* how many arguments; most may be FUNCTION_ANY_NUMBER */
    enum promql_type takes[4]; /* their types; those after the fourth have its type */
    bool keeps_name; /* the result keeps __name__; of_value and of_window only */
    bool sorts;      /* of_window only: its window has room */
    /* A row has one of of_value, of_window, of_date and call. */
    double (*of_value)(double value); /* called for each element */
    /* Called for each series of the range; false: the result has no element for it. */
    bool (*of_window)(const struct window *w, double *ret);
    /* The same, of a window of rolled points. NULL: of_window is called, which then sees one sample in five minutes. */
    bool (*of_rolled)(const struct window *w, double *ret);
    unsigned rolled; /* what of_rolled reads of the points: ROLLED_… */
    double (*of_date)(double seconds); /* of each element's value, or of the instant */
    bool (*call)(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret);
    /* When a call is parsed: finds what cannot be right whatever the samples are. False after a fault. NULL: nothing. */
    bool (*judge)(struct promql_reader *r, struct promql_node *n);
};

/* NULL when there is no function of that name. */
const struct promql_function *promql_function_find(const char *name);
/* Reports that there is no such function: it is a native histogram's, or another name is meant. Always false. */
bool promql_function_unknown(struct promql_reader *r, const struct word *name);
/* A value as Prometheus' API writes it: "0.5", "1e+21", "+Inf". promql_number.c. */
void promql_add_value(double value, struct buf *out);
/* The same, never with an exponent: for count_values. */
void promql_add_decimal(double value, struct buf *out);

/* promql_rate.c */
bool window_rate(const struct window *w, double *ret);
bool window_increase(const struct window *w, double *ret);
bool window_delta(const struct window *w, double *ret);
bool window_irate(const struct window *w, double *ret);
bool window_idelta(const struct window *w, double *ret);
bool window_deriv(const struct window *w, double *ret);
bool window_predict_linear(const struct window *w, double *ret);
bool window_changes(const struct window *w, double *ret);
bool window_resets(const struct window *w, double *ret);

/* promql_rolled.c */
bool rolled_sum(const struct window *w, double *ret);
bool rolled_avg(const struct window *w, double *ret);
bool rolled_min(const struct window *w, double *ret);
bool rolled_max(const struct window *w, double *ret);
bool rolled_count(const struct window *w, double *ret);
bool rolled_changes(const struct window *w, double *ret);
bool rolled_resets(const struct window *w, double *ret);
bool rolled_stdvar(const struct window *w, double *ret);
bool rolled_stddev(const struct window *w, double *ret);
/* Where a line goes through a rolled point: the middle of its samples, and how many they are. */
void rolled_middle(const struct window *w, size_t at, double *ret_ms, double *ret_value,
                   double *ret_weight);

/* promql_over_time.c */
bool window_avg(const struct window *w, double *ret);
bool window_sum(const struct window *w, double *ret);
bool window_min(const struct window *w, double *ret);
bool window_max(const struct window *w, double *ret);
bool window_count(const struct window *w, double *ret);
bool window_first(const struct window *w, double *ret);
bool window_last(const struct window *w, double *ret);
bool window_present(const struct window *w, double *ret);
bool window_quantile(const struct window *w, double *ret);
bool window_stddev(const struct window *w, double *ret);
bool window_stdvar(const struct window *w, double *ret);
bool window_mad(const struct window *w, double *ret);
bool window_smooth(const struct window *w, double *ret);
bool call_smooth(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret);
/* The phi quantile of count values, which are sorted in place. NaN when there are none or phi is NaN; -Inf and +Inf when phi
 * is below 0 and above 1. */
double quantile_of(double phi, double *values, size_t count);
/* Adds to *sum; what its precision loses is gathered in *rest (Kahan's summation, as Neumaier has it). */
void sum_exactly(double add, double *sum, double *rest);
/* Prometheus 3's: of the sum while that holds, then moved by each value. */
struct average {
    double sum, rest, mean;
    bool is_incremental;
};
/* count: how many values there are, with this one. */
void average_add(struct average *a, double count, double value);
double average_value(const struct average *a, double count);

/* promql_math.c */
double value_sgn(double v);
double value_deg(double v);
double value_rad(double v);
bool call_clamp(struct evaluation *ev, const struct promql_node *n, int64_t now,
                struct answer *ret);
bool call_clamp_min(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret);
bool call_clamp_max(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret);
bool call_round(struct evaluation *ev, const struct promql_node *n, int64_t now,
                struct answer *ret);
bool call_pi(struct evaluation *ev, const struct promql_node *n, int64_t now,
             struct answer *ret);
bool call_scalar(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret);
bool call_vector(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret);
bool call_sort(struct evaluation *ev, const struct promql_node *n, int64_t now,
               struct answer *ret);
bool call_sort_desc(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret);

/* promql_labels.c */
bool call_label_replace(struct evaluation *ev, const struct promql_node *n, int64_t now,
                        struct answer *ret);
bool call_label_join(struct evaluation *ev, const struct promql_node *n, int64_t now,
                     struct answer *ret);
bool call_absent(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret);
bool call_absent_over_time(struct evaluation *ev, const struct promql_node *n,
                           int64_t now, struct answer *ret);
bool judge_label_replace(struct promql_reader *r, struct promql_node *n);
bool judge_label_join(struct promql_reader *r, struct promql_node *n);

/* promql_time.c */
bool call_eval_time(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret);
bool call_timestamp(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret);
double date_minute(double seconds);
double date_hour(double seconds);
double date_day_of_week(double seconds);
double date_day_of_month(double seconds);
double date_day_of_year(double seconds);
double date_days_in_month(double seconds);
double date_month(double seconds);
double date_year(double seconds);

/* promql_histogram.c */
bool call_histogram_quantile(struct evaluation *ev, const struct promql_node *n,
                             int64_t now, struct answer *ret);

#endif
