/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an HTTP answer means for a notice, before any vendor's own words: delivered, later, an operator's fault, or
 * refused. Called by notifiers' judge. Never quotes what could hold a secret.
 */
#include <string.h>

#include "alerts/notify.h"
#include "alerts/notify_facts.h"
#include "lib/base/attr.h"
#include "lib/core/url.h"

#define RETRY_AFTER_MIN NSEC_PER_SEC
#define RETRY_AFTER_MAX NSEC_PER_HOUR
#define EXCERPT_MAX_BYTES 160
#define TELLTALE_MIN 6 /* shorter parts of a path say nothing */

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_OK] = "ok",         [OUTCOME_RETRY] = "retry",
        [OUTCOME_CONFIG] = "config", [OUTCOME_REJECT] = "reject",
        [OUTCOME_ANEW] = "anew",
    };
    return names[outcome];
}

/* Seconds, or a date; 0 when it is neither, or is not there. */
static nsec retry_after(const struct reply *reply, struct wall now)
{
    const char *text = reply_header(reply, "Retry-After");
    uint64_t seconds;
    struct wall at;
    nsec wait;
    if (!text)
        return 0;
    if (bytes_to_u64(bytes_of(text), &seconds))
        wait = seconds < 3600 ? (nsec)seconds * NSEC_PER_SEC : RETRY_AFTER_MAX;
    else if (wall_parse_http(bytes_of(text), &at))
        wait = at.ns > now.ns ? at.ns - now.ns : 0;
    else
        return 0;
    if (wait < RETRY_AFTER_MIN)
        return RETRY_AFTER_MIN;
    return wait < RETRY_AFTER_MAX ? wait : RETRY_AFTER_MAX;
}

static enum outcome outcome_of_status(int status)
{
    if (status >= 200 && status < 300)
        return OUTCOME_OK;
    if (status < 300 || status >= 500)
        return OUTCOME_RETRY;
    if (status < 400)
        return OUTCOME_CONFIG;
    switch (status) {
    case 408: /* request timeout */
    case 425: /* too early */
    case 429: /* too many requests */
        return OUTCOME_RETRY;
    case 400: /* bad request */
    case 413: /* content too large */
    case 422: /* unprocessable content */
        return OUTCOME_REJECT;
    default: /* of the caller, the address or the method: an operator can mend it, so nothing is dropped */
        return OUTCOME_CONFIG;
    }
}

static const char *advice(int status)
{
    static const struct {
        int status;
        const char *text;
    } known[] = {
        {401, "the credentials are not accepted"},
        {403, "the credentials may not do this"},
        {404, "nothing is at this URL"},
        {405, "this URL takes no such requests"},
        {407, "a proxy wants credentials"},
        {410, "what was at this URL is gone"},
        {413, "the notice is too large for it"},
        {429, "too many requests"},
    };
    if (status >= 300 && status < 400)
        return ": the URL redirects; write the URL that it leads to";
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i].status == status)
            return known[i].text;
    }
    return "";
}

/* No answer, or not a whole one. A body beyond what is kept was cut by us: its status counts. */
static void judge_trouble(const struct reply *reply, struct arena *arena,
                          struct judgement *ret)
{
    const struct trouble *t = &reply->trouble;
    ret->outcome = t->reason == REASON_CONFIG ? OUTCOME_CONFIG : OUTCOME_RETRY;
    ret->never_arrived = reply->reached < PHASE_WAIT;
    if (t->reason ==
        REASON_PROTOCOL) /* its words quote what came, and that may be an echo */
        ret->why = "what came is no HTTP answer";
    else if (strstr(t->detail, "://"))
        ret->why = "the request could not be made: look at this receiver's URL";
    else
        ret->why = text_line(t->detail, 300, arena);
}

void judge_http(const struct reply *reply, struct wall now, struct arena *arena,
                struct judgement *ret)
{
    *ret = (struct judgement){.why = ""};
    const bool is_whole = reply->trouble.reason == REASON_NONE ||
                          (reply->trouble.reason == REASON_TOO_LARGE && reply->status);
    if (!is_whole) {
        judge_trouble(reply, arena, ret);
        return;
    }
    ret->outcome = outcome_of_status(reply->status);
    if (ret->outcome == OUTCOME_OK)
        return;
    const char *text = advice(reply->status);
    ret->why = arena_printf(arena, "HTTP %d%s%s", reply->status,
                            *text && *text != ':' ? ": " : "", text);
    ret->retry_after = retry_after(reply, now);
    ret->never_arrived = reply->status == 429;
}

/* A peer that repeats a part of a secret URL gives it away as well as one that repeats it whole. */
static bool tells_path(const char *text, const char *secret, struct arena *arena)
{
    const char *host = strstr(secret, "://");
    struct bytes left = bytes_of(host ? strchr(host + 3, '/') : NULL), part;
    while (bytes_token(&left, '/', &part)) {
        if (part.len >= TELLTALE_MIN &&
            strstr(text, arena_strndup(arena, part.ptr, part.len)))
            return true;
    }
    return false;
}

const char *reply_excerpt(const struct reply *reply, const char *const *never,
                          struct arena *arena)
{
    const struct bytes body = bytes_cut(bytes_trim(reply->body), 4 * EXCERPT_MAX_BYTES);
    if (body.len == 0 || body.ptr[0] == '<' || !bytes_is_utf8(body))
        return "";
    const char *text =
        text_line(arena_strndup(arena, body.ptr, body.len), body.len, arena);
    for (; *never; never++) {
        if (**never && (strstr(text, *never) || tells_path(text, *never, arena)))
            return "";
    }
    return text_line(text, EXCERPT_MAX_BYTES, arena);
}

void judge_http_words(const struct reply *reply, const char *const *never,
                      struct wall now, struct arena *arena, struct judgement *ret)
{
    judge_http(reply, now, arena, ret);
    if (ret->outcome == OUTCOME_OK || reply->trouble.reason != REASON_NONE)
        return;
    const char *words = reply_excerpt(reply, never, arena);
    if (*words)
        ret->why = arena_printf(arena, "%s: it says '%s'", ret->why, words);
}

bool notifier_url_validate(const char *text, struct arena *arena, struct err *e)
{
    struct url parts;
    struct err ignored;
    if (!*text)
        return err_set(e, "its URL is empty");
    if (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0)
        return err_set(e, "its URL must begin with https:// or http://");
    return url_parse(arena, text, &parts, &ignored) || err_set(e, "its URL is no URL");
}

struct far_end far_end_of(const char *url, const char *proxy, struct arena *arena)
{
    struct url parts;
    struct err ignored;
    const char *first = proxy && *proxy ? proxy : url;
    if (!*first || !url_parse(arena, first, &parts, &ignored))
        return (struct far_end){.host = ""};
    return (struct far_end){.host = parts.host, .port = parts.port};
}
