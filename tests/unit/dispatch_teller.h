/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays one story of alerts over the dispatch fixture: steps at seconds, and what receivers are told in the end. For
 * test_dispatch.c.
 */
#ifndef HEALTHD_TESTS_UNIT_DISPATCH_TELLER_H
#define HEALTHD_TESTS_UNIT_DISPATCH_TELLER_H

#include "tests/unit/dispatch_fixture.h"

/* Steps are "SECOND WORD ARGUMENT…":
 *   fire A/b LABELS · end A/b · hold A/b KIND · free A/b · ack A/b · unack A/b · confirm A/b · lose A/b
 *   also A/b LABELS (with the step before, in one evaluation) · reload N · restart N (configuration N) · tick
 *   clock SECONDS (jumps) · wait SECOND */
struct story {
    const char *name;
    const char *confs[3];
    const char *steps[24];
    const char *told;
};

static enum overlay_kind kind_named(const char *name)
{
    static const char *const names[] = {"none",      "silenced", "maintenance",
                                        "inhibited", "parent",   "connectivity",
                                        "grace",     "deploy"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!strcmp(names[i], name))
            return (enum overlay_kind)i;
    }
    fail_msg("no kind %s", name);
    return OVERLAY_NONE;
}

struct teller {
    const struct story *story;
    struct story_fixture f;
    enum overlay_kind held_next;
};

static void take_ack(struct story_fixture *f, const char *key, struct wall now)
{
    struct fake_alert *a = story_alert(f, key);
    a->is_acknowledged = true;
    f->overlay.ack = (struct ack){.who = "ana", .comment = "looking"};
    dispatch_ack(f->dispatch, &a->alert, &f->overlay.ack, now, &f->txn);
}

static void fire(struct teller *t, const char *key, const char *more, struct wall now)
{
    const enum overlay_kind held = t->held_next;
    t->held_next = OVERLAY_NONE;
    /* The overlay must know before the alert joins, as in one evaluation. */
    story_fire(&t->f, key, more, now);
    story_alert(&t->f, key)->held = held;
}

/* True when time is to pass over it: an evaluation is complete. */
static void do_step(struct teller *t, const char *word, const char *arg, const char *more,
                    struct wall now)
{
    struct story_fixture *f = &t->f;
    f->txn.now = now;
    if (!strcmp(word, "fire") || !strcmp(word, "also"))
        fire(t, arg, more, now);
    else if (!strcmp(word, "end") || !strcmp(word, "also-end"))
        story_resolve(f, arg, now);
    else if (!strcmp(word, "hold-next"))
        t->held_next = kind_named(arg);
    else if (!strcmp(word, "hold") || !strcmp(word, "also-hold"))
        story_alert(f, arg)->held = kind_named(more);
    else if (!strcmp(word, "free") || !strcmp(word, "also-free"))
        story_alert(f, arg)->held = OVERLAY_NONE;
    else if (!strcmp(word, "ack"))
        take_ack(f, arg, now);
    else if (!strcmp(word, "unack"))
        story_alert(f, arg)->is_acknowledged = false;
    else if (!strcmp(word, "confirm"))
        story_alert(f, arg)->alert.status.is_unconfirmed = false;
    else if (!strcmp(word, "lose"))
        story_alert(f, arg)->is_forgotten = true;
    else if (!strcmp(word, "reload"))
        story_adopt(f, t->story->confs[arg[0] - '0'], now);
    else if (!strcmp(word, "restart"))
        story_restart(f, t->story->confs[arg[0] - '0'], now);
    else if (!strcmp(word, "wait"))
        dispatch_wait(f->dispatch, story_time(strtol(arg, NULL, 10)));
    else if (!strcmp(word, "back") || !strcmp(word, "down"))
        f->next = (struct wall){0};
    else
        assert_string_equal(word, "tick");
}

static bool goes_with_next(const char *const *step)
{
    long at, next;
    char word[20] = "";
    if (!step[1])
        return false;
    sscanf(step[0], "%ld", &at);
    sscanf(step[1], "%ld %19s", &next, word);
    return at == next;
}

static bool tell_story(const struct story *story)
{
    struct teller t = {.story = story};
    story_begin(&t.f, story->confs[0]);
    for (const char *const *step = story->steps; *step; step++) {
        long at;
        char word[20] = "", arg[60] = "", more[100] = "";
        assert_true(sscanf(*step, "%ld %19s %59s %99s", &at, word, arg, more) >= 2);
        const struct wall now = story_time(at);
        story_until(&t.f, (struct wall){now.ns - 1});
        do_step(&t, word, arg, more, now);
        if (!goes_with_next(step) && strcmp(word, "down") && strcmp(word, "back"))
            story_advance(&t.f, now);
    }
    const bool ok = !strcmp(buf_text(&t.f.told), story->told);
    if (!ok)
        print_error("%s:\n%s\nexpected\n%s\n", story->name, buf_text(&t.f.told),
                    story->told);
    story_end(&t.f);
    return ok;
}

#endif
