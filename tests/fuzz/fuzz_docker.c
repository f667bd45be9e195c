/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what an engine says: a list, an event, a log stream; and the book that keeps them. */
#include <stdint.h>

#include "lib/core/docker.h"
#include "probes/containers_book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_line(void *ctx, const struct docker_line *line)
{
    size_t *bytes = ctx;
    *bytes += line->text.len;
}

static void demux(struct bytes text)
{
    size_t bytes = 0;
    struct docker_demux *x = docker_demux_create(64, on_line, &bytes);
    for (size_t at = 0; at < text.len; at += 7)
        docker_demux_feed(x, bytes_slice(text, at, at + 7));
    docker_demux_end(x);
    docker_demux_destroy(x);
}

static void judge_all(const struct book *b, struct arena *arena)
{
    const struct map_entry *entry = NULL;
    const struct known *k;
    struct opinion o;
    while ((entry = map_next(b->known, entry)))
        known_judge(entry->value, arena);
    required_is_missing(b, "*", arena, &k, &o);
    book_names(b, arena);
    book_memo(b, arena);
}

/* Lines are lists or events, one after another, as an engine would tell them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {(const char *)data, size}, line;
    struct arena *arena = arena_create(0);
    struct containers_conf conf = {0};
    struct book book;
    struct err e;
    struct docker_event ev;
    const struct wall now = {1795751988 * NSEC_PER_SEC};
    demux(text);
    opt_defaults(containers_opts, &conf, arena);
    book_init(&book, &conf);
    while (bytes_token(&text, '\n', &line)) {
        struct docker_list *list = docker_list_parse(line, now, &e);
        if (list)
            book_take_list(&book, list, "+web\n!db\n", now);
        else if (docker_event_parse(arena, line, &ev))
            book_take_event(&book, &ev);
        judge_all(&book, arena);
    }
    book_finish(&book);
    arena_destroy(arena);
    return 0;
}
