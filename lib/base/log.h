/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthd's own log: an event name and typed fields, one JSON object a line (or logfmt on a
 * terminal) to stderr or a given sink. Loop-level events only: what a run found is in its verdict.
 * A sink that cannot keep up never blocks: lines are dropped, counted and said.
 */
#ifndef HEALTHD_BASE_LOG_H
#define HEALTHD_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

enum log_field_kind {
    LOG_FIELD_END,
    LOG_FIELD_EVENT,
    LOG_FIELD_TEXT,
    LOG_FIELD_INT,
    LOG_FIELD_NUMBER,
    LOG_FIELD_NSEC,
    LOG_FIELD_PAIRS
};
struct log_pair {
    const char *name, *value;
};
struct log_field {
    enum log_field_kind kind;
    const char *key;
    const char *text;
    int64_t integer;
    double number;
    const struct log_pair *pairs; /* integer of them */
};

/* First in every line: what happened, in two or three words that never change. */
#define EV(name) \
    ((struct log_field){.kind = LOG_FIELD_EVENT, .key = "event", .text = (name)})
#define STR(k, v) ((struct log_field){.kind = LOG_FIELD_TEXT, .key = (k), .text = (v)})
#define INT(k, v) ((struct log_field){.kind = LOG_FIELD_INT, .key = (k), .integer = (v)})
#define NUM(k, v) \
    ((struct log_field){.kind = LOG_FIELD_NUMBER, .key = (k), .number = (v)})
#define DUR(k, v) ((struct log_field){.kind = LOG_FIELD_NSEC, .key = (k), .integer = (v)})

/* An object of texts in JSON; KEY.NAME=VALUE for each in logfmt. */
#define PAIRS(k, items, count) \
    ((struct log_field){       \
        .kind = LOG_FIELD_PAIRS, .key = (k), .integer = (count), .pairs = (items)})

/* Where a finished line (with its '\n') goes. Called on the loop's thread. The default writes to
 * stderr. A writer may redact secrets in the line: it owns the buffer while it runs. */
typedef void log_sink(void *ctx, struct buf *line);

void log_to(log_sink *sink, void *ctx); /* NULL: stderr again */
void log_set(enum log_level least, enum log_format format);
enum log_level log_least(void);
/* Renders one line: shared with the JSON log exporter so that both look alike. */
void log_render(struct buf *out, enum log_format format, struct wall at,
                enum log_level level, const struct log_field *fields);
/* fields starts with EV and ends with LOG_FIELD_END. */
void log_write(enum log_level level, const struct log_field *fields);

/* log_error(EV("config rejected"), STR("why", e.text), INT("line", at.line)); */
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, LOG_FIELDS(__VA_ARGS__))
#define log_info(...) log_write(LOG_LEVEL_INFO, LOG_FIELDS(__VA_ARGS__))
#define log_warning(...) log_write(LOG_LEVEL_WARNING, LOG_FIELDS(__VA_ARGS__))
#define log_error(...) log_write(LOG_LEVEL_ERROR, LOG_FIELDS(__VA_ARGS__))
#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__, {.kind = LOG_FIELD_END}})

#endif
