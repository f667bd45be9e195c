/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No plugin can let a password out that somebody wrote into one of its options: every option of every probe type,
 * exporter and notifier is given a URL with one, and nothing that may be said of it afterwards shows it. A plugin has
 * to do nothing for that, as the one at the end shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alerts/notify.h"
#include "exporters/registry.h"
#include "lib/base/attr.h"
#include "lib/core/opt.h"
#include "lib/core/talk.h"
#include "probes/registry.h"

static const char *const forms[] = {
    "http://eve:s3cret@127.0.0.1/",
    "eve:s3cret@127.0.0.1",
    "host=db password=s3cret",
    "http://127.0.0.1/?token=s3cret",
};

/* What was said of reading it, and would be later: of what is printed, and of what a peer might say again. */
static void look(const char *type, const char *yaml, const struct secrets *secrets,
                 const struct diag *diag, const struct template *t)
{
    struct buf out = BUF_MAX(1 << 20);
    diag_render(diag, &out, false);
    if (t)
        template_print(t, 0, &out);
    buf_add_text(&out, "what a server said: s3cret");
    secrets_redact(secrets, &out);
    if (strstr(buf_text(&out), "s3cret"))
        fail_msg("%s: %s\nshows it:\n%s", type, yaml, buf_text(&out));
    buf_finish(&out);
}

static void read_one(const char *type, const struct opt *rows, size_t size,
                     const char *yaml)
{
    struct arena *arena = arena_create(0);
    struct diag *diag = diag_create(arena);
    struct secrets *secrets = secrets_create();
    const struct opt_ctx ctx = {.arena = arena, .diag = diag, .secrets = secrets};
    const struct opt_part part = {rows, size};
    const struct node *node = node_parse(arena, "test", bytes_of(yaml), diag);
    assert_non_null(node);
    look(type, yaml, secrets, diag, template_load(&ctx, &part, 1, node, NULL));
    secrets_destroy(secrets);
    arena_destroy(arena);
}

static bool takes_text(const struct opt *row)
{
    return row->type == OPT_TEXT || row->type == OPT_TEXTS || row->type == OPT_SECRET ||
           row->type == OPT_PAIRS || row->type == OPT_SECRET_PAIRS ||
           row->type == OPT_NODE;
}

/* before and after: the YAML around one row, for sections within sections. */
static size_t walk(const char *type, const struct opt *top, size_t size,
                   const struct opt *rows, const char *before, const char *after,
                   struct arena *arena)
{
    size_t count = 0;
    for (const struct opt *row = rows; row && row->name; row++) {
        if (row->rows)
            count += walk(type, top, size, row->rows,
                          arena_printf(arena, "%s%s: {", before, row->name),
                          arena_printf(arena, "}%s", after), arena);
        if (!takes_text(row))
            continue;
        const bool is_map = row->type == OPT_PAIRS || row->type == OPT_SECRET_PAIRS;
        for (size_t i = 0; i < ARRAY_LEN(forms); i++)
            read_one(type, top, size,
                     arena_printf(arena,
                                  is_map ? "{%s%s: {a: \"%s\"}%s}" : "{%s%s: \"%s\"%s}",
                                  before, row->name, forms[i], after));
        count++;
    }
    return count;
}

static size_t walk_type(const char *type, const struct opt *rows, size_t size)
{
    struct arena *arena = arena_create(0);
    const size_t count = walk(type, rows, size, rows, "", "", arena);
    arena_destroy(arena);
    return count;
}

static void no_option_of_a_plugin_shows_a_password(void **state)
{
    size_t count = walk_type("dialogues", dial_opts, sizeof(struct dial_conf));
    for (const struct probe_type *const *t = probe_types; *t; t++)
        count += walk_type((*t)->name, (*t)->opts, (*t)->conf_size);
    for (const struct exporter_type *const *t = exporter_types; *t; t++)
        count += walk_type((*t)->name, (*t)->opts, (*t)->conf_size);
    for (const struct notifier_type *const *t = notifier_types; *t; t++)
        count += walk_type((*t)->name, (*t)->opts, (*t)->conf_size);
    assert_true(count > 100);
}

struct plain_conf {
    const char *where;
};
#define OPT_STRUCT struct plain_conf
static const struct opt plain_opts[] = {
    OPT_ROW_TEXT("where", where, NULL, "What to ask.", .flags = OPT_SHORTHAND), {0}};
#undef OPT_STRUCT

static void a_new_plugin_need_not_think_of_it(void **state)
{
    assert_int_equal(walk_type("plain", plain_opts, sizeof(struct plain_conf)), 1);
    read_one("plain", plain_opts, sizeof(struct plain_conf), forms[0]);
}

static void what_a_request_names_is_hidden_too(void **state)
{
    struct arena *arena = arena_create(0);
    struct secrets *secrets = secrets_create();
    struct diag *diag = diag_create(arena);
    struct err e = {0};
    const struct opt_ctx ctx = {.arena = arena, .diag = diag, .secrets = secrets};
    const struct opt_part part = {plain_opts, sizeof(struct plain_conf)};
    const struct pair given = {"where", "http://eve:an0ther-one@h/"};
    const void *confs[TEMPLATE_MAX_PARTS];
    const struct template *t = template_load(
        &ctx, &part, 1, node_parse(arena, "test", bytes_of("{where: x}"), diag), NULL);
    assert_true(template_fill(t, NULL, "http://eve:s3cret@h/?x", arena, confs, &e));
    assert_true(template_override(t, (struct pairs){&given, 1}, arena, confs, &e));
    assert_string_equal(secrets_redacted(secrets, arena, "s3cret an0ther-one"),
                        "[redacted] [redacted]");
    secrets_destroy(secrets);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_option_of_a_plugin_shows_a_password),
        cmocka_unit_test(a_new_plugin_need_not_think_of_it),
        cmocka_unit_test(what_a_request_names_is_hidden_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
