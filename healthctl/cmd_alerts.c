/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl alerts`: what fires, since when, and who was told or why nobody was. JSON is the API's list. */
#include <stdlib.h>
#include <string.h>

#include "alerts/severity.h"
#include "healthctl/alert_history.h"
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/delivery.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"
#include "lib/base/units.h"

#define TIMEOUT (10 * NSEC_PER_SEC)

static const struct column columns[] = {
    {.title = "STATE"},
    {.title = "SEVERITY"},
    {.title = "ALERT"},
    {.title = "OF"},
    {.title = "SINCE", .is_right = true},
    {.title = "TOLD", .is_elastic = true},
    {.title = "WHAT", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };

struct entry {
    json_t *alert;
    int rank;
    size_t order;
};

static const char *label_of(const json_t *alert, const char *name)
{
    return remote_text(json_object_get(alert, "labels"), name);
}

/* What it is about: its probe, or else the first label that says something like it. */
static const char *subject_of(const json_t *alert)
{
    static const char *const names[] = {"probe",     "instance", "receiver",  "flow",
                                        "component", "name",     "mountpoint"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (*label_of(alert, names[i]))
            return label_of(alert, names[i]);
    }
    return "";
}

static bool is_firing(const json_t *alert)
{
    return !strcmp(remote_text(alert, "state"), "firing");
}

static int rank_of(const json_t *alert)
{
    const char *state = remote_text(alert, "state");
    const int state_rank = !strcmp(state, "firing")    ? 2
                           : !strcmp(state, "pending") ? 1
                                                       : 0;
    return state_rank * 10 + severity_rank(remote_text(alert, "severity"));
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool is_called(const json_t *alert, const char *word)
{
    return !strcmp(word, remote_text(alert, "alertname")) ||
           !strcmp(word, remote_text(alert, "fingerprint")) ||
           !strcmp(word, remote_text(alert, "key")) ||
           !strcmp(word, label_of(alert, "probe"));
}

/* Those asked for, the worst first. */
static struct entry *chosen(const struct invocation *in, json_t *all, size_t *ret_count)
{
    const char *word = in->operand_count ? in->operands[0] : NULL;
    const bool shows_ended = word || invocation_flag(in, "all");
    struct entry *entries =
        arena_alloc(in->arena, (json_array_size(all) + 1) * sizeof(*entries));
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *alert = json_array_get(all, i);
        const bool has_ended = !strcmp(remote_text(alert, "state"), "resolved");
        if ((word && !is_called(alert, word)) || (has_ended && !shows_ended))
            continue;
        entries[count++] = (struct entry){alert, rank_of(alert), i};
    }
    qsort(entries, count, sizeof(*entries), compare);
    *ret_count = count;
    return entries;
}

/* Receivers that a route names, and whose severity_floor is above it. */
static const char *left_out_text(struct arena *arena, const json_t *alert)
{
    const json_t *list = json_object_get(alert, "left_out");
    const char *text = "";
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        text = arena_printf(arena, "%s%snot %s: it is %s", text, i ? "; " : "",
                            remote_text(one, "receiver"), remote_text(one, "why"));
    }
    return text;
}

/* Who knows of it, or why nobody does. */
static struct cell told_cell(struct arena *arena, const json_t *alert)
{
    const json_t *held = json_object_get(alert, "held");
    const json_t *ack = json_object_get(alert, "ack");
    const struct cell told = delivery_cell(arena, alert);
    if (json_is_object(ack))
        return cell_text(arena_printf(arena, "taken by %s%s%s", remote_text(ack, "who"),
                                      *remote_text(ack, "comment") ? ": " : "",
                                      remote_text(ack, "comment")));
    if (json_is_object(held))
        return cell_toned(TONE_WARN,
                          arena_printf(arena, "held: %s", remote_text(held, "by")));
    if (*told.text)
        return told;
    if (!is_firing(alert))
        return cell_none();
    if (json_array_size(json_object_get(alert, "told")))
        return cell_text("soon");
    const char *left_out = left_out_text(arena, alert);
    return cell_toned(TONE_WARN, *left_out ? arena_printf(arena, "nobody: %s", left_out)
                                           : "nobody: no route takes it");
}

/* What keep_firing_for alone keeps: "" for others. */
static const char *ending_of(struct arena *arena, const json_t *alert)
{
    const nsec left = remote_time(alert, "ends_at").ns - wall_read().ns;
    if (!is_firing(alert) || !json_is_string(json_object_get(alert, "ends_at")))
        return "";
    const nsec shown = left > 0 ? left / NSEC_PER_SEC * NSEC_PER_SEC : 0;
    return arena_printf(arena, "well again, and over in %s if it stays so",
                        duration_text_short(arena, shown));
}

/* What is wrong, and while it is what was found. */
static const char *words_of(struct arena *arena, const json_t *alert)
{
    const json_t *annotations = json_object_get(alert, "annotations");
    const char *summary = remote_text(annotations, "summary");
    const char *words = *summary ? summary : remote_text(annotations, "description");
    const char *found = ending_of(arena, alert);
    if (is_firing(alert) && !*found)
        found = remote_text(alert, "found");
    if (!*found || strstr(words, found))
        return words;
    return *words ? arena_printf(arena, "%s: %s", words, found) : found;
}

static struct cell state_cell(const json_t *alert)
{
    const char *state = remote_text(alert, "state");
    if (!is_firing(alert))
        return cell_toned(TONE_FAINT, state);
    if (json_is_true(json_object_get(alert, "unknown")))
        return cell_toned(TONE_WARN, "firing?");
    const bool is_critical = severity_rank(remote_text(alert, "severity")) > 2;
    return cell_toned(is_critical ? TONE_BAD : TONE_WARN, state);
}

static void add_row(struct arena *arena, struct cell *c, const json_t *alert)
{
    c[0] = state_cell(alert);
    c[1] = cell_text(remote_text(alert, "severity"));
    c[2] = cell_text(remote_text(alert, "alertname"));
    c[3] = cell_text(subject_of(alert));
    c[4] = cell_age(remote_time(alert, "since"));
    c[5] = told_cell(arena, alert);
    c[6] = cell_text(words_of(arena, alert));
}

static void write_pairs(struct invocation *in, const json_t *object, const char *title)
{
    const char *name;
    json_t *value;
    if (!json_object_size(object))
        return;
    write_begin(in->out, NULL, title);
    json_object_foreach ((json_t *)object, name, value)
        write_field(in->out, NULL, name, cell_text(json_string_value(value)));
    write_end(in->out);
}

/* Everything about one. */
static void write_alert(struct invocation *in, const json_t *alert)
{
    const json_t *held = json_object_get(alert, "held");
    write_begin(in->out, NULL,
                arena_printf(in->arena, "%s %s", remote_text(alert, "alertname"),
                             subject_of(alert)));
    write_field(in->out, NULL, "state", state_cell(alert));
    write_field(in->out, NULL, "since", cell_time(remote_time(alert, "since")));
    if (*ending_of(in->arena, alert))
        write_field(in->out, NULL, "ends", cell_text(ending_of(in->arena, alert)));
    if (*remote_text(alert, "found"))
        write_field(in->out, NULL, "found", cell_text(remote_text(alert, "found")));
    write_field(in->out, NULL, "value", cell_text(remote_text(alert, "value")));
    write_field(in->out, NULL, "rule", cell_text(remote_text(alert, "rule")));
    write_field(in->out, NULL, "expr", cell_text(remote_text(alert, "expr")));
    write_field(in->out, NULL, "told", told_cell(in->arena, alert));
    if (*left_out_text(in->arena, alert))
        write_field(in->out, NULL, "left out",
                    cell_text(left_out_text(in->arena, alert)));
    if (json_is_object(held))
        write_field(in->out, NULL, "held until", cell_time(remote_time(held, "until")));
    write_field(in->out, NULL, "fingerprint",
                cell_text(remote_text(alert, "fingerprint")));
    write_pairs(in, json_object_get(alert, "labels"), "Labels");
    write_pairs(in, json_object_get(alert, "annotations"), "Annotations");
    delivery_write(in->out, in->arena, alert);
    write_end(in->out);
}

static int run(struct invocation *in)
{
    json_t *all;
    if (invocation_flag(in, "history"))
        return alert_history(in, invocation_flag(in, "limit"));
    const int code = client_ask_json(in, "GET", "/api/alerts", TIMEOUT, &all);
    if (code)
        return code;
    size_t count, firing = 0;
    const struct entry *entries = chosen(in, all, &count);
    json_t *shown = json_array();
    struct cell *cells = arena_alloc(in->arena, (count * COLUMNS + 1) * sizeof(*cells));
    for (size_t i = 0; i < count; i++) {
        json_array_append(shown, entries[i].alert);
        add_row(in->arena, cells + i * COLUMNS, entries[i].alert);
        firing += is_firing(entries[i].alert);
    }
    write_json(in->out, "alerts", shown);
    if (in->operand_count && !count)
        return complain(in, CODE_USAGE,
                        "no alert is called '%s', by its name, probe or fingerprint",
                        in->operands[0]);
    for (size_t i = 0; in->operand_count && i < count; i++)
        write_alert(in, entries[i].alert);
    if (!count)
        write_say(in->out, TONE_GOOD, "no alert fires");
    else if (!in->operand_count)
        write_table(in->out, &(struct table){NULL, columns, COLUMNS, cells, count});
    return firing ? CODE_FAILED : CODE_PASS;
}

static const struct flag flags[] = {
    {.name = "all", .doc = "Also those that have ended in the last quarter of an hour."},
    {.name = "history",
     .doc = "What happened instead, also before a restart: alerts that fired, were held, "
            "ended; notices that were delivered or given up."},
    {.name = "limit", .operand = "N", .doc = "With --history: the last N events; 100."},
    {0}};

const struct command command_alerts = {
    .name = "alerts",
    .group = GROUP_AT_NIGHT,
    .run = run,
    .needs_daemon = true,
    .summary = "What fires, since when, and who was told or why nobody was",
    .operands = "[ALERT]",
    .most = 1,
    .completes = COMPLETES_PROBES,
    .flags = flags,
    .doc =
        "With ALERT (its name, its probe or its fingerprint), everything about those "
        "that "
        "are called so. TOLD says which receivers know, and which a notice has not "
        "reached; `held` says what keeps it from being told: a silence, a maintenance "
        "window, a worse alert, a probe that it "
        "depends on, a deployment. `firing?` means that it cannot be evaluated now.\n\n"
        "Exits 1 when an alert fires; with --history always 0.",
    .examples =
        (const struct example[]){
            {"healthctl alerts", "What is wrong now"},
            {"healthctl alerts payload", "Why was I paged, or not?"},
            {"healthctl alerts --history --limit 500", "What happened last night?"},
            {0}},
};
