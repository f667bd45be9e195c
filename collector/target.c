/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two labels of a probe: `job` by its type, `instance` by where its dial leads. Called where series get labels.
 * Resolves no name.
 */
#include "collector/target.h"

#include <string.h>

#include "lib/core/secret.h"
#include "lib/core/talk.h"

#define DEFAULT_JOB "healthd"

static const char *where(struct arena *arena, const struct dial *dial)
{
    if (dial->unix_path)
        return dial->unix_path;
    if (!dial->host) /* a program of ours, as mcp's `command` */
        return "";
    return arena_printf(arena, strchr(dial->host, ':') ? "[%s]:%d" : "%s:%d", dial->host,
                        dial->port);
}

const char *target_instance(const struct probe *probe, struct frame *f,
                            struct arena *arena)
{
    struct dial dial = {0};
    struct err e = {0};
    if (!talk_aim(probe, secrets_scope(f->secrets), arena, &dial, &e))
        return "";
    return secrets_redacted(f->secrets, arena, where(arena, &dial));
}

/* Sorted by name, and without those that are "". */
static struct labels one(struct arena *arena, const char *name, const char *value,
                         struct labels over)
{
    const struct label label = {name, value};
    if (!*value)
        return over;
    return labels_merge(arena, (struct labels){&label, 1}, over);
}

struct labels target_labels(const struct probe *probe, struct frame *f,
                            struct arena *arena)
{
    const char *job = probe->type->job ? probe->type->job : DEFAULT_JOB;
    struct labels l = labels_without(arena, probe->labels, "task_id");
    l = one(arena, "job", job, l);
    l = one(arena, "instance", target_instance(probe, f, arena), l);
    if (!probe->type->is_singleton)
        l = one(arena, "type", probe->type->name, l);
    const struct label name = {"probe", probe->name};
    return labels_merge(arena, l, (struct labels){&name, 1});
}
