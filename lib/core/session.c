/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configured probe keeps between its runs. Made and ended by the schedule, or by the runner for runs
 * that have no probe. Never starts a run: it only asks for one.
 */
#include "lib/core/session.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/conn.h"

bool session_init(struct session *s, struct frame *f, const struct probe_type *type,
                  const char *name, struct arena *arena, struct err *e)
{
    *s = (struct session){
        .type = type, .name = name, .frame = f, .arena = arena, .memo = ""};
    if (type->session_size)
        s->state = arena_alloc(arena, type->session_size);
    if (type->open && !type->open(s, e))
        return err_wrap(e, "%s", name);
    return true;
}

static void idle_finish(struct idle *idle)
{
    conn_close(idle->conn);
    arena_destroy(idle->arena);
    *idle = (struct idle){0};
}

void session_finish(struct session *s)
{
    idle_finish(&s->kept);
    idle_finish(&s->watched);
    if (s->type->close)
        s->type->close(s);
    free(s->memo_owned);
}

struct session *session_create(struct frame *f, const struct probe_type *type,
                               const char *name, struct err *e)
{
    struct arena *arena = arena_create(0);
    struct session *s = arena_alloc(arena, sizeof(*s));

    if (!session_init(s, f, type, arena_strdup(arena, name), arena, e)) {
        arena_destroy(arena);
        return NULL;
    }
    return s;
}

void session_destroy(struct session *s)
{
    if (!s)
        return;
    session_finish(s);
    arena_destroy(s->arena);
}

void session_wake(struct session *s, enum wake why)
{
    if (s->on_wake)
        s->on_wake(s->wake_ctx, s, why);
}

void session_recall(struct session *s, const char *memo)
{
    session_set_memo(s, memo);
    s->memo_changed = false;
}

void session_set_memo(struct session *s, const char *text)
{
    const size_t len = strnlen(text, SESSION_MEMO_MAX);
    char *memo = memory_take(len + 1);

    memcpy(memo, text, len);
    memo[len] = '\0';
    free(s->memo_owned);
    s->memo = s->memo_owned = memo;
    s->memo_changed = true;
}
