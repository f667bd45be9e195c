/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests: what a configuration says about routing, read by the real loaders, with receivers of the test's own:
 * oncall (paging), chat, mail and web.
 */
#ifndef HEALTHD_TESTS_ROUTING_FIXTURE_H
#define HEALTHD_TESTS_ROUTING_FIXTURE_H

#include "lib/base/attr.h"
#include "lib/config/alerting_load.h"

struct routing_fixture {
    struct arena *arena;
    struct diag *diag;
    struct secrets *secrets;
    struct loader *loader;
    struct generation *g;
    const struct routing *routing; /* valid when ok */
    bool ok;
};

static const struct notifier_type fixture_paging = {
    .name = "paging", .is_paging = true, .sends_deploys = true};
static const struct notifier_type fixture_chat = {.name = "chat"};
static const struct receiver fixture_receivers[] = {
    {.name = "oncall", .type = &fixture_paging, .send_resolved = true},
    {.name = "chat", .type = &fixture_chat, .send_resolved = true},
    {.name = "mail", .type = &fixture_chat, .send_resolved = true},
    {.name = "web", .type = &fixture_chat, .send_resolved = true},
};
static const struct receiver *const fixture_list[] = {
    &fixture_receivers[0], &fixture_receivers[1], &fixture_receivers[2],
    &fixture_receivers[3]};

static inline struct receivers receivers_called(struct arena *arena, char *const *names)
{
    const struct receiver **list = arena_alloc(arena, 100 * sizeof(*list));
    size_t count = 0;
    for (; names[count] && count < 100; count++) {
        struct receiver *r = arena_alloc(arena, sizeof(*r));
        *r = (struct receiver){
            .name = names[count], .type = &fixture_chat, .send_resolved = true};
        list[count] = r;
    }
    return (struct receivers){list, count};
}

/* names: NULL-terminated, of receivers in place of the fixture's own; NULL: these. */
static inline struct routing_fixture
routing_read_with(const char *text, const char *timezone, char *const *names)
{
    struct routing_fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
    struct err e;
    f.diag = diag_create(f.arena);
    f.g = arena_alloc(f.arena, sizeof(*f.g));
    f.loader = arena_alloc(f.arena, sizeof(*f.loader));
    *f.loader = (struct loader){.g = f.g,
                                .arena = f.arena,
                                .diag = f.diag,
                                .secrets = f.secrets,
                                .ctx = {f.arena, f.diag, f.secrets, false}};
    f.g->alerting.zone = zone_load(f.arena, timezone, &e);
    f.g->alerting.receivers =
        names ? receivers_called(f.arena, names)
              : (struct receivers){fixture_list, ARRAY_LEN(fixture_list)};
    f.routing = &f.g->alerting.routing;
    const struct node *root = node_parse(f.arena, "t", bytes_of(text), f.diag);
    if (root) {
        const struct top_conf *top =
            conf_rows(f.loader, generation_opts, sizeof(*top), root);
        struct generation_parts *parts = arena_alloc(f.arena, sizeof(*parts));
        f.loader->root = root;
        parts->top = top;
        f.g->parts = parts;
        intervals_load(f.loader, top, root);
        routing_load(f.loader, top, root);
    }
    f.ok = diag_error_count(f.diag) == 0;
    return f;
}

static inline struct routing_fixture routing_read(const char *text, const char *timezone)
{
    return routing_read_with(text, timezone, NULL);
}

static inline void routing_finish(struct routing_fixture *f)
{
    secrets_destroy(f->secrets);
    arena_destroy(f->arena);
}

/* "1:2 text [hint]\n" for each; warnings say so. Those about the test's own receivers, which stand nowhere, are left
 * out. */
static inline const char *routing_said(struct routing_fixture *f)
{
    struct buf out = BUF_MAX(100000);
    for (const struct diagnosis *d = diag_first(f->diag); d; d = d->next) {
        if (d->at.line == 0)
            continue;
        buf_printf(&out, "%d:%d %s%s", d->at.line, d->at.column,
                   d->severity == SEVERITY_WARNING ? "warning " : "", d->text);
        if (d->hint)
            buf_printf(&out, " [%s]", d->hint);
        buf_add_byte(&out, '\n');
    }
    const char *said = arena_strdup(f->arena, buf_text(&out));
    buf_finish(&out);
    return said;
}

/* Labels from "a=x,b=y". */
static inline struct labels labels_of_text(struct arena *arena, const char *text)
{
    struct pair items[20];
    struct labels labels = {0};
    struct err e;
    size_t count = 0;
    struct bytes rest = bytes_of(text), one, name;
    while (bytes_token(&rest, ',', &one) && count < ARRAY_LEN(items)) {
        (void)bytes_token(&one, '=', &name);
        items[count].key = arena_strndup(arena, name.ptr, name.len);
        items[count++].value = arena_strndup(arena, one.ptr, one.len);
    }
    const struct pairs pairs = {items, count};
    (void)labels_from_pairs(arena, &pairs, &labels, &e);
    return labels;
}

#endif
