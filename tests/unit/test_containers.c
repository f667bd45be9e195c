/* SPDX-License-Identifier: Apache-2.0 */
/* What the book makes of lists and events, told as stories; what is a container's cgroup; which are looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "probes/containers_book.h"

#define ID_A "40d7c85c8c03cf592a106b0ad654a5335ad2a015200f72240b87bbcf577da9b4"
#define ID_B "79d5810e71ee307ce04790138548e086fd12c1ec56a18576116705bcdff0cdc8"
#define NOON 1795780800 /* 2026-11-27 12:00:00 UTC */

/* ---- stories ---- */

/* A line is "list NAME STATE STATUS", "list" for none at all, "die CODE", another event's name, "memo TEXT" before the
 * first list, "oom_kill N" of the machine, or "= SENTENCE": what is said of web then. "podman" before a list (its status
 * is the health then, and its containers stay) or an event says it as Podman does. Each line is a second after the one
 * before. */
struct story {
    const char *name;
    const char *lines[20];
};

static const struct story stories[] = {
    {"a container that runs is well", {"list web running Up 3 minutes", "= up", NULL}},
    {"its own health check is heard",
     {"list web running Up 3 minutes (unhealthy)",
      "= down unhealthy: its own health check fails (`docker inspect` or `podman "
      "inspect` shows what it said)",
      "health_status: healthy", "= up", NULL}},
    {"stopped by hand",
     {"list web running Up 3 minutes", "kill", "die 0", "stop",
      "= down stopped: stopped by "
      "hand at 12:00:02 UTC, "
      "exit code 0",
      "list web exited Exited (0) 1 second ago",
      "= down stopped: stopped by hand at 12:00:02 UTC, exit code 0", "start", "= up",
      NULL}},
    {"a job that is done",
     {"list web running Up 3 minutes", "die 0", "= up",
      "list web exited Exited (0) 1 second ago", "= up", "list", "= nothing", NULL}},
    {"a crash",
     {"list web running Up 3 minutes", "die 139",
      "= down stopped: ended by itself at 12:00:01 UTC, exit code 139", NULL}},
    {"a list that does not know yet what an event has told",
     {"list web running Up 3 minutes", "die 1", "list web running Up 3 minutes",
      "= down stopped: ended by itself at 12:00:01 UTC, exit code 1", "wait an hour",
      "list web running Up 3 minutes", "= up", NULL}},
    {"a list that is far behind, where the machine is short of time",
     {"list web running Up 3 minutes", "die 137", "wait 30",
      "list web running Up 3 minutes",
      "= down stopped: ended by itself at 12:00:01 UTC, exit code 137",
      "list web exited Exited (137) 30 seconds ago",
      "= down stopped: ended by itself at 12:00:01 UTC, exit code 137", NULL}},
    {"a start that no event told of",
     {"list web running Up 3 minutes", "die 1", "wait 8", "list web running Up 5 seconds",
      "= up", NULL}},
    {"a start after an end that no event told of",
     {"list web exited Exited (1) 1 second ago", "list web running Up 1 second", "= up",
      NULL}},
    {"a crash that nobody saw",
     {"list web running Up 3 minutes", "list web exited Exited (1) 1 second ago",
      "= down stopped: ended at 12:00:00 UTC, exit code 1", NULL}},
    {"killed for want of memory",
     {"list web running Up 3 minutes", "oom", "die 137",
      "= down out_of_memory: killed for want of memory at 12:00:02 UTC, exit code 137",
      NULL}},
    {"killed for want of memory, told in the wrong order",
     {"list web running Up 3 minutes", "die 137", "oom",
      "= down out_of_memory: killed for want of memory at 12:00:01 UTC, exit code 137",
      NULL}},
    {"killed for want of memory, of which Docker does not tell, or late",
     {"list web running Up 3 minutes", "oom_kill 6", "die 137", "oom_kill 7",
      "= down out_of_memory: killed for want of memory at 12:00:02 UTC, exit code 137",
      "oom",
      "= down out_of_memory: killed for want of memory at 12:00:02 UTC, exit code 137",
      NULL}},
    {"killed for want of memory, and long in ending",
     {"list web running Up 3 minutes", "oom", "wait 12", "die 137",
      "= down out_of_memory: killed for want of memory at 12:00:15 UTC, exit code 137",
      NULL}},
    {"a restart loop",
     {"list web running Up 3 minutes", "die 1", "start", "die 1",
      "list web restarting Restarting (1) 1 second ago",
      "= down stopped: the engine starts it again and again: it ended, exit code 1 1 "
      "restarts",
      "start", "= up 2 restarts", NULL}},
    {"docker restart is no restart of the loop's kind",
     {"list web running Up 3 minutes", "kill", "die 0", "stop", "start", "restart",
      "= up", NULL}},
    {"a signal that ends nothing",
     {"list web running Up 3 minutes", "kill 1", "die 1",
      "= down stopped: ended by itself at 12:00:02 UTC, exit code 1", NULL}},
    {"removed",
     {"list web running Up 3 minutes", "kill", "die 137", "destroy", "list",
      "= down stopped: removed at 12:00:03 UTC, and nothing took its name: it is told of "
      "for `gone_for`",
      "wait 3599", "list", "= nothing", NULL}},
    {"made anew",
     {"list web running Up 3 minutes", "kill", "die 0", "destroy",
      "list web running Up 1 second B", "= up", NULL}},
    {"an event is newer than a list that was asked for before it",
     {"list web running Up 3 minutes", "asked", "kill", "die 0",
      "late web running Up 3 minutes",
      "= down stopped: stopped by hand at 12:00:03 UTC, exit code 0", NULL}},
    {"paused",
     {"list web paused Up 3 minutes (Paused)", "= degraded stopped: it is paused", NULL}},
    {"stopped long before",
     {"list web exited Exited (1) 3 hours ago", "= nothing", NULL}},
    {"stopped not long before",
     {"list web exited Exited (1) 3 minutes ago",
      "= down stopped: ended at 11:57:00 UTC, exit code 1", NULL}},
    {"stopped by hand before healthd was started again",
     {"memo !web\n", "list web exited Exited (0) 3 hours ago",
      "= down stopped: stopped by hand at 09:00:00 UTC, exit code 0", NULL}},
    {"removed while healthd did not look",
     {"memo +web\n", "list",
      "= down stopped: removed at 12:00:00 UTC, and nothing took its name: it is told of "
      "for `gone_for`",
      NULL}},
    {"podman stop, as it is told most of the time",
     {"podman list web running", "podman die 0", "podman cleanup", "= up",
      "podman cleanup", "= down stopped: stopped by hand at 12:00:01 UTC, exit code 0",
      "podman start", "= up", NULL}},
    {"podman stop, as it is told now and then",
     {"podman list web running", "podman stop", "podman die 0",
      "= down stopped: stopped by hand at 12:00:02 UTC, exit code 0", NULL}},
    {"podman kill",
     {"podman list web running", "podman kill", "podman die 137", "podman cleanup",
      "oom_kill 7", "= down stopped: stopped by hand at 12:00:02 UTC, exit code 137",
      NULL}},
    {"podman rm --force",
     {"podman list web running", "podman die 0", "podman remove", "podman list",
      "= down stopped: removed at 12:00:02 UTC, and nothing took its name: it is told of "
      "for `gone_for`",
      NULL}},
    {"podman restart",
     {"podman list web running", "podman restart", "podman die 137", "podman cleanup",
      "podman init", "podman start", "= up", NULL}},
    {"podman rm --force, when who watched it was quicker",
     {"podman list web running", "podman die 137", "podman cleanup", "podman remove",
      "podman list",
      "= down stopped: removed at 12:00:03 UTC, and nothing took its name: it is told of "
      "for `gone_for`",
      NULL}},
    {"a list is quicker than what tells of a removal",
     {"podman list web running", "podman die 0", "podman list", "= up", "podman remove",
      "podman list",
      "= down stopped: removed at 12:00:03 UTC, and nothing took its name: it is told of "
      "for `gone_for`",
      NULL}},
    {"a job of podman's that is done",
     {"podman list web running", "podman die 0", "podman cleanup", "podman remove",
      "podman list", "= nothing", NULL}},
    {"a restart loop of podman's",
     {"podman list web running", "podman die 2", "podman restart", "podman init",
      "podman start", "= up 1 restarts", "podman die 2", "podman restart", "podman init",
      "podman start", "podman die 2", "podman cleanup", "= up 2 restarts", "wait 3599",
      "podman list web exited",
      "= down stopped: ended by itself at 12:00:09 UTC, exit code 2 2 restarts", NULL}},
    {"podman tells of no want of memory",
     {"podman list web running", "oom_kill 6", "podman die 137", "podman cleanup",
      "oom_kill 7", "podman list web exited",
      "= down out_of_memory: killed for want of memory at 12:00:02 UTC, exit code 137",
      NULL}},
    {"killed for want of memory before it was known",
     {"list", "oom_kill 6", "oom_kill 7", "list web exited Exited (137) 1 second ago",
      "oom_kill 7",
      "= down out_of_memory: killed for want of memory at 12:00:02 UTC, exit code 137",
      NULL}},
    {"a SIGKILL that was for something else",
     {"podman list web running", "oom_kill 6", "podman die 137", "oom_kill 6",
      "oom_kill 7", "podman list web exited",
      "= down stopped: ended by itself at 12:00:02 UTC, exit code 137", NULL}},
    {"the list knows podman's health, an event tells of it late",
     {"podman list web running starting", "podman health_status starting",
      "podman list web running unhealthy",
      "= down unhealthy: its own health check fails (`docker inspect` or `podman "
      "inspect` shows what it said)",
      "podman health_status healthy", "= up", "podman exec_died",
      "podman list web running healthy", "= up", NULL}},
    {"podman in docker's words says nothing of health",
     {"list web running Up 3 minutes P", "podman health_status unhealthy",
      "list web running Up 4 minutes P",
      "= down unhealthy: its own health check fails (`docker inspect` or `podman "
      "inspect` shows what it said)",
      NULL}},
    {"never started", {"list web created Created", "= up", NULL}},
};

