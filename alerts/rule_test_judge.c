/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule test expects beside what came: in any order, labels and annotations whole, values to the last bit
 * unless the test is fuzzy, and NaN like nothing. Called by rule_test.c; says each difference with both sides.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/rule_test_impl.h"

enum { SIDE_MAX = 64 << 10 };

static void add_failure(struct test_judge *j, const struct rule_test_failure *f)
{
    if (j->count == j->size) {
        const size_t size = j->size ? 2 * j->size : 8;
        struct rule_test_failure *items = arena_alloc(j->arena, size * sizeof(*items));
        if (j->count)
            memcpy(items, j->items, j->count * sizeof(*items));
        j->items = items;
        j->size = size;
    }
    j->items[j->count++] = *f;
}

void judge_fault(struct test_judge *j, const char *what, nsec at, const char *fault)
{
    const struct rule_test_failure f = {
        .what = what, .at = at, .expected = "", .got = arena_strdup(j->arena, fault)};
    add_failure(j, &f);
}

static const char *taken(struct test_judge *j, struct buf *text)
{
    const char *copy = arena_strndup(j->arena, buf_text(text), text->len);
    buf_finish(text);
    return copy;
}

/* ---- alerts ---- */

static int alert_order(const void *a, const void *b)
{
    const struct test_alert *x = a, *y = b;
    const int order = alert_labels_order(x->labels, y->labels);
    return order ? order : alert_labels_order(x->annotations, y->annotations);
}

static const char *show_alerts(struct test_judge *j, const struct test_alert *items,
                               size_t count)
{
    struct buf text = BUF_MAX(SIDE_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_add_byte(&text, '{');
        labels_print(items[i].labels, &text);
        buf_add_text(&text, "} annotations {");
        labels_print(items[i].annotations, &text);
        buf_add_text(&text, "}\n");
    }
    return taken(j, &text);
}

static bool alerts_equal(const struct test_alert *a, const struct test_alert *b,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (alert_order(&a[i], &b[i]))
            return false;
    }
    return true;
}

void judge_alerts(struct test_judge *j, const struct alert_test *t,
                  const struct test_alerts *got)
{
    struct test_alert *expected =
        arena_memdup(j->arena, t->expected, (t->count + 1) * sizeof(*expected));
    qsort(expected, t->count, sizeof(*expected), alert_order);
    if (got->count)
        qsort(got->items, got->count, sizeof(*got->items), alert_order);
    if (t->count == got->count && alerts_equal(expected, got->items, t->count))
        return;
    const struct rule_test_failure f = {
        .what = t->name,
        .at = t->at,
        .expected = show_alerts(j, expected, t->count),
        .got = show_alerts(j, got->items, got->count),
    };
    add_failure(j, &f);
}

/* ---- values ---- */

static int sample_order(const void *a, const void *b)
{
    return alert_labels_order(((const struct test_sample *)a)->labels,
                              ((const struct test_sample *)b)->labels);
}

static const char *show_samples(struct test_judge *j, const struct test_sample *items,
                                size_t count)
{
    struct buf text = BUF_MAX(SIDE_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_add_byte(&text, '{');
        labels_print(items[i].labels, &text);
        buf_add_text(&text, "} ");
        buf_add_double(&text, items[i].value);
        buf_add_byte(&text, '\n');
    }
    return taken(j, &text);
}

/* NaN equals nothing. tolerance: the difference that passes, as a share of the larger. */
static bool values_equal(double a, double b, double tolerance)
{
    const double difference = fabs(a - b);
    return !(a < b || a > b) ? !isnan(a) && !isnan(b)
                             : difference <= tolerance * fmax(fabs(a), fabs(b));
}

static bool samples_equal(const struct test_sample *a, const struct test_sample *b,
                          size_t count, double tolerance)
{
    for (size_t i = 0; i < count; i++) {
        if (sample_order(&a[i], &b[i]) ||
            !values_equal(a[i].value, b[i].value, tolerance))
            return false;
    }
    return true;
}

void judge_query(struct test_judge *j, const struct promql_test *t,
                 const struct promql_result *got)
{
    struct test_sample *expected =
        arena_memdup(j->arena, t->expected, (t->count + 1) * sizeof(*expected));
    struct test_sample *list = arena_alloc(j->arena, (got->count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < got->count; i++) {
        const struct promql_series *s = &got->items[i];
        if (s->count > 0)
            list[count++] =
                (struct test_sample){s->labels, s->points[s->count - 1].value};
    }
    qsort(expected, t->count, sizeof(*expected), sample_order);
    qsort(list, count, sizeof(*list), sample_order);
    if (t->count == count && samples_equal(expected, list, count, j->tolerance))
        return;
    const struct rule_test_failure f = {
        .what = t->text,
        .at = t->at,
        .expected = show_samples(j, expected, t->count),
        .got = show_samples(j, list, count),
    };
    add_failure(j, &f);
}
