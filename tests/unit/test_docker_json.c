/* SPDX-License-Identifier: Apache-2.0 */
/* What Docker and Podman say of containers, old engines and new ones: lists, events, addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/docker_impl.h"

#define ID "40d7c85c8c03cf592a106b0ad654a5335ad2a015200f72240b87bbcf577da9b4"
#define NOW ((struct wall){1795751988 * NSEC_PER_SEC})

static struct docker_list *list_of(const char *json)
{
    struct err e = {0};
    struct docker_list *list = docker_list_parse(bytes_of(json), NOW, &e);
    assert_non_null(list);
    return list;
}

static void states_are_read_from_members_and_sentences(void **state)
{
    static const struct {
        const char *state, *status;
        enum docker_state is;
        enum docker_health health;
        int exit_code; /* -1: none */
        int64_t ago;   /* seconds; -1: not told */
    } cases[] = {
        {"running", "Up 3 minutes (healthy)", DOCKER_RUNNING, DOCKER_HEALTHY, -1, 180},
        {"running", "Up 2 hours (unhealthy)", DOCKER_RUNNING, DOCKER_UNHEALTHY, -1, 7200},
        {"running", "Up Less than a second (health: starting)", DOCKER_RUNNING,
         DOCKER_STARTING, -1, 1},
        {"running", "Up About an hour", DOCKER_RUNNING, DOCKER_HEALTH_NONE, -1, 3600},
        {"paused", "Up 5 days (Paused)", DOCKER_PAUSED, DOCKER_HEALTH_NONE, -1, 432000},
        {"exited", "Exited (137) 2 weeks ago", DOCKER_EXITED, DOCKER_HEALTH_NONE, 137,
         1209600},
        {"exited", "Exited (-1) 3 seconds ago", DOCKER_EXITED, DOCKER_HEALTH_NONE, -1, 3},
        {"restarting", "Restarting (1) 5 seconds ago", DOCKER_RESTARTING,
         DOCKER_HEALTH_NONE, 1, 5},
        {"created", "Created", DOCKER_CREATED, DOCKER_HEALTH_NONE, -1, -1},
        {"removing", "Removal In Progress", DOCKER_REMOVING, DOCKER_HEALTH_NONE, -1, -1},
        {"dead", "Dead", DOCKER_DEAD, DOCKER_HEALTH_NONE, -1, -1},
        {"stopped", "", DOCKER_EXITED, DOCKER_HEALTH_NONE, -1, -1},
        {"hibernating", "Snoring (5) ages ago", DOCKER_STATE_UNKNOWN, DOCKER_HEALTH_NONE,
         -1, -1},
        {"exited", "Exited (", DOCKER_EXITED, DOCKER_HEALTH_NONE, -1, -1},
        {"exited", "Exited (99999999999) 99999999999999 years ago", DOCKER_EXITED,
         DOCKER_HEALTH_NONE, -1, -1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char json[512];
        snprintf(json, sizeof(json),
                 "[{\"Id\":\"" ID "\",\"State\":\"%s\",\"Status\":\"%s\"}]",
                 cases[i].state, cases[i].status);
        struct docker_list *list = list_of(json);
        const struct docker_container *c = &list->items[0];
        assert_int_equal(c->state, cases[i].is);
        assert_int_equal(c->health, cases[i].health);
        if (cases[i].exit_code >= 0)
            assert_true(c->has_exit_code && c->exit_code == cases[i].exit_code);
        if (cases[i].ago < 0)
            assert_int_equal(c->changed.ns, 0);
        else
            assert_int_equal((NOW.ns - c->changed.ns) / NSEC_PER_SEC, cases[i].ago);
        docker_list_destroy(list);
    }
}

static void a_container_has_its_name_image_and_labels(void **state)
{
    struct docker_list *list = list_of(
        "[{\"Id\":\"" ID "\",\"Names\":[\"/web/db\",\"/db\"],\"Image\":\"postgres:16\","
        "\"ImageID\":\"sha256:0943\",\"Created\":1795751900,\"State\":\"running\","
        "\"Status\":\"Up 1 second (unhealthy)\",\"Health\":{\"Status\":\"healthy\"},"
        "\"Labels\":{\"com.docker.compose.service\":\"db\",\"n\":5},"
        "\"HostConfig\":{\"NetworkMode\":\"shop_default\"}},"
        "{\"Id\":\"0123456789ab\",\"Names\":null,\"Labels\":null,\"HostConfig\":7},"
        "{\"Id\":\"../../etc/passwd\"},{\"Id\":5},null]");
    (void)state;
    assert_int_equal(list->count, 2);
    assert_int_equal(list->left_out, 3);
    const struct docker_container *c = &list->items[0];
    assert_string_equal(c->name, "db");
    assert_string_equal(c->image, "postgres:16");
    assert_string_equal(c->image_id, "sha256:0943");
    assert_string_equal(c->network, "shop_default");
    assert_int_equal(c->health, DOCKER_HEALTHY); /* the member, not the sentence */
    assert_int_equal(c->created.ns, 1795751900 * NSEC_PER_SEC);
    assert_int_equal(c->labels.count, 1);
    assert_string_equal(c->labels.items[0].key, "com.docker.compose.service");
    assert_string_equal(list->items[1].name, "0123456789ab");
    assert_int_equal(list->items[1].state, DOCKER_STATE_UNKNOWN);
    docker_list_destroy(list);
}

