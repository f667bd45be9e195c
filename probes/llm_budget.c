/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many tokens a probe has used today, and may still use: pure arithmetic over what the session's memo says. Called
 * by llm.c and llm_plan.c. Never asks the time.
 */
#include <inttypes.h>

#include "probes/llm.h"

/* What providers put around a prompt (roles, turns, a template) before they count. */
#define FRAME_TOKENS 64
#define TOKENS_MAX ((int64_t)1 << 50)

static bool read_number(struct bytes *text, int64_t *ret_number)
{
    struct bytes word;
    int64_t number;
    if (!bytes_token(text, ' ', &word) || !bytes_to_i64(word, &number) || number < 0 ||
        number > TOKENS_MAX)
        return false;
    *ret_number = number;
    return true;
}

struct llm_budget llm_budget_recall(const char *memo)
{
    struct bytes text = bytes_of(memo);
    struct llm_budget b = {0};
    if (!read_number(&text, &b.day) || !read_number(&text, &b.spent) ||
        !read_number(&text, &b.aside) || !read_number(&text, &b.largest) ||
        !read_number(&text, &b.total) || !read_number(&text, &b.asked_at))
        return (struct llm_budget){0};
    b.spent += b.aside;
    b.total += b.aside;
    b.aside = 0;
    return b;
}

const char *llm_budget_text(const struct llm_budget *b, struct arena *arena)
{
    return arena_printf(
        arena, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
        b->day, b->spent, b->aside, b->largest, b->total, b->asked_at);
}

void llm_budget_roll(struct llm_budget *b, struct wall now)
{
    const int64_t day = now.ns / NSEC_PER_DAY;
    if (day <= b->day)
        return;
    b->day = day;
    b->spent = 0;
}

int64_t llm_budget_need(const struct llm_budget *b, const struct llm_conf *conf)
{
    const int64_t known =
        (int64_t)bytes_of(conf->prompt).len + FRAME_TOKENS + conf->max_tokens;
    return known > b->largest ? known : b->largest;
}

int64_t llm_budget_left(const struct llm_budget *b, const struct llm_conf *conf)
{
    const int64_t left = conf->daily_tokens - b->spent;
    return left > 0 ? left : 0;
}

bool llm_budget_set_aside(struct llm_budget *b, const struct llm_conf *conf)
{
    const int64_t need = llm_budget_need(b, conf);
    if (need > llm_budget_left(b, conf))
        return false;
    b->aside = need;
    return true;
}

void llm_budget_settle(struct llm_budget *b, int64_t used)
{
    if (used < 0 || used > TOKENS_MAX / 2)
        used = b->aside;
    b->spent += used;
    b->total += used;
    b->aside = 0;
    if (used > b->largest)
        b->largest = used;
}
