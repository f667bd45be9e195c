/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a log: split into lines in pieces, counted, shown; and as the memo that says where to go on. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "probes/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_line(void *ctx, const struct line *line)
{
    log_counts_take(ctx, line);
}

static void count(struct bytes text, struct arena *arena)
{
    static const struct pair patterns[] = {{"error", "(?i)error|fail"},
                                           {"slow", "took ([0-9]+)+ms$"}};
    static const struct pair fields[] = {{"status", "http.status"}, {"m", "m"}};
    static const char *const values[] = {"ms"};
    const struct log_conf conf = {.level = "",
                                  .patterns = {patterns, ARRAY_LEN(patterns)},
                                  .fields = {fields, ARRAY_LEN(fields)},
                                  .values = {values, ARRAY_LEN(values)},
                                  .max_values = 3,
                                  .max_line = 200};
    struct log_counts c;
    struct lines lines;
    log_counts_init(&c, arena, &conf);
    log_counts_begin(&c, (struct wall){1});
    lines_init(&lines, conf.max_line, on_line, &c);
    for (size_t at = 0; at < text.len; at += 13)
        lines_feed(&lines, bytes_slice(text, at, at + 13));
    lines_end(&lines);
    lines_finish(&lines);
    if (strlen(excerpt_text(c.excerpt, NULL, arena)) > EXCERPT_MAX_TEXT)
        abort();
}

static void recall(struct bytes text, struct arena *arena)
{
    struct log_places places;
    struct buf out = BUF_MAX(65536);
    log_places_parse(&places, text);
    log_places_print(&places, &out);
    log_mark_recall(arena_strndup(arena, text.len ? text.ptr : "", text.len));
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    const struct bytes text = {(const char *)data, size};
    count(text, arena);
    recall(text, arena);
    arena_destroy(arena);
    return 0;
}
