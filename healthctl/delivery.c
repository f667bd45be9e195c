/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One cell for a list, and a table for one alert, from the `told` members of the API's answer. Called by cmd_alerts.c.
 */
#include "healthctl/delivery.h"

#include <string.h>

#include "healthctl/remote.h"

enum { NAMES_MAX = 4096 };

static const json_t *last_notice(const json_t *told)
{
    return json_object_get(told, "delivery");
}

static bool is_state(const json_t *told, const char *state)
{
    return !strcmp(remote_text(last_notice(told), "state"), state);
}

/* Of whose last notice nothing is known any more, it has arrived: those on their way are never forgotten. */
static bool has_arrived(const json_t *told)
{
    return !json_is_object(last_notice(told)) || is_state(told, "done") ||
           is_state(told, "merged");
}

static bool was_told(const json_t *told)
{
    return json_is_true(json_object_get(told, "was_told"));
}

/* Fallback receivers that took what this one would not. */
static void add_instead(struct buf *text, const json_t *told)
{
    const json_t *list = json_object_get(told, "instead");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *other = json_array_get(list, i);
        if (!strcmp(remote_text(other, "state"), "done"))
            buf_printf(text, "%s%s (in place of %s)", text->len ? ", " : "",
                       remote_text(other, "receiver"), remote_text(told, "receiver"));
    }
}

static const char *names(struct arena *arena, const json_t *list, bool arrived)
{
    struct buf text = BUF_MAX(NAMES_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *told = json_array_get(list, i);
        if (was_told(told) && has_arrived(told) == arrived)
            buf_printf(&text, "%s%s", text.len ? ", " : "",
                       remote_text(told, "receiver"));
        if (arrived)
            add_instead(&text, told);
    }
    return arena_keep(arena, &text);
}

struct cell delivery_cell(struct arena *arena, const json_t *alert)
{
    const json_t *list = json_object_get(alert, "told");
    const char *knows = names(arena, list, true), *waits = names(arena, list, false);
    if (!*waits)
        return cell_text(knows);
    return cell_toned(
        *knows ? TONE_WARN : TONE_BAD,
        arena_printf(arena, "%s%snot delivered to %s", knows, *knows ? "; " : "", waits));
}

/* ---- one receiver ---- */

static struct cell progress_cell(struct arena *arena, const json_t *told)
{
    const json_t *last = last_notice(told);
    const char *error = remote_text(last, "last_error");
    const int tries = (int)remote_number(last, "attempts");
    if (!json_is_object(last))
        return cell_none();
    if (is_state(told, "done"))
        return cell_text(json_is_true(json_object_get(last, "in_doubt"))
                             ? "delivered, perhaps twice"
                             : "delivered");
    if (is_state(told, "merged"))
        return cell_text("part of another notice");
    if (is_state(told, "dead"))
        return cell_toned(TONE_BAD, arena_printf(arena, "given up: %s", error));
    if (tries > 0)
        return cell_toned(TONE_BAD, arena_printf(arena, "tried %d time%s: %s", tries,
                                                 tries == 1 ? "" : "s", error));
    return cell_toned(TONE_WARN, "waits; `healthctl outbox` says for what");
}

void delivery_write(struct writer *w, struct arena *arena, const json_t *alert)
{
    static const struct column columns[] = {
        {.title = "RECEIVER"},
        {.title = "TOLD", .is_right = true},
        {.title = "NEXT", .is_right = true},
        {.title = "LAST NOTICE", .is_elastic = true},
        {.title = "ROUTE", .is_elastic = true},
    };
    enum { COLUMNS = ARRAY_LEN(columns) };
    const json_t *list = json_object_get(alert, "told");
    const size_t count = json_array_size(list);
    struct cell *cells = arena_alloc(arena, (count * COLUMNS + 1) * sizeof(*cells));
    for (size_t i = 0; i < count; i++) {
        const json_t *told = json_array_get(list, i);
        struct cell *c = cells + i * COLUMNS;
        c[0] = cell_text(remote_text(told, "receiver"));
        c[1] = was_told(told) && has_arrived(told)
                   ? cell_age(remote_time(told, "last_told"))
                   : cell_toned(TONE_WARN, "not yet");
        c[2] = cell_time(remote_time(told, "next_flush"));
        c[3] = progress_cell(arena, told);
        c[4] = cell_text(remote_text(told, "route"));
    }
    if (!count)
        return;
    write_begin(w, NULL, "Who is told");
    write_table(w, &(struct table){NULL, columns, COLUMNS, cells, count});
    write_end(w);
}
