/* SPDX-License-Identifier: Apache-2.0 */
/* See world.h. Time goes from event to event; healthd starts, ends, and is killed. */
#include "tests/scenario/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts/pack.h"
#include "lib/base/log.h"
#include "lib/base/units.h"

/* At one instant things may cause each other this often before it is a loop. */
#define TURNS_MAX 10000

static const char common[] = "site: shop\n"
                             "receivers:\n"
                             "  oncall: {pagerduty: {routing_key: "
                             "0123456789abcdef0123456789abcdef, "
                             "url: \"http://oncall\"}}\n"
                             "  chat: {webhook: {url: \"http://chat/\"}}\n";
static const char common_notify[] = "notify: {critical: [oncall], warning: [chat]}\n";

/* ---- time ---- */

struct wall world_wall(const struct world *w)
{
    return wall_add(w->story->start, w->mono.ns + w->skew);
}

struct wall world_now(struct world *w)
{
    nsec step;
    return steady_now(&w->steady, w->mono, world_wall(w), &step);
}

void world_say(struct world *w, const char *fmt, ...)
{
    va_list args;
    duration_format(&w->heard, w->mono.ns / NSEC_PER_MSEC * NSEC_PER_MSEC);
    buf_add_byte(&w->heard, ' ');
    va_start(args, fmt);
    buf_vprintf(&w->heard, fmt, args);
    va_end(args);
    buf_add_byte(&w->heard, '\n');
}

static void wake(void *ctx, struct wall at)
{
    struct world *w = ctx;
    const nsec sleep = at.ns - world_now(w).ns;
    /* As a real timer: not finer than a millisecond. */
    const nsec least = sleep > 0 ? NSEC_PER_MSEC : 0;
    const struct mono then = mono_add(w->mono, sleep > least ? sleep : least);
    if (then.ns < w->wake_at.ns)
        w->wake_at = then;
}

static bool submit(void *ctx, const char *name, void (*work)(void *job),
                   void (*done)(void *job), void *job)
{
    work(job);
    done(job);
    return true;
}

static void *hold(void *ctx)
{
    return generation_ref(((struct world *)ctx)->generation);
}

static void release(void *ctx, void *held)
{
    generation_unref(held);
}

static bool is_config_accepted(void *ctx)
{
    return !((struct world *)ctx)->has_rejected;
}

static void keep_line(void *ctx, struct buf *line)
{
    buf_add_bytes(&((struct world *)ctx)->log, buf_bytes(line));
}

/* ---- configuration ---- */

static bool has_key(struct bytes text, const char *key)
{
    struct bytes line;
    while (bytes_line(&text, &line)) {
        if (bytes_starts(line, key))
            return true;
    }
    return false;
}

/* Stories are about their own rules and healthd's: when the others' are looked at changes with each that is added. */
static void add_packs(struct buf *out)
{
    buf_add_text(out, "packs:\n");
    for (const struct pack *p = packs; p->name; p++)
        buf_printf(out, "  %s: %s\n", p->name,
                   !strcmp(p->name, "probes") || !strcmp(p->name, "healthd") ? "true"
                                                                             : "false");
}

static struct generation *read_config(struct world *w, struct bytes text)
{
    struct arena *arena = arena_create(0);
    struct diag *diag = diag_create(arena);
    struct buf whole = BUF_MAX(1u << 20), why = BUF_MAX(ERR_TEXT_SIZE);
    if (!has_key(text, "receivers:"))
        buf_add_text(&whole, common);
    if (!has_key(text, "receivers:") && !has_key(text, "notify:") &&
        !has_key(text, "route:"))
        buf_add_text(&whole, common_notify);
    if (!has_key(text, "packs:"))
        add_packs(&whole);
    buf_add_bytes(&whole, text);
    struct generation *g =
        generation_parse(w->story->path, buf_bytes(&whole), w->secrets, diag);
    if (!g) {
        diag_render(diag, &why, false);
        err_set(&w->e, "%s", buf_text(&why));
    }
    buf_finish(&whole);
    buf_finish(&why);
    arena_destroy(arena);
    return g;
}

