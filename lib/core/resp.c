/* SPDX-License-Identifier: Apache-2.0 */
/* See resp.h. hiredis cuts the bytes into objects; making those objects, and refusing what is too much, is ours. */
#include "lib/core/resp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "lib/base/attr.h"
#include "lib/base/units.h"

#define TOO_MUCH_TEXT "more than 16 MiB of text"

struct resp {
    struct arena *arena;
    redisReader *reader;
    size_t text_bytes, elements; /* of the answer under way */
    const char *why;             /* a cap was passed; NULL: none was */
    char head[RESP_HEAD_BYTES];
    size_t head_len;
};

/* ---- objects, as hiredis asks for them ---- */

static void *refuse(struct resp *r, const char *why)
{
    r->why = why;
    return NULL;
}

static struct resp_value *add_value(const redisReadTask *task, enum resp_kind kind)
{
    struct resp *r = task->privdata;
    struct resp_value *value = arena_alloc(r->arena, sizeof(*value));

    value->kind = kind;
    if (task->parent) {
        struct resp_value *list = task->parent->obj;
        ((struct resp_value **)(uintptr_t)list->items)[task->idx] = value;
    }
    return value;
}

static void *make_text(const redisReadTask *task, char *text, size_t len)
{
    struct resp *r = task->privdata;

    if (len > RESP_MAX_BYTES - r->text_bytes)
        return refuse(r, TOO_MUCH_TEXT);
    r->text_bytes += len;
    const enum resp_kind kind = task->type == REDIS_REPLY_ERROR    ? RESP_ERROR
                                : task->type == REDIS_REPLY_STATUS ? RESP_STATUS
                                                                   : RESP_TEXT;
    struct resp_value *value = add_value(task, kind);
    value->text = (struct bytes){arena_strndup(r->arena, text, len), len};
    return value;
}

static int depth_of(const redisReadTask *task)
{
    int depth = 0;

    for (; task; task = task->parent)
        depth++;
    return depth;
}

static void *make_list(const redisReadTask *task, int count)
{
    struct resp *r = task->privdata;

    assert(count >= 0);
    if (depth_of(task) > RESP_MAX_DEPTH)
        return refuse(r, "lists in lists more than 7 deep");
    if ((size_t)count > RESP_MAX_ELEMENTS - r->elements)
        return refuse(r, "lists of more than 262,144 elements");
    r->elements += (size_t)count;
    struct resp_value *value = add_value(task, RESP_LIST);
    value->items = arena_alloc(r->arena, ((size_t)count + 1) * sizeof(*value->items));
    value->count = (size_t)count;
    return value;
}

static void *make_number(const redisReadTask *task, long long number)
{
    struct resp_value *value = add_value(task, RESP_NUMBER);

    value->number = number;
    return value;
}

static void *make_nil(const redisReadTask *task)
{
    return add_value(task, RESP_NIL);
}

/* hiredis takes a table that it may write to, and does not. */
static const redisReplyObjectFunctions functions = {
    .createString = make_text,
    .createArray = make_list,
    .createInteger = make_number,
    .createNil = make_nil,
};

/* ---- reading ---- */

struct resp *resp_create(struct arena *arena)
{
    struct resp *r = arena_alloc(arena, sizeof(*r));

    r->arena = arena;
    r->reader = redisReaderCreateWithFunctions(
        (redisReplyObjectFunctions *)(uintptr_t)&functions);
    if (!r->reader)
        abort(); /* out of memory */
    arena_cleanup(arena, (void (*)(void *))redisReaderFree, r->reader);
    r->reader->privdata = r;
    return r;
}

static struct bytes unread_of(const struct resp *r)
{
    const redisReader *x = r->reader;

    if (!x->buf)
        return (struct bytes){0};
    return (struct bytes){x->buf + x->pos, x->len - x->pos};
}

static void add_head(struct resp *r, struct bytes more)
{
    const size_t room = RESP_HEAD_BYTES - r->head_len;
    const size_t len = more.len < room ? more.len : room;

    if (len)
        memcpy(r->head + r->head_len, more.ptr, len);
    r->head_len += len;
}

