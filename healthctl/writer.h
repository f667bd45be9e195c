/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command has to say, whatever the format: commands never know it. Text is for people
 * (aligned, coloured on a terminal), JSON for programs. Nothing is printed before writer_finish.
 */
#ifndef HEALTHD_HEALTHCTL_WRITER_H
#define HEALTHD_HEALTHCTL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "healthctl/layout.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/core/json.h"
#include "lib/core/verdict.h"

enum tone { TONE_PLAIN, TONE_STRONG, TONE_FAINT, TONE_GOOD, TONE_WARN, TONE_BAD };

enum cell_kind {
    CELL_NONE,
    CELL_TEXT,
    CELL_COUNT,
    CELL_BOOL,
    CELL_DURATION, /* JSON: seconds, so its key ends with _seconds */
    CELL_TIME,     /* text: the instant and how long ago */
    CELL_AGE       /* text: how long ago, alone. JSON of both: RFC 3339 */
};
struct cell {
    enum cell_kind kind;
    enum tone tone;
    const char *text;
    int64_t number; /* or nanoseconds */
};
struct cell cell_none(void);
struct cell cell_text(const char *text); /* NULL: none */
struct cell cell_toned(enum tone tone, const char *text);
struct cell cell_count(int64_t count);
struct cell cell_bool(bool truth);
struct cell cell_duration(nsec d);
struct cell cell_time(struct wall at); /* zero: none */
struct cell cell_age(struct wall at);
struct cell cell_health(enum health health); /* its name, in its tone */
enum tone health_tone(enum health health);

struct column {
    const char *key;   /* NULL: not in JSON */
    const char *title; /* NULL: not in text */
    bool is_right;     /* aligned to the right */
    bool is_elastic;   /* wraps, so that the table fits the terminal */
};
struct table {
    const char *key; /* NULL: not in JSON */
    const struct column *columns;
    size_t column_count;
    const struct cell *cells; /* row by row */
    size_t row_count;
};

struct waterfall { /* phases of a run */
    nsec phases[PHASE_COUNT];
    nsec total;
};

struct writer;
struct writer_type {
    const char *name;
    void (*begin)(struct writer *w, const char *key, const char *title);
    void (*end)(struct writer *w);
    void (*list)(struct writer *w, const char *key);
    void (*field)(struct writer *w, const char *key, const char *label,
                  struct cell value);
    void (*say)(struct writer *w, enum tone tone, const char *text);
    void (*table)(struct writer *w, const struct table *t);
    void (*waterfall)(struct writer *w, const char *key, const struct waterfall *f);
    void (*json)(struct writer *w, const char *key, json_t *value);
    void (*page)(struct writer *w, const char *text);
    bool (*is_empty)(const struct writer *w);
    void (*render)(struct writer *w, struct buf *out);
};
extern const struct writer_type writer_text, writer_json, writer_page;

/* Lives as long as arena. screen stays valid. now: what "ago" is counted from. */
struct writer *writer_create(struct arena *arena, const struct writer_type *type,
                             const struct screen *screen, struct wall now);
/* text, json, or the one of pages: arguments.c has let nothing else through. */
const struct writer_type *writer_type_find(const char *name);
void writer_set_now(struct writer *w, struct wall now);

/* A part with a name; title NULL: no heading. key NULL: an element of a list; else no part of its own
 * in JSON. */
void write_begin(struct writer *w, const char *key, const char *title);
void write_list(struct writer *w, const char *key); /* of parts */
void write_end(struct writer *w);
/* label NULL: not in text; key NULL: not in JSON; so for the others. None is left out of text. */
void write_field(struct writer *w, const char *key, const char *label, struct cell value);
/* Text only. */
void write_say(struct writer *w, enum tone tone, const char *fmt, ...) PRINTF_LIKE(3, 4);
void write_table(struct writer *w, const struct table *t);
void write_waterfall(struct writer *w, const char *key, const struct waterfall *f);
/* JSON only. Takes the reference. key NULL: its members become members of this part. */
void write_json(struct writer *w, const char *key, json_t *value);

/* A page that the command laid out: for formats other than text and json, which know nothing else. */
void write_page(struct writer *w, const char *text);

/* Nothing was said so far. */
bool writer_is_empty(const struct writer *w);
/* Appends all that was said. Once. */
void writer_render(struct writer *w, struct buf *out);

#endif
