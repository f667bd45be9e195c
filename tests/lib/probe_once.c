/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one probe type by hand, without a daemon: prints the verdict as one JSON object, then its samples as a page.
 * For tests and for measuring; `healthctl probe` is what users have.
 *
 *   probe_once [--expect E]… [--should E]… [--timeout D] [--operand X] [--repeat N] [--at-once N] TYPE YAML
 *
 * YAML is what would stand after `TYPE:` in a configuration. With --repeat only the last verdict is printed, and
 * a line about CPU time.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/base/attr.h"
#include "lib/base/units.h"
#include "lib/core/budget.h"
#include "lib/core/fetch.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/registry.h"
#include "lib/core/resolve.h"
#include "lib/core/runner.h"
#include "lib/core/secret.h"
#include "lib/core/talk.h"
#include "lib/core/tls.h"
#include "probes/registry.h"

#define MAX_EXPECTATIONS 16

struct once {
    struct arena *arena;
    struct frame frame;
    struct runner *runner;
    struct probe probe;
    nsec timeout;
    const char *operand;
    const char *expect[MAX_EXPECTATIONS], *should[MAX_EXPECTATIONS];
    size_t expect_count, should_count;
    uint64_t repeat, at_once, started, done;
    bool is_last_down;
};

static int fail(const char *text)
{
    fprintf(stderr, "probe_once: %s\n", text);
    return 2;
}

static void add_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "\"%s\":", key);
    buf_add_json(out, bytes_of(text ? text : ""));
    buf_add_byte(out, ',');
}

static void print_items(struct buf *out, const struct verdict *v)
{
    buf_add_text(out, "\"items\":[");
    for (size_t i = 0; i < v->item_count; i++) {
        buf_add_text(out, i ? ",{" : "{");
        add_text(out, "key", v->items[i].key);
        add_text(out, "health", health_name(v->items[i].health));
        add_text(out, "reason", reason_word(v->items[i].reason));
        add_text(out, "detail", v->items[i].detail);
        out->len--;
        buf_add_byte(out, '}');
    }
    buf_add_text(out, "],\"trace\":[");
    for (size_t i = 0; i < v->trace_count; i++) {
        buf_add_text(out, i ? ",[" : "[");
        buf_add_json(out, bytes_of(v->trace[i].key));
        buf_add_byte(out, ',');
        buf_add_json(out, bytes_of(v->trace[i].text));
        buf_add_byte(out, ']');
    }
    buf_add_text(out, "]}");
}

static void print(const struct verdict *v, const struct batch *batch)
{
    struct buf out = BUF_MAX(8u << 20);
    buf_add_byte(&out, '{');
    add_text(&out, "health", health_name(v->health));
    add_text(&out, "reason", reason_word(v->reason));
    add_text(&out, "detail", v->detail);
    add_text(&out, "address", v->address);
    buf_printf(&out, "\"duration_ms\":%.3f,", nsec_to_sec(v->duration) * 1000);
    buf_add_text(&out, "\"phases\":{");
    for (enum phase p = 0; p < PHASE_COUNT; p++)
        buf_printf(&out, "%s\"%s\":%.6f", p ? "," : "", phase_name(p),
                   nsec_to_sec(v->phases[p]));
    buf_add_text(&out, "},");
    print_items(&out, v);
    printf("%s\n", buf_text(&out));
    buf_clear(&out);
    page_of_batch(batch, &out);
    fputs(buf_text(&out), stdout);
    buf_finish(&out);
}

static void start(struct once *o);

static void on_done(void *ctx, struct verdict *verdict, struct batch *batch)
{
    struct once *o = ctx;
    o->done++;
    if (o->done == o->repeat) {
        print(verdict, batch);
        o->is_last_down = verdict->health == HEALTH_DOWN;
    }
}

static void on_gone(void *ctx)
{
    struct once *o = ctx;
    if (o->started < o->repeat)
        start(o);
    else if (o->done == o->repeat)
        loop_stop(o->frame.loop);
}

static void start(struct once *o)
{
    const struct ask ask = {.probe = &o->probe,
                            .origin = ORIGIN_ONCE,
                            .timeout = o->timeout,
                            .operand = o->operand,
                            .is_traced = o->repeat == 1,
                            .done = on_done,
                            .gone = on_gone,
                            .ctx = o};
    o->started++;
    runner_start(o->runner, &ask);
}

static void begin(void *ctx)
{
    struct once *o = ctx;
    for (uint64_t i = 0; i < o->at_once && o->started < o->repeat; i++)
        start(o);
}

static bool make_frame(struct once *o, struct err *e)
{
    static const struct resolver_conf conf = {.kind = RESOLVER_CARES,
                                              .max_ttl = 5 * NSEC_PER_SEC,
                                              .resolv_conf = "/etc/resolv.conf",
                                              .hosts = "/etc/hosts"};
    struct frame *f = &o->frame;
    f->secrets = secrets_create();
    f->loop = loop_create(e);
    if (!f->loop)
        return false;
    f->pool = pool_create(f->loop, 2);
    f->resolver = resolver_create(f->loop, f->pool, &conf, e);
    if (!f->resolver)
        return false;
    f->tls = tls_create(f->pool, e);
    if (!f->tls)
        return false;
    f->budgets = budgets_create(f->loop, NULL);
    f->fetcher = fetcher_create(f, e);
    if (!f->fetcher)
        return false;
    o->runner = runner_create(f, 1000);
    return true;
}

