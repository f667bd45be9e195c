/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of functions, and how those are called that work element by element or window by window. Called by the
 * parser (find) and by promql_eval.c (call).
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "lib/base/glob.h"
#include "lib/query/promql_evaluation.h"

#define OF_VALUE(function_name, fn)                                            \
    {                                                                          \
        .name = function_name, .result = PROMQL_VECTOR, .least = 1, .most = 1, \
        .takes = {PROMQL_VECTOR}, .of_value = fn                               \
    }
#define OF_WINDOW(function_name, fn)                                           \
    {                                                                          \
        .name = function_name, .result = PROMQL_VECTOR, .least = 1, .most = 1, \
        .takes = {PROMQL_MATRIX}, .of_window = fn                              \
    }
#define OF_PARTS(function_name, fn, fn_of_rolled, parts)                       \
    {                                                                          \
        .name = function_name, .result = PROMQL_VECTOR, .least = 1, .most = 1, \
        .takes = {PROMQL_MATRIX}, .of_window = fn, .of_rolled = fn_of_rolled,  \
        .rolled = parts                                                        \
    }
#define OF_DATE(function_name, fn)                                             \
    {                                                                          \
        .name = function_name, .result = PROMQL_VECTOR, .least = 0, .most = 1, \
        .takes = {PROMQL_VECTOR}, .of_date = fn                                \
    }
#define CALL(function_name, fn, gives, at_least, at_most, ...)                      \
    {                                                                               \
        .name = function_name, .result = gives, .least = at_least, .most = at_most, \
        .takes = {__VA_ARGS__}, .call = fn                                          \
    }