static void begin_answer(struct resp *r)
{
    r->text_bytes = r->elements = r->head_len = 0;
    add_head(r, unread_of(r));
}

static const char *size_phrase(struct resp *r, uint64_t len)
{
    struct buf text = BUF_MAX(64);

    buf_add_text(&text, "a text of ");
    size_format_short(&text, len);
    return arena_keep(r->arena, &text);
}

/* A text is made when all of it is there: what it announces is seen here, before it is waited for. */
static void judge_unread(struct resp *r)
{
    const redisReader *x = r->reader;
    struct bytes unread = unread_of(r), line;
    uint64_t len;

    if (x->ridx < 0)
        return;
    const bool is_text = x->rstack[x->ridx].type == REDIS_REPLY_STRING;
    if (is_text && bytes_line(&unread, &line)) {
        if (bytes_to_u64(line, &len) && len > RESP_MAX_BYTES - r->text_bytes)
            r->why = len > RESP_MAX_BYTES ? size_phrase(r, len) : TOO_MUCH_TEXT;
    } else if (unread.len > RESP_MAX_LINE) {
        r->why = "a line of more than 64 KiB";
    }
}

static enum resp_next fault_of(const struct resp *r)
{
    return r->why ? RESP_TOO_LARGE : RESP_NO_RESP;
}

enum resp_next resp_next(struct resp *r, struct bytes *in,
                         const struct resp_value **ret_value)
{
    void *value = NULL;

    add_head(r, *in);
    const int fed = in->len ? redisReaderFeed(r->reader, in->ptr, in->len) : REDIS_OK;
    in->ptr += in->len;
    in->len = 0;
    if (r->why || fed != REDIS_OK || redisReaderGetReply(r->reader, &value) != REDIS_OK)
        return fault_of(r);
    if (value) {
        *ret_value = value;
        begin_answer(r);
        return RESP_ANSWER;
    }
    judge_unread(r);
    return r->why ? RESP_TOO_LARGE : RESP_WAITING;
}

struct bytes resp_head(const struct resp *r)
{
    return (struct bytes){r->head, r->head_len};
}

const char *resp_why(const struct resp *r)
{
    return r->why ? r->why : "";
}

bool resp_is_within(const struct resp *r)
{
    const redisReader *x = r->reader;

    /* hiredis sets out for the next answer before its first byte is there. */
    return unread_of(r).len || x->ridx > 0 || (x->ridx == 0 && x->rstack[0].type >= 0);
}

/* ---- writing ---- */

#define COMMAND_MAX_WORDS 16

void resp_command(struct buf *out, const struct bytes *words, size_t count)
{
    const char *texts[COMMAND_MAX_WORDS];
    size_t lens[COMMAND_MAX_WORDS];
    char *command = NULL;

    assert(count && count <= COMMAND_MAX_WORDS);
    for (size_t i = 0; i < count; i++) {
        texts[i] = words[i].len ? words[i].ptr : "";
        lens[i] = words[i].len;
    }
    const int len = redisFormatCommandArgv(&command, (int)count, texts, lens);
    if (len < 0)
        abort(); /* out of memory */
    buf_add(out, command, (size_t)len);
    redisFreeCommand(command);
}

/* ---- values ---- */

const struct resp_value *resp_field(const struct resp_value *list, const char *name)
{
    for (size_t i = 0; list && i + 1 < list->count; i += 2) {
        if (list->items[i]->kind == RESP_TEXT && bytes_is(list->items[i]->text, name))
            return list->items[i + 1];
    }
    return NULL;
}

bool resp_number(const struct resp_value *value, double *ret_number)
{
    if (!value)
        return false;
    if (value->kind == RESP_NUMBER) {
        *ret_number = (double)value->number;
        return true;
    }
    return value->kind == RESP_TEXT && bytes_to_double(value->text, ret_number);
}

struct bytes resp_text(const struct resp_value *value)
{
    if (!value || (value->kind != RESP_TEXT && value->kind != RESP_STATUS))
        return (struct bytes){0};
    return value->text;
}
