/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kind of exporter is: it observes verdicts, renders a page, or both. One const table per file in
 * exporters/. It cannot veto, and never blocks.
 */
#ifndef HEALTHD_CORE_EXPORTER_H
#define HEALTHD_CORE_EXPORTER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/core/frame.h"
#include "lib/core/opt.h"
#include "lib/core/registry.h"
#include "lib/core/verdict.h"

struct exporter { /* one configured exporter; state is the type's own */
    const struct exporter_type *type;
    const void *conf;
    void *state;
    struct frame *frame;
    struct registry *registry;
};

struct page_style {
    enum page_format format;
    int gzip_level; /* gzip_text's, for who accepts it; 0: never */
};

struct exporter_type {
    const char *name, *summary, *example;
    const struct opt *opts;
    const struct metric *const *metrics; /* of itself, for the reference; NULL: none */
    size_t conf_size, state_size;
    bool is_default; /* runs with its defaults when `exporters:` is absent */
    bool (*open)(struct exporter *x, struct err *e);
    void (*observe)(struct exporter *x, const struct verdict *v); /* may be NULL */
    /* Metrics are shown on pages, and how to whom (the request's Accept, NULL without one). NULL: it has no pages. */
    struct page_style (*page)(const struct exporter *x, const char *accept);
    void (*reopen)(struct exporter *x); /* SIGUSR1; may be NULL */
    void (*close)(struct exporter *x);  /* flushes; may be NULL */
};

#endif