static void adopt(struct world *w)
{
    actors_adopt(w);
    engine_adopt(w->engine, &w->generation->alerting, world_now(w));
}

bool world_load(struct world *w, const char *config)
{
    const struct bytes *text = story_config(w->story, config);
    if (!text)
        return err_set(&w->e, "there is no 'config %s'", config);
    struct generation *g = read_config(w, *text), *before = w->generation;
    if (!g)
        return false;
    w->generation = g;
    w->has_rejected = false;
    if (w->engine)
        adopt(w);
    generation_unref(before);
    return true;
}

/* ---- life and death ---- */

const char *world_state_path(struct world *w)
{
    return arena_printf(w->arena, "%s/%zu", w->folder, w->lives);
}

void world_begin(struct world *w)
{
    w->steady = (struct steady){0};
    w->started = world_wall(w);
    const struct engine_io io = {
        .state_path = world_state_path(w),
        .offload = {w, submit},
        .transport = post_transport(w),
        .knock = knock_view(w),
        .secrets = w->secrets,
        .probes = actors_view(w),
        .wake = wake,
        .hold = hold,
        .release = release,
        .is_config_accepted = is_config_accepted,
        .ctx = w,
    };
    w->wake_at = w->mono;
    w->engine = engine_create(&io, world_now(w), &w->e);
    if (!w->engine) {
        fprintf(stderr, "%s\n", w->e.text);
        abort();
    }
    courier_seed(engine_courier(w->engine), 1);
    adopt(w);
}

static void run_command(const char *command)
{
    FILE *pipe = popen(command, "re");
    if (!pipe || pclose(pipe) != 0)
        abort();
}

static void copy_state(struct world *w)
{
    const char *from = world_state_path(w);
    w->lives++;
    run_command(arena_printf(w->arena, "cp -r '%s' '%s'", from, world_state_path(w)));
}

static void end(struct world *w, bool is_kill)
{
    /* What it would still write when it is taken down goes to a copy that nobody reads. */
    if (is_kill)
        copy_state(w);
    engine_destroy(w->engine, world_now(w));
    w->engine = NULL;
    w->wake_at = (struct mono){INT64_MAX};
    actors_forget(w);
}

/* While healthd is down: forget (a new volume), damage (bytes that are no database). */
static void change_disk(struct world *w, const char *what)
{
    const char *path = world_state_path(w);
    if (!strcmp(what, "forget")) {
        run_command(arena_printf(w->arena, "rm -rf '%s' && mkdir '%s'", path, path));
        for (size_t i = 0; i < w->actor_count; i++)
            w->actors[i].seen.was_up = false; /* with the verdicts */
    } else {
        run_command(arena_printf(
            w->arena,
            "rm -f '%s'/alerts.db-* && head -c 20000 /dev/zero > '%s'/alerts.db", path,
            path));
    }
}

/* The former configuration is held: actors look at their probes of it. */
static bool start(struct world *w, const char *config)
{
    struct generation *before = generation_ref(w->generation);
    const bool ok = !config || world_load(w, config);
    if (ok)
        world_begin(w);
    generation_unref(before);
    return ok;
}

/* stop · kill · forget · damage · start, or start CONFIG · clock DURATION, "-1h" to put it back */
static bool play_life(struct world *w, const struct step *s, bool *ret_ok)
{
    const char *what = s->words[0];
    *ret_ok = true;
    if (!strcmp(what, "stop") || !strcmp(what, "kill")) {
        end(w, !strcmp(what, "kill"));
        return true;
    }
    if (!strcmp(what, "forget") || !strcmp(what, "damage")) {
        change_disk(w, what);
        return true;
    }
    if (!strcmp(what, "start")) {
        *ret_ok = start(w, s->words[1]);
        return true;
    }
    if (!strcmp(what, "clock") && s->count > 1) {
        const bool is_back = s->words[1][0] == '-';
        nsec by;
        *ret_ok = duration_parse(bytes_of(s->words[1] + is_back), &by, &w->e);
        if (*ret_ok)
            w->skew += is_back ? -by : by;
        return true;
    }
    return false;
}

