/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine of an alert, as stories: second, what is seen, what there is to tell, the state after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "alerts/alert.h"
#include "alerts/rule.h"
#include "lib/base/attr.h"

#define T TRUTH_TRUE
#define F TRUTH_FALSE
#define U TRUTH_UNKNOWN

enum seen {
    SEES,    /* an observation */
    HOLDS,   /* false, and resolve_when does not agree */
    RESTART, /* restored from disk at that second: unconfirmed */
    REMOVED  /* its rule is gone */
};

struct step {
    int at;
    enum seen seen;
    enum truth truth;
    enum change change;
    enum alert_state state;
    const char *reason; /* of the end; NULL: not looked at */
};

#define END      \
    {            \
        .at = -1 \
    }
#define S(at, truth, change, state)                           \
    {                                                         \
        at, SEES, truth, CHANGE_##change, ALERT_##state, NULL \
    }
#define E(at, seen, truth, change, state, reason)               \
    {                                                           \
        at, seen, truth, CHANGE_##change, ALERT_##state, reason \
    }

static const struct story {
    const char *name;
    int hold, keep;
    enum no_data no_data;
    int no_data_after;
    struct step steps[16];
} stories[] = {
    {"without for it fires at once",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, F, NONE, INACTIVE), S(2, T, FIRED, FIRING), S(3, T, NONE, FIRING),
      E(4, SEES, F, RESOLVED, RESOLVED, ""), S(5, F, NONE, RESOLVED), END}},
    {"for is counted from the first true to exactly its length",
     60,
     0,
     NO_DATA_KEEP,
     45,
     {S(100, T, PENDING, PENDING), S(159, T, NONE, PENDING), S(160, T, FIRED, FIRING),
      END}},
    {"one false sample starts for again",
     60,
     0,
     NO_DATA_KEEP,
     45,
     {S(100, T, PENDING, PENDING), S(150, T, NONE, PENDING), S(155, F, DROPPED, INACTIVE),
      S(160, T, PENDING, PENDING), S(200, T, NONE, PENDING), S(220, T, FIRED, FIRING),
      END}},
    {"what was resolved can fire again",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), S(2, F, RESOLVED, RESOLVED), S(3, T, FIRED, FIRING),
      E(4, SEES, F, RESOLVED, RESOLVED, ""), END}},
    {"what was resolved and pends, but then does not, is quiet",
     30,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, PENDING, PENDING), S(31, T, FIRED, FIRING), S(32, F, RESOLVED, RESOLVED),
      S(33, T, PENDING, PENDING), S(34, F, DROPPED, INACTIVE), END}},
    {"keep_firing_for bridges a gap, and counts from the first false",
     0,
     60,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), S(10, F, NONE, FIRING), S(69, F, NONE, FIRING),
      S(70, F, RESOLVED, RESOLVED), END}},
    {"true again starts keep_firing_for anew",
     0,
     60,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), S(10, F, NONE, FIRING), S(60, T, NONE, FIRING),
      S(75, F, NONE, FIRING), S(134, F, NONE, FIRING), S(135, F, RESOLVED, RESOLVED),
      END}},
    {"a clock that goes back does not keep it firing for ever",
     0,
     60,
     NO_DATA_KEEP,
     45,
     {S(10000, T, FIRED, FIRING), S(10010, F, NONE, FIRING), S(100, F, NONE, FIRING),
      S(159, F, NONE, FIRING), S(160, F, RESOLVED, RESOLVED), END}},
    {"resolve_when holds until it agrees",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), E(2, HOLDS, F, NONE, FIRING, NULL),
      E(900, HOLDS, F, NONE, FIRING, NULL), S(901, F, RESOLVED, RESOLVED), END}},
    {"resolve_when and keep_firing_for both have to be content",
     0,
     60,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), E(10, HOLDS, F, NONE, FIRING, NULL), S(69, F, NONE, FIRING),
      E(70, HOLDS, F, NONE, FIRING, NULL), S(71, F, RESOLVED, RESOLVED), END}},
    {"unknown never begins an alert",
     0,
     0,
     NO_DATA_ALERT,
     45,
     {S(1, U, NONE, INACTIVE), S(100, U, NONE, INACTIVE), END}},
    {"unknown holds what fires",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), S(2, U, HELD, FIRING), S(3, U, NONE, FIRING),
      S(9000, U, NONE, FIRING), S(9001, F, RESOLVED, RESOLVED), END}},
    {"held, known, and held again is told twice",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), S(2, U, HELD, FIRING), S(3, T, NONE, FIRING),
      S(4, U, HELD, FIRING), END}},
    {"no_data: resolve ends it after its time",
     0,
     0,
     NO_DATA_RESOLVE,
     45,
     {S(1, T, FIRED, FIRING), S(2, U, HELD, FIRING), S(46, U, NONE, FIRING),
      E(47, SEES, U, RESOLVED, RESOLVED, "no data"), END}},
    {"a moment of knowledge starts that time anew",
     0,
     0,
     NO_DATA_RESOLVE,
     45,
     {S(1, T, FIRED, FIRING), S(2, U, HELD, FIRING), S(40, T, NONE, FIRING),
      S(41, U, HELD, FIRING), S(80, U, NONE, FIRING),
      E(86, SEES, U, RESOLVED, RESOLVED, "no data"), END}},
    {"no_data: alert turns pending into firing",
     600,
     0,
     NO_DATA_ALERT,
     45,
     {S(1, T, PENDING, PENDING), S(2, U, NONE, PENDING), S(46, U, NONE, PENDING),
      S(47, U, FIRED, FIRING), END}},
    {"no_data: resolve drops what is pending",
     600,
     0,
     NO_DATA_RESOLVE,
     45,
     {S(1, T, PENDING, PENDING), S(2, U, NONE, PENDING), S(47, U, DROPPED, INACTIVE),
      END}},
    {"time of which nothing is known earns nothing",
     60,
     0,
     NO_DATA_KEEP,
     45,
     {S(0, T, PENDING, PENDING), S(30, T, NONE, PENDING), S(40, U, NONE, PENDING),
      S(90, U, NONE, PENDING), S(100, T, NONE, PENDING), S(129, T, NONE, PENDING),
      S(130, T, FIRED, FIRING), END}},
    {"keep_firing_for does not run while nothing is known",
     0,
     60,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), S(10, F, NONE, FIRING), S(20, U, HELD, FIRING),
      S(500, F, NONE, FIRING), S(559, F, NONE, FIRING), S(560, F, RESOLVED, RESOLVED),
      END}},
    {"a suspend earns no more than the longest step",
     600,
     0,
     NO_DATA_KEEP,
     45,
     {S(0, T, PENDING, PENDING), S(90, T, NONE, PENDING), S(7290, T, NONE, PENDING),
      S(7380, T, NONE, PENDING), S(7470, T, NONE, PENDING), S(7560, T, NONE, PENDING),
      S(7650, T, NONE, PENDING), S(7710, T, FIRED, FIRING), END}},
    {"a clock that goes back takes nothing that was earned",
     60,
     0,
     NO_DATA_KEEP,
     45,
     {S(1000, T, PENDING, PENDING), S(1050, T, NONE, PENDING), S(500, T, NONE, PENDING),
      S(509, T, NONE, PENDING), S(510, T, FIRED, FIRING), END}},
    {"a restart keeps what was earned; the time between is none of it",
     60,
     0,
     NO_DATA_KEEP,
     45,
     {S(0, T, PENDING, PENDING), S(50, T, NONE, PENDING),
      E(60, RESTART, U, NONE, PENDING, NULL), S(900, T, NONE, PENDING),
      S(909, T, NONE, PENDING), S(910, T, FIRED, FIRING), END}},
    {"after a stop of more than an hour it starts again",
     60,
     0,
     NO_DATA_KEEP,
     45,
     {S(0, T, PENDING, PENDING), S(50, T, NONE, PENDING),
      E(60, RESTART, U, NONE, PENDING, NULL), S(4000, T, NONE, PENDING),
      S(4059, T, NONE, PENDING), S(4060, T, FIRED, FIRING), END}},
    {"firing over a restart is not told again",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), E(2, RESTART, U, NONE, FIRING, NULL), S(3, U, HELD, FIRING),
      S(4, T, NONE, FIRING), S(5, F, RESOLVED, RESOLVED), END}},
    {"what ended while healthd was down is told once it is seen",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), E(2, RESTART, U, NONE, FIRING, NULL),
      E(3, SEES, F, RESOLVED, RESOLVED, ""), END}},
    {"what nobody can confirm follows no_data",
     0,
     0,
     NO_DATA_RESOLVE,
     45,
     {S(1, T, FIRED, FIRING), E(2, RESTART, U, NONE, FIRING, NULL), S(3, U, HELD, FIRING),
      E(48, SEES, U, RESOLVED, RESOLVED, "no data"), END}},
    {"a rule that goes ends what fires, and says why",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, FIRED, FIRING), E(2, REMOVED, U, RESOLVED, RESOLVED, "removed"), END}},
    {"a rule that goes drops what is pending",
     60,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, T, PENDING, PENDING), E(2, REMOVED, U, DROPPED, INACTIVE, NULL), END}},
    {"a rule that goes leaves what is quiet",
     0,
     0,
     NO_DATA_KEEP,
     45,
     {S(1, F, NONE, INACTIVE), E(2, REMOVED, U, NONE, INACTIVE, NULL), END}},
};

