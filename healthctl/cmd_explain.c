/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl explain PROBE`: what is confirmed and since when, and the last good run beside the last
 * bad one, with what differs marked. Asks the daemon's flight recorder; runs nothing.
 */
#include <string.h>

#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/outcome.h"
#include "healthctl/pairing.h"
#include "healthctl/remote.h"
#include "healthctl/waterfall.h"
#include "lib/base/glob.h"
#include "lib/base/units.h"

#define TIMEOUT (10 * NSEC_PER_SEC)
enum { LINE_COLUMNS = 60 };

/* ---- --timing ---- */

struct story { /* one line of --timing */
    const char *key, *title, *start, *end;
    struct detection at;
    int runs;
};

static void say_story(struct invocation *in, const struct story *s, nsec longest)
{
    struct buf line = BUF_MAX(1024);
    detection_draw(&line, s->at, s->runs, longest, LINE_COLUMNS, in->screen->has_utf8);
    write_say(in->out, TONE_PLAIN, "  %s", s->title);
    write_say(in->out, TONE_PLAIN, "    %s", buf_text(&line));
    write_say(in->out, TONE_PLAIN,
              "    %s at 0 s, seen within %s, confirmed %s within %s", s->start,
              duration_text_short(in->arena, s->at.seen), s->end,
              duration_text_short(in->arena, s->at.confirmed));
    buf_finish(&line);
}

static void write_detection(struct writer *w, const char *key, struct detection at)
{
    write_begin(w, key, NULL);
    write_field(w, "seen_seconds", NULL, cell_duration(at.seen));
    write_field(w, "confirmed_seconds", NULL, cell_duration(at.confirmed));
    write_end(w);
}

static void say_why(struct invocation *in, const char *option, const char *value,
                    const char *meaning)
{
    write_field(in->out, NULL, option,
                cell_text(arena_printf(in->arena, "%-6s %s", value, meaning)));
}

static int explain_timing(struct invocation *in, const json_t *probe)
{
    const json_t *o = json_object_get(probe, "timing");
    const struct timing t = {
        .interval = remote_seconds(o, "interval_seconds"),
        .timeout = remote_seconds(o, "timeout_seconds"),
        .retry_interval = remote_seconds(o, "retry_interval_seconds"),
        .rise = (int)remote_number(o, "rise"),
        .fall = (int)remote_number(o, "fall"),
    };
    struct writer *w = in->out;
    const struct story stories[] = {
        {"dead_and_refusing", "It dies, and the failure shows at once (refused)", "dead",
         "down", detection_of_death(&t, true), t.fall},
        {"dead_and_silent", "It dies, and every run lasts until its timeout", "dead",
         "down", detection_of_death(&t, false), t.fall},
        {"back", "It comes back", "back", "up", detection_of_return(&t), t.rise},
    };
    nsec longest = 0;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++)
        longest = stories[i].at.confirmed > longest ? stories[i].at.confirmed : longest;
    write_say(w, TONE_STRONG, "%s, at worst", remote_text(probe, "name"));
    for (size_t i = 0; i < ARRAY_LEN(stories); i++)
        say_story(in, &stories[i], longest);
    write_begin(w, NULL, "Because");
    say_why(in, "interval", duration_text_short(in->arena, t.interval),
            "it is asked this often");
    say_why(in, "timeout", duration_text_short(in->arena, t.timeout),
            "an answer may take this long");
    say_why(in, "fall", arena_printf(in->arena, "%d", t.fall),
            "bad runs in a row confirm down");
    say_why(in, "rise", arena_printf(in->arena, "%d", t.rise),
            "good runs in a row confirm up");
    say_why(in, "retry_interval", duration_text_short(in->arena, t.retry_interval),
            "between runs until it is confirmed");
    write_end(w);
    if (json_is_true(json_object_get(o, "watch")))
        write_say(
            w, TONE_PLAIN,
            "watch: a connection is held open; when it ends, a run starts at once.");
    write_json(w, "timing", json_incref(json_object_get(probe, "timing")));
    for (size_t i = 0; i < ARRAY_LEN(stories); i++)
        write_detection(w, stories[i].key, stories[i].at);
    return CODE_PASS;
}

/* ---- the two runs ---- */

/* Unknown is what healthd could not ask; what it has not asked often enough is something else. */
static const char *state_words(const json_t *probe, enum health health)
{
    static const char *const words[] = {[HEALTH_UP] = "is up",
                                        [HEALTH_DEGRADED] = "is degraded",
                                        [HEALTH_DOWN] = "is down"};
    const json_t *last = json_object_get(probe, "last_run");
    if (health != HEALTH_UNKNOWN)
        return words[health];
    if (!json_is_object(last))
        return "has not run yet";
    return health_of_name(remote_text(last, "health")) == HEALTH_UNKNOWN
               ? "is unknown: it could not be asked"
               : "is not yet confirmed";
}

static void say_state(struct invocation *in, const json_t *probe, enum health health)
{
    struct writer *w = in->out;
    const json_t *last = json_object_get(probe, "last_run");
    const struct wall since = remote_time(probe, "since");
    write_say(w, health_tone(health), "%s %s", remote_text(probe, "name"),
              state_words(probe, health));
    write_field(w, NULL, "since", cell_time(since));
    if (json_is_object(last)) {
        const enum health now = health_of_name(remote_text(last, "health"));
        const char *detail = remote_text(last, "detail");
        write_field(w, NULL, "last run",
                    cell_toned(health_tone(now),
                               arena_printf(in->arena, "%s%s%s", health_name(now),
                                            *detail ? ": " : "", detail)));
        write_field(w, NULL, "at", cell_time(remote_time(last, "started")));
    }
    const char *turning = remote_turning(in->arena, probe);
    if (*turning)
        write_field(w, NULL, "not yet confirmed", cell_text(turning));
    write_field(w, NULL, "next run", cell_time(remote_time(probe, "next_run")));
    write_field(w, NULL, "severity", cell_text(remote_text(probe, "severity")));
    write_begin(w, NULL, NULL);
    write_end(w);
}

static void write_pairing(struct invocation *in, const struct pairing *p)
{
    static const struct column columns[] = {
        {.title = ""},
        {.title = ""},
        {.title = "LAST GOOD", .is_elastic = true},
        {.title = "LAST BAD", .is_elastic = true},
    };
    struct cell *cells = arena_alloc(in->arena, (p->count * 4 + 1) * sizeof(*cells));
    for (size_t i = 0; i < p->count; i++) {
        const struct pair_row *row = &p->rows[i];
        struct cell *c = cells + i * 4;
        c[0] =
            cell_toned(TONE_WARN, row->differs ? (in->screen->has_utf8 ? "≠" : "!") : "");
        c[1] = cell_toned(TONE_FAINT, row->name);
        c[2] = cell_toned(row->differs ? TONE_GOOD : TONE_PLAIN, row->good);
        c[3] = cell_toned(row->differs ? TONE_BAD : TONE_PLAIN, row->bad);
    }
    write_begin(in->out, NULL, "Last good run and last bad run");
    write_table(in->out, &(struct table){NULL, columns, 4, cells, p->count});
    write_end(in->out);
}

static void write_one(struct invocation *in, const char *title, const json_t *verdict,
                      const struct pairing *p)
{
    static const struct column columns[] = {{.title = ""},
                                            {.title = "", .is_elastic = true}};
    struct cell *cells = arena_alloc(in->arena, (p->count * 2 + 1) * sizeof(*cells));
    const struct waterfall phases = remote_waterfall(verdict);
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct pair_row *row = &p->rows[i];
        if (row->is_phase)
            continue; /* drawn */
        cells[count * 2] = cell_toned(TONE_FAINT, row->name);
        cells[count * 2 + 1] = cell_text(row->good ? row->good : row->bad);
        count++;
    }
    write_begin(in->out, NULL, title);
    write_waterfall(in->out, NULL, &phases);
    write_table(in->out, &(struct table){NULL, columns, 2, cells, count});
    write_end(in->out);
}

static void write_comparison(struct invocation *in, const json_t *probe)
{
    const json_t *good = json_object_get(probe, "last_good");
    const json_t *bad = json_object_get(probe, "last_bad");
    const struct pairing p = pairing_make(in->arena, good, bad);
    if (json_is_object(good) && json_is_object(bad))
        write_pairing(in, &p);
    else if (json_is_object(good))
        write_one(in, "Last good run (there was no bad one)", good, &p);
    else if (json_is_object(bad))
        write_one(in, "Last bad run (there was no good one)", bad, &p);
    else
        write_say(in->out, TONE_PLAIN, "It has not run yet.");
}

/* Nothing when there is none. */
static void write_alerts(struct invocation *in, const json_t *alerts)
{
    static const struct column columns[] = {{.title = "ALERT"},
                                            {.title = "STATE"},
                                            {.title = "SEVERITY"},
                                            {.title = "SINCE"},
                                            {.title = "HELD", .is_elastic = true}};
    const size_t count = json_array_size(alerts);
    struct cell *cells =
        arena_alloc(in->arena, (count * ARRAY_LEN(columns) + 1) * sizeof(*cells));
    for (size_t i = 0; i < count; i++) {
        const json_t *alert = json_array_get(alerts, i);
        const char *state = remote_text(alert, "state");
        struct cell *c = cells + i * ARRAY_LEN(columns);
        c[0] = cell_text(remote_text(alert, "alertname"));
        c[1] = cell_toned(!strcmp(state, "firing") ? TONE_BAD : TONE_PLAIN, state);
        c[2] = cell_text(remote_text(alert, "severity"));
        c[3] = cell_time(remote_time(alert, "since"));
        const char *held = remote_text(alert, "held");
        c[4] = *held ? cell_toned(TONE_WARN, held) : cell_none();
    }
    if (count == 0)
        return;
    write_begin(in->out, NULL, "Alerts");
    write_table(in->out,
                &(struct table){NULL, columns, ARRAY_LEN(columns), cells, count});
    write_end(in->out);
}

/* ---- the command ---- */

static int unknown_probe(struct invocation *in, const char *name)
{
    json_t *answer;
    if (client_ask_json(in, "GET", "/api/probes", TIMEOUT, &answer))
        return CODE_UNREACHABLE;
    const json_t *probes = json_object_get(answer, "probes");
    const size_t count = json_array_size(probes);
    const char **names = arena_alloc(in->arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = remote_text(json_array_get(probes, i), "name");
    const char *near = nearest_word(name, names);
    if (near)
        return complain(in, CODE_USAGE, "there is no probe '%s'; did you mean '%s'?",
                        name, near);
    return complain(in, CODE_USAGE,
                    "there is no probe '%s'; `healthctl status` lists the %zu there are",
                    name, count);
}

static int run(struct invocation *in)
{
    const char *name = in->operands[0];
    const char *path =
        arena_printf(in->arena, "/api/probes/%s", client_escape(in->arena, name));
    struct answer a = {0};
    struct err e = {0};
    const int code = client_ask(in, "GET", path, TIMEOUT, &a, &e);
    if (code)
        return complain(in, code, "%s", e.text);
    if (a.status == 404)
        return unknown_probe(in, name);
    if (a.status != 200)
        return client_refused(in, &a);
    json_t *probe = json_read(in->arena, a.body, CLIENT_MAX_ANSWER, &e);
    if (!probe)
        return complain(in, CODE_UNREACHABLE, "%s answers, but not as healthd does: %s",
                        a.place, e.text);
    if (invocation_flag(in, "timing"))
        return explain_timing(in, probe);

    const enum health health = health_of_name(remote_text(probe, "health"));
    write_json(in->out, NULL, json_incref(probe));
    say_state(in, probe, health);
    write_alerts(in, json_object_get(probe, "alerts"));
    remote_write_items(in->out, in->arena, json_object_get(probe, "last_run"));
    write_comparison(in, probe);
    return CODE_PASS;
}

static const struct flag explain_flags[] = {
    {.name = "timing",
     .doc = "Draw how long it takes at worst until a death is seen and confirmed."},
    {0}};

const struct command command_explain = {
    .name = "explain",
    .group = GROUP_AT_NIGHT,
    .run = run,
    .needs_daemon = true,
    .summary = "Why a probe is what it is: its last good run beside its last bad one",
    .operands = "PROBE",
    .least = 1,
    .most = 1,
    .completes = COMPLETES_PROBES,
    .flags = explain_flags,
    .doc = "Addresses, certificates, headers and the beginning of the body are "
           "compared, and what "
           "differs is marked. Headers that differ in every answer (Date, ETag ...) are "
           "not.",
    .examples =
        (const struct example[]){
            {"healthctl explain payload", "What changed when it broke"},
            {"healthctl explain payload --timing", "How soon its death would be known"},
            {0}},
};
