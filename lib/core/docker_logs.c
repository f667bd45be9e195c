/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container prints: GET /containers/<id>/logs, as lines. Called by the probe that reads logs. Keeps one line of
 * each stream at a time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/memory.h"
#include "lib/core/docker_impl.h"

#define MAX_LINE ((size_t)64 << 10)
#define STAMP_MAX 40 /* "2026-11-27T03:55:53.123456789+01:00 " */
#define FRAME_HEADER 8

enum demux_place {
    DEMUX_UNDECIDED,
    DEMUX_HEADER,
    DEMUX_JOINT, /* the beginning of a frame that goes on with a line: it has a stamp, too */
    DEMUX_FRAME,
    DEMUX_PLAIN
};

struct stream_line {
    struct buf text;
    bool is_cut, has_any;
};

struct docker_demux {
    size_t max_line;
    void (*line)(void *ctx, const struct docker_line *line);
    void *ctx;
    enum demux_place place;
    unsigned char header[FRAME_HEADER];
    size_t header_len;
    char joint[STAMP_MAX];
    size_t joint_len;
    enum docker_stream stream; /* of the frame */
    size_t frame_left;
    struct stream_line lines[2]; /* by enum docker_stream */
};

struct docker_demux *
docker_demux_create(size_t max_line,
                    void (*line)(void *ctx, const struct docker_line *line), void *ctx)
{
    struct docker_demux *x = memory_take(sizeof(*x));
    *x = (struct docker_demux){
        .max_line = max_line < MAX_LINE ? max_line : MAX_LINE, .line = line, .ctx = ctx};
    for (size_t i = 0; i < ARRAY_LEN(x->lines); i++)
        x->lines[i].text = BUF_MAX(x->max_line + STAMP_MAX);
    return x;
}

void docker_demux_destroy(struct docker_demux *x)
{
    if (!x)
        return;
    for (size_t i = 0; i < ARRAY_LEN(x->lines); i++)
        buf_finish(&x->lines[i].text);
    free(x);
}

/* ---- lines ---- */

/* Asked for with timestamps=1: one word before the text. */
static struct wall take_stamp(struct bytes *text)
{
    struct wall at = {0};
    const ptrdiff_t end = bytes_find_byte(*text, ' ');
    if (end <= 0 || end >= STAMP_MAX)
        return at;
    if (wall_parse(bytes_slice(*text, 0, (size_t)end), &at))
        *text = bytes_slice(*text, (size_t)end + 1, text->len);
    return at;
}

static void line_end(struct docker_demux *x, enum docker_stream stream)
{
    struct stream_line *l = &x->lines[stream];
    struct bytes text = buf_bytes(&l->text);
    struct docker_line line = {.stream = stream, .at = take_stamp(&text)};
    if (bytes_ends(text, "\r"))
        text.len--;
    line.is_cut = l->is_cut || text.len > x->max_line;
    line.text = bytes_cut(text, x->max_line);
    x->line(x->ctx, &line);
    buf_clear(&l->text);
    l->is_cut = l->has_any = false;
}

static void line_add(struct docker_demux *x, enum docker_stream stream,
                     struct bytes piece)
{
    struct stream_line *l = &x->lines[stream];
    const size_t room = l->text.max - l->text.len;
    const struct bytes fits = bytes_slice(piece, 0, room);
    l->has_any = l->has_any || piece.len;
    l->is_cut = l->is_cut || piece.len > room;
    buf_add_bytes(&l->text, fits);
}

static void take_text(struct docker_demux *x, enum docker_stream stream,
                      struct bytes text)
{
    ptrdiff_t end;
    while ((end = bytes_find_byte(text, '\n')) >= 0) {
        line_add(x, stream, bytes_slice(text, 0, (size_t)end));
        line_end(x, stream);
        text = bytes_slice(text, (size_t)end + 1, text.len);
    }
    line_add(x, stream, text);
}

/* ---- frames ---- */

static void take_header(struct docker_demux *x)
{
    const unsigned char *h = x->header;
    x->header_len = 0;
    x->stream = h[0] == 1 || h[0] == 0 ? DOCKER_STDOUT : DOCKER_STDERR;
    x->place = x->lines[x->stream].has_any ? DEMUX_JOINT : DEMUX_FRAME;
    x->frame_left = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];
    if (!x->frame_left)
        x->place = DEMUX_HEADER;
}

/* A terminal's text does not begin with a small number and three zeros. */
static void decide(struct docker_demux *x)
{
    const unsigned char *h = x->header;
    if (h[0] <= 3 && !h[1] && !h[2] && !h[3]) {
        x->place = DEMUX_HEADER;
        return;
    }
    x->place = DEMUX_PLAIN;
    const size_t len = x->header_len;
    x->header_len = 0;
    take_text(x, DOCKER_STDOUT, (struct bytes){(const char *)h, len});
}

