/* SPDX-License-Identifier: Apache-2.0 */
/* The places of a dialogue: their order, the ones that peers name, and what is said when none is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/talk_places.h"

static const struct dial_place others[] = {{"b", 2}, {"c", 3}};
static const struct dial three = {
    .host = "a", .port = 1, .others = others, .other_count = ARRAY_LEN(others)};

/* "a:1 b:2 c:3" from the current place on. */
static const char *rest(struct places *p)
{
    char *text = arena_strdup(p->arena, "");

    for (size_t i = p->at; i < p->count; i++) {
        text = arena_printf(p->arena, "%s%s%s:%d", text, text[0] ? " " : "",
                            p->items[i].where.host, p->items[i].where.port);
    }
    return text;
}

static void one_place_is_the_dial_itself(void **state)
{
    static const struct dial dial = {.host = "a", .port = 1};
    struct arena *arena = arena_create(0);
    struct places p;

    places_init(&p, arena, &dial);
    assert_ptr_equal(places_dial(&p), &dial);
    assert_false(places_has_next(&p));
    places_note(&p, (struct place_why){.reason = REASON_REFUSED, .text = "refused"});
    assert_string_equal(places_verdict(&p).text, "refused");
    arena_destroy(arena);
}

static void a_socket_is_a_place(void **state)
{
    static const struct dial dial = {.unix_path = "/run/x.sock"};
    struct arena *arena = arena_create(0);
    struct places p;

    places_init(&p, arena, &dial);
    assert_ptr_equal(places_dial(&p), &dial);
    assert_string_equal(places_text(&p), "/run/x.sock");
    places_name(&p, (struct dial_place){"a", 1});
    assert_false(places_has_next(&p));
    arena_destroy(arena);
}

static void named_places_come_next(void **state)
{
    static const struct {
        struct dial_place named;
        const char *rest;
    } cases[] = {
        {{"d", 4}, "a:1 d:4 b:2 c:3"}, {{"c", 3}, "a:1 c:3 b:2"},
        {{"C", 3}, "a:1 C:3 b:2"},     {{"b", 2}, "a:1 b:2 c:3"},
        {{"b", 9}, "a:1 b:9 b:2 c:3"}, {{"a", 1}, "a:1 b:2 c:3"}, /* asked already */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct places p;
        places_init(&p, arena, &three);
        places_name(&p, cases[i].named);
        assert_string_equal(rest(&p), cases[i].rest);
        arena_destroy(arena);
    }
}

static void naming_ends(void **state)
{
    struct arena *arena = arena_create(0);
    struct places p;
    char host[16];

    places_init(&p, arena, &three);
    for (int i = 0; i < 1000; i++) {
        snprintf(host, sizeof(host), "h%d", i);
        places_name(&p, (struct dial_place){host, 1});
        if (places_has_next(&p))
            places_move(&p);
    }
    assert_true(p.count <= PLACES_MAX);
    assert_int_equal(places_left(&p), 1);
    arena_destroy(arena);
}

static void the_verdict_tells_of_all(void **state)
{
    struct arena *arena = arena_create(0);
    struct places p;

    places_init(&p, arena, &three);
    places_note(&p, (struct place_why){REASON_DNS_ERROR, true, false, "SERVFAIL"});
    places_move(&p);
    assert_string_equal(places_dial(&p)->host, "b");
    assert_int_equal(places_dial(&p)->port, 2);
    places_note(&p, (struct place_why){REASON_UNHEALTHY, false, true, "is a secondary"});
    places_move(&p);
    places_note(&p, (struct place_why){REASON_REFUSED, false, false, "refused"});
    const struct place_why why = places_verdict(&p);
    assert_string_equal(why.text, "a:1: SERVFAIL; b:2 is a secondary; c:3: refused");
    assert_int_equal(why.reason, REASON_UNHEALTHY);
    assert_false(why.is_unknown);
    arena_destroy(arena);
}

static void srv_replaces_the_host(void **state)
{
    static const struct dial dial = {.host = "cluster", .port = 1, .srv = "_x._tcp"};
    struct srv *srv;
    struct arena *arena = arena_create(0);
    struct places p;

    srv = arena_alloc(arena, sizeof(*srv));
    srv->count = 2;
    srv->places[0] = (struct srv_place){.host = "m0", .port = 10};
    srv->places[1] = (struct srv_place){.host = "m1", .port = 11};
    places_init(&p, arena, &dial);
    places_set_srv(&p, srv);
    assert_string_equal(rest(&p), "m0:10 m1:11");
    assert_string_equal(places_dial(&p)->host, "m0");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_place_is_the_dial_itself),
        cmocka_unit_test(a_socket_is_a_place),
        cmocka_unit_test(named_places_come_next),
        cmocka_unit_test(naming_ends),
        cmocka_unit_test(the_verdict_tells_of_all),
        cmocka_unit_test(srv_replaces_the_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
