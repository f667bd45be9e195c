/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer's headers tell of limits: how much is left of each, and how long to wait. Called by llm_answer.c. Pure.
 */
#include <math.h>

#include "probes/llm.h"

const char *const llm_limit_kinds[LLM_LIMIT_KINDS] = {[LLM_LIMIT_REQUESTS] = "requests",
                                                      [LLM_LIMIT_TOKENS] = "tokens",
                                                      [LLM_LIMIT_INPUT] = "input_tokens",
                                                      [LLM_LIMIT_OUTPUT] =
                                                          "output_tokens"};

struct row {
    const char *left, *most;
};
static const struct row openai[LLM_LIMIT_KINDS] = {
    {"x-ratelimit-remaining-requests", "x-ratelimit-limit-requests"},
    {"x-ratelimit-remaining-tokens", "x-ratelimit-limit-tokens"},
    {NULL, NULL},
    {NULL, NULL}};
static const struct row anthropic[LLM_LIMIT_KINDS] = {
    {"anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-limit"},
    {"anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-limit"},
    {"anthropic-ratelimit-input-tokens-remaining",
     "anthropic-ratelimit-input-tokens-limit"},
    {"anthropic-ratelimit-output-tokens-remaining",
     "anthropic-ratelimit-output-tokens-limit"}};

static double number_of(const struct reply *reply, const char *name)
{
    const char *text = name ? reply_header(reply, name) : NULL;
    double number;
    const bool is_good = text && bytes_to_double(bytes_trim(bytes_of(text)), &number) &&
                         isfinite(number) && number >= 0;
    return is_good ? number : -1;
}

static double first_of(const struct reply *reply, const char *one, const char *other)
{
    const double number = number_of(reply, one);
    return number >= 0 ? number : number_of(reply, other);
}

static nsec retry_after(const struct reply *reply, struct wall now)
{
    const char *text = reply_header(reply, "retry-after");
    const double msec = number_of(reply, "retry-after-ms");
    const double sec = number_of(reply, "retry-after");
    struct wall at;
    if (msec >= 0)
        return nsec_from_sec(msec / 1000);
    if (sec >= 0)
        return nsec_from_sec(sec);
    if (text && wall_parse_http(bytes_of(text), &at) && at.ns > now.ns)
        return at.ns - now.ns;
    return 0;
}

struct llm_limits llm_limits_of(const struct reply *reply, struct wall now)
{
    struct llm_limits l = {.retry_after = retry_after(reply, now)};
    for (size_t i = 0; i < LLM_LIMIT_KINDS; i++) {
        l.left[i] = first_of(reply, openai[i].left, anthropic[i].left);
        l.most[i] = first_of(reply, openai[i].most, anthropic[i].most);
    }
    return l;
}