/* clang-format off */
static const struct promql_function functions[] = {
    OF_VALUE("abs", fabs), OF_VALUE("acos", acos), OF_VALUE("acosh", acosh), OF_VALUE("asin", asin),
    OF_VALUE("asinh", asinh), OF_VALUE("atan", atan), OF_VALUE("atanh", atanh), OF_VALUE("ceil", ceil),
    OF_VALUE("cos", cos), OF_VALUE("cosh", cosh), OF_VALUE("deg", value_deg), OF_VALUE("exp", exp),
    OF_VALUE("floor", floor), OF_VALUE("ln", log), OF_VALUE("log10", log10), OF_VALUE("log2", log2),
    OF_VALUE("rad", value_rad), OF_VALUE("sgn", value_sgn), OF_VALUE("sin", sin), OF_VALUE("sinh", sinh),
    OF_VALUE("sqrt", sqrt), OF_VALUE("tan", tan), OF_VALUE("tanh", tanh),
    OF_PARTS("avg_over_time", window_avg, rolled_avg, ROLLED_SUM | ROLLED_COUNT),
    OF_PARTS("changes", window_changes, rolled_changes, ROLLED_CHANGES),
    OF_PARTS("count_over_time", window_count, rolled_count, ROLLED_COUNT), OF_WINDOW("delta", window_delta),
    OF_PARTS("deriv", window_deriv, NULL, ROLLED_SUM | ROLLED_COUNT),
    OF_WINDOW("idelta", window_idelta), OF_PARTS("increase", window_increase, NULL, ROLLED_FALLEN),
    OF_WINDOW("irate", window_irate),
    OF_PARTS("max_over_time", window_max, rolled_max, ROLLED_MOST),
    OF_PARTS("min_over_time", window_min, rolled_min, ROLLED_LEAST),
    OF_WINDOW("present_over_time", window_present), OF_PARTS("rate", window_rate, NULL, ROLLED_FALLEN),
    OF_PARTS("resets", window_resets, rolled_resets, ROLLED_RESETS),
    OF_PARTS("stddev_over_time", window_stddev, rolled_stddev, ROLLED_SUM | ROLLED_COUNT | ROLLED_SPREAD),
    OF_PARTS("stdvar_over_time", window_stdvar, rolled_stdvar, ROLLED_SUM | ROLLED_COUNT | ROLLED_SPREAD),
    OF_PARTS("sum_over_time", window_sum, rolled_sum, ROLLED_SUM),
    {.name = "first_over_time", .result = PROMQL_VECTOR, .least = 1, .most = 1, .takes = {PROMQL_MATRIX},
     .of_window = window_first, .keeps_name = true},
    {.name = "last_over_time", .result = PROMQL_VECTOR, .least = 1, .most = 1, .takes = {PROMQL_MATRIX},
     .of_window = window_last, .keeps_name = true},
    {.name = "mad_over_time", .result = PROMQL_VECTOR, .least = 1, .most = 1, .takes = {PROMQL_MATRIX},
     .of_window = window_mad, .sorts = true},
    {.name = "predict_linear", .result = PROMQL_VECTOR, .least = 2, .most = 2,
     .takes = {PROMQL_MATRIX, PROMQL_SCALAR}, .of_window = window_predict_linear,
     .rolled = ROLLED_SUM | ROLLED_COUNT},
    {.name = "quantile_over_time", .result = PROMQL_VECTOR, .least = 2, .most = 2,
     .takes = {PROMQL_SCALAR, PROMQL_MATRIX}, .of_window = window_quantile, .sorts = true},
    {.name = "double_exponential_smoothing", .result = PROMQL_VECTOR, .least = 3, .most = 3,
     .takes = {PROMQL_MATRIX, PROMQL_SCALAR, PROMQL_SCALAR}, .of_window = window_smooth, .call = call_smooth},
    {.name = "holt_winters", .result = PROMQL_VECTOR, .least = 3, .most = 3,
     .takes = {PROMQL_MATRIX, PROMQL_SCALAR, PROMQL_SCALAR}, .of_window = window_smooth, .call = call_smooth},
    OF_DATE("day_of_month", date_day_of_month), OF_DATE("day_of_week", date_day_of_week),
    OF_DATE("day_of_year", date_day_of_year), OF_DATE("days_in_month", date_days_in_month),
    OF_DATE("hour", date_hour), OF_DATE("minute", date_minute), OF_DATE("month", date_month),
    OF_DATE("year", date_year),
    CALL("absent", call_absent, PROMQL_VECTOR, 1, 1, PROMQL_VECTOR),
    CALL("absent_over_time", call_absent_over_time, PROMQL_VECTOR, 1, 1, PROMQL_MATRIX),
    CALL("clamp", call_clamp, PROMQL_VECTOR, 3, 3, PROMQL_VECTOR, PROMQL_SCALAR, PROMQL_SCALAR),
    CALL("clamp_max", call_clamp_max, PROMQL_VECTOR, 2, 2, PROMQL_VECTOR, PROMQL_SCALAR),
    CALL("clamp_min", call_clamp_min, PROMQL_VECTOR, 2, 2, PROMQL_VECTOR, PROMQL_SCALAR),
    CALL("histogram_quantile", call_histogram_quantile, PROMQL_VECTOR, 2, 2, PROMQL_SCALAR, PROMQL_VECTOR),
    {.name = "label_join", .result = PROMQL_VECTOR, .least = 3, .most = FUNCTION_ANY_NUMBER,
     .takes = {PROMQL_VECTOR, PROMQL_STRING, PROMQL_STRING, PROMQL_STRING}, .call = call_label_join,
     .judge = judge_label_join},
    {.name = "label_replace", .result = PROMQL_VECTOR, .least = 5, .most = 5,
     .takes = {PROMQL_VECTOR, PROMQL_STRING, PROMQL_STRING, PROMQL_STRING}, .call = call_label_replace,
     .judge = judge_label_replace},
    CALL("pi", call_pi, PROMQL_SCALAR, 0, 0, PROMQL_SCALAR),
    CALL("round", call_round, PROMQL_VECTOR, 1, 2, PROMQL_VECTOR, PROMQL_SCALAR),
    CALL("scalar", call_scalar, PROMQL_SCALAR, 1, 1, PROMQL_VECTOR),
    CALL("sort", call_sort, PROMQL_VECTOR, 1, 1, PROMQL_VECTOR),
    CALL("sort_desc", call_sort_desc, PROMQL_VECTOR, 1, 1, PROMQL_VECTOR),
    CALL("time", call_eval_time, PROMQL_SCALAR, 0, 0, PROMQL_SCALAR),
    CALL("timestamp", call_timestamp, PROMQL_VECTOR, 1, 1, PROMQL_VECTOR),
    CALL("vector", call_vector, PROMQL_VECTOR, 1, 1, PROMQL_SCALAR),
};
/* clang-format on */

const struct promql_function *promql_function_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        if (!strcmp(functions[i].name, name))
            return &functions[i];
    }
    return NULL;
}

/* In Prometheus, but not here. */
static const char *const of_native_histograms[] = {
    "histogram_avg",    "histogram_count",  "histogram_fraction", "histogram_quantiles",
    "histogram_stddev", "histogram_stdvar", "histogram_sum"};

