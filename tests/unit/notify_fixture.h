/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of notifiers: a receiver's conf as `receivers:` gives it, and answers as fetch gives them. */
#ifndef HEALTHD_TESTS_NOTIFY_FIXTURE_H
#define HEALTHD_TESTS_NOTIFY_FIXTURE_H

#include <stdio.h>

#include "lib/base/attr.h"
#include "lib/config/generation.h"

struct notify_fixture {
    struct arena *arena;
    struct secrets *secrets;
    struct generation *g;
    const struct notifier_type *type;
    const void *conf;
};

/* yaml: "pagerduty: {routing_key: …}". */
static inline struct notify_fixture notify_open(const char *yaml)
{
    struct notify_fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
    struct diag *d = diag_create(f.arena);
    const char *text = arena_printf(f.arena, "receivers: {x: {%s}}", yaml);
    f.g = generation_parse("t", bytes_of(text), f.secrets, d);
    if (!f.g) {
        struct buf out = BUF_MAX(10000);
        diag_render(d, &out, false);
        print_error("%s\n", buf_text(&out));
        buf_finish(&out);
    }
    assert_non_null(f.g);
    struct err e = {0};
    const struct receiver *r = f.g->alerting.receivers.items[0];
    f.type = r->type;
    assert_true(template_fill(r->conf, NULL, NULL, f.arena, &f.conf, &e));
    return f;
}

static inline void notify_close(struct notify_fixture *f)
{
    generation_unref(f->g);
    secrets_destroy(f->secrets);
    arena_destroy(f->arena);
}

static inline struct reply notify_answer(int status, const char *body)
{
    return (struct reply){.status = status,
                          .version = 11,
                          .reached = PHASE_TRANSFER,
                          .body = bytes_of(body),
                          .content_length = -1};
}

#endif
