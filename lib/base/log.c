/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines: how they look, and where they go. Called on the loop's thread only. Never
 * waits for a reader: what stderr cannot take at once is dropped, counted and said.
 */
#include "lib/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <unistd.h>

#include "lib/base/units.h"

#define LONGEST_LINE (64u * 1024u)
#define PIPE_PIECE 4096u /* what a pipe that polls writable takes without blocking */

/* The log's settings: with the level, the one thing in this program that is global. */
static struct {
    log_sink *sink;
    void *ctx;
    enum log_level least;
    enum log_format format;
    uint64_t dropped; /* lines, since the last one that was written */
    bool torn;        /* the last line was cut short by a full pipe */
} settings = {.least = LOG_LEVEL_INFO};

static const struct log_field cut_field = {
    .kind = LOG_FIELD_TEXT,
    .key = "cut",
    .text = "a line has at most 64 KiB; longer texts in it were cut",
};

static const char *const level_names[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_ERROR] = "error",
};

void log_to(log_sink *sink, void *ctx)
{
    settings.sink = sink;
    settings.ctx = ctx;
}

void log_set(enum log_level least, enum log_format format)
{
    settings.least = least;
    settings.format = format;
}

enum log_level log_least(void)
{
    return settings.least;
}

static void add_i64(struct buf *out, int64_t value)
{
    if (value < 0)
        buf_add_byte(out, '-');
    buf_add_u64(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* JSON has no NaN and no infinities: they are strings there. */
static void json_number(struct buf *out, double value)
{
    if (!isfinite(value))
        buf_add_byte(out, '"');
    buf_add_double(out, value);
    if (!isfinite(value))
        buf_add_byte(out, '"');
}

/* At most so many bytes of a text that is not NULL. */
static struct bytes text_of(const struct log_field *f, size_t most)
{
    return bytes_cut(bytes_of(f->text), most);
}

static void json_pairs(struct buf *out, const struct log_field *f, size_t most)
{
    buf_add_byte(out, '{');
    for (int64_t i = 0; i < f->integer; i++) {
        buf_add_text(out, i ? "," : "");
        buf_add_json(out, bytes_of(f->pairs[i].name));
        buf_add_byte(out, ':');
        buf_add_json(out, bytes_cut(bytes_of(f->pairs[i].value), most));
    }
    buf_add_byte(out, '}');
}

static void json_field(struct buf *out, const struct log_field *f, size_t most)
{
    buf_add_byte(out, ',');
    buf_add_json(out, bytes_of(f->key));
    buf_add_byte(out, ':');
    switch (f->kind) {
    case LOG_FIELD_END:
        break;
    case LOG_FIELD_EVENT:
    case LOG_FIELD_TEXT:
        if (f->text)
            buf_add_json(out, text_of(f, most));
        else
            buf_add_text(out, "null");
        break;
    case LOG_FIELD_INT:
        add_i64(out, f->integer);
        break;
    case LOG_FIELD_NUMBER:
        json_number(out, f->number);
        break;
    case LOG_FIELD_NSEC:
        json_number(out, nsec_to_sec(f->integer));
        break;
    case LOG_FIELD_PAIRS:
        json_pairs(out, f, most);
        break;
    }
}

/* As it is when a reader of logfmt finds its end, else as a JSON string. */
static void logfmt_text(struct buf *out, struct bytes value)
{
    bool plain = value.len > 0 && bytes_is_utf8(value);
    for (size_t i = 0; plain && i < value.len; i++) {
        const unsigned char c = (unsigned char)value.ptr[i];
        plain = c > ' ' && c != 0x7F && c != '"' && c != '=' && c != '\\';
    }
    if (plain)
        buf_add_bytes(out, value);
    else
        buf_add_json(out, value);
}

/* "4m10s": the short form without its spaces, so that it needs no quotes. */
static void logfmt_duration(struct buf *out, nsec value)
{
    struct buf text = BUF_MAX(64);
    duration_format_short(&text, value);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ')
            buf_add_byte(out, text.ptr[i]);
    }
    buf_finish(&text);
}

static void logfmt_pairs(struct buf *out, const struct log_field *f, size_t most)
{
    for (int64_t i = 0; i < f->integer; i++) {
        buf_printf(out, " %s.%s=", f->key, f->pairs[i].name);
        logfmt_text(out, bytes_cut(bytes_of(f->pairs[i].value), most));
    }
}

static void logfmt_field(struct buf *out, const struct log_field *f, size_t most)
{
    if (f->kind == LOG_FIELD_PAIRS) {
        logfmt_pairs(out, f, most);
        return;
    }
    buf_add_byte(out, ' ');
    buf_add_text(out, f->key);
    buf_add_byte(out, '=');
    switch (f->kind) {
    case LOG_FIELD_END:
    case LOG_FIELD_PAIRS:
        break;
    case LOG_FIELD_EVENT:
    case LOG_FIELD_TEXT:
        logfmt_text(out, f->text ? text_of(f, most) : bytes_of("null"));
        break;
    case LOG_FIELD_INT:
        add_i64(out, f->integer);
        break;
    case LOG_FIELD_NUMBER:
        buf_add_double(out, f->number);
        break;
    case LOG_FIELD_NSEC:
        logfmt_duration(out, f->integer);
        break;
    }
}

static void render(struct buf *out, enum log_format format, struct wall at,
                   enum log_level level, const struct log_field *fields, size_t most)
{
    const bool json = format == LOG_FORMAT_JSON;
    char ts[WALL_TEXT_SIZE];

    buf_add_text(out, json ? "{\"ts\":\"" : "ts=");
    buf_add_text(out, wall_format(at, ts));
    buf_add_text(out, json ? "\",\"level\":\"" : " level=");
    buf_add_text(out, level_names[level]);
    if (json)
        buf_add_byte(out, '"');
    for (; fields->kind != LOG_FIELD_END; fields++) {
        if (json)
            json_field(out, fields, most);
        else
            logfmt_field(out, fields, most);
    }
    if (most < SIZE_MAX && json)
        json_field(out, &cut_field, SIZE_MAX);
    else if (most < SIZE_MAX)
        logfmt_field(out, &cut_field, SIZE_MAX);
    buf_add_text(out, json ? "}\n" : "\n");
}

void log_render(struct buf *out, enum log_format format, struct wall at,
                enum log_level level, const struct log_field *fields)
{
    render(out, format, at, level, fields, SIZE_MAX);
}

/* Writes as much as stderr takes without waiting; returns how much that was. */
static size_t stderr_write(struct bytes text)
{
    size_t done = 0;
    while (done < text.len) {
        struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
        if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
            break;
        const struct bytes piece = bytes_slice(text, done, done + PIPE_PIECE);
        const ssize_t wrote = write(STDERR_FILENO, piece.ptr, piece.len);
        if (wrote < 0 && errno != EINTR)
            break;
        if (wrote > 0)
            done += (size_t)wrote;
    }
    return done;
}

/* One line to stderr, whole or counted as dropped. */
static bool stderr_line(struct bytes line)
{
    if (settings.torn && stderr_write(bytes_of("\n")) == 0)
        return false;
    settings.torn = false;

    const size_t done = stderr_write(line);
    settings.torn = done > 0 && done < line.len;
    return done == line.len;
}

static void render_line(struct buf *line, enum log_level level,
                        const struct log_field *fields)
{
    const struct wall now = wall_read();
    render(line, settings.format, now, level, fields, SIZE_MAX);
    for (size_t most = LONGEST_LINE / 2; line->overflow && most > 0; most /= 2) {
        buf_clear(line);
        render(line, settings.format, now, level, fields, most);
    }
}

/* Says how many lines are missing here. Returns false when that does not fit either. */
static bool stderr_say_dropped(void)
{
    if (!settings.dropped)
        return true;
    struct buf line = BUF_MAX(LONGEST_LINE);
    render_line(&line, LOG_LEVEL_WARNING,
                (const struct log_field[]){
                    EV("log lines dropped"),
                    INT("count", (int64_t)settings.dropped),
                    STR("why", "whoever reads stderr did not keep up"),
                    {.kind = LOG_FIELD_END},
                });
    const bool said = stderr_line(buf_bytes(&line));
    buf_finish(&line);
    if (said)
        settings.dropped = 0;
    return said;
}

void log_write(enum log_level level, const struct log_field *fields)
{
    if (level < settings.least)
        return;

    struct buf line = BUF_MAX(LONGEST_LINE);
    render_line(&line, level, fields);
    if (settings.sink)
        settings.sink(settings.ctx, &line);
    else if (!stderr_say_dropped() || !stderr_line(buf_bytes(&line)))
        settings.dropped++;
    buf_finish(&line);
}