struct telling {
    struct arena *arena;
    struct containers_conf conf;
    struct book book;
    const char *memo;
    int64_t second;
};

/* What follows the status: B is another container of the name, P is Podman in Docker's words. */
static const char *members_of(bool is_podmans, bool is_translated)
{
    return is_podmans ? ",\"AutoRemove\":false,\"ExitCode\":0,\"ExitedAt\":-62135596800,"
                        "\"StartedAt\":1795780700"
           : is_translated ? ",\"NetworkingConfig\":null"
                           : "";
}

static void tell_list(struct telling *t, const char *text, bool is_podmans)
{
    char json[1024], name[32] = "", state[32] = "";
    int at = 0;
    struct err e;
    const struct wall now = {t->second * NSEC_PER_SEC};
    if (sscanf(text, "%31s %31s %n", name, state, &at) >= 2) {
        struct bytes status = bytes_of(text + at);
        const bool is_b = bytes_ends(status, " B"), is_p = bytes_ends(status, " P");
        status.len -= is_b || is_p ? 2 : 0;
        snprintf(
            json, sizeof(json),
            "[{\"Id\":\"%s\",\"Names\":[\"/%s\"],\"State\":\"%s\",\"Status\":\"%.*s\""
            "%s}]",
            is_b ? ID_B : ID_A, name, state, (int)status.len, status.ptr,
            members_of(is_podmans, is_p));
    } else {
        snprintf(json, sizeof(json), "[]");
    }
    book_take_list(&t->book, docker_list_parse(bytes_of(json), now, &e), t->memo, now);
}

