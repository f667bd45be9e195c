/* SPDX-License-Identifier: Apache-2.0 */
/* Is healthd itself well (/-/…), and is the stack (/health)? And the one verb of the former: reload. */
#include <stdlib.h>

#include "collector/api.h"
#include "collector/daemon.h"
#include "collector/reload.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

static void get_healthy(struct exchange *x, struct daemon *d)
{
    exchange_reply(x, 200, "text/plain; charset=utf-8",
                   bytes_of("healthd is healthy.\n"));
}

static void get_ready(struct exchange *x, struct daemon *d)
{
    if (d->state == DAEMON_READY)
        exchange_reply(x, 200, "text/plain; charset=utf-8",
                       bytes_of("healthd is ready.\n"));
    else
        exchange_error(x, 503, "healthd is %s.",
                       d->state == DAEMON_STARTING ? "starting" : "stopping");
}

struct asked { /* for a reload */
    struct daemon *daemon;
    struct exchange *exchange; /* NULL: the client has left */
};

static void answer_reload(struct asked *a, const struct reload_result *result)
{
    struct buf body = BUF_MAX(128 << 10);
    buf_add_text(&body, result->text);
    if (result->accepted)
        buf_printf(&body, "The configuration %s; generation %ju is in force.\n",
                   result->unchanged ? "has not changed" : "was accepted",
                   (uintmax_t)a->daemon->generation->number);
    else
        buf_add_text(&body,
                     "The configuration was rejected; the former one stays in force.\n");
    exchange_reply_buf(a->exchange, result->accepted ? 200 : 500,
                       "text/plain; charset=utf-8", &body);
}

static void on_reloaded(void *ctx, const struct reload_result *result)
{
    struct asked *a = ctx;
    if (a->exchange && result)
        answer_reload(a, result);
    else if (a->exchange)
        exchange_error(a->exchange, 503, "healthd is stopping.");
    free(a);
}

static void post_reload(struct exchange *x, struct daemon *d)
{
    struct asked *a = memory_take(sizeof(*a));
    *a = (struct asked){.daemon = d};
    exchange_suspend_as(x, &a->exchange);
    reloader_ask(d->reloader, "API", on_reloaded, a);
}

static const char *service_status(enum health health)
{
    switch (health) {
    case HEALTH_UP:
        return "healthy";
    case HEALTH_DEGRADED:
        return "degraded";
    case HEALTH_DOWN:
        return "unhealthy";
    case HEALTH_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

static void add_service(struct buf *body, const struct tracked *t)
{
    const struct verdict *last = t->recent.last;
    buf_add_json(body, bytes_of(t->probe->name));
    buf_printf(body, ":{\"status\":\"%s\"", service_status(t->state.confirmed));
    if (last && last->health != HEALTH_UP && *last->detail) {
        buf_add_text(body, ",\"error\":");
        buf_add_json(body, bytes_of(last->detail));
    }
    buf_add_byte(body, '}');
}

/* Who is not known yet may be anything: that is worse than to be well, and better than any fault. */
static enum health worse_of(enum health a, enum health b)
{
    if (a == HEALTH_UNKNOWN && b == HEALTH_UP)
        return a;
    if (b == HEALTH_UNKNOWN && a == HEALTH_UP)
        return b;
    return a > b ? a : b;
}

/* {"status": …, "timestamp": …, "services": {name: {"status", "error"}}}: what applications answer too. */
static void get_health(struct exchange *x, struct daemon *d)
{
    struct buf services = BUF_MAX(4 << 20), body = BUF_MAX(5 << 20);
    enum health worst = HEALTH_UP;
    char now[WALL_TEXT_SIZE];
    for (size_t i = 0; i < schedule_count(d->schedule); i++) {
        const struct tracked *t = schedule_at(d->schedule, i);
        worst = worse_of(worst, t->state.confirmed);
        if (i > 0)
            buf_add_byte(&services, ',');
        add_service(&services, t);
    }
    buf_printf(&body, "{\"status\":\"%s\",\"timestamp\":\"%s\",\"services\":{",
               service_status(worst), wall_format(loop_wall(d->frame.loop), now));
    buf_add_bytes(&body, buf_bytes(&services));
    buf_add_text(&body, "}}\n");
    buf_finish(&services);
    exchange_reply_json(x, worst == HEALTH_DOWN ? 503 : 200, &body);
}
static const struct endpoint_field health_fields[] = {
    {"status", "string",
     "Of the worst probe: unhealthy, degraded, unknown (not confirmed yet), healthy.",
     true},
    {"timestamp", "time", "Now.", true},
    {"services", "object", "By probe: {status, error}.", true},
    {0}};

const struct endpoint health_endpoints[] = {
    {"GET", "/-/healthy", RIGHT_READ, NULL,
     "200 while the process serves: for Docker's HEALTHCHECK.", get_healthy,
     .types = "text/plain"},
    {"GET", "/-/ready", RIGHT_READ, NULL,
     "200 once probes run, 503 while starting and stopping.", get_ready,
     .types = "text/plain", .statuses = "503"},
    {"POST", "/-/reload", RIGHT_ACT, NULL,
     "Reads the configuration again, all or nothing.", post_reload, .types = "text/plain",
     .statuses = "500"},
    {"GET", "/health", RIGHT_READ, NULL,
     "The confirmed health of every probe; 503 when one is down.", get_health,
     .answer = health_fields, .statuses = "503"},
    {0}};
