/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One series: what its line starts with, where it is found, its value. Called by the rest of the registry, and
 * by everybody who counts something. Never prints a value: chunks do, when a page passes.
 */
#include "lib/core/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"

bool label_put(struct label **list, size_t *count, size_t *size, const char *name,
               const char *value)
{
    size_t at = *count;
    while (at > 0) {
        const int order = strcmp((*list)[at - 1].name, name);
        if (order == 0)
            return false;
        if (order < 0)
            break;
        at--;
    }
    if (*count == *size) {
        *size = *size ? *size * 2 : 16;
        *list = memory_grow(*list, *size * sizeof(**list));
    }
    memmove(*list + at + 1, *list + at, (*count - at) * sizeof(**list));
    (*list)[at] = (struct label){name, value ? value : ""};
    (*count)++;
    return true;
}

void labels_put_own(struct label **list, size_t *count, size_t *size,
                    const struct identity *id)
{
    for (size_t i = 0; id->values && id->metric->labels[i]; i++)
        label_put(list, count, size, id->metric->labels[i], id->values[i]);
    for (size_t i = 0; i < id->extra.count; i++)
        label_put(list, count, size, id->extra.items[i].name, id->extra.items[i].value);
}

/* Prints the labels gathered, and says where the frame's own probe label stands. */
static void prefix_labels(struct registry *r, bool has_probe, struct prefix *p)
{
    struct buf *out = &r->prefix;
    const size_t start = out->len;
    for (size_t i = 0; i < r->label_count; i++) {
        const struct label *label = &r->labels[i];
        if (!label->value[0])
            continue;
        const size_t before = out->len;
        buf_add_byte(out, before == start ? '{' : ',');
        label_print(label->name, label->value, out);
        if (has_probe && !strcmp(label->name, "probe") && out->len < LINE_MAX_BYTES) {
            p->cut_at = (uint16_t)before;
            p->cut_len = (uint16_t)(out->len - before);
        }
    }
    if (out->len == start)
        return;

    buf_add_byte(out, '}');
    if (!p->cut_len || p->cut_at != start)
        return;
    /* The first label goes with the comma behind it, and the only one with both braces. */
    const bool is_only = out->len == start + p->cut_len + 1u;
    p->cut_len = (uint16_t)(p->cut_len + (is_only ? 1 : 0));
    p->cut_at = (uint16_t)(p->cut_at + (is_only ? 0 : 1));
}

/* What every probe has would be one series for all singletons. */
static bool is_frames(const struct metric *metric)
{
    return !strncmp(metric->name, "probe_", strlen("probe_"));
}

bool prefix_build(struct registry *r, const struct source *s, const struct identity *id,
                  struct prefix *ret_prefix)
{
    struct prefix p = {0};
    bool has_probe = false;

    r->label_count = 0;
    labels_put_own(&r->labels, &r->label_count, &r->label_size, id);
    if (s->is_repeatable || is_frames(id->metric))
        has_probe =
            label_put(&r->labels, &r->label_count, &r->label_size, "probe", s->name);
    for (size_t i = 0; i < s->labels.count; i++)
        label_put(&r->labels, &r->label_count, &r->label_size, s->labels.items[i].name,
                  s->labels.items[i].value);

    buf_clear(&r->prefix);
    buf_add_text(&r->prefix, id->metric->name);
    buf_add_text(&r->prefix, id->suffix);
    prefix_labels(r, has_probe, &p);
    buf_add_byte(&r->prefix, ' ');
    if (r->prefix.overflow)
        return false;
    p.text = buf_bytes(&r->prefix);
    *ret_prefix = p;
    return true;
}

struct bytes series_prefix(const struct series *s)
{
    return (struct bytes){s->chunk->text + s->offset, s->prefix_len};
}

bool prefix_is(const struct prefix *p, const struct series *s)
{
    return bytes_equal(p->text, series_prefix(s));
}

static uint32_t prefix_hash(const struct prefix *p)
{
    const uint64_t hash = bytes_hash64(p->text);
    return (uint32_t)(hash ^ hash >> 32);
}

struct series *series_find(const struct registry *r, const struct prefix *p)
{
    if (!r->table_size)
        return NULL;
    const uint32_t hash = prefix_hash(p);
    for (struct series *s = r->table[hash & (r->table_size - 1)]; s; s = s->next) {
        if (s->hash == hash && prefix_is(p, s))
            return s;
    }
    return NULL;
}

