/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of metrics as the samples of one group: which are kept, under which labels, in which families. Called by
 * scrape.c, also on a pool thread. Pure: touches nothing but its page.
 */
#include <string.h>

#include "lib/core/batch.h"
#include "probes/scrape.h"

/* What was decided of one name: remembered at its family, which the samples of a name share. */
struct part {
    struct bytes suffix;
    const struct metric *metric; /* NULL: not kept */
    struct part *next;
};

/* ---- names ---- */

static bool any_matches(const struct regexes *list, struct bytes text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (regex_match(list->items[i], text) == REGEX_MATCH)
            return true;
    }
    return false;
}

static bool is_name_wanted(const struct scrape_conf *conf, struct bytes name)
{
    return (!conf->keep.count || any_matches(&conf->keep, name)) &&
           !any_matches(&conf->drop, name);
}

static const struct metric *metric_make(struct scrape_page *page,
                                        const struct exposition_sample *s)
{
    struct bytes family;
    const enum metric_kind kind = exposition_kind(s, &family);
    const char *name = arena_strndup(page->arena, family.ptr, family.len);
    if (kind != METRIC_HISTOGRAM && kind != METRIC_SUMMARY)
        return batch_metric(page->batch, name, kind, s->family->help, NULL);
    const char *suffix = arena_strndup(page->arena, s->suffix.ptr, s->suffix.len);
    return batch_metric_part(page->batch, name, suffix, kind, s->family->help);
}

static const struct part *part_of(struct scrape_page *page,
                                  const struct exposition_sample *s)
{
    for (struct part *part = s->family->mark; part; part = part->next) {
        if (bytes_equal(part->suffix, s->suffix))
            return part;
    }
    struct part *part = arena_alloc(page->arena, sizeof(*part));
    part->suffix = (struct bytes){
        arena_strndup(page->arena, s->suffix.ptr, s->suffix.len), s->suffix.len};
    part->metric = is_name_wanted(page->conf, s->name) ? metric_make(page, s) : NULL;
    part->next = s->family->mark;
    s->family->mark = part;
    return part;
}

/* ---- labels ---- */

static struct bytes label_of(const struct exposition_sample *s, const char *name)
{
    for (size_t i = 0; i < s->label_count; i++) {
        if (bytes_is(s->labels[i].name, name))
            return s->labels[i].value;
    }
    return (struct bytes){"", 0};
}

static bool where_matches(const struct scrape_where *where,
                          const struct exposition_sample *s)
{
    return regex_match(where->regex, label_of(s, where->label)) == REGEX_MATCH;
}

static bool are_labels_wanted(const struct scrape_conf *conf,
                              const struct exposition_sample *s)
{
    for (size_t i = 0; i < conf->kept_where.count; i++) {
        if (!where_matches(&conf->kept_where.items[i], s))
            return false;
    }
    for (size_t i = 0; i < conf->dropped_where.count; i++) {
        if (where_matches(&conf->dropped_where.items[i], s))
            return false;
    }
    return true;
}

/* Empty labels are absent ones; those that start with __ are Prometheus' own. */
static bool is_label_kept(const struct scrape_conf *conf,
                          const struct exposition_label *label)
{
    if (!label->value.len || bytes_starts(label->name, "__"))
        return false;
    for (size_t i = 0; i < conf->remove_labels.count; i++) {
        if (bytes_is(label->name, conf->remove_labels.items[i]))
            return false;
    }
    return true;
}

/* The names that say where a series comes from: the probe's labels, and those that healthd or a scraper puts on. */
static bool is_taken(const struct scrape_page *page, struct bytes name)
{
    static const char *const targets[] = {"probe", "job", "instance"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        if (bytes_is(name, targets[i]))
            return true;
    }
    for (size_t i = 0; i < page->own.count; i++) {
        if (bytes_is(name, page->own.items[i].name))
            return true;
    }
    return false;
}

static const char *name_of_label(struct scrape_page *page,
                                 const struct exposition_sample *s, struct bytes name)
{
    const char *text = arena_strndup(page->arena, name.ptr, name.len);
    if (page->conf->honor_labels || !is_taken(page, name))
        return text;
    do
        text = arena_printf(page->arena, "exported_%s", text);
    while (label_of(s, text).len);
    return text;
}

/* Sorted by name: an insertion, as pages mostly have them in order. */
static struct labels labels_make(struct scrape_page *page,
                                 const struct exposition_sample *s)
{
    struct label *items = arena_alloc(page->arena, s->label_count * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < s->label_count; i++) {
        const struct exposition_label *from = &s->labels[i];
        if (!is_label_kept(page->conf, from))
            continue;
        const struct label label = {
            name_of_label(page, s, from->name),
            arena_strndup(page->arena, from->value.ptr, from->value.len)};
        size_t at = count++;
        for (; at > 0 && strcmp(items[at - 1].name, label.name) > 0; at--)
            items[at] = items[at - 1];
        items[at] = label;
    }
    return (struct labels){items, count};
}

/* ---- the page ---- */

static bool take_sample(void *ctx, const struct exposition_sample *s, struct err *e)
{
    struct scrape_page *page = ctx;
    const struct part *part = part_of(page, s);
    page->read++;
    if (!part->metric || !are_labels_wanted(page->conf, s))
        return true;
    if (page->kept == (size_t)page->conf->sample_limit) {
        page->is_over_cap = true;
        return err_set(e,
                       "more than %zu samples; `sample_limit` lets more in, `keep` "
                       "and `drop` leave some out",
                       page->kept);
    }
    page->kept++;
    batch_add(page->batch, page->group, part->metric, NULL, labels_make(page, s),
              s->value);
    return true;
}

static void page_begin(struct scrape_page *page)
{
    page->batch = batch_create(page->arena);
    page->group = batch_group(page->batch, SCRAPE_GROUP);
}

void scrape_page_read(struct scrape_page *page)
{
    const struct scrape_conf *conf = page->conf;
    const struct exposition_caps caps = {
        .name_bytes = (size_t)conf->label_name_length_limit,
        .value_bytes = (size_t)conf->label_value_length_limit,
        .labels = (size_t)conf->label_limit};
    page_begin(page);
    struct exposition *x = exposition_create(
        page->arena, page->format, &caps, (struct exposition_reader){take_sample, page});
    page->is_whole =
        exposition_feed(x, page->body, &page->why) && exposition_end(x, &page->why);
    page->is_over_cap = page->is_over_cap || exposition_is_over_cap(x);
    if (page->is_whole)
        return;
    page->kept = 0;
    page_begin(page);
}
