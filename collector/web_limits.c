/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often one address, and one token, may act, probe, query, and show wrong credentials: `web.limits`. Called by web.c
 * before a handler, and by web_exchange.c when a request has ended. Callers of a Unix socket are never limited: its file
 * mode says who they are.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "collector/limiter.h"
#include "collector/web_parts.h"
#include "lib/core/loop.h"
#include "lib/core/resolve.h"

#define TOLD_A_MINUTE 6

/* ---- by whom ---- */

/* An IPv6 address stands for its /64: whoever has one has all of them. NULL: a Unix socket, or nobody any more. */
static const char *place_of(struct exchange *x, bool *ret_is_near)
{
    struct address at = {.len = sizeof(at.to)};
    struct in_addr four;
    char text[INET6_ADDRSTRLEN];
    if (x->listener->unix_path || getpeername(x->client->fd, &at.to.sa, &at.len) != 0)
        return NULL;
    if (at.to.sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&at.to.in6.sin6_addr)) {
        *ret_is_near = IN6_IS_ADDR_LOOPBACK(&at.to.in6.sin6_addr);
        memset(at.to.in6.sin6_addr.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &at.to.in6.sin6_addr, text, sizeof(text));
        return arena_strdup(x->arena, text);
    }
    if (at.to.sa.sa_family == AF_INET6)
        memcpy(&four, at.to.in6.sin6_addr.s6_addr + 12, sizeof(four));
    else
        four = at.to.in.sin_addr;
    *ret_is_near = ntohl(four.s_addr) >> 24 == 127;
    inet_ntop(AF_INET, &four, text, sizeof(text));
    return arena_strdup(x->arena, text);
}

/* Whose wrong credentials are counted; NULL: nobody's. */
static const char *guesser_of(struct exchange *x)
{
    bool is_near = false;
    const char *place = place_of(x, &is_near);
    const bool is_scraper = is_near && x->endpoint->cost == COST_SCRAPES;
    return place && !is_scraper ? arena_printf(x->arena, "refused %s", place) : NULL;
}

/* ---- what is limited ---- */

struct quota {
    const char *what, *option;
    int64_t per_minute;
};

static struct quota quota_of(const struct exchange *x)
{
    const struct web_limits *limits = &x->listener->web->limits;
    switch (x->endpoint->cost) {
    case COST_PROBES:
        return (struct quota){"probes on demand", "probes", limits->probes};
    case COST_QUERIES:
        return (struct quota){"queries", "queries", limits->queries};
    case COST_USUAL:
        if (x->endpoint->right == RIGHT_ACT)
            return (struct quota){"acts", "acts", limits->acts};
        break;
    case COST_SCRAPES:
        break;
    }
    return (struct quota){0};
}

static bool refuse(struct exchange *x, const struct quota *quota, const char *who,
                   nsec wait)
{
    const int64_t seconds = (wait + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
    exchange_add_header(x, MHD_HTTP_HEADER_RETRY_AFTER,
                        arena_printf(x->arena, "%jd", (intmax_t)seconds));
    exchange_error(x, MHD_HTTP_TOO_MANY_REQUESTS,
                   "%s has sent too many %s: %jd a minute are allowed by `web: {limits: "
                   "{%s: …}}`. Try again in %jd s.",
                   who, quota->what, (intmax_t)quota->per_minute, quota->option,
                   (intmax_t)seconds);
    return false;
}

bool web_may_show(struct exchange *x)
{
    struct web *w = x->listener->web;
    const char *header = exchange_header(x, MHD_HTTP_HEADER_AUTHORIZATION);
    if (!(header && *header) && !exchange_param(x, "token"))
        return true;
    const struct quota quota = {"wrong credentials", "refusals", w->limits.refusals};
    const char *key = guesser_of(x);
    const nsec wait =
        key ? limiter_wait(w->limiter, key, quota.per_minute, loop_now(w->loop)) : 0;
    return wait == 0 || refuse(x, &quota, "Your address", wait);
}

bool web_is_within_limits(struct exchange *x)
{
    struct web *w = x->listener->web;
    const struct quota quota = quota_of(x);
    const struct mono now = loop_now(w->loop);
    bool is_near;
    const char *place = quota.what ? place_of(x, &is_near) : NULL;
    if (!place)
        return true;
    const char *key = arena_printf(x->arena, "%s %s", quota.option, place);
    nsec wait = limiter_take(w->limiter, key, quota.per_minute, now);
    if (wait > 0)
        return refuse(x, &quota, "Your address", wait);
    if (!*x->caller.who)
        return true;
    key = arena_printf(x->arena, "%s %s", quota.option, x->caller.who);
    wait = limiter_take(w->limiter, key, quota.per_minute, now);
    return wait == 0 || refuse(x, &quota, x->caller.who, wait);
}

void web_count_refusal(struct exchange *x)
{
    struct web *w = x->listener->web;
    const bool is_wrong =
        x->endpoint && x->caller.has_shown && !*x->caller.who &&
        (x->status == MHD_HTTP_UNAUTHORIZED || x->status == MHD_HTTP_FORBIDDEN);
    const char *key = is_wrong ? guesser_of(x) : NULL;
    if (key)
        limiter_take(w->limiter, key, w->limits.refusals, loop_now(w->loop));
}

bool web_tells_refusal(struct exchange *x)
{
    struct web *w = x->listener->web;
    bool is_near;
    const char *place = place_of(x, &is_near);
    const char *key = arena_printf(x->arena, "told %s", place ? place : "");
    return limiter_take(w->limiter, key, TOLD_A_MINUTE, loop_now(w->loop)) == 0;
}
