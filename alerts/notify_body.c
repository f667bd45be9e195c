/* SPDX-License-Identifier: Apache-2.0 */
/* What the ${names} of a body stand for. Called by the webhook: once to validate them, then at each try to fill them in. */
#include "alerts/notify_body.h"

#include <string.h>

#include "alerts/notify_facts.h"
#include "lib/base/attr.h"
#include "lib/core/tmpl.h"

#define TEXT_MAX_BYTES ((size_t)16 << 10)

struct filling {
    const struct notice *n;
    const struct attempt *a;
    struct bytes payload;
    bool is_json;
};

/* ---- names ---- */

static const char *subject(const struct filling *f, struct arena *arena)
{
    return notice_subject(f->n, arena, 1000);
}

static const char *text(const struct filling *f, struct arena *arena)
{
    return notice_body_text(f->n, f->a, arena, TEXT_MAX_BYTES);
}

static const char *title(const struct filling *f, struct arena *arena)
{
    return notice_title_line(f->n, arena);
}

static const char *status(const struct filling *f, struct arena *arena UNUSED)
{
    return f->n->kind == NOTICE_RESOLVE ? "resolved" : "firing";
}

static const char *kind(const struct filling *f, struct arena *arena UNUSED)
{
    return notice_kind_name(f->n->kind);
}

static const char *firing(const struct filling *f, struct arena *arena)
{
    return arena_printf(arena, "%zu", notice_firing_count(f->n));
}

static const char *id(const struct filling *f, struct arena *arena)
{
    return arena_printf(arena, "%llu", (unsigned long long)f->n->id);
}

static const char *since(const struct filling *f, struct arena *arena)
{
    char at[WALL_TEXT_SIZE];
    return arena_strdup(arena, wall_format(f->n->first_since, at));
}

#define MEMBER(field)                                             \
    static const char *member_##field(const struct filling *f,    \
                                      struct arena *arena UNUSED) \
    {                                                             \
        return f->n->field ? f->n->field : "";                    \
    }
MEMBER(severity)
MEMBER(receiver)
MEMBER(site)
MEMBER(dedup_key)
MEMBER(group_key)
MEMBER(runbook)
MEMBER(external_url)
MEMBER(ack_hint)
#undef MEMBER

static const struct {
    const char *name;
    const char *(*value)(const struct filling *f, struct arena *arena);
} names[] = {
    {"subject", subject},
    {"title", title},
    {"text", text},
    {"status", status},
    {"kind", kind},
    {"severity", member_severity},
    {"firing", firing},
    {"since", since},
    {"receiver", member_receiver},
    {"site", member_site},
    {"dedup_key", member_dedup_key},
    {"group_key", member_group_key},
    {"runbook", member_runbook},
    {"external_url", member_external_url},
    {"acknowledge", member_ack_hint},
    {"id", id},
};

static bool is_named(struct bytes name, const char *prefix)
{
    return bytes_starts(name, prefix) && name.len > strlen(prefix);
}

/* Of all alerts together, else of the first. */
static const char *label_value(const struct notice *n, const char *name)
{
    const char *value = labels_get(n->common_labels, name);
    if (!value)
        value = labels_get(n->group_labels, name);
    if (!value && n->alert_count)
        value = labels_get(n->alerts[0].labels, name);
    return value ? value : "";
}

static const char *annotation_value(const struct notice *n, const char *name)
{
    const char *value = labels_get(n->common_annotations, name);
    if (!value && n->alert_count)
        value = labels_get(n->alerts[0].annotations, name);
    return value ? value : "";
}

/* ---- valid ---- */

struct examination {
    struct err *e;
    bool is_bad;
};

static bool is_known(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (bytes_is(name, names[i].name))
            return true;
    }
    return bytes_is(name, "payload") || is_named(name, "label.") ||
           is_named(name, "annotation.");
}

static void examine_name(void *ctx, struct bytes name)
{
    struct examination *x = ctx;
    if (x->is_bad || is_known(name))
        return;
    struct buf list = BUF_MAX(600);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        buf_printf(&list, "%s, ", names[i].name);
    x->is_bad = true;
    err_set(x->e,
            "'body' names ${%.*s}; it may name %spayload, label.NAME and annotation.NAME",
            (int)(name.len < 60 ? name.len : 60), name.ptr, buf_text(&list));
    buf_finish(&list);
}

bool body_validate(const char *body, struct err *e)
{
    struct examination x = {e, false};
    if (!tmpl_names(body, examine_name, &x, e))
        return err_wrap(e, "'body'");
    return !x.is_bad;
}

/* ---- fill ---- */

static struct bytes escaped(const char *value, struct arena *arena)
{
    struct buf out = BUF_MAX(6 * strlen(value) + 2);
    buf_add_json(&out, bytes_of(value));
    const struct bytes inside = bytes_slice(buf_bytes(&out), 1, out.len - 1);
    const char *copy = arena_strndup(arena, inside.ptr, inside.len);
    buf_finish(&out);
    return (struct bytes){copy, inside.len};
}

static const char *value_of(const struct filling *f, struct bytes name,
                            struct arena *arena)
{
    const char *copy = arena_strndup(arena, name.ptr, name.len);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (bytes_is(name, names[i].name))
            return names[i].value(f, arena);
    }
    if (is_named(name, "label."))
        return label_value(f->n, copy + strlen("label."));
    if (is_named(name, "annotation."))
        return annotation_value(f->n, copy + strlen("annotation."));
    return "";
}

static bool lookup(void *ctx, struct bytes name, struct arena *arena, struct bytes *ret,
                   struct err *e UNUSED)
{
    const struct filling *f = ctx;
    if (bytes_is(name, "payload")) {
        *ret = f->payload;
        return true;
    }
    const char *value = value_of(f, name, arena);
    *ret = f->is_json ? escaped(value, arena) : bytes_of(value);
    return true;
}

struct bytes body_fill(const char *body, const char *content_type, const struct notice *n,
                       const struct attempt *a, struct bytes payload, struct arena *arena)
{
    struct filling f = {n, a, payload, strstr(content_type, "json") != NULL};
    const struct scope scope = {.lookup = lookup, .ctx = &f};
    struct err ignored = {0};
    const char *text;
    if (!tmpl_expand(body, &scope, arena, &text, &ignored))
        return payload; /* body_validate passed it, so this is too large a text */
    return bytes_of(text);
}
