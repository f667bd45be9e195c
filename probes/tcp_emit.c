/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tcp probe shows besides its verdict: samples, the labels and captures of its steps, and what it waited for when
 * the deadline came. Judges nothing.
 */
#include "probes/tcp.h"

#include "lib/base/buf.h"
#include "lib/core/labels.h"

#define EXPANDED_MAX_BYTES (64u << 10)

static const struct metric regex_metric = {
    .name = "probe_failed_due_to_regex",
    .help = "Indicates if probe failed due to regex",
};
static const struct metric bytes_metric = {
    .name = "probe_failed_due_to_bytes",
    .help = "1 when the bytes received were not the expected ones, else 0",
};
static const struct metric expect_metric = {
    .name = "probe_expect_info",
    .help = "What the labels of a step found in the line that it expected",
};

const struct metric *const tcp_metrics[] = {&regex_metric, &bytes_metric, &expect_metric,
                                            NULL};

const char *tcp_expand(struct run *run, const struct tcp_step *step, const char *text,
                       const struct bytes *groups, size_t count)
{
    struct buf out = BUF_MAX(EXPANDED_MAX_BYTES);

    regex_expand(step->expect, text, groups, count, &out);
    const char *copy = arena_strndup(run_arena(run), buf_text(&out), out.len);
    buf_finish(&out);
    return copy;
}

static void add_expect_info(struct run *run, const struct tcp_step *step,
                            const struct bytes *groups, size_t count)
{
    const struct tcp_label *rows = step->labels.items;
    struct pair *pairs = arena_alloc(run_arena(run), step->labels.count * sizeof(*pairs));
    struct labels labels;
    struct err e;

    if (!step->labels.count)
        return;
    for (size_t i = 0; i < step->labels.count; i++)
        pairs[i] = (struct pair){rows[i].name,
                                 tcp_expand(run, step, rows[i].value, groups, count)};
    /* The names passed validate; a value that is no UTF-8 is the peer's, and has no place on a series. */
    if (labels_from_pairs(run_arena(run), &(struct pairs){pairs, step->labels.count},
                          &labels, &e))
        run_sample_labelled(run, &expect_metric, NULL, labels, 1);
    else
        run_trace(run, "labels", "%s", e.text);
}

static void add_captures(struct run *run, const struct tcp_step *step,
                         const struct bytes *groups, size_t count)
{
    struct tcp_state *state = run_state(run);

    for (size_t i = 0; i < step->capture.count; i++) {
        const struct pair *pair = &step->capture.items[i];
        struct tcp_capture *capture = arena_alloc(run_arena(run), sizeof(*capture));
        *capture = (struct tcp_capture){pair->key,
                                        tcp_expand(run, step, pair->value, groups, count),
                                        state->captures};
        state->captures = capture;
    }
}

void tcp_show(struct run *run, const struct tcp_step *step, const struct bytes *groups,
              size_t count)
{
    add_expect_info(run, step, groups, count);
    add_captures(run, step, groups, count);
}

/* At the deadline: what the dialogue stood at. */
static void explain_wait(struct run *run)
{
    const struct tcp_conf *conf = run_conf(run);
    const struct tcp_state *state = run_state(run);
    const struct bytes last = {state->last, state->last_len};

    if (state->step >= conf->query_response.count)
        return;
    const struct tcp_step *step = tcp_step_at(conf, state->step);
    if (step->expect && state->lines)
        run_explain(run, "expected a line that matches /%s/, the last of %zu was %s",
                    regex_pattern(step->expect), state->lines, run_quoted(run, last));
    else if (step->expect)
        run_explain(run, "expected a line that matches /%s/",
                    regex_pattern(step->expect));
    else if (step->expect_bytes)
        run_explain(run, "expected the bytes %s",
                    run_quoted(run, bytes_of(step->expect_bytes)));
}

void tcp_report(struct run *run)
{
    const struct tcp_state *state = run_state(run);

    if (run_has_timed_out(run) && state->has_begun)
        explain_wait(run);
    run_sample(run, &bytes_metric, state->failed_by_bytes);
    run_sample(run, &regex_metric, state->failed_by_regex);
}

static bool capture_lookup(const void *map, struct bytes key, struct arena *arena,
                           struct value *ret_value)
{
    for (const struct tcp_capture *c = map; c; c = c->next) {
        if (bytes_is(key, c->name)) {
            *ret_value = value_text(bytes_of(c->text));
            return true;
        }
    }
    return false;
}

static bool captures_get(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    const struct tcp_state *state = run_state(run);

    *ret_value = (struct value){
        .type = VALUE_MAP, .lookup = capture_lookup, .map = state->captures};
    return true;
}

const struct var tcp_vars[] = {
    {"captures", VALUE_MAP,
     "What the steps' `capture` took from the lines: captures.version.", captures_get},
    {0}};
