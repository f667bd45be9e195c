/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request says beside its path: fields of its query and of a form in its body (WHATWG URL, "application/
 * x-www-form-urlencoded parsing"), and a JSON body. For handlers, through web.h.
 */
#include <string.h>

#include "collector/web_parts.h"
#include "lib/base/hex.h"

#define FORM_MAX_FIELDS 1000
#define FORM_TYPE "application/x-www-form-urlencoded"

/* "%41+b" is "A b"; a % that no two digits follow stands for itself. */
static const char *decoded(struct arena *arena, struct bytes text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        if (hex_percent(text, i, &c))
            i += 2;
        out[len++] = c;
    }
    return out;
}

static bool is_form(struct exchange *x)
{
    const char *type = exchange_header(x, MHD_HTTP_HEADER_CONTENT_TYPE);
    return type && !strncasecmp(type, FORM_TYPE, strlen(FORM_TYPE));
}

static void read_form(struct exchange *x)
{
    struct bytes body = exchange_body(x), field, name;
    struct pair *items = NULL;
    size_t count = 0;
    x->has_form = true;
    if (!is_form(x))
        return;
    items = arena_alloc(x->arena, FORM_MAX_FIELDS * sizeof(*items));
    while (count < FORM_MAX_FIELDS && bytes_token(&body, '&', &field)) {
        if (!bytes_token(&field, '=', &name))
            continue;
        items[count++] = (struct pair){.key = decoded(x->arena, name),
                                       .value = decoded(x->arena, field)};
    }
    x->form = (struct pairs){items, count};
}

struct each {
    const char *name;
    void (*fn)(void *ctx, const char *value);
    void *ctx;
};

static enum MHD_Result on_argument(void *ctx, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    const struct each *each = ctx;
    if (!strcmp(name, each->name))
        each->fn(each->ctx, value ? value : "");
    return MHD_YES;
}

void exchange_form_each(struct exchange *x, const char *name,
                        void (*fn)(void *ctx, const char *value), void *ctx)
{
    struct each each = {name, fn, ctx};
    MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, on_argument, &each);
    if (!x->has_form)
        read_form(x);
    for (size_t i = 0; i < x->form.count; i++) {
        if (!strcmp(x->form.items[i].key, name))
            fn(ctx, x->form.items[i].value);
    }
}

static void take_first(void *ctx, const char *value)
{
    const char **first = ctx;
    *first = *first ? *first : value;
}

const char *exchange_form(struct exchange *x, const char *name)
{
    const char *first = NULL;
    exchange_form_each(x, name, take_first, &first);
    return first;
}

const json_t *exchange_json(struct exchange *x)
{
    struct err e = {0};
    const json_t *value = json_read(x->arena, exchange_body(x), WEB_MAX_BODY, &e);
    if (!value)
        exchange_error(x, 400, "The body is no JSON: %s", e.text);
    else if (!json_is_object(value))
        exchange_error(x, 400, "The body has to be a JSON object.");
    return json_is_object(value) ? value : NULL;
}
