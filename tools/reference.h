/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of the reference generator: what the reference says, told to a writer that knows
 * one format. Nothing here is written by hand: it is all in option tables, metrics and variables.
 */
#ifndef HEALTHD_TOOLS_REFERENCE_H
#define HEALTHD_TOOLS_REFERENCE_H

#include "lib/base/buf.h"
#include "lib/core/expr.h"
#include "lib/core/limit.h"
#include "lib/core/metric.h"
#include "lib/core/opt.h"

struct writer {
    void (*begin)(struct buf *out);
    void (*heading)(struct buf *out, int level, const char *text);
    void (*para)(struct buf *out, const char *text);
    void (*code)(struct buf *out, const char *text);
    void (*table_begin)(struct buf *out, const char *const *columns);
    /* cells: as many as columns; `words` in backquotes are literal. */
    void (*table_row)(struct buf *out, const char *const *cells);
    void (*table_end)(struct buf *out);
    /* Tells where a heading is; page NULL: on this one. */
    void (*see)(struct buf *out, const char *page, const char *heading);
    void (*end)(struct buf *out);
};

extern const struct writer markdown_writer, man_writer;

/* Rows that many tables would repeat: told once, under this heading. */
#define REFERENCE_TLS "Rows of tls_config"

void reference_write(const struct writer *w, struct buf *out);
/* The page of every family, in Markdown. */
void metrics_write(struct buf *out);
void schema_write(struct buf *out);
/* Says on stderr what is missing: docs, limits, examples that do not load. True when nothing is. */
bool reference_verify(void);

/* A value's kind, with limits and choices, in words. */
void reference_value(const struct opt *row, struct buf *out);

/* Whole tables; of no rows, none. Nested rows follow their section, as section.name; those of a list as section[].name. */
void reference_table(const struct writer *w, const struct opt *rows, struct buf *out);
void reference_vars(const struct writer *w, const struct var *vars, struct buf *out);
void reference_limits(const struct writer *w, const struct limit *limits,
                      struct buf *out);

#endif
