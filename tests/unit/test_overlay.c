/* SPDX-License-Identifier: Apache-2.0 */
/* Why an alert is not told now, as stories: what happens, when, and what the overlay says then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "alerts/interval_impl.h"
#include "overlay_fixture.h"

enum act {
    FIRES,
    RESOLVES,
    IS_PENDING,
    IS_UP,
    FALLS, /* down seen, not confirmed */
    IS_DOWN,
    IS_UNKNOWN,
    IS_NEW, /* never up, known since now */
    RAN,
    IS_CUT_OFF,
    IS_JOINED,
    SILENCE, /* what: matchers; text: seconds */
    EXPIRE,  /* the last silence */
    ACK,     /* what: alert; text: seconds, or NULL */
    ACKED,   /* text: by whom, or "no" */
    DEPLOY,  /* what */
    DEPLOYED,
    FAILED,
    RESTART,
    JUDGE, /* what: alert; text: kind, and a part of by after a colon */
    ASKED, /* text: the probes asked since the last ASKED */
    HIDES, /* what: alert; text: names */
    NEXT,  /* text: the second, or "never" */
    STORY  /* what: alert; text: deploy_story */
};
struct step {
    int at;
    enum act act;
    const char *what, *text;
};

struct teller {
    struct world world;
    char silence[16], deploy[16];
};

static void check(const struct step *s, const char *got)
{
    if (strcmp(got, s->text))
        fail_msg("at %d, %s: '%s' instead of '%s'", s->at, s->what ? s->what : "", got,
                 s->text);
}

static void judge(struct teller *t, const struct step *s)
{
    struct world *w = &t->world;
    const struct alert *a = book_find(&w->book, s->what);
    const struct overlay_verdict v =
        overlay_judge(w->overlay, a, at_second(s->at), w->arena);
    const char *words = strchr(s->text, ':');
    const char *kind = overlay_kind_name(v.kind);
    if (strncmp(kind, s->text, strcspn(s->text, ":")) || !v.by ||
        strlen(kind) != strcspn(s->text, ":") || (words && !strstr(v.by, words + 2)))
        fail_msg("at %d, %s: %s: %s instead of %s", s->at, s->what, kind,
                 v.by ? v.by : "(null)", s->text);
}

static void put_silence(struct teller *t, const struct step *s)
{
    const struct silence silence = {.matchers = matchers_of(&t->world, s->what),
                                    .ends =
                                        at_second(s->at + (int)strtol(s->text, NULL, 10)),
                                    .creator = "ana",
                                    .comment = "migration"};
    struct err e = {0};
    const char *id =
        silence_put(t->world.overlay, &silence, at_second(s->at), &t->world.ledger, &e);
    assert_string_equal(e.text, "");
    snprintf(t->silence, sizeof(t->silence), "%s", id);
}

static void put_ack(struct teller *t, const struct step *s)
{
    struct ack ack = {.alert_key = s->what, .at = at_second(s->at), .who = "ana"};
    struct err e = {0};
    if (s->text)
        ack.until = at_second(s->at + (int)strtol(s->text, NULL, 10));
    if (!ack_put(t->world.overlay, &ack, &t->world.ledger, &e))
        fail_msg("%s", e.text);
}

static void begin_deploy(struct teller *t, const struct step *s)
{
    const struct deploy d = {.what = s->what, .release = "a1b2c3", .who = "ana"};
    struct err e = {0};
    const char *id =
        deploy_begin(t->world.overlay, &d, at_second(s->at), &t->world.ledger, &e);
    assert_non_null(id);
    snprintf(t->deploy, sizeof(t->deploy), "%s", id);
}

static void check_hidden(struct teller *t, const struct step *s)
{
    struct buf names = BUF_MAX(4096);
    const char *const *hidden =
        overlay_hidden_by(t->world.overlay, book_find(&t->world.book, s->what),
                          at_second(s->at), t->world.arena);
    for (; *hidden; hidden++)
        buf_printf(&names, "%s%s", names.len ? ", " : "", *hidden);
    check(s, buf_text(&names));
    buf_finish(&names);
}