static void end_joint(struct docker_demux *x)
{
    struct bytes text = {x->joint, x->joint_len};
    take_stamp(&text);
    x->joint_len = 0;
    take_text(x, x->stream, text);
}

static void take_joint(struct docker_demux *x, char c)
{
    x->joint[x->joint_len++] = c;
    x->frame_left--;
    if (c != ' ' && x->joint_len < sizeof(x->joint) && x->frame_left)
        return;
    x->place = x->frame_left ? DEMUX_FRAME : DEMUX_HEADER;
    end_joint(x);
}

static void take_some(struct docker_demux *x, struct bytes *piece)
{
    const size_t whole = x->place == DEMUX_UNDECIDED ? 4 : FRAME_HEADER;
    struct bytes part;
    switch (x->place) {
    case DEMUX_UNDECIDED:
    case DEMUX_HEADER:
        bytes_take(piece, 1, &part);
        x->header[x->header_len++] = (unsigned char)*part.ptr;
        if (x->header_len < whole)
            return;
        if (x->place == DEMUX_UNDECIDED)
            decide(x);
        else
            take_header(x);
        return;
    case DEMUX_JOINT:
        bytes_take(piece, 1, &part);
        take_joint(x, *part.ptr);
        return;
    case DEMUX_FRAME:
        bytes_take(piece, piece->len < x->frame_left ? piece->len : x->frame_left, &part);
        x->frame_left -= part.len;
        if (!x->frame_left)
            x->place = DEMUX_HEADER;
        take_text(x, x->stream, part);
        return;
    case DEMUX_PLAIN:
        take_text(x, DOCKER_STDOUT, *piece);
        piece->len = 0;
        return;
    }
}

void docker_demux_feed(struct docker_demux *x, struct bytes piece)
{
    while (piece.len)
        take_some(x, &piece);
}

void docker_demux_end(struct docker_demux *x)
{
    if (x->place == DEMUX_UNDECIDED && x->header_len) {
        x->place = DEMUX_PLAIN;
        take_text(x, DOCKER_STDOUT,
                  (struct bytes){(const char *)x->header, x->header_len});
    }
    end_joint(x);
    for (size_t i = 0; i < ARRAY_LEN(x->lines); i++) {
        if (x->lines[i].has_any)
            line_end(x, (enum docker_stream)i);
    }
}

/* ---- asking ---- */

struct reading {
    struct docker_demux *demux;
    bool (*line)(void *ctx, const struct docker_line *line);
    void (*done)(void *ctx, const struct trouble *why);
    void *ctx;
    bool is_enough; /* nobody wants more */
};

static void on_line(void *ctx, const struct docker_line *line)
{
    struct reading *r = ctx;
    if (!r->is_enough)
        r->is_enough = !r->line(r->ctx, line);
}

static bool on_piece(void *ctx, struct bytes piece)
{
    const struct reading *r = ctx;
    docker_demux_feed(r->demux, piece);
    return !r->is_enough;
}

static void on_end(void *ctx, void *result UNUSED, const struct trouble *why)
{
    const struct reading *r = ctx;
    docker_demux_end(r->demux);
    r->done(r->ctx, r->is_enough ? NULL : why);
}

static void release(void *ctx)
{
    struct reading *r = ctx;
    docker_demux_destroy(r->demux);
    free(r);
}

/* A name in a path: what Docker allows in names needs no escapes, and nothing else goes out. */
static bool is_name(const char *text)
{
    static const char *const name_chars =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return text[0] && strspn(text, name_chars) == strlen(text) && strlen(text) <= 128;
}

static const char *logs_path(const struct docker_logs *q, char *path, size_t size)
{
    char tail[24] = "all", since[48] = "";
    if (q->tail >= 0)
        snprintf(tail, sizeof(tail), "%d", q->tail);
    if (q->since.ns > 0)
        snprintf(since, sizeof(since), "&since=%" PRId64 ".%09" PRId64,
                 q->since.ns / NSEC_PER_SEC, q->since.ns % NSEC_PER_SEC);
    snprintf(path, size, "/containers/%s/logs?stdout=1&stderr=1&timestamps=1&tail=%s%s%s",
             is_name(q->container) ? q->container : "no-such-name", tail, since,
             q->follow ? "&follow=1" : "");
    return path;
}

struct docker_call *docker_logs(struct docker *d, const struct docker_logs *q,
                                bool (*line)(void *ctx, const struct docker_line *line),
                                void (*done)(void *ctx, const struct trouble *why),
                                void *ctx)
{
    char path[400];
    struct reading *r = memory_take(sizeof(*r));
    *r = (struct reading){.demux = docker_demux_create(q->max_line, on_line, r),
                          .line = line,
                          .done = done,
                          .ctx = ctx};
    return docker_ask(d, &(struct docker_ask){.path = logs_path(q, path, sizeof(path)),
                                              .timeout = q->timeout,
                                              .take = on_piece,
                                              .is_endless = q->follow,
                                              .done = on_end,
                                              .release = release,
                                              .ctx = r});
}
