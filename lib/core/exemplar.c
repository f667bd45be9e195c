/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exemplars: one observation of a bucket with labels too many for a series (a task's id), kept as the text that follows
 * the bucket's line on an OpenMetrics page. Few series have one, so they live beside them, by family. Called by
 * histogram.c, which observes, and by pages.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/core/series.h"

/* OpenMetrics 1.0: names and values together. */
#define EXEMPLAR_MAX_BYTES 128

static struct bytes key_of(const struct series *const *s)
{
    return (struct bytes){(const char *)s, sizeof(*s)};
}

static size_t labels_length(struct labels l)
{
    size_t len = 0;
    for (size_t i = 0; i < l.count; i++)
        len += strlen(l.items[i].name) + strlen(l.items[i].value);
    return len;
}

void exemplar_put(struct series *s, struct labels labels, double value, struct wall at)
{
    struct family *f = s->chunk->family;
    const struct series *key = s;
    struct buf text = BUF_MAX(4 * EXEMPLAR_MAX_BYTES);
    char seconds[40];
    size_t len;
    if (labels_length(labels) > EXEMPLAR_MAX_BYTES)
        return;
    buf_add_text(&text, " # {");
    labels_print(labels, &text);
    buf_add_text(&text, "} ");
    buf_add_double(&text, value);
    snprintf(seconds, sizeof(seconds), " %lld.%03d", (long long)(at.ns / NSEC_PER_SEC),
             (int)(at.ns % NSEC_PER_SEC / NSEC_PER_MSEC));
    buf_add_text(&text, seconds);
    if (!f->exemplars)
        f->exemplars = map_create();
    free(map_put(f->exemplars, key_of(&key), buf_steal(&text, &len)));
    s->has_exemplar = true;
}

const char *exemplar_text(const struct series *s)
{
    return s->has_exemplar ? map_get(s->chunk->family->exemplars, key_of(&s)) : "";
}

void exemplar_forget(struct series *s)
{
    const struct series *key = s;
    if (s->has_exemplar)
        free(map_remove(s->chunk->family->exemplars, key_of(&key)));
    s->has_exemplar = false;
}

void exemplars_destroy(struct family *f)
{
    const struct map_entry *x = NULL;
    while (f->exemplars && (x = map_next(f->exemplars, x)))
        free(x->value);
    map_destroy(f->exemplars);
}
