/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of expressions that turn one type into another, on purpose and never silently:
 * number, int, text, duration, time, age, and now. Called through the table in expr_functions.c.
 */
#include <math.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/core/expr_tree.h"

enum { PRINTED_MAX = 64 * 1024, BYTES_PRINTED = 2 /* a step */ };

static bool to_number(struct eval *ev, const struct node *n, const struct value *v,
                      double *ret_number)
{
    if (v->type == VALUE_TEXT) {
        if (!bytes_to_double(bytes_trim(v->text), ret_number) || !isfinite(*ret_number))
            return eval_fail(ev, n, "%s is no number", value_brief(v, ev->arena));
    } else if (v->type == VALUE_DURATION || v->type == VALUE_TIME) {
        *ret_number = nsec_to_sec(v->ns);
    } else {
        *ret_number = v->type == VALUE_PERCENT ? v->number / 100 : v->number;
    }
    return true;
}

bool call_number(struct eval *ev, const struct node *n, const struct value *args,
                 struct value *ret_value)
{
    double number = 0;
    if (!to_number(ev, n, &args[0], &number))
        return false;
    *ret_value = value_number(number);
    return true;
}

bool call_int(struct eval *ev, const struct node *n, const struct value *args,
              struct value *ret_value)
{
    double number = 0;
    if (!to_number(ev, n, &args[0], &number))
        return false;
    *ret_value = value_number(trunc(number));
    return true;
}

bool call_text(struct eval *ev, const struct node *n, const struct value *args,
               struct value *ret_value)
{
    struct buf out = BUF_MAX(PRINTED_MAX);
    value_print(&args[0], &out);
    const size_t len = out.len;
    const bool whole = eval_work(ev, n, len / BYTES_PRINTED) && !out.overflow;
    char *text = whole ? arena_try_alloc(ev->arena, len + 1) : NULL;
    if (text && len > 0)
        memcpy(text, out.ptr, len);
    buf_finish(&out);
    if (!text)
        return ev->steps > 0 &&
               eval_fail(ev, n, "this is longer than %d bytes as text", PRINTED_MAX);
    *ret_value = value_text((struct bytes){text, len});
    return true;
}

bool call_duration(struct eval *ev, const struct node *n, const struct value *args,
                   struct value *ret_value)
{
    struct err why = {{0}};
    nsec d = 0;
    if (args[0].type == VALUE_DURATION)
        d = args[0].ns;
    else if (args[0].type == VALUE_NUMBER && fabs(args[0].number) < 9.2e9)
        d = nsec_from_sec(args[0].number);
    else if (args[0].type == VALUE_NUMBER)
        return eval_fail(ev, n, "%s seconds are too many",
                         value_brief(&args[0], ev->arena));
    else if (!duration_parse(args[0].text, &d, &why))
        return eval_fail(ev, n, "%s", why.text);
    *ret_value = value_duration(d);
    return true;
}

bool value_to_time(const struct value *v, struct value *ret_time)
{
    struct wall at = {v->ns};
    const double number = v->number;
    if (v->type == VALUE_NUMBER) {
        /* Unix seconds; from 1e11 on (the year 5138) they are milliseconds, as JavaScript's. */
        const double seconds = fabs(number) >= 1e11 ? number / 1000 : number;
        if (fabs(seconds) > 9.2e9)
            return false;
        at.ns = nsec_from_sec(seconds);
    } else if (v->type == VALUE_TEXT) {
        const struct bytes text = bytes_trim(v->text);
        if (!wall_parse(text, &at) && !wall_parse_http(text, &at))
            return false;
    } else if (v->type != VALUE_TIME) {
        return false;
    }
    *ret_time = value_time(at);
    return true;
}

bool call_time(struct eval *ev, const struct node *n, const struct value *args,
               struct value *ret_value)
{
    return value_to_time(&args[0], ret_value) ||
           eval_fail(ev, n, "%s is no time such as 2026-11-21T03:04:05Z or Unix seconds",
                     value_brief(&args[0], ev->arena));
}

bool call_age(struct eval *ev, const struct node *n, const struct value *args,
              struct value *ret_value)
{
    struct value at = {0};
    if (!call_time(ev, n, args, &at))
        return false;
    const double difference = (double)ev->now.ns - (double)at.ns;
    if (fabs(difference) > 9.2e18)
        return eval_fail(ev, n, "this time is too far away");
    *ret_value = value_duration(ev->now.ns - at.ns);
    return true;
}

bool call_now(struct eval *ev, const struct node *n, const struct value *args,
              struct value *ret_value)
{
    *ret_value = value_time(ev->now);
    return true;
}