static void check_next(struct teller *t, const struct step *s)
{
    char text[32] = "never";
    const struct wall next = overlay_next(t->world.overlay, at_second(s->at));
    if (next.ns)
        snprintf(text, sizeof(text), "%d", (int)(next.ns / NSEC_PER_SEC - T0));
    check(s, text);
}

static bool tell_probe(struct teller *t, const struct step *s)
{
    static const enum probe_phase phases[] = {
        [IS_UP] = PROBE_UP,           [FALLS] = PROBE_FALLING,   [IS_DOWN] = PROBE_DOWN,
        [IS_UNKNOWN] = PROBE_UNKNOWN, [IS_NEW] = PROBE_NEVER_UP,
    };
    if (s->act < IS_UP || s->act > IS_NEW)
        return false;
    phase_set(&t->world, s->what, phases[s->act], at_second(s->at));
    return true;
}

static void check_one(struct teller *t, const struct step *s)
{
    struct world *w = &t->world;
    const struct ack *ack;
    switch (s->act) {
    case ACKED:
        ack = ack_of(w->overlay, book_find(&w->book, s->what), at_second(s->at));
        check(s, ack ? ack->who : "no");
        break;
    case JUDGE:
        judge(t, s);
        break;
    case ASKED:
        check(s, buf_text(&w->asked));
        buf_clear(&w->asked);
        break;
    case HIDES:
        check_hidden(t, s);
        break;
    case NEXT:
        check_next(t, s);
        break;
    case STORY:
        check(s, deploy_story(w->overlay, book_find(&w->book, s->what), at_second(s->at),
                              w->arena));
        break;
    default:
        fail_msg("step %d is not known", (int)s->act);
    }
}

static void tell_one(struct teller *t, const struct step *s)
{
    struct world *w = &t->world;
    struct err e = {0};
    const struct wall now = at_second(s->at);
    switch (s->act) {
    case FIRES:
        alert_set(w, s->what, ALERT_FIRING, now);
        break;
    case RESOLVES:
        alert_set(w, s->what, ALERT_RESOLVED, now);
        break;
    case IS_PENDING:
        alert_set(w, s->what, ALERT_PENDING, now);
        break;
    case RAN:
        overlay_parent_ran(w->overlay, s->what, now);
        break;
    case IS_CUT_OFF:
    case IS_JOINED:
        w->is_cut_off = s->act == IS_CUT_OFF;
        break;
    case SILENCE:
        put_silence(t, s);
        break;
    case EXPIRE:
        assert_true(silence_expire(w->overlay, t->silence, now, &w->ledger, &e));
        break;
    case ACK:
        put_ack(t, s);
        break;
    case DEPLOY:
        begin_deploy(t, s);
        break;
    case DEPLOYED:
    case FAILED:
        assert_true(deploy_end(w->overlay, t->deploy, s->act == FAILED,
                               s->act == FAILED ? "login: HTTP 500" : "", now, &w->ledger,
                               &e));
        break;
    case RESTART:
        world_restart(w, now);
        break;
    default:
        check_one(t, s);
    }
}

static void tell(const struct routing *routing, const struct step *steps, size_t count)
{
    struct teller t = {0};
    world_open(&t.world, routing);
    for (size_t i = 0; i < count; i++) {
        if (!tell_probe(&t, &steps[i]))
            tell_one(&t, &steps[i]);
    }
    world_close(&t.world);
}

static const struct routing nothing = {0};
#define TELL(routing, ...)                                \
    do {                                                  \
        static const struct step steps[] = {__VA_ARGS__}; \
        tell(routing, steps, ARRAY_LEN(steps));           \
    } while (0)

/* ---- silences ---- */

static void test_silence_added_after_trigger_expires_before_fix(void **ctx)
{
    TELL(&nothing, {0, FIRES, "cart"}, {0, JUDGE, "cart", "none"},
         {10, SILENCE, "component=shop", "1800"},
         {11, JUDGE, "cart", "silenced: by ana until 12:30 UTC: migration"},
         {11, JUDGE, "users-db", "none"}, {12, NEXT, NULL, "1810"},
         {1809, JUDGE, "cart", "silenced"}, {1810, JUDGE, "cart", "none"},
         {1810, NEXT, NULL, "never"});
}