/* Podman 4.3.1, GET /v4.3.1/libpod/containers/json?all=true; times and commands shortened. */
#define PODMANS(id, name, more)                                                        \
    "{\"AutoRemove\":false,\"Command\":[\"sleep\",\"1000\"],\"Created\":"              \
    "\"2026-11-27T14:30:25.907224285Z\",\"CreatedAt\":\"\",\"Id\":\"" id               \
    "\",\"Image\":\"localhost/healthd-test/busybox:1\",\"ImageID\":"                   \
    "\"6fb193939487bc1d466b3d0452ef1814893528e1f49deca5a31c89a8966124f0\",\"Labels\":" \
    "null,\"Mounts\":[],\"Names\":[\"" name                                            \
    "\"],\"Namespaces\":{},\"Networks\":[],\"Pid\":26549,\"Ports\":null,"              \
    "\"Size\":null," more "}"
#define POD "48f858bbd10871ae5342b4902343bedb57d1580242633a79587fcc2b5eef81f7"
#define INFRA "0bbe3210298bcab773ff5db4f3c3e33b397b23e54976ea8613fc9f0e2cc43707"
#define NOT_ENDED "\"Exited\":false,\"ExitedAt\":-62135596800,\"ExitCode\":0,"
#define ALONE "\"IsInfra\":false,\"Pod\":\"\",\"PodName\":\"\","

#define ILL                                                                              \
    PODMANS(ID, "ill",                                                                   \
            NOT_ENDED ALONE "\"StartedAt\":1795789826,\"State\":\"running\",\"Status\":" \
                            "\"unhealthy\"")
#define HUNGRY                                                                        \
    PODMANS(ID, "hungry",                                                             \
            ALONE                                                                     \
            "\"Exited\":true,\"ExitedAt\":1795789828,\"ExitCode\":137,\"StartedAt\":" \
            "1795789827,\"State\":\"exited\",\"Status\":\"unhealthy\"")
#define IN_POD                                                                      \
    PODMANS(ID, "shop-web",                                                         \
            NOT_ENDED "\"IsInfra\":false,\"Pod\":\"" POD                            \
                      "\",\"PodName\":\"shop\",\"StartedAt\":1795790165,\"State\":" \
                      "\"running\",\"Status\":\"\"")
#define POD_INFRA                                                                   \
    PODMANS(INFRA, "48f858bbd108-infra",                                            \
            NOT_ENDED "\"IsInfra\":true,\"Pod\":\"" POD                             \
                      "\",\"PodName\":\"shop\",\"StartedAt\":1795790165,\"State\":" \
                      "\"running\",\"Status\":\"\"")

static void podmans_own_list_is_read(void **state)
{
    struct docker_list *list = list_of("[" ILL "," HUNGRY "," IN_POD "," POD_INFRA "]");
    (void)state;
    assert_int_equal(list->count, 4);
    const struct docker_container *ill = &list->items[0], *hungry = &list->items[1];
    assert_string_equal(ill->name, "ill");
    assert_string_equal(
        ill->image_id,
        "sha256:6fb193939487bc1d466b3d0452ef1814893528e1f49deca5a31c89a8966124f0");
    assert_int_equal(ill->created.ns, 1795789825907224285);
    assert_int_equal(ill->changed.ns, 1795789826 * NSEC_PER_SEC);
    assert_int_equal(ill->state, DOCKER_RUNNING);
    assert_int_equal(ill->health, DOCKER_UNHEALTHY);
    assert_false(ill->has_exit_code || ill->hides_health);
    assert_true(ill->is_kept);
    assert_string_equal(ill->network, "");
    assert_int_equal(hungry->state, DOCKER_EXITED);
    assert_int_equal(hungry->health, DOCKER_HEALTH_NONE); /* it has none any more */
    assert_true(hungry->has_exit_code && hungry->exit_code == 137);
    assert_int_equal(hungry->changed.ns, 1795789828 * NSEC_PER_SEC);
    assert_string_equal(list->items[2].network, "container:" INFRA);
    assert_string_equal(list->items[3].network, "");
    docker_list_destroy(list);
}

