/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a service is: one question for SRV records and one for the TXT records beside them, by c-ares. Called by
 * talk_places.c. Keeps nothing: what asks keeps its connection.
 */
#include <ares.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/resolve_impl.h"

enum { TYPE_TXT = 16, TYPE_SRV = 33 };

struct question {
    struct srv_query *query;
    int type;
    char name[HOST_MAX_LEN + 1];
    bool must_ask; /* again, on a new channel */
    bool is_done;
};

struct srv_query {
    struct list link;
    struct resolver *resolver;
    struct question places, text;
    struct srv srv;
    struct mono started;
    bool is_cancelled; /* lives on until c-ares has let go */
    void (*done)(void *ctx, const struct srv *srv);
    void *ctx;
};

static void query_free(struct srv_query *q)
{
    loop_forget(resolver_loop(q->resolver), q);
    list_remove(&q->link);
    free(q);
}

static bool is_finished(const struct srv_query *q)
{
    return q->places.is_done && q->text.is_done;
}

static void finish(void *ctx)
{
    struct srv_query *q = ctx;
    struct srv_query copy = *q;
    const nsec took = mono_since(loop_now_exact(resolver_loop(q->resolver)), q->started);

    query_free(q);
    if (copy.is_cancelled)
        return;
    copy.srv.took = took;
    copy.done(copy.ctx, &copy.srv);
}

/* ---- SRV ---- */

static bool is_before(const struct srv_place *a, const struct srv_place *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->weight > b->weight;
}

static void place_add(struct srv *s, const struct ares_srv_reply *record)
{
    struct srv_place place = {
        .port = record->port, .priority = record->priority, .weight = record->weight};
    size_t len = strlen(record->host), at = s->count;

    if (len && record->host[len - 1] == '.')
        len--;
    /* "." says that the service is decidedly not there. */
    if (!len || len >= sizeof(place.host) || !record->port || s->count == SRV_MAX_PLACES)
        return;
    for (size_t i = 0; i < len; i++)
        place.host[i] = (char)tolower((unsigned char)record->host[i]);
    for (; at > 0 && is_before(&place, &s->places[at - 1]); at--)
        s->places[at] = s->places[at - 1];
    s->places[at] = place;
    s->count++;
}

static void judge(struct srv_query *q, const struct answer *answer)
{
    struct resolver *r = q->resolver;
    struct ares *ares = resolver_ares(r);
    struct resolution judged = {0};
    const bool is_vouched = resolve_witness_vouches(resolver_witness(r), q->places.name,
                                                    loop_now(resolver_loop(r)));

    resolve_judge(&judged, q->places.name, answer, ares ? ares_servers(ares) : "",
                  is_vouched);
    q->srv.reason = judged.reason;
    q->srv.is_unknown = judged.is_unknown;
    memcpy(q->srv.detail, judged.detail, sizeof(q->srv.detail));
}

static void places_read(struct srv_query *q, int status, const unsigned char *message,
                        int len)
{
    struct ares_srv_reply *records = NULL;
    struct answer answer;

    if (status == ARES_SUCCESS)
        status = ares_parse_srv_reply(message, len, &records);
    for (const struct ares_srv_reply *one = records; one; one = one->next)
        place_add(&q->srv, one);
    if (records)
        ares_free_data(records);
    if (q->srv.count) {
        resolve_witness_saw(resolver_witness(q->resolver), q->places.name,
                            loop_now(resolver_loop(q->resolver)));
        return;
    }
    answer = answer_of_status(status == ARES_SUCCESS ? ARES_ENODATA : status);
    if (status == ARES_SUCCESS || status == ARES_ENODATA)
        answer.text = "has no SRV record that names a host";
    judge(q, &answer);
}

/* ---- TXT ---- */

static void text_read(struct srv *s, int status, const unsigned char *message, int len)
{
    struct ares_txt_ext *records = NULL;
    size_t at = 0;

    if (status == ARES_SUCCESS)
        status = ares_parse_txt_reply_ext(message, len, &records);
    s->is_text_missing =
        status != ARES_SUCCESS && status != ARES_ENODATA && status != ARES_ENOTFOUND;
    for (const struct ares_txt_ext *one = records; one; one = one->next) {
        s->text_count += one->record_start != 0;
        if (s->text_count > 1 || at + one->length >= sizeof(s->text))
            continue;
        memcpy(s->text + at, one->txt, one->length);
        at += one->length;
    }
    s->text[at] = '\0';
    if (records)
        ares_free_data(records);
}

/* ---- asking ---- */

static void on_records(void *ctx, int status, int timeouts, unsigned char *message,
                       int len)
{
    struct question *one = ctx;
    struct srv_query *q = one->query;

    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
        one->must_ask = true;
        return;
    }
    if (one->type == TYPE_SRV)
        places_read(q, status, message, len);
    else
        text_read(&q->srv, status, message, len);
    one->is_done = true;
    if (is_finished(q))
        loop_defer(resolver_loop(q->resolver), "resolve", finish, q);
}

static void question_ask(struct question *one, struct ares *ares)
{
    one->must_ask = false;
    ares_ask_records(ares, one->name, one->type, on_records, one);
}

static bool question_set(struct question *one, struct srv_query *q, int type,
                         const char *name, struct ares *ares)
{
    const char *why = "cannot be asked for: c-ares does not start";
    struct srv *s = &q->srv;

    *one = (struct question){.query = q, .type = type, .is_done = true};
    if (ares && host_normalize(name, one->name, &why)) {
        one->is_done = false;
        return true;
    }
    if (type == TYPE_SRV) {
        s->reason = ares ? REASON_NO_NAME : REASON_DNS_ERROR;
        s->is_unknown = !ares;
        snprintf(s->detail, sizeof(s->detail), "'%.120s' %s", name, why);
    }
    return false;
}

struct srv_query *resolve_srv(struct resolver *r, const char *name, const char *text_name,
                              void (*done)(void *ctx, const struct srv *srv), void *ctx)
{
    struct srv_query *q = memory_take(sizeof(*q));
    struct ares *ares = resolver_ares(r);

    *q = (struct srv_query){.resolver = r,
                            .started = loop_now_exact(resolver_loop(r)),
                            .done = done,
                            .ctx = ctx};
    list_append(resolver_srv_queries(r), &q->link);
    const bool has_places = question_set(&q->places, q, TYPE_SRV, name, ares);
    const bool has_text = question_set(&q->text, q, TYPE_TXT, text_name, ares);
    if (has_places)
        question_ask(&q->places, ares);
    if (has_text)
        question_ask(&q->text, ares);
    if (!has_places && !has_text)
        loop_defer(resolver_loop(r), "resolve", finish, q);
    return q;
}

void srv_query_cancel(struct srv_query *q)
{
    if (!q)
        return;
    q->is_cancelled = true;
    if (is_finished(q))
        query_free(q);
}

void srv_ask_again(struct list *queries)
{
    for (struct list *link = queries->next; link != queries; link = link->next) {
        struct srv_query *q = LIST_ITEM(link, struct srv_query, link);
        struct ares *ares = resolver_ares(q->resolver);
        if (q->places.must_ask && ares)
            question_ask(&q->places, ares);
        if (q->text.must_ask && ares)
            question_ask(&q->text, ares);
    }
}

void srv_finish(struct list *queries)
{
    for (struct list *query; (query = list_take(queries));)
        query_free(LIST_ITEM(query, struct srv_query, link));
}
