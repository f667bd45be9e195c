/* SPDX-License-Identifier: Apache-2.0 */
/* Receivers of a story: what reaches them stands in the transcript, what they answer is as the story says. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/units.h"
#include "lib/core/json.h"
#include "lib/core/url.h"
#include "tests/scenario/world.h"

#define TIMEOUT_AFTER (15 * NSEC_PER_SEC)

struct letter {
    struct list link;
    struct world *world;
    struct mono arrives;
    struct arena *arena; /* the sender's */
    struct request request;
    void (*done)(void *ctx, const struct reply *reply);
    void *ctx;
};

struct answering *answering_find(struct world *w, const char *name)
{
    for (size_t i = 0; i < w->receiver_count; i++) {
        if (!strcmp(w->receivers[i].name, name))
            return &w->receivers[i];
    }
    return NULL;
}

static struct answering *answering_get(struct world *w, const char *name)
{
    struct answering *r = answering_find(w, name);
    if (r)
        return r;
    if (w->receiver_count == RECEIVERS_MAX)
        abort();
    r = &w->receivers[w->receiver_count++];
    snprintf(r->name, sizeof(r->name), "%s", name);
    snprintf(r->how, sizeof(r->how), "ok");
    return r;
}

bool answering_play(struct world *w, struct answering *r, const struct step *s)
{
    if (s->count < 2)
        return err_set(&w->e, "line %d: how does %s answer?", s->line, s->words[0]);
    snprintf(r->how, sizeof(r->how), "%s", s->words[1]);
    r->retry_after = 0;
    return s->count < 3 || duration_parse(bytes_of(s->words[2]), &r->retry_after, &w->e);
}

/* ---- what a letter says ---- */

static const char *text_at(const json_t *body, const char *path, struct arena *arena)
{
    const char *got;
    const char *text = json_string_value(json_follow(body, path, arena, &got));
    return text ? text : "";
}

static void say_webhook(struct buf *out, const json_t *body, struct arena *arena)
{
    const json_t *alerts = json_object_get(body, "alerts");
    buf_printf(out, "%s (%s):", text_at(body, "status", arena),
               text_at(body, "notification_reason", arena));
    for (size_t i = 0; i < json_array_size(alerts); i++) {
        const json_t *alert = json_array_get(alerts, i);
        const char *probe = text_at(alert, "labels.probe", arena);
        buf_printf(out, "%s %s%s%s%s", i > 0 ? "," : "",
                   text_at(alert, "labels.alertname", arena), *probe ? " " : "", probe,
                   !strcmp(text_at(alert, "status", arena), "resolved") ? " resolved"
                                                                        : "");
    }
}

static void say_pagerduty(struct buf *out, const json_t *body, struct arena *arena)
{
    const char *summary = text_at(body, "payload.summary", arena);
    buf_printf(out, "%s %s", text_at(body, "event_action", arena), summary);
}

static void say(struct buf *out, const struct request *q, struct arena *arena)
{
    struct err e = {0};
    const json_t *body = json_read(arena, q->body, 16u << 20, &e);
    if (!body)
        buf_add_text(out, q->method ? q->method : "");
    else if (json_object_get(body, "event_action"))
        say_pagerduty(out, body, arena);
    else if (json_object_get(body, "groupKey"))
        say_webhook(out, body, arena);
    else if (json_object_get(body, "payload"))
        buf_printf(out, "change %s", text_at(body, "payload.summary", arena));
    else
        buf_add_text(out, text_at(body, "text", arena));
}

/* ---- answering ---- */

/* As libraries do, it names the address. */
static struct reply trouble(enum reason reason, const struct letter *l)
{
    struct reply reply = {.trouble = {.reason = reason}, .content_length = -1};
    snprintf(reply.trouble.detail, sizeof(reply.trouble.detail), "%s as the story says",
             l->request.url);
    return reply;
}

static struct reply answer_of(struct answering *r, const struct letter *l,
                              bool *ret_heard)
{
    uint64_t status = 0;
    *ret_heard = !strcmp(r->how, "ok") || !strcmp(r->how, "lost");
    if (!strcmp(r->how, "timeout"))
        return trouble(REASON_TIMEOUT, l);
    if (!strcmp(r->how, "refused"))
        return trouble(REASON_REFUSED, l);
    if (!strcmp(r->how, "lost"))
        return trouble(REASON_RESET, l); /* it has it, and we do not know */
    if (!bytes_to_u64(bytes_of(r->how), &status))
        status = 202;
    struct reply reply = {.status = (int)status, .content_length = -1};
    if (r->retry_after) {
        struct pair *header = arena_alloc(l->arena, sizeof(*header));
        header->key = "Retry-After";
        header->value =
            arena_printf(l->arena, "%jd", (intmax_t)(r->retry_after / NSEC_PER_SEC));
        reply.headers = (struct pairs){header, 1};
    }
    return reply;
}

static void deliver(struct letter *l)
{
    struct world *w = l->world;
    struct url url = {.host = ""};
    bool is_heard = false;
    url_parse(l->arena, l->request.url, &url, &w->e);
    struct answering *r = answering_get(w, url.host);
    const struct reply reply = answer_of(r, l, &is_heard);
    r->tries++;
    if (is_heard) {
        struct buf text = BUF_MAX(100000);
        say(&text, &l->request, l->arena);
        world_say(w, "%s %s", r->name, buf_text(&text));
        buf_finish(&text);
    }
    list_remove(&l->link);
    l->done(l->ctx, &reply);
    free(l);
}

struct mono post_next(const struct world *w)
{
    struct mono next = {INT64_MAX};
    LIST_EACH (it, &w->letters) {
        const struct letter *l = LIST_ITEM(it, struct letter, link);
        next = l->arrives.ns < next.ns ? l->arrives : next;
    }
    return next;
}

void post_deliver(struct world *w)
{
    bool is_done = false;
    while (!is_done) {
        is_done = true;
        LIST_EACH (it, &w->letters) {
            struct letter *l = LIST_ITEM(it, struct letter, link);
            if (!mono_reached(w->mono, l->arrives))
                continue;
            deliver(l);
            is_done = false;
            break;
        }
    }
}

/* ---- the transport ---- */

static void *send_letter(void *ctx, struct arena *arena, const struct request *request,
                         void (*done)(void *done_ctx, const struct reply *reply),
                         void *done_ctx)
{
    struct world *w = ctx;
    struct url url = {.host = ""};
    struct err e = {0};
    struct letter *l = malloc(sizeof(*l));
    if (!l)
        abort();
    url_parse(arena, request->url, &url, &e);
    const struct answering *r = answering_get(w, url.host);
    const bool is_slow = !strcmp(r->how, "timeout");
    *l = (struct letter){.world = w,
                         .arrives = mono_add(w->mono, is_slow ? TIMEOUT_AFTER : 0),
                         .arena = arena,
                         .request = *request,
                         .done = done,
                         .ctx = done_ctx};
    list_append(&w->letters, &l->link);
    return l;
}

static void cancel_letter(void *ctx, void *sending)
{
    struct letter *l = sending;
    list_remove(&l->link);
    free(l);
}

struct transport post_transport(struct world *w)
{
    return (struct transport){w, send_letter, cancel_letter};
}