/* Podman 4.3.1, GET /v1.41/containers/json?all=1: of a container whose health check fails. */
static void podman_in_dockers_words_is_read(void **state)
{
    struct docker_list *list = list_of(
        "[{\"Id\":\"" ID
        "\",\"Names\":[\"/ill\"],\"Image\":\"localhost/healthd-test/busybox:1\","
        "\"ImageID\":\"sha256:"
        "6fb193939487bc1d466b3d0452ef1814893528e1f49deca5a31c89a8966124f0\",\"Command\":"
        "\"sleep 1000\",\"Created\":1795789825,\"Ports\":[],\"Labels\":{},\"State\":"
        "\"running\",\"Status\":\"Up 18 seconds\",\"NetworkSettings\":{\"Networks\":"
        "null},\"Mounts\":[],\"Name\":\"\",\"Config\":null,\"NetworkingConfig\":null,"
        "\"Platform\":null,\"AdjustCPUShares\":false}]");
    (void)state;
    const struct docker_container *c = &list->items[0];
    assert_string_equal(c->name, "ill");
    assert_int_equal(c->state, DOCKER_RUNNING);
    assert_true(c->hides_health);
    assert_false(c->is_kept);
    assert_int_equal((NOW.ns - c->changed.ns) / NSEC_PER_SEC, 18);
    docker_list_destroy(list);
}