static void test_silence_ends_by_hand_and_outlives_a_restart(void **ctx)
{
    TELL(&nothing, {0, SILENCE, "{alertname=~\"Probe.*\", component!=\"data\"}", "90000"},
         {1, FIRES, "cart"}, {1, FIRES, "users-db"},
         {2, JUDGE, "cart", "silenced: until 2026-11-27 13:00"},
         {2, JUDGE, "users-db", "none"}, {3, RESTART}, {4, JUDGE, "cart", "silenced"},
         {5, EXPIRE}, {5, JUDGE, "cart", "none"}, {6, RESTART},
         {6, JUDGE, "cart", "none"});
}

static void test_the_longest_of_several_silences_is_named(void **ctx)
{
    TELL(&nothing, {0, SILENCE, "probe=payload", "60"},
         {0, SILENCE, "component=shop", "600"}, {0, SILENCE, "severity=critical", "300"},
         {1, JUDGE, "cart", "silenced: until 12:10 UTC"}, {1, NEXT, NULL, "60"});
}

/* ---- maintenance ---- */

/* Thursdays from 12:10 on, for ten minutes: the test's day is one. */
static const struct span thursday[] = {{4, 4}};
static struct interval_part backup_part[] = {
    {.weekdays = {thursday, 1}, .start = 43800, .duration = 10 * NSEC_PER_MINUTE}};
static const struct interval backup = {"backup", backup_part, 1};
static const struct matcher of_data[] = {{"component", MATCH_EQUAL, "data", NULL}};
static const struct maintenance windows[] = {
    {.name = "backup", .matchers = {of_data, 1}, .when = &backup}};
static const struct routing with_window = {.maintenance = windows,
                                           .maintenance_count = 1};

static void test_window_opens_and_closes_with_an_alert_open(void **ctx)
{
    backup_part[0].zone = zone_utc;
    TELL(&with_window, {0, FIRES, "users-db"}, {0, FIRES, "cart"},
         {0, JUDGE, "users-db", "none"}, {0, NEXT, NULL, "600"},
         {599, JUDGE, "users-db", "none"},
         {600, JUDGE, "users-db", "maintenance: backup until 12:20 UTC"},
         {600, JUDGE, "cart", "none"}, {601, NEXT, NULL, "1200"},
         {1199, JUDGE, "users-db", "maintenance"}, {1200, JUDGE, "users-db", "none"},
         {1200, NEXT, NULL, "605400"});
}

/* ---- inhibition ---- */

static const struct matcher critical[] = {{"severity", MATCH_EQUAL, "critical", NULL}};
static const struct matcher warning[] = {{"severity", MATCH_EQUAL, "warning", NULL}};
static const char *const same_component[] = {"component", "rack", NULL};
static const struct inhibit_rule worse_first[] = {{.name = "worse",
                                                   .source = {critical, 1},
                                                   .target = {warning, 1},
                                                   .equal = same_component}};
static const struct routing with_inhibition = {.inhibit = worse_first,
                                               .inhibit_count = 1};

static void test_inhibitor_arrives_late_and_resolves_first(void **ctx)
{
    TELL(&with_inhibition, {0, FIRES, "cart-slow"}, {1, JUDGE, "cart-slow", "none"},
         {10, FIRES, "cart"},
         {10, JUDGE, "cart-slow", "inhibited: by ProbeDown cart, rule worse"},
         {10, JUDGE, "cart", "none"}, {10, HIDES, "cart", "Slow cart"},
         {20, RESOLVES, "cart"}, {20, JUDGE, "cart-slow", "none"},
         {20, HIDES, "cart", ""});
}

static void test_inhibition_needs_equal_labels_and_firing(void **ctx)
{
    TELL(&with_inhibition, {0, FIRES, "cart-slow"}, {0, FIRES, "users-db"},
         {1, JUDGE, "cart-slow", "none"}, {2, IS_PENDING, "cart"},
         {3, JUDGE, "cart-slow", "none"}, {4, FIRES, "cart"},
         {5, JUDGE, "cart-slow", "inhibited: ProbeDown cart"});
}

static void test_a_missing_label_is_empty(void **ctx)
{
    /* CutOff and Disk have neither component nor rack: alike. */
    TELL(&with_inhibition, {0, FIRES, "data-warn"}, {0, FIRES, "cut-off"},
         {1, JUDGE, "data-warn", "inhibited: CutOff"});
}