static void end_frame(struct once *o)
{
    struct frame *f = &o->frame;
    runner_destroy(o->runner);
    fetcher_destroy(f->fetcher);
    tls_destroy(f->tls);
    budgets_destroy(f->budgets);
    resolver_destroy(f->resolver);
    pool_destroy(f->pool, NSEC_PER_SEC);
    loop_destroy(f->loop);
    secrets_destroy(f->secrets);
}

static const struct expr *const *compile(struct once *o, const char *const *texts,
                                         size_t count, struct err *e)
{
    const struct var *const tables[] = {o->probe.type->vars ? o->probe.type->vars
                                                            : runner_vars,
                                        runner_vars, tls_vars, NULL};
    const struct expr **list = arena_alloc(o->arena, (count + 1) * sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        list[i] = expr_compile(o->arena, texts[i], tables, e);
        if (!list[i])
            return NULL;
    }
    return list;
}

static bool load(struct once *o, const char *yaml, struct err *e)
{
    const struct probe_type *type = o->probe.type;
    struct diag *diag = diag_create(o->arena);
    const struct opt_ctx ctx = {.arena = o->arena,
                                .diag = diag,
                                .secrets = o->frame.secrets,
                                .operand_comes_later = o->operand != NULL};
    const struct opt_part parts[] = {{type->opts, type->conf_size},
                                     {dial_opts, sizeof(struct dial_conf)}};
    const void *confs[TEMPLATE_MAX_PARTS] = {0};
    diag_source(diag, "argument", bytes_of(yaml));
    const struct node *node = node_parse(o->arena, "argument", bytes_of(yaml), diag);
    o->probe.name = "once";
    if (node)
        o->probe.conf = template_load(&ctx, parts, type->talk ? 2 : 1, node, NULL);
    if (!o->probe.conf) {
        struct buf text = BUF_MAX(65536);
        diag_render(diag, &text, false);
        fputs(buf_text(&text), stderr);
        buf_finish(&text);
        return err_set(e, "the configuration is not accepted");
    }
    if (template_is_fixed(o->probe.conf) && !o->operand && type->validate) {
        if (!template_fill(o->probe.conf, NULL, NULL, o->arena, confs, e) ||
            !type->validate((void *)confs[0], o->arena, e))
            return false;
    }
    o->probe.expect = compile(o, o->expect, o->expect_count, e);
    o->probe.should = compile(o, o->should, o->should_count, e);
    return o->probe.expect && o->probe.should;
}

static bool read_number(const char *text, uint64_t *ret_number)
{
    return bytes_to_u64(bytes_of(text), ret_number) && *ret_number > 0;
}

/* Returns how many words were options, or -1. */
static int read_options(struct once *o, int argc, char **argv)
{
    int i = 1;
    struct err e;
    for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
        const char *value = argv[i + 1];
        if (!strcmp(argv[i], "--expect") && o->expect_count < MAX_EXPECTATIONS)
            o->expect[o->expect_count++] = value;
        else if (!strcmp(argv[i], "--should") && o->should_count < MAX_EXPECTATIONS)
            o->should[o->should_count++] = value;
        else if (!strcmp(argv[i], "--operand"))
            o->operand = value;
        else if (!strcmp(argv[i], "--timeout")
                     ? !duration_parse(bytes_of(value), &o->timeout, &e)
                 : !strcmp(argv[i], "--repeat")
                     ? !read_number(value, &o->repeat)
                     : strcmp(argv[i], "--at-once") || !read_number(value, &o->at_once))
            return -1;
    }
    return i;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void on_trust(void *ctx)
{
    begin(ctx);
}

static int run(struct once *o, const char *yaml)
{
    struct err e = {0};
    if (!make_frame(o, &e))
        return fail(e.text);
    if (!load(o, yaml, &e)) {
        end_frame(o);
        return fail(e.text);
    }
    tls_when_ready(o->frame.tls, on_trust, o);
    const double before = cpu_seconds();
    const struct mono since = mono_read();
    loop_run(o->frame.loop);
    const double took = cpu_seconds() - before;
    if (o->repeat > 1)
        printf("# %.1f us CPU a run, %.0f runs/s\n", took / (double)o->repeat * 1e6,
               (double)o->repeat / nsec_to_sec(mono_since(mono_read(), since)));
    end_frame(o);
    return o->is_last_down;
}

int main(int argc, char **argv)
{
    struct once o = {
        .arena = arena_create(0), .timeout = 5 * NSEC_PER_SEC, .repeat = 1, .at_once = 1};
    const int at = read_options(&o, argc, argv);
    if (at < 0 || argc - at != 2)
        return fail(
            "usage: probe_once [--expect E] [--should E] [--timeout D] [--operand X] "
            "[--repeat N] [--at-once N] TYPE YAML");
    o.probe.type = probe_type_find(argv[at]);
    if (!o.probe.type)
        return fail("no such probe type in this build");
    const int code = run(&o, argv[at + 1]);
    arena_destroy(o.arena);
    return code;
}
