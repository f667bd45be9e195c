/* SPDX-License-Identifier: Apache-2.0 */
/* See annotation.h. Splits a template into literals and actions, and renders them one after the other. */
#include "alerts/annotation.h"

#include <string.h>

#include "alerts/annotation_tree.h"

#include "lib/base/bytes.h"

struct compiler {
    struct arena *arena;
    struct part **link;
    annotation_fault *fault;
    void *ctx;
    bool is_fixed;
};

static void add_part(struct compiler *c, struct bytes literal, const struct term *term)
{
    if (!term && !literal.len)
        return;
    struct part *p = arena_alloc(c->arena, sizeof(*p));
    p->literal = literal;
    p->term = term;
    *c->link = p;
    c->link = &p->next;
}

static void tell(struct compiler *c, size_t offset, const char *why)
{
    if (c->fault)
        c->fault(c->ctx, offset, why);
}

static struct bytes trim_end(struct bytes b)
{
    while (b.len && byte_is_space(b.ptr[b.len - 1]))
        b.len--;
    return b;
}

static struct bytes trim_start(struct bytes b)
{
    while (b.len && byte_is_space(b.ptr[0]))
        b = bytes_slice(b, 1, b.len);
    return b;
}

/* The length of an action up to its }}, which may stand in a text; -1 when it does not end. */
static ptrdiff_t action_length(struct bytes b)
{
    char quote = '\0';
    for (size_t i = 0; i < b.len; i++) {
        const char c = b.ptr[i];
        if (quote) {
            if (c == '\\' && quote == '"')
                i++;
            else if (c == quote)
                quote = '\0';
        } else if (c == '"' || c == '`') {
            quote = c;
        } else if (c == '}' && i + 1 < b.len && b.ptr[i + 1] == '}') {
            return (ptrdiff_t)i;
        }
    }
    return bytes_find(b, bytes_of("}}"));
}

struct action { /* one {{ … }} */
    struct bytes body;
    bool trims_before, trims_after;
};

static struct action action_of(struct bytes inside)
{
    struct action a = {.body = inside};
    if (inside.len > 1 && inside.ptr[0] == '-' && byte_is_space(inside.ptr[1])) {
        a.trims_before = true;
        a.body = bytes_slice(a.body, 1, a.body.len);
    }
    if (a.body.len > 1 && bytes_ends(a.body, "-") &&
        byte_is_space(a.body.ptr[a.body.len - 2])) {
        a.trims_after = true;
        a.body.len--;
    }
    a.body = bytes_trim(a.body);
    return a;
}

static bool is_comment(struct bytes body)
{
    return bytes_starts(body, "/*") && bytes_ends(body, "*/");
}

static void compile(struct compiler *c, const char *text)
{
    struct bytes rest = bytes_of(text);
    for (;;) {
        const ptrdiff_t open = bytes_find(rest, bytes_of("{{"));
        if (open < 0)
            break;
        const struct bytes inside = bytes_slice(rest, (size_t)open + 2, rest.len);
        const size_t offset = (size_t)(inside.ptr - text) - 2;
        const ptrdiff_t len = action_length(inside);
        if (len < 0) {
            tell(c, offset, "'{{' without '}}'");
            break;
        }
        const struct action a = action_of(bytes_slice(inside, 0, (size_t)len));
        const struct bytes before = bytes_slice(rest, 0, (size_t)open);
        const char *why = NULL;
        const struct term *term =
            is_comment(a.body) ? NULL : annotation_parse(c->arena, a.body, &why);
        c->is_fixed = c->is_fixed && !term;
        if (why) {
            tell(c, offset, why);
            add_part(c, bytes_slice(rest, 0, (size_t)(open + len) + 4), NULL);
        } else {
            add_part(c, a.trims_before ? trim_end(before) : before, NULL);
            if (term)
                add_part(c, (struct bytes){0}, term);
        }
        rest = bytes_slice(inside, (size_t)len + 2, inside.len);
        rest = a.trims_after && !why ? trim_start(rest) : rest;
    }
    add_part(c, rest, NULL);
}

const struct annotation *annotation_compile(struct arena *arena, const char *text,
                                            annotation_fault *fault, void *ctx)
{
    struct annotation *a = arena_alloc(arena, sizeof(*a));
    struct part *first = NULL;
    struct compiler c = {arena, &first, fault, ctx, true};
    a->source = text;
    if (strlen(text) > ANNOTATION_MAX_TEXT) {
        tell(&c, 0, "the text is too long to be a template");
        add_part(&c, bytes_of(text), NULL);
    } else {
        compile(&c, text);
    }
    a->first = first;
    a->is_fixed = c.is_fixed;
    return a;
}

const char *annotation_source(const struct annotation *a)
{
    return a->source;
}

bool annotation_is_fixed(const struct annotation *a)
{
    return a->is_fixed;
}

/* ---- rendering ---- */

static struct worth label_worth(struct labels labels, const char *name)
{
    const char *value = labels_get(labels, name);
    return worth_of_text(value ? value : "");
}

static struct worth evaluate(const struct term *t, const struct annotation_data *data,
                             struct arena *arena)
{
    struct worth args[TERM_MAX_ARGS + 1];
    switch (t->kind) {
    case TERM_TEXT:
        return worth_of_text(t->text);
    case TERM_NUMBER:
        return (struct worth){.kind = WORTH_NUMBER, .number = t->number};
    case TERM_LABELS:
        return (struct worth){.kind = WORTH_LABELS, .labels = data->labels};
    case TERM_LABEL:
        return label_worth(data->labels, t->text);
    case TERM_VALUE:
        return (struct worth){.kind = WORTH_NUMBER, .number = data->value};
    case TERM_EXTERNAL_LABELS:
        return (struct worth){.kind = WORTH_LABELS, .labels = data->external_labels};
    case TERM_EXTERNAL_LABEL:
        return label_worth(data->external_labels, t->text);
    case TERM_EXTERNAL_URL:
        return worth_of_text(data->external_url ? data->external_url : "");
    case TERM_CALL:
        break;
    }
    for (size_t i = 0; i < t->arg_count; i++)
        args[i] = evaluate(t->args[i], data, arena);
    return t->function->call(args, t->arg_count, arena);
}

/* As much of text as fits, without half a character. */
static void add_capped(struct buf *out, struct bytes text)
{
    const size_t room = out->max - out->len;
    if (text.len > room) {
        text.len = room;
        while (text.len && ((unsigned char)text.ptr[text.len] & 0xC0) == 0x80)
            text.len--;
        out->overflow = true;
    }
    buf_add_bytes(out, text);
}

static void render_term(const struct term *t, const struct annotation_data *data,
                        struct arena *arena, struct buf *out)
{
    struct buf text = BUF_MAX(ANNOTATION_MAX_RENDERED);
    const struct worth w = evaluate(t, data, arena);
    if (w.kind == WORTH_TEXT) {
        add_capped(out, bytes_of(w.text));
        return;
    }
    worth_print(&w, &text);
    add_capped(out, buf_bytes(&text));
    buf_finish(&text);
}

const char *annotation_render(const struct annotation *a,
                              const struct annotation_data *data, struct arena *arena)
{
    struct buf out = BUF_MAX(ANNOTATION_MAX_RENDERED);
    if (a->is_fixed && !a->first)
        return "";
    for (const struct part *p = a->first; p && !out.overflow; p = p->next) {
        if (p->term)
            render_term(p->term, data, arena, &out);
        else
            add_capped(&out, p->literal);
    }
    const char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}
