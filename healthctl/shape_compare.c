/* SPDX-License-Identifier: Apache-2.0 */
/* Where an answer's shape is not what it was. See shape.h. */
#include "healthctl/shape_impl.h"
#include "lib/base/buf.h"

struct comparing {
    void (*fn)(void *ctx, const struct shape_finding *f);
    void *ctx;
};

static void tell(const struct comparing *c, bool is_change, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
static void tell(const struct comparing *c, bool is_change, const char *fmt, ...)
{
    struct buf text = BUF_MAX(1000);
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    c->fn(c->ctx, &(struct shape_finding){is_change, buf_text(&text)});
    buf_finish(&text);
}

/* "number or null" */
static void add_types(struct buf *out, unsigned types)
{
    const size_t before = out->len;
    for (size_t i = 0; i < SHAPE_TYPES; i++) {
        if (types & (1u << i))
            buf_printf(out, "%s%s", out->len > before ? " or " : "", shape_type_names[i]);
    }
}

/* What was only ever null may turn out to be anything. */
static void compare_types(const struct comparing *c, const struct shape *was,
                          const struct shape *is, const char *path)
{
    struct buf before = BUF_MAX(100), now = BUF_MAX(100);
    if (was->types == SHAPE_NULL || !was->types || !(is->types & ~was->types))
        return;
    add_types(&before, was->types);
    add_types(&now, is->types);
    tell(c, true, "%s: was %s, is %s", path, buf_text(&before), buf_text(&now));
    buf_finish(&before);
    buf_finish(&now);
}

static void compare(const struct comparing *c, const struct shape *was,
                    const struct shape *is, const char *path);

static void compare_part(const struct comparing *c, const struct shape *was,
                         const struct shape *is, const char *path, const char *more)
{
    struct buf longer = BUF_MAX(300);
    if (!was || !is)
        return;
    buf_printf(&longer, "%s%s", path, more);
    compare(c, was, is, buf_text(&longer));
    buf_finish(&longer);
}

static void compare_member(const struct comparing *c, const struct shape_member *was,
                           const struct shape *is, const char *path)
{
    const struct shape_member *now = shape_member_find(is, was->name);
    struct buf name = BUF_MAX(200);
    if (!now && was->is_required)
        tell(c, true, "%s.%s is gone", path, was->name);
    else if (now && was->is_required && !now->is_required)
        tell(c, true, "%s.%s is not always there any more", path, was->name);
    buf_printf(&name, ".%s", was->name);
    if (now)
        compare_part(c, was->shape, now->shape, path, buf_text(&name));
    buf_finish(&name);
}

static void compare_members(const struct comparing *c, const struct shape *was,
                            const struct shape *is, const char *path)
{
    if (!(was->types & is->types & SHAPE_OBJECT))
        return;
    for (size_t i = 0; i < was->member_count; i++)
        compare_member(c, &was->members[i], is, path);
    for (size_t i = 0; i < is->member_count; i++) {
        if (!shape_member_find(was, is->members[i].name))
            tell(c, false, "%s.%s is new", path, is->members[i].name);
    }
}

static void compare(const struct comparing *c, const struct shape *was,
                    const struct shape *is, const char *path)
{
    if (was->is_any || is->is_any)
        return;
    compare_types(c, was, is, path);
    compare_members(c, was, is, path);
    compare_part(c, was->items, is->items, path, "[]");
    compare_part(c, was->values, is->values, path, ".*");
}

void shape_compare(const struct shape *recorded, const struct shape *fresh,
                   const char *path, void (*fn)(void *ctx, const struct shape_finding *f),
                   void *ctx)
{
    const struct comparing c = {fn, ctx};
    compare(&c, recorded, fresh, path);
}