static void tell_event(struct telling *t, const char *text, bool is_podmans)
{
    char json[1024], action[64] = "", word[16] = "";
    struct docker_event ev;
    sscanf(text, "%63s %15s", action, word);
    const bool has_word = !strcmp(action, "die") || !strcmp(action, "kill") || is_podmans;
    snprintf(json, sizeof(json),
             "{\"Type\":\"container\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"" ID_A
             "\",\"Attributes\":{\"name\":\"web\",\"exitCode\":\"%s\",\"%s\":\"%s\"}},"
             "\"HealthStatus\":\"%s\",\"time\":%lld}",
             has_word ? action : text, word, is_podmans ? "podId" : "signal",
             is_podmans ? ""
             : word[0]  ? word
                        : "15",
             is_podmans ? word : "", (long long)t->second);
    assert_true(docker_event_parse(t->arena, bytes_of(json), &ev));
    book_take_event(&t->book, &ev);
}

static void expect(struct telling *t, const char *story, const char *words)
{
    const struct known *k = map_get(t->book.known, bytes_of("web"));
    struct buf said = BUF_MAX(1000);
    if (!k || !known_is_shown(k)) {
        buf_add_text(&said, "nothing");
    } else {
        const struct opinion o = known_judge(k, t->arena);
        buf_printf(&said, "%s%s%s%s%s", health_name(o.health),
                   o.health == HEALTH_UP ? "" : " ", reason_word(o.reason),
                   o.health == HEALTH_UP ? "" : ": ", o.detail);
        if (k->restarts)
            buf_printf(&said, " %d restarts", (int)k->restarts);
    }
    if (strcmp(buf_text(&said), words) != 0)
        print_error("%s:\n", story);
    assert_string_equal(buf_text(&said), words);
    buf_finish(&said);
}

