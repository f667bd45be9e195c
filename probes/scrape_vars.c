/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expectations may name of a scraped page. Called by expressions, after the page was read. A sample is named as
 * PromQL selects it: sample["http_requests_total{code=\"500\"}"].
 */
#include "lib/core/batch.h"
#include "probes/scrape.h"

/* One selector, as the line of a sample without its value. */
struct wanted {
    struct bytes name;
    struct labels labels;
    struct arena *arena;
};

static bool take_wanted(void *ctx, const struct exposition_sample *s, struct err *e)
{
    struct wanted *wanted = ctx;
    struct label *items = arena_alloc(wanted->arena, s->label_count * sizeof(*items));
    (void)e;
    for (size_t i = 0; i < s->label_count; i++) {
        const struct exposition_label *from = &s->labels[i];
        items[i] = (struct label){
            arena_strndup(wanted->arena, from->name.ptr, from->name.len),
            arena_strndup(wanted->arena, from->value.ptr, from->value.len)};
    }
    wanted->name = bytes_of(arena_strndup(wanted->arena, s->name.ptr, s->name.len));
    wanted->labels = (struct labels){items, s->label_count};
    return true;
}

static bool read_wanted(struct bytes selector, struct arena *arena,
                        struct wanted *ret_wanted)
{
    struct err e;
    struct exposition *x =
        exposition_create(arena, EXPOSITION_TEXT, NULL,
                          (struct exposition_reader){take_wanted, ret_wanted});
    *ret_wanted = (struct wanted){.arena = arena};
    return exposition_feed(x, selector, &e) && exposition_feed(x, bytes_of(" 0\n"), &e) &&
           exposition_samples(x) == 1;
}

static bool is_wanted(const struct wanted *wanted, const struct sample *sample)
{
    if (!bytes_is(wanted->name, sample->metric->name))
        return false;
    for (size_t i = 0; i < wanted->labels.count; i++) {
        const char *has = labels_get(sample->extra, wanted->labels.items[i].name);
        if (!bytes_is(bytes_of(wanted->labels.items[i].value), has ? has : ""))
            return false;
    }
    return true;
}

static bool sample_lookup(const void *map, struct bytes key, struct arena *arena,
                          struct value *ret_value)
{
    const struct batch_group *group = map;
    struct wanted wanted;
    double sum = 0;
    bool is_found = false;
    if (!read_wanted(key, arena, &wanted))
        return false;
    for (const struct sample *s = group->first; s; s = s->next) {
        if (!is_wanted(&wanted, s))
            continue;
        is_found = true;
        sum += s->value;
    }
    if (is_found)
        *ret_value = value_number(sum);
    return is_found;
}

static const struct scrape_page *page_of(struct run *run, struct err *why)
{
    const struct scrape_state *state = run_state(run);
    if (state->page && !state->is_reading && state->page->is_whole)
        return state->page;
    err_set(why, "no page was read");
    return NULL;
}

static bool get_sample(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    (void)arena;
    if (!page_of(run, why))
        return false;
    *ret_value = (struct value){.type = VALUE_MAP,
                                .lookup = sample_lookup,
                                .map = batch_group(run_batch(run), SCRAPE_GROUP)};
    return true;
}

static bool get_samples(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct scrape_page *page = page_of(run, why);
    (void)arena;
    if (page)
        *ret_value = value_number((double)page->kept);
    return page != NULL;
}

static const struct reply *reply_of(struct run *run, struct err *why)
{
    const struct scrape_state *state = run_state(run);
    if (state->reply && state->reply->status)
        return state->reply;
    err_set(why, "there was no answer");
    return NULL;
}

static bool get_status(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct reply *reply = reply_of(run, why);
    (void)arena;
    if (reply)
        *ret_value = value_number(reply->status);
    return reply != NULL;
}

static bool get_body_size(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    const struct reply *reply = reply_of(run, why);
    (void)arena;
    if (reply)
        *ret_value =
            (struct value){.type = VALUE_SIZE, .number = (double)reply->body_bytes};
    return reply != NULL;
}

const struct var scrape_vars[] = {
    {"sample", VALUE_MAP,
     "Values that were kept, by name and labels: "
     "sample[\"queue_depth{queue=\\\"mail\\\"}\"]. "
     "Labels that are not named may be any; the value is the sum over the series that "
     "fit.",
     get_sample},
    {"samples", VALUE_NUMBER, "How many samples were kept.", get_samples},
    {"status", VALUE_NUMBER, "The answer's status.", get_status},
    {"body_size", VALUE_SIZE, "Bytes of the page, unpacked.", get_body_size},
    {0}};
