/* SPDX-License-Identifier: Apache-2.0 */
/* See excerpt.h. What is cut is cut after it was redacted: half a secret is one, and no longer found. */
#include "lib/core/excerpt.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/lines.h"
#include "lib/core/secret.h"

static const char ellipsis[] = "…";

struct excerpt {
    size_t max_lines, next, count; /* next: where the next one goes */
    struct buf lines[EXCERPT_MAX_LINES];
};

static void finish(void *ctx)
{
    struct excerpt *x = ctx;
    for (size_t i = 0; i < EXCERPT_MAX_LINES; i++)
        buf_finish(&x->lines[i]);
}

struct excerpt *excerpt_create(struct arena *arena, size_t max_lines)
{
    struct excerpt *x = arena_alloc(arena, sizeof(*x));
    x->max_lines = max_lines < EXCERPT_MAX_LINES ? max_lines : EXCERPT_MAX_LINES;
    for (size_t i = 0; i < EXCERPT_MAX_LINES; i++)
        x->lines[i] = BUF_MAX(EXCERPT_MAX_RAW);
    arena_cleanup(arena, finish, x);
    return x;
}

void excerpt_add(struct excerpt *x, struct bytes line)
{
    if (!x->max_lines)
        return;
    struct buf *place = &x->lines[x->next];
    buf_clear(place);
    buf_add_bytes(place, bytes_slice(line, 0, EXCERPT_MAX_RAW));
    x->next = (x->next + 1) % x->max_lines;
    x->count += x->count < x->max_lines;
}

bool excerpt_is_empty(const struct excerpt *x)
{
    return x->count == 0;
}

/* All of them, printable and without secrets. */
static struct buf whole_text(const struct excerpt *x, const struct secrets *secrets)
{
    struct buf text = BUF_MAX((size_t)EXCERPT_MAX_LINES * 4 * EXCERPT_MAX_RAW + 64);
    for (size_t i = 0; i < x->count; i++) {
        const size_t at = (x->next + x->max_lines - x->count + i) % x->max_lines;
        if (i)
            buf_add_byte(&text, '\n');
        line_print(buf_bytes(&x->lines[at]), &text);
    }
    if (secrets)
        secrets_redact(secrets, &text);
    return text;
}

static const char *cut_line(struct bytes line, struct arena *arena)
{
    if (line.len <= EXCERPT_MAX_LINE)
        return arena_strndup(arena, line.ptr, line.len);
    const struct bytes cut = bytes_cut(line, EXCERPT_MAX_LINE - strlen(ellipsis));
    return arena_printf(arena, "%.*s%s", (int)cut.len, cut.ptr, ellipsis);
}

/* The first of those that fit together with all after them. */
static size_t first_that_fits(const char *const *lines, size_t count)
{
    size_t first = count, used = 0;
    while (first > 0 && used + strlen(lines[first - 1]) + 1 <= EXCERPT_MAX_TEXT)
        used += strlen(lines[--first]) + 1;
    return first;
}

const char *excerpt_text(const struct excerpt *x, const struct secrets *secrets,
                         struct arena *arena)
{
    const char *lines[EXCERPT_MAX_LINES] = {0};
    struct buf whole = whole_text(x, secrets), out = BUF_MAX(EXCERPT_MAX_TEXT);
    struct bytes left = buf_bytes(&whole), line;
    size_t count = 0;
    while (count < EXCERPT_MAX_LINES && bytes_token(&left, '\n', &line))
        lines[count++] = cut_line(line, arena);
    for (size_t i = first_that_fits(lines, count); i < count; i++)
        buf_printf(&out, "%s%s", out.len ? "\n" : "", lines[i]);
    const char *text = arena_keep(arena, &out);
    buf_finish(&whole);
    return text;
}