static void tell(struct telling *t, const char *story, const char *line)
{
    if (!strncmp(line, "= ", 2)) {
        expect(t, story, line + 2);
        return;
    }
    if (!strncmp(line, "memo ", 5)) {
        t->memo = line + 5;
        return;
    }
    const bool is_podmans = !strncmp(line, "podman ", 7);
    line += is_podmans ? 7 : 0;
    if (!strncmp(line, "list", 4) || !strncmp(line, "late", 4)) {
        if (line[1] == 'i')
            book_list_asked(&t->book);
        tell_list(t, line + 4, is_podmans);
    } else if (!strncmp(line, "oom_kill ", 9)) {
        book_take_machine(&t->book, line[9] - '0',
                          (struct wall){t->second * NSEC_PER_SEC});
    } else if (!strncmp(line, "wait ", 5)) {
        int64_t seconds;
        t->second += bytes_to_i64(bytes_of(line + 5), &seconds) ? seconds : 3600;
    } else if (!strcmp(line, "asked")) {
        book_list_asked(&t->book);
    } else {
        tell_event(t, line, is_podmans);
    }
    t->second++;
}

static void the_book_knows_how_containers_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct telling t = {.arena = arena_create(0), .memo = "", .second = NOON};
        opt_defaults(containers_opts, &t.conf, t.arena);
        book_init(&t.book, &t.conf);
        for (size_t j = 0; stories[i].lines[j]; j++)
            tell(&t, stories[i].name, stories[i].lines[j]);
        book_finish(&t.book);
        arena_destroy(t.arena);
    }
}

