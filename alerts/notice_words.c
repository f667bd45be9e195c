/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a notice that dispatch chooses: what an alert is called, what it was held against, the one line that
 * people read first. Pure; called by notice_make.c.
 */
#include <string.h>

#include "alerts/dispatch_impl.h"

#define TITLE_NAMES 10

const char *alert_subject(struct labels labels, struct arena *arena)
{
    static const char *const subjects[] = {"probe", "instance", "receiver", "flow",
                                           "job"};
    const char *name = labels_get(labels, "alertname");
    const char *item = NULL;
    for (size_t i = 0; i < ARRAY_LEN(subjects) && !item; i++)
        item = labels_get(labels, subjects[i]);
    return arena_printf(arena, "%s%s%s", name ? name : "alert", item ? " " : "",
                        item ? item : "");
}

/* The last comparison with a number, if the expression ends with it. */
const char *rule_threshold(const char *expr, struct arena *arena)
{
    static const char signs[] = "<>=!";
    const struct bytes text = bytes_trim(bytes_of(expr));
    double value;
    size_t begin = text.len;
    while (begin > 0 && !strchr(signs, text.ptr[begin - 1]))
        begin--;
    const struct bytes number = bytes_trim(bytes_slice(text, begin, text.len));
    size_t sign = begin;
    while (sign > 0 && begin - sign < 2 && strchr(signs, text.ptr[sign - 1]))
        sign--;
    if (sign == begin || !bytes_to_double(number, &value))
        return "";
    return arena_printf(arena, "%.*s %.*s", (int)(begin - sign), text.ptr + sign,
                        (int)number.len, number.ptr);
}

const char *names_joined(const char *const *names, size_t count, size_t shown,
                         struct arena *arena)
{
    struct buf out = BUF_MAX((size_t)1 << 16);
    const size_t limit = count <= shown ? count : shown;
    for (size_t i = 0; i < limit; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", names[i]);
    if (count > limit)
        buf_printf(&out, " and %zu more", count - limit);
    return arena_keep(arena, &out);
}

static const char *first_title(const struct notice_alert *a, struct arena *arena)
{
    const char *subject = alert_subject(a->labels, arena);
    size_t hidden = 0;
    while (a->hides && a->hides[hidden])
        hidden++;
    if (hidden == 0)
        return subject;
    return arena_printf(arena, "%s (%s)", subject,
                        names_joined(a->hides, hidden, TITLE_NAMES, arena));
}

/* A notice that speaks of more alerts than it shows counts them all. */
static size_t count_all(const struct notice *n, size_t count)
{
    return count == n->alert_count ? count + n->truncated : count;
}

/* "ProbeDown: orders-db, cache" when the alerts have one name, else each with its own. */
static const char *list_title(const struct notice *n, size_t count, struct arena *arena)
{
    const char **names = arena_alloc(arena, count * sizeof(*names));
    const char *common = labels_get(n->common_labels, "alertname");
    const size_t skip = common ? strlen(common) + 1 : 0;
    for (size_t i = 0; i < count; i++) {
        const char *subject = alert_subject(n->alerts[i].labels, arena);
        names[i] = strlen(subject) > skip ? subject + skip : subject;
    }
    return arena_printf(arena, "%s%s%s", common ? common : "", common ? ": " : "",
                        names_joined(names, count_all(n, count), TITLE_NAMES, arena));
}

const char *notice_title(const struct notice *n, enum group_kind kind,
                         struct arena *arena)
{
    size_t firing = 0;
    while (firing < n->alert_count && n->alerts[firing].is_firing)
        firing++;
    const size_t count = firing ? firing : n->alert_count;
    if (kind == GROUP_DIGEST && count == 1)
        return arena_printf(arena, "more critical alerts at once: %s",
                            first_title(&n->alerts[0], arena));
    if (kind == GROUP_DIGEST && count > 1)
        return arena_printf(arena, "%zu critical alerts at once: %s", count_all(n, count),
                            list_title(n, count, arena));
    if (count == 1)
        return first_title(&n->alerts[0], arena);
    return count ? list_title(n, count, arena) : "";
}