static void test_a_silenced_alert_inhibits(void **ctx)
{
    TELL(&with_inhibition, {0, FIRES, "cart-slow"}, {0, FIRES, "cart"},
         {0, SILENCE, "severity=critical", "60"}, {1, JUDGE, "cart", "silenced"},
         {1, JUDGE, "cart-slow", "inhibited"});
}

static const struct matcher any_down[] = {{"alertname", MATCH_EQUAL, "ProbeDown", NULL}};
static const struct inhibit_rule selfish[] = {
    {.name = "", .source = {any_down, 1}, .target = {NULL, 0}, .equal = NULL}};
static const struct routing with_selfish = {.inhibit = selfish, .inhibit_count = 1};

static void test_nothing_hides_itself_or_its_like(void **ctx)
{
    TELL(&with_selfish, {0, FIRES, "users-db"}, {0, JUDGE, "users-db", "none"},
         {0, FIRES, "cache"}, {0, JUDGE, "users-db", "none"}, {0, JUDGE, "cache", "none"},
         {0, FIRES, "cart-slow"}, {0, JUDGE, "cart-slow", "inhibited"});
}

static void test_crit_of_a_pair_inhibits_its_warn(void **ctx)
{
    TELL(&nothing, {0, FIRES, "disk-warn"}, {0, FIRES, "data-warn"},
         {1, JUDGE, "disk-warn", "none"}, {2, FIRES, "disk-crit"},
         {2, JUDGE, "disk-warn", "inhibited: by Disk"}, {2, JUDGE, "data-warn", "none"},
         {2, JUDGE, "disk-crit", "none"}, {3, RESTART},
         {3, JUDGE, "disk-warn", "inhibited"}, {4, RESOLVES, "disk-crit"},
         {4, JUDGE, "disk-warn", "none"});
}

static void test_without_a_rule_severity_inhibits_nothing(void **ctx)
{
    TELL(&nothing, {0, FIRES, "slow"}, {0, FIRES, "payload"},
         {1, JUDGE, "slow", "parent"}, {1, RAN, "orders-db"}, {1, RAN, "cache"},
         {1, RAN, "host"}, {2, JUDGE, "slow", "none"});
}

/* ---- depends_on ---- */

static void test_parent_up_child_is_told_at_once(void **ctx)
{
    TELL(&nothing, {0, FIRES, "payload"},
         {0, JUDGE, "payload", "parent: orders-db, which it depends on, is being asked"},
         {0, ASKED, NULL, "orders-db cache host"}, {1, JUDGE, "payload", "parent"},
         {1, ASKED, NULL, ""}, {1, RAN, "orders-db"}, {1, RAN, "host"},
         {1, JUDGE, "payload", "parent: cache"}, {2, RAN, "cache"},
         {2, JUDGE, "payload", "none"}, {3, JUDGE, "payload", "none"},
         {3, ASKED, NULL, ""});
}

static void test_parent_down_child_is_hidden_by_its_page(void **ctx)
{
    TELL(&nothing, {0, FIRES, "payload"}, {0, JUDGE, "payload", "parent"},
         {1, FALLS, "orders-db"}, {1, RAN, "orders-db"}, {1, RAN, "cache"},
         {1, RAN, "host"}, {1, JUDGE, "payload", "parent"}, {1, NEXT, NULL, "2"},
         {2, JUDGE, "payload", "parent: is being asked"}, {10, IS_DOWN, "orders-db"},
         {10, JUDGE, "payload", "parent: orders-db is down since 12:00 UTC"},
         {10, FIRES, "orders-db"}, {10, JUDGE, "payload", "parent"},
         {10, HIDES, "orders-db", "payload"}, {10, JUDGE, "orders-db", "parent: host"},
         {11, RAN, "host"}, {11, JUDGE, "orders-db", "none"}, {600, IS_UP, "orders-db"},
         {600, RESOLVES, "orders-db"}, {600, HIDES, "orders-db", ""},
         {600, JUDGE, "payload", "none"});
}