static void what_is_required_must_run(void **state)
{
    static const struct {
        const char *list, *pattern, *said; /* NULL: nothing is missing */
    } cases[] = {
        {"web running Up 1 second", "web", NULL},
        {"web running Up 1 second", "w*", NULL},
        {"web restarting Restarting (1) 1 second ago", "web", NULL},
        {"web exited Exited (0) 3 hours ago", "web",
         "it must run (`required`), and is exited, exit code 0"},
        {"web running Up 1 second", "db",
         "there is no container of this name, and `required` says that it must run"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct telling t = {.arena = arena_create(0), .memo = "", .second = NOON};
        const struct known *k;
        struct opinion o;
        opt_defaults(containers_opts, &t.conf, t.arena);
        book_init(&t.book, &t.conf);
        tell_list(&t, cases[i].list, false);
        assert_int_equal(required_is_missing(&t.book, cases[i].pattern, t.arena, &k, &o),
                         cases[i].said != NULL);
        if (cases[i].said)
            assert_string_equal(o.detail, cases[i].said);
        book_finish(&t.book);
        arena_destroy(t.arena);
    }
}

static void kills_for_want_of_memory_add_up_over_restarts(void **state)
{
    struct telling t = {.arena = arena_create(0), .memo = "", .second = NOON};
    struct containers_seen seen = {.id = ID_A, .name = "web", .oom_kills = 2};
    (void)state;
    opt_defaults(containers_opts, &t.conf, t.arena);
    book_init(&t.book, &t.conf);
    tell_list(&t, "web running Up 1 second", false);
    const struct known *k = map_get(t.book.known, bytes_of("web"));
    book_take_seen(&t.book, &seen);
    assert_true(known_oom_kills(k) == 2);
    tell_event(&t, "oom", false);
    assert_true(known_oom_kills(k) == 2); /* the file had it */
    tell_event(&t, "die 137", false);
    tell_event(&t, "start", false);
    seen.oom_kills = 1;
    book_take_seen(&t.book, &seen);
    assert_true(known_oom_kills(k) == 3);
    book_finish(&t.book);
    arena_destroy(t.arena);
}

/* A line is one of tell's, or "? WORDS": whether its last lines are to be asked for ("yes", "no"), or what is shown of
 * them after an answer (": TEXT"); "! TEXT": they are that; "~ TEXT": they did not come in time. */
static const char *const last_lines[][12] = {
    {"list web running Up 3 minutes", "? no", "die 1", "? yes", "! giving up",
     "? no: giving up", "start", "? no: giving up", "wait an hour", "? no: ", NULL},
    {"list web running Up 3 minutes", "kill", "die 137", "stop", "? no", NULL},
    {"list web running Up 3 minutes", "die 0", "? no", NULL},
    {"list web running Up 3 minutes", "die 0", "start", "? yes", NULL},
    {"list web running Up 3 minutes", "die 1", "! one", "start", "die 1", "? no: one",
     "wait an hour", "? yes: one", NULL},
    {"list web running Up 3 minutes", "health_status: unhealthy", "? yes", "! sick",
     "health_status: unhealthy", "? no: sick", NULL},
    {"list web running Up 3 minutes (unhealthy)", "? yes", NULL},
    {"list web running Up 3 minutes", "die 1", "~ too late", "? no: too late", "wait 10",
     "? yes: too late", "! one", "wait 10", "? no: one", NULL},
    {"list web running Up 3 minutes", "die 1", "wait an hour", "~ too late", "wait 10",
     "? no: too late", NULL},
    {"list web exited Exited (1) 3 hours ago", "? no", NULL},
    {"list web restarting Restarting (1) 1 second ago", "? yes", NULL},
};

static void say_last(struct telling *t, const char *line)
{
    struct known *k = map_get(t->book.known, bytes_of("web"));
    const struct wall now = {t->second * NSEC_PER_SEC};
    char said[200];
    if (line[0] != '?') {
        k->last.of = k->failed;
        k->last.asked = now;
        if (line[0] == '~')
            known_ask_again(k, now);
        known_take_log(k, line + 2);
        return;
    }
    const char *text = known_last_log(k, now);
    snprintf(said, sizeof(said), "%s%s%s", known_awaits_log(k, now) ? "yes" : "no",
             strchr(line, ':') ? ": " : "", text);
    assert_string_equal(said, line + 2);
}

static void last_lines_are_asked_for_when_it_failed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(last_lines); i++) {
        struct telling t = {.arena = arena_create(0), .memo = "", .second = NOON};
        opt_defaults(containers_opts, &t.conf, t.arena);
        book_init(&t.book, &t.conf);
        for (size_t j = 0; last_lines[i][j]; j++) {
            if (strchr("?!~", last_lines[i][j][0]))
                say_last(&t, last_lines[i][j]);
            else
                tell(&t, "last lines", last_lines[i][j]);
        }
        book_finish(&t.book);
        arena_destroy(t.arena);
    }
}

