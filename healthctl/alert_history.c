/* SPDX-License-Identifier: Apache-2.0 */
/* See alert_history.h. JSON is the API's list, the newest last; called by cmd_alerts.c. */
#include "healthctl/alert_history.h"

#include <string.h>

#include "healthctl/client.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"

#define TIMEOUT (10 * NSEC_PER_SEC)
#define USUAL "100"

static const struct column columns[] = {
    {.title = "WHEN"},
    {.title = "EVENT"},
    {.title = "ALERT", .is_elastic = true},
    {.title = "RECEIVER"},
    {.title = "WHY", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };

static bool is_of(const json_t *event, const char *word)
{
    return !word || !strcmp(remote_text(event, "alert"), word) ||
           !strcmp(remote_text(event, "key"), word) ||
           !strcmp(remote_text(event, "fingerprint"), word) ||
           !strcmp(remote_text(json_object_get(event, "labels"), "probe"), word) ||
           strstr(remote_text(event, "title"), word);
}

/* An alert by its name and probe, a notice by its first line. */
static const char *subject_of(struct arena *arena, const json_t *event)
{
    const char *name = remote_text(event, "alert"), *title = remote_text(event, "title");
    const char *probe = remote_text(json_object_get(event, "labels"), "probe");
    if (*name)
        return arena_printf(arena, "%s%s%s", name, *probe ? " " : "", probe);
    return *title ? title : remote_text(event, "key");
}

/* "delivered (resolve)": of a notice, what it told. */
static struct cell event_cell(struct arena *arena, const json_t *event)
{
    const char *name = remote_text(event, "event"), *kind = remote_text(event, "kind");
    const char *shown = *kind ? arena_printf(arena, "%s (%s)", name, kind) : name;
    if (!strcmp(name, "fired") || !strcmp(name, "dead"))
        return cell_toned(TONE_BAD, shown);
    return cell_text(shown);
}

static void add_row(struct arena *arena, struct cell *c, const json_t *event)
{
    c[0] = cell_time(remote_time(event, "at"));
    c[1] = event_cell(arena, event);
    c[2] = cell_text(subject_of(arena, event));
    c[3] = cell_text(remote_text(event, "receiver"));
    c[4] = cell_text(remote_text(event, "why"));
}

int alert_history(struct invocation *in, const char *limit)
{
    const char *word = in->operand_count ? in->operands[0] : NULL;
    json_t *all, *shown = json_array();
    uint64_t number;
    if (limit && !bytes_to_u64(bytes_of(limit), &number))
        return complain(in, CODE_USAGE, "--limit takes a number, not '%s'", limit);
    const char *path =
        arena_printf(in->arena, "/api/alerts/history?limit=%s", limit ? limit : USUAL);
    const int code = client_ask_json(in, "GET", path, TIMEOUT, &all);
    if (code)
        return code;
    struct cell *cells =
        arena_alloc(in->arena, (json_array_size(all) * COLUMNS + 1) * sizeof(*cells));
    for (size_t i = json_array_size(all); i > 0; i--) {
        json_t *event = json_array_get(all, i - 1);
        if (!is_of(event, word))
            continue;
        add_row(in->arena, cells + json_array_size(shown) * COLUMNS, event);
        json_array_append(shown, event);
    }
    const size_t count = json_array_size(shown);
    write_json(in->out, "history", shown);
    if (count)
        write_table(in->out, &(struct table){NULL, columns, COLUMNS, cells, count});
    else
        write_say(in->out, TONE_GOOD, "nothing happened");
    return CODE_PASS;
}
