/* SPDX-License-Identifier: Apache-2.0 */
/* The list of formats, and the words that all reports share. See report.h. */
#include "healthctl/report.h"

#include <string.h>

const struct report_format report_formats[] = {
    {"json", ".json", report_json},       {"junit", ".xml", report_junit},
    {"tap", ".tap", report_tap},          {"nagios", ".nagios", report_nagios},
    {"github", ".github", report_github}, {0},
};

const struct report_format *report_find(const char *name)
{
    for (const struct report_format *f = report_formats; f->name; f++) {
        if (!strcmp(f->name, name))
            return f;
    }
    return NULL;
}

const struct report_format *report_of_file(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (const struct report_format *f = report_formats; dot && f->name; f++) {
        if (!strcmp(f->extension, dot))
            return f;
    }
    return NULL;
}

bool report_is_shown(const struct flow_step_result *step)
{
    return !step->step->steps;
}

const char *report_step_name(const struct flow_step_result *step, struct arena *arena)
{
    return step->group
               ? arena_printf(arena, "%s/%s", step->group->step->name, step->step->name)
               : step->step->name;
}

static bool is_plain_word(const char *text)
{
    return *text &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "_./:@%+=,-") == strlen(text);
}

static void add_word(struct buf *out, const char *word)
{
    if (is_plain_word(word)) {
        buf_printf(out, " %s", word);
        return;
    }
    buf_add_text(out, " '");
    for (; *word; word++) {
        if (*word == '\'')
            buf_add_text(out, "'\\''");
        else
            buf_add_byte(out, *word);
    }
    buf_add_byte(out, '\'');
}

static const char *again(const struct smoke *smoke, const struct flow_result *flow,
                         const struct flow_step_result *step, struct arena *arena)
{
    const struct smoke_plan *plan = smoke->plan;
    struct buf text = BUF_MAX(8192);
    buf_add_text(&text, "healthctl smoke");
    if (plan->source)
        add_word(&text, plan->source);
    if (!plan->source || plan->count > 1)
        add_word(&text, flow->flow->name);
    if (!step->is_finally) { /* which always happens, and may need what others captured */
        buf_add_text(&text, " --only");
        add_word(&text, step->step->name);
    }
    for (size_t i = 0; i < plan->vars.count; i++) {
        buf_add_text(&text, " --var");
        add_word(&text, arena_printf(arena, "%s=%s", plan->vars.items[i].key,
                                     plan->vars.items[i].value));
    }
    return arena_keep(arena, &text);
}

struct step_words report_words(const struct smoke *smoke, const struct flow_result *flow,
                               const struct flow_step_result *step, struct arena *arena)
{
    struct step_words w = {
        .expected = "", .came = step->why, .again = again(smoke, flow, step, arena)};
    /* An expectation's sentence is "what was expected: what came" (expr_judge). */
    const char *colon = step->reason == REASON_EXPECT || step->reason == REASON_TOO_SLOW
                            ? strstr(step->why, ": ")
                            : NULL;
    if (colon) {
        w.expected = arena_strndup(arena, step->why, (size_t)(colon - step->why));
        w.came = colon + 2;
    }
    return w;
}
