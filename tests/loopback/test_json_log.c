/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON log as an exporter, with a reader that stalls: lines are lost, counted and said, and nothing waits. The
 * lines themselves are in tests/golden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exporters/json_log.h"
#include "lib/base/attr.h"
#include "lib/core/loop.h"
#include "lib/core/probe.h"

static const struct probe_type http = {.name = "http"};
static const struct probe shop = {.name = "shop", .type = &http};

struct story {
    struct arena *arena;
    struct registry *registry;
    struct frame frame;
    struct exporter exporter;
    int reader, saved;
    struct buf got;
    int turns; /* left to read in */
};

static void story_begin(struct story *s)
{
    struct err e = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *s = (struct story){.arena = arena_create(0),
                        .registry = registry_create(),
                        .reader = ends[0],
                        .got = BUF_MAX(1 << 22)};
    fcntl(s->reader, F_SETFL, O_NONBLOCK);
    s->saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);

    const struct exporter_type *type = &exporter_json_log;
    void *conf = arena_alloc(s->arena, type->conf_size);
    s->frame.loop = loop_create(&e);
    opt_defaults(type->opts, conf, s->arena);
    assert_true(opt_set(opt_find(type->opts, "to"), conf, "stderr", s->arena, &e));
    s->exporter = (struct exporter){.type = type,
                                    .conf = conf,
                                    .state = arena_alloc(s->arena, type->state_size),
                                    .frame = &s->frame,
                                    .registry = s->registry};
    assert_true(type->open(&s->exporter, &e));
}

static void story_end(struct story *s)
{
    s->exporter.type->close(&s->exporter);
    dup2(s->saved, STDERR_FILENO);
    close(s->saved);
    close(s->reader);
    loop_destroy(s->frame.loop);
    registry_destroy(s->registry);
    buf_finish(&s->got);
    arena_destroy(s->arena);
}

static void observe(struct story *s, uint64_t seq)
{
    const struct verdict v = {.probe = &shop,
                              .seq = seq,
                              .health = HEALTH_DOWN,
                              .reason = REASON_REFUSED,
                              .detail = "connection refused by 127.0.0.1:80",
                              .confirmed = HEALTH_DOWN};
    s->exporter.type->observe(&s->exporter, &v);
}

static void read_some(struct story *s)
{
    char *room = buf_room(&s->got, 1 << 20);
    const ssize_t n = read(s->reader, room, 1 << 20);
    if (n > 0)
        buf_grew(&s->got, (size_t)n);
}

/* The reader goes on: the loop turns until all that waited has come. */
static void pump(void *ctx)
{
    struct story *s = ctx;
    read_some(s);
    if (s->turns--)
        loop_defer(s->frame.loop, "pump", pump, s);
}

static void find_dropped(void *ctx, const struct source *s, const char *family,
                         const char *label_text, double value)
{
    if (!strcmp(family, "healthd_log_dropped_total"))
        *(double *)ctx = value;
}

static double dropped(const struct story *s)
{
    double value = -1;
    registry_each(s->registry, NULL, find_dropped, &value);
    return value;
}

static void each_line_arrives(void **state)
{
    struct story s;
    story_begin(&s);
    observe(&s, 7);
    read_some(&s);
    assert_non_null(strstr(buf_text(&s.got), "\"seq\":7}\n"));
    assert_true(dropped(&s) == 0);
    story_end(&s);
}

/* Every line is there or counted, and the log itself says where lines are missing. */
static void lost_lines_are_counted_and_said(void **state)
{
    struct story s;
    const uint64_t lines = 4000;
    size_t seen = 0, said = 0;

    story_begin(&s);
    for (uint64_t i = 1; i <= lines; i++)
        observe(&s, i);
    const double lost = dropped(&s);
    assert_true(lost > 0);
    s.turns = 200;
    pump(&s);
    loop_run(s.frame.loop);
    observe(&s, lines + 1);
    read_some(&s);

    struct bytes text = buf_bytes(&s.got), line;
    while (bytes_line(&text, &line)) {
        const char *at =
            memmem(line.ptr, line.len, "\"dropped\":", strlen("\"dropped\":"));
        if (at)
            said += strtoull(at + strlen("\"dropped\":"), NULL, 10);
        else
            seen++;
    }
    assert_true((double)said == dropped(&s));
    assert_int_equal(seen + said, lines + 1);
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_arrives),
        cmocka_unit_test(lost_lines_are_counted_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
