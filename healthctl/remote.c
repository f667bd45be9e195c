/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members by name, empty when missing or of another type; and the phases and items of a verdict, shown. Called by
 * commands that show a daemon's answers. Asks nobody.
 */
#include "healthctl/remote.h"

#include "healthctl/outcome.h"

const char *remote_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

double remote_number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

nsec remote_seconds(const json_t *object, const char *key)
{
    return nsec_from_sec(remote_number(object, key));
}

struct wall remote_time(const json_t *object, const char *key)
{
    struct wall at = {0};
    if (!wall_parse(bytes_of(remote_text(object, key)), &at))
        return (struct wall){0};
    return at;
}

struct waterfall remote_waterfall(const json_t *verdict)
{
    const json_t *phases = json_object_get(verdict, "phases_seconds");
    struct waterfall f = {.total = remote_seconds(verdict, "duration_seconds")};
    for (size_t i = 0; i < PHASE_COUNT; i++)
        f.phases[i] = remote_seconds(phases, phase_name((enum phase)i));
    return f;
}

/* What a subject printed last; nothing when nobody asked. */
static void write_last_log(struct writer *w, struct arena *arena, const char *whose,
                           const json_t *lines)
{
    const size_t count = json_array_size(lines);
    if (!count)
        return;
    write_begin(w, NULL,
                arena_printf(arena, "Last lines%s%s", *whose ? " of " : "", whose));
    for (size_t i = 0; i < count; i++) {
        const char *line = json_string_value(json_array_get(lines, i));
        write_say(w, TONE_FAINT, "%s", line ? line : "");
    }
    write_end(w);
}

static void write_last_logs(struct writer *w, struct arena *arena, const json_t *verdict)
{
    const json_t *items = json_object_get(verdict, "items");
    write_last_log(w, arena, "", json_object_get(verdict, "last_log"));
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        write_last_log(w, arena, remote_text(item, "key"),
                       json_object_get(item, "last_log"));
    }
}

void remote_write_items(struct writer *w, struct arena *arena, const json_t *verdict)
{
    static const struct column columns[] = {
        {.title = "HEALTH"},
        {.title = "ITEM"},
        {.title = "REASON"},
        {.title = "WHY", .is_elastic = true},
    };
    const json_t *items = json_object_get(verdict, "items");
    const size_t count = json_array_size(items);
    struct cell *cells = arena_alloc(arena, (count * 4 + 1) * sizeof(*cells));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(items, i);
        struct cell *row = cells + i * 4;
        row[0] = cell_health(health_of_name(remote_text(item, "health")));
        row[1] = cell_text(remote_text(item, "key"));
        row[2] = cell_text(remote_text(item, "reason"));
        row[3] = cell_text(remote_text(item, "detail"));
    }
    if (count) {
        write_begin(w, NULL, "Items");
        write_table(w, &(struct table){NULL, columns, 4, cells, count});
        write_end(w);
    }
    write_last_logs(w, arena, verdict);
}

const char *remote_turning(struct arena *arena, const json_t *probe)
{
    const char *turning = remote_text(probe, "turning");
    if (!*turning)
        return "";
    return arena_printf(arena, "%s in %d of %d runs", turning,
                        (int)remote_number(probe, "streak"),
                        (int)remote_number(probe, "needed"));
}