static void ids_are_found_in_names_of_cgroups(void **state)
{
    static const struct {
        const char *name;
        bool is;
    } cases[] = {
        {ID_A, true},
        {"docker-" ID_A ".scope", true},
        {"libpod-" ID_A ".scope", true},
        {"libpod-" ID_A, true},
        {"cri-containerd-" ID_A ".scope", true},
        {"crio-" ID_A ".scope", true},
        {"libpod-conmon-" ID_A ".scope", false},
        {"crio-conmon-" ID_A ".scope", false},
        {"docker", false},
        {"docker-40d7c85c8c03.scope", false},
        {"docker-" ID_A "0.scope", false},
        {"40D7C85C8C03CF592A106B0AD654A5335AD2A015200F72240B87BBCF577DA9B4", false},
        {"", false},
    };
    char id[CONTAINERS_ID_LEN + 1];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(containers_id_of(bytes_of(cases[i].name), id), cases[i].is);
        if (cases[i].is)
            assert_string_equal(id, ID_A);
    }
    assert_true(containers_id_in(
        bytes_of("12:pids:/\n0::/../system.slice/docker-" ID_A ".scope/x\n"), id));
    assert_true(containers_id_in(bytes_of("0::/docker/" ID_A "/docker/" ID_B), id));
    assert_string_equal(id, ID_A); /* the outer one */
    assert_false(containers_id_in(bytes_of("0::/init.scope\n"), id));
    /* Podman: a pod of the cgroupfs driver, one of systemd's, a rootless container, and the supervisors of these */
    assert_true(
        containers_id_in(bytes_of("0::/libpod_parent/" ID_A "/libpod-" ID_B "\n"), id));
    assert_string_equal(id, ID_B);
    assert_true(containers_id_in(bytes_of("0::/machine.slice/machine-libpod_pod_" ID_A
                                          ".slice/libpod-" ID_B ".scope/container\n"),
                                 id));
    assert_string_equal(id, ID_B);
    assert_true(containers_id_in(
        bytes_of(
            "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID_A
            ".scope/container\n"),
        id));
    assert_string_equal(id, ID_A);
    assert_false(containers_id_in(
        bytes_of("0::/machine.slice/libpod-conmon-" ID_A ".scope\n"), id));
    assert_false(containers_id_in(bytes_of("0::/libpod_parent/conmon\n"), id));
}

static void filters_choose(void **state)
{
    static const struct {
        const char *row, *value, *name;
        bool is_wanted;
    } cases[] = {
        {"names", "[web, db-*]", "web", true},
        {"names", "[web, db-*]", "db-1", true},
        {"names", "[web, db-*]", "cache", false},
        {"exclude", "\"*-run-*\"", "shop-web-run-4f", false},
        {"exclude", "\"*-run-*\"", "shop-web-1", true},
        {"with_labels", "{com.docker.compose.project: \"sh*\"}", "web", true},
        {"with_labels", "{com.docker.compose.project: blog}", "web", false},
    };
    const struct pair shop = {"com.docker.compose.project", "shop"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct diag *diag = diag_create(arena);
        struct secrets *secrets = secrets_create();
        const struct opt_ctx ctx = {.arena = arena, .diag = diag, .secrets = secrets};
        struct err e = {0};
        char yaml[200];
        const void *filled = NULL;
        snprintf(yaml, sizeof(yaml), "{%s: %s}", cases[i].row, cases[i].value);
        const struct node *node = node_parse(arena, "test", bytes_of(yaml), diag);
        assert_non_null(node);
        struct template *t = template_load(
            &ctx, &(struct opt_part){containers_opts, sizeof(struct containers_conf)}, 1,
            node, NULL);
        assert_non_null(t);
        assert_true(template_fill(t, NULL, NULL, arena, &filled, &e));
        assert_int_equal(
            containers_wants(filled, cases[i].name, (struct pairs){&shop, 1}),
            cases[i].is_wanted);
        secrets_destroy(secrets);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_book_knows_how_containers_end),
        cmocka_unit_test(what_is_required_must_run),
        cmocka_unit_test(kills_for_want_of_memory_add_up_over_restarts),
        cmocka_unit_test(last_lines_are_asked_for_when_it_failed),
        cmocka_unit_test(ids_are_found_in_names_of_cgroups),
        cmocka_unit_test(filters_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
