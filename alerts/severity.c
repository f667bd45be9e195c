/* SPDX-License-Identifier: Apache-2.0 */
/* See severity.h. One table, worst first; the first word of a rank is the level's own. */
#include "alerts/severity.h"

#include <stddef.h>
#include <strings.h>

#include "lib/base/attr.h"

static const struct {
    const char *word;
    enum severity_rank rank;
} words[] = {
    {"critical", RANK_CRITICAL},  {"page", RANK_CRITICAL},
    {"fatal", RANK_CRITICAL},     {"emergency", RANK_CRITICAL},
    {"emerg", RANK_CRITICAL},     {"alert", RANK_CRITICAL},
    {"disaster", RANK_CRITICAL},  {"crit", RANK_CRITICAL},
    {"error", RANK_ERROR},        {"err", RANK_ERROR},
    {"high", RANK_ERROR},         {"major", RANK_ERROR},
    {"warning", RANK_WARNING},    {"warn", RANK_WARNING},
    {"minor", RANK_WARNING},      {"medium", RANK_WARNING},
    {"average", RANK_WARNING},    {"ticket", RANK_WARNING},
    {"info", RANK_INFO},          {"information", RANK_INFO},
    {"informational", RANK_INFO}, {"notice", RANK_INFO},
    {"low", RANK_INFO},           {"none", RANK_NONE},
    {"debug", RANK_NONE},         {"ok", RANK_NONE},
};

static bool find(const char *severity, enum severity_rank *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcasecmp(severity, words[i].word) != 0)
            continue;
        *ret = words[i].rank;
        return true;
    }
    return false;
}

int severity_rank(const char *severity)
{
    enum severity_rank rank = RANK_WARNING;
    if (severity && *severity && !find(severity, &rank))
        rank = RANK_CRITICAL;
    return (int)rank;
}

const char *severity_level(const char *severity)
{
    const int rank = severity_rank(severity);
    size_t i = 0;
    while ((int)words[i].rank != rank)
        i++;
    return words[i].word;
}

bool severity_is_known(const char *severity)
{
    enum severity_rank rank;
    return find(severity, &rank);
}

bool severity_is_critical(const char *severity)
{
    return severity_rank(severity) == RANK_CRITICAL;
}

static bool begins_level(size_t i)
{
    return i == 0 || words[i - 1].rank != words[i].rank;
}

void severity_list(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        const bool is_second = !begins_level(i) && begins_level(i - 1);
        const bool is_last = i + 1 == ARRAY_LEN(words) || begins_level(i + 1);
        buf_add_text(out, i == 0 ? "" : is_second ? " (" : ", ");
        buf_add_text(out, words[i].word);
        buf_add_text(out, is_last && !begins_level(i) ? ")" : "");
    }
}