static bool play_step(struct world *w, const struct step *s)
{
    bool ok;
    if (play_life(w, s, &ok))
        return ok;
    struct actor *a = actor_find(w, s->words[0]);
    if (a)
        return actor_play(w, a, s);
    struct answering *r = answering_find(w, s->words[0]);
    if (r)
        return answering_play(w, r, s);
    if (w->engine && (act_play(w, s, &ok) || disk_play(w, s, &ok)))
        return ok;
    return err_set(&w->e, "line %d: '%s' is no probe, no receiver and no act", s->line,
                   s->words[0]);
}

/* ---- playing ---- */

static struct mono next_event(const struct world *w)
{
    struct mono next = w->wake_at;
    const struct mono others[] = {actors_next(w), post_next(w), knocks_next(w)};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        next = others[i].ns < next.ns ? others[i] : next;
    return next;
}

/* Everything that happens now, and what it causes now. */
static bool live(struct world *w)
{
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        if (!mono_reached(w->mono, next_event(w)))
            return true;
        if (w->engine) {
            actors_run(w);
            w->wake_at = (struct mono){INT64_MAX};
            engine_advance(w->engine, world_now(w));
        }
        post_deliver(w);
        knocks_end(w);
    }
    return err_set(&w->e, "healthd does not come to rest at %jd s",
                   (intmax_t)(w->mono.ns / NSEC_PER_SEC));
}

static bool pass_until(struct world *w, struct mono until)
{
    for (;;) {
        const struct mono next = next_event(w);
        if (!mono_reached(until, next) || next.ns == until.ns)
            break;
        w->mono = next.ns > w->mono.ns ? next : w->mono;
        if (!live(w))
            return false;
    }
    w->mono = until;
    return true;
}

static bool play_steps(struct world *w)
{
    const struct story *s = w->story;
    for (size_t i = 0; i < s->step_count; i++) {
        if (!pass_until(w, (struct mono){s->steps[i].at}) || !play_step(w, &s->steps[i]))
            return false;
        const bool is_last =
            i + 1 == s->step_count || s->steps[i + 1].at != s->steps[i].at;
        if (is_last && !live(w))
            return false;
    }
    return true;
}

static void note_receivers(struct world *w)
{
    const struct receivers *r = &w->generation->alerting.receivers;
    for (size_t i = 0; i < r->count && i < RECEIVERS_MAX; i++) {
        snprintf(w->receivers[i].name, sizeof(w->receivers[i].name), "%s",
                 r->items[i]->name);
        snprintf(w->receivers[i].how, sizeof(w->receivers[i].how), "ok");
        w->receiver_count = i + 1;
    }
}

bool world_play(struct world *w, const struct story *s)
{
    *w = (struct world){.story = s,
                        .arena = arena_create(0),
                        .secrets = secrets_create(),
                        .wake_at = {INT64_MAX},
                        .heard = BUF_MAX(4u << 20),
                        .log = BUF_MAX(16u << 20)};
    if (!getenv("SCENARIO_LOG"))
        log_to(keep_line, w);
    list_init(&w->letters);
    list_init(&w->knocks);
    w->frame.secrets = w->secrets;
    snprintf(w->folder, sizeof(w->folder), "/tmp/healthd-scenario.XXXXXX");
    if (!mkdtemp(w->folder))
        abort();
    run_command(arena_printf(w->arena, "mkdir -p '%s'", world_state_path(w)));
    if (!world_load(w, ""))
        return false;
    note_receivers(w);
    world_begin(w);
    return play_steps(w);
}

void world_finish(struct world *w)
{
    disk_release(w);
    engine_destroy(w->engine, (struct wall){0});
    generation_unref(w->generation);
    run_command(arena_printf(w->arena, "rm -rf '%s'", w->folder));
    log_to(NULL, NULL);
    buf_finish(&w->heard);
    buf_finish(&w->log);
    secrets_destroy(w->secrets);
    arena_destroy(w->arena);
}
