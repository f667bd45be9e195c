/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's series one after another, for whoever reads values rather than a page. Changes nothing. */
#include <string.h>

#include "lib/core/series.h"

/* "name{labels} " in pieces, NUL-terminated: written over in buf. */
static void each_split(struct buf *buf, struct bytes prefix, const char **ret_name,
                       const char **ret_labels)
{
    buf_clear(buf);
    buf_add_bytes(buf, prefix);
    char *text = buf->ptr;
    char *brace = memchr(text, '{', prefix.len);
    text[prefix.len - 1] = '\0';
    *ret_name = text;
    *ret_labels = "";
    if (!brace)
        return;
    *brace = '\0';
    text[prefix.len - 2] = '\0';
    *ret_labels = brace + 1;
}

static void each_of_chunk(const struct chunk *c, struct buf *text,
                          void (*fn)(void *ctx, const struct source *s,
                                     const char *family, const char *label_text,
                                     double value),
                          void *ctx)
{
    for (uint32_t k = 0; k < c->count; k++) {
        const struct series *s = c->series[k];
        const char *name, *labels;
        if (s->is_ended)
            continue;
        each_split(text, series_prefix(s), &name, &labels);
        fn(ctx, s->holding->source, name, labels, s->value);
    }
}

void registry_each(const struct registry *r, bool (*is_wanted)(const char *family),
                   void (*fn)(void *ctx, const struct source *s, const char *family,
                              const char *label_text, double value),
                   void *ctx)
{
    struct buf text = BUF_MAX(LINE_MAX_BYTES);
    for (size_t i = 0; i < r->family_count; i++) {
        const struct family *f = r->families[i];
        const bool is_visited = !is_wanted || is_wanted(f->name);
        for (size_t j = 0; is_visited && j < f->chunk_count; j++)
            each_of_chunk(f->chunks[j], &text, fn, ctx);
    }
    buf_finish(&text);
}