bool promql_function_unknown(struct promql_reader *r, const struct word *name)
{
    const char *names[ARRAY_LEN(functions) + 1] = {0};
    char hint[100] = "";
    for (size_t i = 0; i < ARRAY_LEN(of_native_histograms); i++) {
        if (!strcmp(of_native_histograms[i], name->text))
            return promql_fault_at(r, name->from,
                                   "histograms here have _bucket, _sum and _count series",
                                   "%s() is for native histograms, which there are none "
                                   "of here",
                                   name->text);
    }
    const char *nearest = NULL;
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        names[i] = functions[i].name;
        if (!strcasecmp(names[i], name->text))
            nearest = names[i];
    }
    if (!nearest)
        nearest = nearest_word(name->text, names);
    if (nearest)
        snprintf(hint, sizeof(hint), "did you mean %s()?", nearest);
    return promql_fault_at(r, name->from, hint, "there is no function %.60s()",
                           name->text);
}

/* ---- calling ---- */

static struct label_set *result_of(struct evaluation *ev, const struct promql_node *n,
                                   struct label_set *set)
{
    return n->function->keeps_name ? set
                                   : set_without_metric(ev, &ev->states[n->id].made, set);
}

static bool window_call(const struct promql_function *f, const struct window *w,
                        double *ret)
{
    return w->over && f->of_rolled ? f->of_rolled(w, ret) : f->of_window(w, ret);
}

bool call_window(struct evaluation *ev, const struct promql_node *n, size_t nth,
                 int64_t now, const double *factors, struct answer *ret)
{
    struct series *series;
    struct window w;
    size_t count, most = 0, visits = 0;
    if (!evaluate_range(ev, n->args[nth], now, &series, &count, &w))
        return false;
    for (size_t i = 0; i < count; i++) {
        window_of(&series[i], &w);
        visits += w.count;
        most = w.count > most ? w.count : most;
    }
    if (!visit(ev, visits))
        return false;
    w.factors[0] = factors[0];
    w.factors[1] = factors[1];
    w.room = n->function->sorts ? work_for(ev, n, most * sizeof(double)) : NULL;
    ret->items = room_for(ev, n, count);
    for (size_t i = 0; i < count; i++) {
        struct element *x = &ret->items[ret->count];
        window_of(&series[i], &w);
        if (w.count == 0 || !window_call(n->function, &w, &x->value))
            continue;
        x->set = result_of(ev, n, series[i].set);
        ret->count++;
    }
    return n->function->keeps_name || elements_differ(ev, ret->items, ret->count);
}

static bool call_any_window(struct evaluation *ev, const struct promql_node *n,
                            int64_t now, struct answer *ret)
{
    double factors[2] = {0};
    size_t nth = 0, count = 0;
    for (size_t i = 0; i < n->arg_count; i++) {
        if (n->args[i]->type == PROMQL_MATRIX)
            nth = i;
        else if (!evaluate_number(ev, n->args[i], now, &factors[count++]))
            return false;
    }
    return call_window(ev, n, nth, now, factors, ret);
}

static bool call_values(struct evaluation *ev, const struct promql_node *n,
                        const struct answer *in, double (*fn)(double), struct answer *ret)
{
    ret->items = room_for(ev, n, in->count);
    ret->count = in->count;
    for (size_t i = 0; i < in->count; i++)
        ret->items[i] =
            (struct element){result_of(ev, n, in->items[i].set), fn(in->items[i].value)};
    return elements_differ(ev, ret->items, ret->count);
}

static bool call_date(struct evaluation *ev, const struct promql_node *n, int64_t now,
                      struct answer *ret)
{
    struct answer in;
    if (n->arg_count > 0)
        return evaluate(ev, n->args[0], now, &in) &&
               call_values(ev, n, &in, n->function->of_date, ret);
    ret->items = room_for(ev, n, 1);
    ret->items[0] =
        (struct element){set_empty(ev), n->function->of_date((double)now / 1000)};
    ret->count = 1;
    return true;
}

bool evaluate_call(struct evaluation *ev, const struct promql_node *n, int64_t now,
                   struct answer *ret)
{
    const struct promql_function *f = n->function;
    struct answer in;
    if (f->call)
        return f->call(ev, n, now, ret);
    if (f->of_window)
        return call_any_window(ev, n, now, ret);
    if (f->of_date)
        return call_date(ev, n, now, ret);
    return evaluate(ev, n->args[0], now, &in) &&
           call_values(ev, n, &in, f->of_value, ret);
}