static void test_the_root_is_named_through_generations(void **ctx)
{
    TELL(&nothing, {0, IS_DOWN, "host"}, {0, IS_DOWN, "orders-db"},
         {0, IS_DOWN, "payload"}, {0, FIRES, "host"}, {1, FIRES, "orders-db"},
         {1, FIRES, "payload"}, {2, FIRES, "web"},
         {3, JUDGE, "web", "parent: host is down"},
         {3, JUDGE, "orders-db", "parent: host"}, {3, JUDGE, "host", "none"},
         {3, HIDES, "host", "orders-db, payload, web"}, {3, HIDES, "payload", ""},
         {3, ASKED, NULL, ""});
}

static void test_an_answer_that_never_comes_is_not_waited_for(void **ctx)
{
    TELL(&nothing, {0, FIRES, "orders-db"}, {0, JUDGE, "orders-db", "parent"},
         {0, NEXT, NULL, "30"}, {29, JUDGE, "orders-db", "parent"},
         {30, JUDGE, "orders-db", "none"});
}

static void test_a_fall_that_is_never_confirmed_hides_two_minutes(void **ctx)
{
    TELL(&nothing, {0, FIRES, "orders-db"}, {0, JUDGE, "orders-db", "parent"},
         {1, FALLS, "host"}, {1, RAN, "host"}, {119, JUDGE, "orders-db", "parent"},
         {120, JUDGE, "orders-db", "none"});
}

static void test_a_parent_that_nobody_is_told_of_hides_nothing(void **ctx)
{
    TELL(&nothing, {0, IS_DOWN, "host"}, {0, FIRES, "orders-db"},
         {0, JUDGE, "orders-db", "parent"}, {0, NEXT, NULL, "30"},
         {30, JUDGE, "orders-db", "parent: is being asked"}, {31, RAN, "host"},
         {31, JUDGE, "orders-db", "none"});
}

static void test_a_warning_hides_no_critical(void **ctx)
{
    TELL(&nothing, {0, IS_DOWN, "cache"}, {0, FIRES, "cache"}, {0, FIRES, "payload"},
         {0, FIRES, "slow"}, {0, JUDGE, "slow", "parent: cache is down"},
         {0, JUDGE, "payload", "parent: is being asked"}, {1, RAN, "cache"},
         {1, RAN, "orders-db"}, {1, RAN, "host"}, {1, JUDGE, "payload", "none"},
         {1, HIDES, "cache", "payload"});
}

static void test_an_unknown_parent_explains_nothing(void **ctx)
{
    TELL(&nothing, {0, IS_UNKNOWN, "host"}, {0, FIRES, "orders-db"},
         {0, JUDGE, "orders-db", "parent"}, {1, RAN, "host"},
         {1, JUDGE, "orders-db", "none"});
}

static void test_a_loop_ends_and_hides_nothing(void **ctx)
{
    TELL(&nothing, {0, IS_DOWN, "loop-a"}, {0, IS_DOWN, "loop-b"}, {0, FIRES, "loop-a"},
         {0, FIRES, "loop-b"}, {1, JUDGE, "loop-a", "none"},
         {1, JUDGE, "loop-b", "none"});
}

static void test_an_answer_from_before_the_alert_does_not_count(void **ctx)
{
    TELL(&nothing, {0, FIRES, "orders-db"}, {0, JUDGE, "orders-db", "parent"},
         {1, RAN, "host"}, {1, JUDGE, "orders-db", "none"}, {2, RESOLVES, "orders-db"},
         {0, ASKED, NULL, "host"}, {50, FIRES, "orders-db"},
         {50, JUDGE, "orders-db", "parent"}, {50, ASKED, NULL, "host"});
}

/* ---- acknowledgements ---- */

static void test_second_database_dies_while_the_first_is_acked(void **ctx)
{
    TELL(&nothing, {0, FIRES, "users-db"}, {10, ACK, "users-db", NULL},
         {11, ACKED, "users-db", "ana"}, {20, FIRES, "cache"}, {20, ACKED, "cache", "no"},
         {20, JUDGE, "cache", "none"}, {20, JUDGE, "users-db", "none"}, {30, RESTART},
         {31, ACKED, "users-db", "ana"}, {14409, ACKED, "users-db", "ana"},
         {14410, ACKED, "users-db", "no"});
}

