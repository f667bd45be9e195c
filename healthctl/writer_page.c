/* SPDX-License-Identifier: Apache-2.0 */
/* The writer for formats that a command lays out itself (`probe --format prometheus`, `smoke --format junit`): its page
 * and nothing else. Called through writer.h only. */
#include "healthctl/writer_impl.h"

static void ignore_begin(struct writer *w, const char *key, const char *title)
{
    w->depth++;
}

static void ignore_list(struct writer *w, const char *key)
{
    w->depth++;
}

static void ignore_end(struct writer *w)
{
    w->depth--;
}

static void ignore_field(struct writer *w, const char *key, const char *label,
                         struct cell value)
{
}

static void ignore_say(struct writer *w, enum tone tone, const char *text)
{
}

static void ignore_table(struct writer *w, const struct table *t)
{
}

static void ignore_waterfall(struct writer *w, const char *key, const struct waterfall *f)
{
}

static void ignore_json(struct writer *w, const char *key, json_t *value)
{
    json_decref(value);
}

static void add_page(struct writer *w, const char *text)
{
    buf_add_text(&w->text, text);
}

static bool is_empty(const struct writer *w)
{
    return !w->text.len;
}

static void render(struct writer *w, struct buf *out)
{
    buf_add_bytes(out, buf_bytes(&w->text));
}

const struct writer_type writer_page = {
    .name = "page",
    .begin = ignore_begin,
    .end = ignore_end,
    .list = ignore_list,
    .field = ignore_field,
    .say = ignore_say,
    .table = ignore_table,
    .waterfall = ignore_waterfall,
    .json = ignore_json,
    .page = add_page,
    .is_empty = is_empty,
    .render = render,
};