static struct wall second(int at)
{
    return (struct wall){(1600000000 + (nsec)at) * NSEC_PER_SEC};
}

static enum change do_step(struct alert_status *s, const struct alert_timing *timing,
                           const struct step *step)
{
    const struct observation o = {
        .truth = step->truth,
        .value = step->at,
        .may_resolve = step->seen != HOLDS,
        .at = second(step->at),
    };
    switch (step->seen) {
    case SEES:
    case HOLDS:
        return alert_observe(s, timing, &o);
    case RESTART:
        s->is_unconfirmed = true;
        return CHANGE_NONE;
    case REMOVED:
        return alert_end(s, o.at, "removed");
    }
    return CHANGE_NONE;
}

static void check(const struct story *story, const struct step *step, enum change change,
                  const struct alert_status *s)
{
    if (change != step->change || s->state != step->state)
        fail_msg("%s: at %d: %s, %s instead of %s, %s", story->name, step->at,
                 change_name(change), alert_state_name(s->state),
                 change_name(step->change), alert_state_name(step->state));
    if (step->reason && strcmp(step->reason, s->end_reason) != 0)
        fail_msg("%s: at %d: ended by '%s' instead of '%s'", story->name, step->at,
                 s->end_reason, step->reason);
    if (change == CHANGE_FIRED)
        assert_int_equal(s->fired_at.ns, second(step->at).ns);
    if (change == CHANGE_RESOLVED)
        assert_int_equal(s->resolved_at.ns, second(step->at).ns);
    if (step->truth == T && step->seen == SEES)
        assert_true(s->value == step->at && !s->is_unconfirmed);
}

static void alerts_move(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        const struct story *story = &stories[i];
        const struct alert_timing timing = {
            .hold_for = story->hold * NSEC_PER_SEC,
            .keep_firing_for = story->keep * NSEC_PER_SEC,
            .no_data = story->no_data,
            .no_data_after = story->no_data_after * NSEC_PER_SEC,
            .longest_step = 90 * NSEC_PER_SEC,
        };
        struct alert_status s = {.end_reason = ""};
        for (const struct step *step = story->steps; step->at >= 0; step++)
            check(story, step, do_step(&s, &timing, step), &s);
    }
}

static void names_are_words(void **state)
{
    (void)state;
    assert_string_equal(alert_state_name(ALERT_INACTIVE), "inactive");
    assert_string_equal(alert_state_name(ALERT_RESOLVED), "resolved");
    assert_string_equal(change_name(CHANGE_HELD), "held");
    assert_string_equal(change_name(CHANGE_DROPPED), "dropped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_move),
        cmocka_unit_test(names_are_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