static void test_ack_ends_with_its_alert(void **ctx)
{
    TELL(&nothing, {0, FIRES, "cache"}, {10, ACK, "cache", "3600"},
         {20, RESOLVES, "cache"}, {20, ACKED, "cache", "no"}, {30, FIRES, "cache"},
         {30, ACKED, "cache", "no"}, {31, RESTART}, {32, ACKED, "cache", "no"},
         {40, ACK, "cache", "60"}, {99, ACKED, "cache", "ana"},
         {100, ACKED, "cache", "no"});
}

/* ---- grace, connectivity, deploys ---- */

static void test_grace_for_what_was_never_up(void **ctx)
{
    TELL(&nothing, {0, RESTART}, {1, NEXT, NULL, "120"}, {1, IS_NEW, "users-db"},
         {30, FIRES, "users-db"},
         {30, JUDGE, "users-db", "grace: users-db may still be starting, until 12:02"},
         {30, FIRES, "cache"}, {30, JUDGE, "cache", "none"},
         {120, JUDGE, "users-db", "grace"}, {121, JUDGE, "users-db", "none"},
         {900, IS_NEW, "cache"}, {1000, JUDGE, "cache", "grace"},
         {1020, JUDGE, "cache", "none"});
}

static const struct routing gated = {.has_connectivity_gate = true,
                                     .connectivity_probes =
                                         (const char *const[]){"uplink", NULL}};
static const struct routing gated_by_nothing = {.has_connectivity_gate = true};

static void test_cut_off_holds_probes_and_tells_of_itself(void **ctx)
{
    TELL(&gated, {0, IS_CUT_OFF}, {1, IS_DOWN, "users-db"}, {1, FIRES, "users-db"},
         {1, FIRES, "cut-off"}, {1, FIRES, "disk-crit"},
         {1, JUDGE, "users-db", "connectivity: no probe of `connectivity:` answers"},
         {1, JUDGE, "cut-off", "none"}, {1, JUDGE, "disk-crit", "none"},
         {1, NEXT, NULL, "11"}, {11, JUDGE, "users-db", "connectivity"}, {15, IS_JOINED},
         {15, IS_DOWN, "cache"}, {15, FIRES, "cache"}, {15, JUDGE, "cache", "none"},
         {15, JUDGE, "users-db", "connectivity: looks again"}, {15, NEXT, NULL, "21"},
         {21, JUDGE, "users-db", "connectivity"}, {21, NEXT, NULL, "71"},
         {71, JUDGE, "users-db", "none"});
}

static void test_what_answers_is_no_sign_that_we_are_cut_off(void **ctx)
{
    TELL(&gated, {0, IS_CUT_OFF}, {1, FIRES, "cart"}, {1, JUDGE, "cart", "none"},
         {2, NEXT, NULL, "never"}, {3, FALLS, "cache"}, {3, FIRES, "cache"},
         {3, JUDGE, "cache", "connectivity"}, {3, JUDGE, "cart", "connectivity"},
         {4, IS_JOINED}, {13, NEXT, NULL, "63"});
}

static void test_with_nothing_to_tell_by_nothing_is_held(void **ctx)
{
    TELL(&gated_by_nothing, {0, IS_CUT_OFF}, {1, IS_DOWN, "users-db"},
         {1, FIRES, "users-db"}, {1, JUDGE, "users-db", "none"});
}

static void test_without_the_gate_nothing_is_held(void **ctx)
{
    TELL(&nothing, {0, IS_CUT_OFF}, {1, FIRES, "users-db"},
         {1, JUDGE, "users-db", "none"});
}

static void test_planned_restart_under_deploy_is_not_told(void **ctx)
{
    TELL(&nothing, {0, DEPLOY, "shop"}, {20, IS_DOWN, "payload"}, {20, FIRES, "slow"},
         {20, FIRES, "users-db"},
         {20, JUDGE, "slow",
          "deploy: the deploy of shop a1b2c3 by ana, begun 12:00 UTC, waits for it until "
          "12:05"},
         {20, JUDGE, "users-db", "none"}, {60, DEPLOYED}, {61, JUDGE, "slow", "deploy"},
         {61, NEXT, NULL, "180"}, {70, RESOLVES, "slow"}, {70, JUDGE, "slow", "deploy"});
}