static void what_is_no_list_is_said(void **state)
{
    static const struct {
        const char *json, *why;
    } cases[] = {
        {"{\"message\":\"page not found\"}", "no list: {\"message\":\"page not found\"}"},
        {"<html>", "no JSON at line 1, column 1: invalid token near '<'"},
        {"", "empty, so no JSON"},
        {"5", "no list: 5"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        assert_null(docker_list_parse(bytes_of(cases[i].json), NOW, &e));
        assert_string_equal(e.text, cases[i].why);
    }
}

#define EVENT(action, attributes)                                                       \
    "{\"status\":\"old\",\"id\":\"" ID "\",\"Type\":\"container\",\"Action\":\"" action \
    "\",\"Actor\":{\"ID\":\"" ID "\",\"Attributes\":{" attributes                       \
    "}},\"time\":1795751993,\"timeNano\":1795751993482210417}"

/* Podman 4.3.1, GET /v1.41/events */
#define PODMANS_EVENT(action, code, health)                                             \
    "{\"status\":\"" action "\",\"id\":\"" ID "\",\"from\":\"localhost/healthd-test/"   \
    "busybox:1\",\"Type\":\"container\",\"Action\":"                                    \
    "\"" action "\",\"Actor\":{\"ID\":\"" ID                                            \
    "\",\"Attributes\":{\"containerExitCode\":\"0\"," code                              \
    "\"image\":\"localhost/healthd-test/busybox:1\",\"name\":\"ill\",\"podId\":\"\"}}," \
    "\"scope\":\"local\"," health                                                       \
    "\"time\":1795751993,\"timeNano\":1795751993482210417}"

static void events_are_read(void **state)
{
    static const struct {
        const char *json;
        enum docker_action action;
        enum docker_health health;
        const char *exit_code; /* NULL: absent */
    } cases[] = {
        {EVENT("die", "\"exitCode\":\"137\",\"name\":\"web\",\"image\":\"i\""),
         DOCKER_DIE, DOCKER_HEALTH_NONE, "137"},
        {EVENT("died", "\"containerExitCode\":\"1\""), DOCKER_DIE, DOCKER_HEALTH_NONE,
         NULL},
        {EVENT("kill", "\"signal\":\"15\""), DOCKER_KILL, DOCKER_HEALTH_NONE, NULL},
        {EVENT("health_status: healthy", ""), DOCKER_HEALTH_STATUS, DOCKER_HEALTHY, NULL},
        {EVENT("health_status: unhealthy", ""), DOCKER_HEALTH_STATUS, DOCKER_UNHEALTHY,
         NULL},
        {EVENT("health_status", "\"health_status\":\"starting\""), DOCKER_HEALTH_STATUS,
         DOCKER_STARTING, NULL},
        {EVENT("exec_create: /bin/sh", ""), DOCKER_ACTION_OTHER, DOCKER_HEALTH_NONE,
         NULL},
        {EVENT("remove", ""), DOCKER_DESTROY, DOCKER_HEALTH_NONE, NULL},
        {PODMANS_EVENT("health_status", "", "\"HealthStatus\":\"unhealthy\","),
         DOCKER_HEALTH_STATUS, DOCKER_UNHEALTHY, NULL},
        {PODMANS_EVENT("health_status", "", "\"HealthStatus\":\"starting\","),
         DOCKER_HEALTH_STATUS, DOCKER_STARTING, NULL},
        {PODMANS_EVENT("die", "\"exitCode\":\"3\",", ""), DOCKER_DIE, DOCKER_HEALTH_NONE,
         "3"},
        {PODMANS_EVENT("cleanup", "", ""), DOCKER_CLEANUP, DOCKER_HEALTH_NONE, NULL},
        {PODMANS_EVENT("exec_died", "", ""), DOCKER_ACTION_OTHER, DOCKER_HEALTH_NONE,
         NULL},
        {PODMANS_EVENT("init", "", ""), DOCKER_ACTION_OTHER, DOCKER_HEALTH_NONE, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct docker_event ev;
        assert_true(docker_event_parse(arena, bytes_of(cases[i].json), &ev));
        assert_int_equal(ev.action, cases[i].action);
        assert_int_equal(ev.health, cases[i].health);
        assert_string_equal(ev.id, ID);
        assert_int_equal(ev.at.ns, 1795751993482210417);
        assert_int_equal(ev.is_podmans, strstr(cases[i].json, "podId") != NULL);
        const char *code = docker_attribute(&ev, "exitCode");
        assert_int_equal(code != NULL, cases[i].exit_code != NULL);
        if (code)
            assert_string_equal(code, cases[i].exit_code);
        arena_destroy(arena);
    }
}

static void other_lines_are_no_events(void **state)
{
    static const char *const lines[] = {
        "",
        "{}",
        "{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"" ID "\"}}",
        "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"nginx\"}}",
        "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":[]}",
        "not json",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct arena *arena = arena_create(0);
        struct docker_event ev;
        assert_false(docker_event_parse(arena, bytes_of(lines[i]), &ev));
        arena_destroy(arena);
    }
}

static void addresses_are_judged(void **state)
{
    static const struct {
        const char *address, *why; /* NULL: fine */
    } cases[] = {
        {"unix:///var/run/docker.sock", NULL},
        {"/run/podman/podman.sock", NULL},
        {"http://docker-proxy:2375", NULL},
        {"https://docker:2376/engine/", NULL},
        {"tcp://10.0.0.1:2375", NULL},
        {"unix://docker.sock",
         "'unix://docker.sock' is no path of a socket: unix:///var/run/docker.sock"},
        {"docker.sock",
         "'docker.sock' is neither a socket (unix:///var/run/docker.sock) nor the URL of "
         "a proxy (http://docker-proxy:2375)"},
        {"ssh://host", "'ssh://host' is neither a socket (unix:///var/run/docker.sock) "
                       "nor the URL of a proxy (http://docker-proxy:2375)"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        assert_int_equal(docker_address_check(arena, cases[i].address, &e),
                         cases[i].why == NULL);
        if (cases[i].why)
            assert_string_equal(e.text, cases[i].why);
        arena_destroy(arena);
    }
}

static void what_an_engine_repeats_is_told_once(void **state)
{
    static const struct {
        const char *id; /* NULL: the stream is opened again */
        enum docker_action action;
        int64_t at_ns;
        bool is_told;
    } story[] = {
        {"a", DOCKER_DIE, 100, true},
        {"a", DOCKER_STOP, 100, true}, /* at the same moment */
        {"b", DOCKER_DIE, 100, true},
        {"a", DOCKER_START, 100, true},
        {"a", DOCKER_DIE, 100, true}, /* an old engine tells whole seconds only */
        {NULL, 0, 0, false},
        {"a", DOCKER_DIE, 100, false},
        {"a", DOCKER_START, 100, false},
        {"b", DOCKER_STOP, 100, true}, /* came while the stream was down */
        {"b", DOCKER_START, 40, true}, /* the engine's clock was set back */
        {"b", DOCKER_DIE, 41, true},
        {NULL, 0, 0, false},
        {"b", DOCKER_STOP, 100, false},
        {"b", DOCKER_DIE, 41, false},
        {"b", DOCKER_START, 42, true},
    };
    struct docker_seen seen = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(story); i++) {
        const struct docker_event ev = {
            .id = story[i].id, .action = story[i].action, .at = {story[i].at_ns}};
        if (ev.id)
            assert_int_equal(docker_seen_is_new(&seen, &ev), story[i].is_told);
        else
            docker_seen_reopen(&seen);
    }
    for (int i = 0; i < 3 * DOCKER_SEEN_MAX; i++) {
        const struct docker_event ev = {
            .id = "c", .action = DOCKER_KILL, .at = {1000 + i}};
        assert_true(docker_seen_is_new(&seen, &ev));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_read_from_members_and_sentences),
        cmocka_unit_test(a_container_has_its_name_image_and_labels),
        cmocka_unit_test(podmans_own_list_is_read),
        cmocka_unit_test(podman_in_dockers_words_is_read),
        cmocka_unit_test(what_is_no_list_is_said),
        cmocka_unit_test(events_are_read),
        cmocka_unit_test(other_lines_are_no_events),
        cmocka_unit_test(what_an_engine_repeats_is_told_once),
        cmocka_unit_test(addresses_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