static void table_grow(struct registry *r)
{
    const size_t size = r->table_size ? r->table_size * 2 : 64;
    struct series **table = memory_take(size * sizeof(struct series *));
    memset(table, 0, size * sizeof(struct series *));
    for (size_t i = 0; i < r->table_size; i++) {
        for (struct series *s = r->table[i], *next; s; s = next) {
            struct series **bucket = &table[s->hash & (size - 1)];
            next = s->next;
            s->next = *bucket;
            *bucket = s;
        }
    }
    free(r->table);
    r->table = table;
    r->table_size = size;
}

/* ---- its own values ---- */

struct own { /* a walk over them, in the order of series.own */
    const struct identity *id;
    size_t value, part; /* that come next */
};

static const char *own_next(struct own *walk)
{
    const struct identity *id = walk->id;
    if (id->values && id->metric->labels[walk->value]) {
        const char *value = id->values[walk->value++];
        return value ? value : "";
    }
    if (walk->part == 2 * id->extra.count)
        return NULL;
    const struct label *label = &id->extra.items[walk->part / 2];
    return walk->part++ % 2 ? label->value : label->name;
}

static size_t own_size(const struct identity *id)
{
    struct own walk = {.id = id};
    size_t size = 0;
    for (const char *text = own_next(&walk); text; text = own_next(&walk))
        size += strlen(text) + 1;
    return size;
}

bool series_has_own(const struct series *s, const struct identity *id)
{
    struct own walk = {.id = id};
    size_t at = 0;
    for (const char *text = own_next(&walk); text; text = own_next(&walk)) {
        const size_t size = strlen(text) + 1;
        if (size > s->own_len - at || memcmp(s->own + at, text, size) != 0)
            return false;
        at += size;
    }
    return at == s->own_len;
}

bool series_has_own_of(const struct series *s, const struct series *other)
{
    return s->own_len == other->own_len && !memcmp(s->own, other->own, s->own_len);
}

static void own_write(struct series *s, const struct identity *id)
{
    struct own walk = {.id = id};
    char *to = s->own;
    for (const char *text = own_next(&walk); text; text = own_next(&walk))
        to = stpcpy(to, text) + 1;
}

struct series *series_make(struct registry *r, struct family *f, struct holding *h,
                           const struct identity *id, const struct prefix *p)
{
    pages_settle(r);
    if (r->series_count >= r->table_size)
        table_grow(r);

    const size_t own = own_size(id);
    struct series *s = memory_take(sizeof(*s) + own);
    *s = (struct series){.holding = h,
                         .hash = prefix_hash(p),
                         .prefix_len = (uint16_t)p->text.len,
                         .cut_at = p->cut_at,
                         .cut_len = p->cut_len,
                         .own_len = (uint32_t)own};
    own_write(s, id);
    struct series **bucket = &r->table[s->hash & (r->table_size - 1)];
    s->next = *bucket;
    *bucket = s;
    r->series_count++;
    family_add(f, s, p->text);
    return s;
}

void series_end(struct registry *r, struct series *s)
{
    struct series **at = &r->table[s->hash & (r->table_size - 1)];
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    r->series_count--;
    exemplar_forget(s);
    family_remove(r, s);
}

struct series *series_direct(struct registry *r, struct source *s,
                             const struct identity *id)
{
    struct prefix p;
    const bool fits = prefix_build(r, s, id, &p);
    assert(fits); /* our own names, and labels that configuration has limited */

    struct series *found = series_find(r, &p);
    if (found && !found->holding->name) {
        assert(found->chunk->family->kind == id->metric->kind);
        if (!holding_has(&s->direct, found)) {
            pages_settle(r);
            assert(found->shares < UINT8_MAX);
            found->shares++;
            holding_put(&s->direct, found);
        }
        return found;
    }

    pages_settle(r);
    if (found) {
        r->duplicates++;
        holding_forget(found->holding, found);
        series_end(r, found);
    }
    struct family *f = family_for(r, id->metric);
    assert(f); /* a declared family */
    struct series *made = series_make(r, f, &s->direct, id, &p);
    holding_put(&s->direct, made);
    return made;
}

struct series *registry_series(struct registry *r, struct source *s,
                               const struct metric *metric, const char *const *values)
{
    assert(metric->kind != METRIC_HISTOGRAM);
    return series_direct(r, s, &(struct identity){metric, "", values, {0}});
}

void series_set(struct series *s, double value)
{
    /* By its bits: NaN stays NaN, and costs nothing while it does. */
    if (!memcmp(&s->value, &value, sizeof(value)))
        return;
    s->value = value;
    s->is_changed = true;
    s->chunk->is_changed = true;
}

void series_add(struct series *s, double delta)
{
    assert(s->chunk->family->kind != METRIC_COUNTER || delta >= 0);
    series_set(s, s->value + delta);
}

double series_value(const struct series *s)
{
    return s->value;
}