static void test_what_never_came_back_is_told_with_its_story(void **ctx)
{
    TELL(&nothing, {0, FIRES, "users-db"}, {120, DEPLOY, ""},
         {125, JUDGE, "users-db", "none"}, {140, IS_DOWN, "cache"}, {140, FIRES, "cache"},
         {141, RESTART}, {141, JUDGE, "cache", "deploy"}, {150, DEPLOYED},
         {269, JUDGE, "cache", "deploy"}, {270, JUDGE, "cache", "none"},
         {270, STORY, "cache",
          "stopped 12:02 UTC during the deploy a1b2c3, never came back"},
         {270, STORY, "users-db", ""});
}

static void test_a_deploy_holds_nothing_longer_than_five_minutes(void **ctx)
{
    TELL(&nothing, {0, DEPLOY, "cache"}, {60, FIRES, "cache"},
         {359, JUDGE, "cache", "deploy"}, {360, JUDGE, "cache", "none"},
         {3500, DEPLOY, "cache"}, {3500, JUDGE, "cache", "none"},
         {3600, RESOLVES, "cache"}, {7200, FIRES, "cache"},
         {7201, JUDGE, "cache", "none"}); /* an end that was lost after an hour */
}

static void test_a_failed_deploy_lets_go_at_once(void **ctx)
{
    TELL(&nothing, {0, DEPLOY, "cache"}, {10, IS_DOWN, "cache"}, {10, FIRES, "cache"},
         {11, JUDGE, "cache", "deploy"}, {12, FAILED}, {12, JUDGE, "cache", "none"},
         {12, STORY, "cache",
          "stopped 12:00 UTC during the deploy of cache a1b2c3, which failed (login: "
          "HTTP 500)"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence_added_after_trigger_expires_before_fix),
        cmocka_unit_test(test_silence_ends_by_hand_and_outlives_a_restart),
        cmocka_unit_test(test_the_longest_of_several_silences_is_named),
        cmocka_unit_test(test_window_opens_and_closes_with_an_alert_open),
        cmocka_unit_test(test_inhibitor_arrives_late_and_resolves_first),
        cmocka_unit_test(test_inhibition_needs_equal_labels_and_firing),
        cmocka_unit_test(test_a_missing_label_is_empty),
        cmocka_unit_test(test_a_silenced_alert_inhibits),
        cmocka_unit_test(test_nothing_hides_itself_or_its_like),
        cmocka_unit_test(test_crit_of_a_pair_inhibits_its_warn),
        cmocka_unit_test(test_without_a_rule_severity_inhibits_nothing),
        cmocka_unit_test(test_parent_up_child_is_told_at_once),
        cmocka_unit_test(test_parent_down_child_is_hidden_by_its_page),
        cmocka_unit_test(test_the_root_is_named_through_generations),
        cmocka_unit_test(test_an_answer_that_never_comes_is_not_waited_for),
        cmocka_unit_test(test_a_fall_that_is_never_confirmed_hides_two_minutes),
        cmocka_unit_test(test_a_parent_that_nobody_is_told_of_hides_nothing),
        cmocka_unit_test(test_a_warning_hides_no_critical),
        cmocka_unit_test(test_an_unknown_parent_explains_nothing),
        cmocka_unit_test(test_a_loop_ends_and_hides_nothing),
        cmocka_unit_test(test_an_answer_from_before_the_alert_does_not_count),
        cmocka_unit_test(test_second_database_dies_while_the_first_is_acked),
        cmocka_unit_test(test_ack_ends_with_its_alert),
        cmocka_unit_test(test_grace_for_what_was_never_up),
        cmocka_unit_test(test_cut_off_holds_probes_and_tells_of_itself),
        cmocka_unit_test(test_what_answers_is_no_sign_that_we_are_cut_off),
        cmocka_unit_test(test_with_nothing_to_tell_by_nothing_is_held),
        cmocka_unit_test(test_without_the_gate_nothing_is_held),
        cmocka_unit_test(test_planned_restart_under_deploy_is_not_told),
        cmocka_unit_test(test_what_never_came_back_is_told_with_its_story),
        cmocka_unit_test(test_a_deploy_holds_nothing_longer_than_five_minutes),
        cmocka_unit_test(test_a_failed_deploy_lets_go_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
