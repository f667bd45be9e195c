/* SPDX-License-Identifier: Apache-2.0 */
/* Tiny probe types and exporters of the tests' own, and a folder for files: for test_generation*.c. */
#ifndef HEALTHD_TESTS_UNIT_GENERATION_FIXTURE_H
#define HEALTHD_TESTS_UNIT_GENERATION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporters/registry.h"
#include "lib/base/attr.h"
#include "lib/config/generation.h"
#include "lib/core/run.h"
#include "lib/core/talk.h"
#include "probes/registry.h"

/* ---- plugins ---- */

struct web_probe {
    const char *url, *method;
    struct secret password;
    struct pairs headers;
    int64_t derived;
};

static inline bool web_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct web_probe *conf = ctx;
    (void)arena;
    conf->derived = (int64_t)strlen(conf->url);
    return strncmp(conf->url, "ftp:", 4) || err_set(e, "'%s' is no http URL", conf->url);
}

static inline void start_nothing(struct run *run)
{
    (void)run;
}

static inline enum talk talk_nothing(struct run *run, enum talk_event event,
                                     struct bytes *in)
{
    (void)run;
    (void)event;
    (void)in;
    return TALK_DONE;
}

static inline bool status_get(struct run *run, struct arena *arena,
                              struct value *ret_value, struct err *why)
{
    (void)run;
    (void)arena;
    *ret_value = value_number(200);
    return why != NULL;
}

#define OPT_STRUCT struct web_probe
static const struct probe_type web_type = {
    .name = "http",
    .is_critical = true,
    .conf_size = sizeof(struct web_probe),
    .validate = web_validate,
    .start = start_nothing,
    .vars =
        (const struct var[]){{"status", VALUE_NUMBER, "The status.", status_get}, {0}},
    .opts = (const struct opt[]){
        OPT_ROW_TEXT("url", url, NULL, "What to ask.", .flags = OPT_SHORTHAND),
        OPT_ROW_TEXT("method", method, "GET", "The method."),
        OPT_ROW_SECRET("password", password, OPT_NONE, "The password."),
        OPT_ROW_PAIRS("headers", headers, OPT_NONE, "Headers."),
        {0}}};
#undef OPT_STRUCT

struct port_probe {
    const char *address, *send;
};

static inline bool port_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                            struct err *e)
{
    const struct port_probe *conf = ctx;
    return !conf->address ||
           dial_split(arena, conf->address, &ret_dial->host, &ret_dial->port, e);
}

#define OPT_STRUCT struct port_probe
static const struct probe_type port_type = {
    .name = "tcp",
    .port = 7,
    .conf_size = sizeof(struct port_probe),
    .talk = talk_nothing,
    .aim = port_aim,
    .opts = (const struct opt[]){
        OPT_ROW_TEXT("address", address, OPT_NONE, "Where.", .flags = OPT_SHORTHAND),
        OPT_ROW_TEXT("send", send, OPT_NONE, "What to say.", .flags = OPT_LATE),
        {0}}};
#undef OPT_STRUCT

/* The built-in configuration has one of each. */
static const struct probe_type machine_type = {
    .name = "host", .start = start_nothing, .opts = (const struct opt[]){{0}}};
static const struct probe_type containers_type = {
    .name = "containers", .start = start_nothing, .opts = (const struct opt[]){{0}}};

const struct probe_type *const probe_types[] = {&web_type, &port_type, &machine_type,
                                                &containers_type, NULL};
const char *const probe_types_left_out[] = {"postgres", "libpq", NULL};

const struct probe_type *probe_type_find(const char *name)
{
    for (const struct probe_type *const *t = probe_types; *t; t++) {
        if (!strcmp((*t)->name, name))
            return *t;
    }
    return NULL;
}

struct log_conf {
    const char *to;
};

#define OPT_STRUCT struct log_conf
static const struct exporter_type log_type = {
    .name = "json_log",
    .is_default = true,
    .conf_size = sizeof(struct log_conf),
    .opts = (const struct opt[]){
        OPT_ROW_TEXT("to", to, "stdout", "Where to.", .flags = OPT_SHORTHAND), {0}}};
#undef OPT_STRUCT

static const struct opt no_rows[] = {{0}};
static const struct exporter_type page_type = {.name = "prometheus", .opts = no_rows};
const struct exporter_type *const exporter_types[] = {&log_type, &page_type, NULL};

const struct exporter_type *exporter_type_find(const char *name)
{
    for (const struct exporter_type *const *t = exporter_types; *t; t++) {
        if (!strcmp((*t)->name, name))
            return *t;
    }
    return NULL;
}

/* ---- helpers ---- */

static char folder[] = "/tmp/healthd-config-XXXXXX";

struct fixture {
    struct arena *arena;
    struct secrets *secrets;
    struct diag *diag;
    struct generation *g;
};

static inline struct fixture read_text(const char *text)
{
    struct fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
    f.diag = diag_create(f.arena);
    f.g = generation_parse("t", bytes_of(text), f.secrets, f.diag);
    return f;
}

static inline void finish(struct fixture *f)
{
    generation_unref(f->g);
    secrets_destroy(f->secrets);
    arena_destroy(f->arena);
}

static inline void print_faults(const struct diag *d, struct buf *out)
{
    static const char *const marks[] = {"", "warning ", "note "};
    for (const struct diagnosis *x = diag_first(d); x; x = x->next) {
        const char *slash = x->at.file ? strrchr(x->at.file, '/') : NULL;
        if (slash)
            buf_printf(out, "%s:", slash + 1);
        buf_printf(out, "%d:%d %s%s", x->at.line, x->at.column, marks[x->severity],
                   x->text);
        if (x->hint)
            buf_printf(out, " [%s]", x->hint);
        buf_add_byte(out, '\n');
    }
}

static inline struct generation *accepted(struct fixture *f, const char *text)
{
    *f = read_text(text);
    struct buf out = BUF_MAX(100000);
    print_faults(f->diag, &out);
    if (!f->g)
        fail_msg("not accepted:\n%s", buf_text(&out));
    buf_finish(&out);
    return f->g;
}

/* "*" in what is expected: the rest of that line is another module's sentence. */
static inline void assert_said(const char *expected, const char *said)
{
    const char *at = said;
    for (const char *c = expected; *c; c++, at++) {
        if (*c == '*')
            at = c[1] == '/' ? at + strlen(folder) - 1 : strchr(at, '\n') - 1;
        else if (*c != *at)
            fail_msg("said\n%s\nexpected\n%s", said, expected);
    }
    assert_string_equal(at, "");
}

static inline const char *path_of(struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    static const char *const names[] = {"main.yml", "more.yml", "d/more.yml",
                                        "d/p1.yml", "d/p2.yml", "d/blackbox.yml",
                                        "d"};
    struct arena *arena = arena_create(0);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)remove(path_of(arena, names[i]));
    arena_destroy(arena);
    return rmdir(folder);
}

#endif
