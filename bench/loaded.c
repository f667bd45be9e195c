/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthd with a big page: the whole daemon, and N more series in its registry and its history, one family of 113 bytes a
 * line like bench/go/page.go's. For the page, loop-lag and listing measurements. Usage: loaded CONFIG N
 */
#include <stdio.h>
#include <stdlib.h>

#include "collector/daemon.h"
#include "collector/engine_host.h"
#include "collector/system.h"
#include "lib/core/loop.h"
#include "lib/core/secret.h"

static const struct metric requests = {
    .name = "bench_requests_in_flight",
    .kind = METRIC_GAUGE,
    .unit = "",
    .help = "Requests being answered, by instance, path and method",
    .labels = {"instance", "method", "path", "shard"},
};

struct filling { /* done in slices, as probes would: the loop's lag is being measured */
    struct daemon *daemon;
    struct source *source;
    struct history_owner *owner;
    size_t done, count;
};

#define SLICE 200

static void fill(void *ctx)
{
    struct filling *f = ctx;
    struct arena *arena = arena_create(0);
    struct batch *b = batch_create(arena);
    struct batch_group *g = batch_group(b, arena_printf(arena, "slice %zu", f->done));
    for (size_t i = f->done; i < f->done + SLICE && i < f->count; i++) {
        const char *values[] = {
            arena_printf(arena, "app-%03zu.example.internal:8080", i % 1000),
            i % 2 ? "GET" : "POST", arena_printf(arena, "/api/v1/orders/%02zu", i / 1000),
            arena_printf(arena, "%06zu", i)};
        batch_add(b, g, &requests, values, (struct labels){0}, (double)i * 1.5);
    }
    registry_publish(f->daemon->registry, f->source, b);
    history_publish(f->owner, wall_to_ms(engine_host_now(f->daemon->engine_host)), b);
    arena_destroy(arena);
    f->done += SLICE;
    if (f->done < f->count)
        loop_defer(f->daemon->frame.loop, "fill", fill, f);
}

static struct generation *load(const char *path, struct secrets *secrets)
{
    struct arena *arena = arena_create(0);
    struct diag *diag = diag_create(arena);
    struct generation *g = generation_load(path, secrets, diag);
    struct buf text = BUF_MAX(64 << 10);
    diag_render(diag, &text, false);
    fputs(buf_text(&text), stderr);
    buf_finish(&text);
    arena_destroy(arena);
    return g;
}

int main(int argc, char **argv)
{
    struct daemon d = {.lock_fd = -1};
    struct err e = {0};
    if (argc != 3) {
        fputs("usage: loaded CONFIG SERIES\n", stderr);
        return 2;
    }
    system_harden();
    d.config_path = argv[1];
    d.frame.secrets = secrets_create();
    d.frame.loop = loop_create(&e);
    struct generation *g = load(argv[1], d.frame.secrets);
    if (!g || !d.frame.loop || !daemon_start(&d, g, &e)) {
        fprintf(stderr, "loaded: %s\n", e.text);
        return 2;
    }
    generation_unref(g);
    struct filling filling = {.daemon = &d, .count = (size_t)strtoul(argv[2], NULL, 10)};
    filling.source = registry_source(d.registry, "bench", false, (struct labels){0});
    filling.owner = history_owner(engine_history(engine_host_engine(d.engine_host)),
                                  (struct labels){0});
    fill(&filling);
    daemon_run(&d);
    loop_destroy(d.frame.loop);
    secrets_destroy(d.frame.secrets);
    return 0;
}
