/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a run begins: its configuration is filled in, then its type's dialogue, handles or thread are set going. Called by
 * runner.c, which alone knows when the run is over.
 */
#include "lib/core/pool.h"
#include "lib/core/run_impl.h"
#include "lib/core/runner.h"
#include "lib/core/talk.h"

bool run_configure(struct run *run, const struct ask *ask, struct err *e)
{
    const void *confs[TEMPLATE_MAX_PARTS] = {0};

    if (!template_fill(run->probe->conf, ask->scope, ask->operand, run->arena, confs, e))
        return false;
    if (!template_override(run->probe->conf, ask->rows, run->arena, confs, e))
        return false;
    run->conf = confs[0];
    run->dial_rows = confs[1];
    /* What loading could not validate, because it was not there yet: confs[0] is this run's own copy then. */
    const bool is_shared =
        template_is_fixed(run->probe->conf) && !ask->operand && !ask->rows.count;
    return is_shared || !run->type->validate ||
           run->type->validate((void *)confs[0], run->arena, e);
}

void run_worked(void *ctx)
{
    struct run *run = ctx;

    run->job = NULL;
    run_finish(run);
}

static void work(void *ctx)
{
    struct run *run = ctx;
    run->type->work(run);
}

bool run_launch(struct run *run, struct err *e)
{
    const struct probe_type *type = run->type;

    if (type->talk) {
        struct dial *dial = arena_alloc(run->arena, sizeof(*dial));
        if (!talk_dial(type, run->conf, run->dial_rows, run->arena, dial, e)) {
            run_unknown(run, REASON_CONFIG, "%s", e->text);
            return false;
        }
        talk_start(run, dial);
        return true;
    }
    if (type->start) {
        type->start(run);
        return true;
    }
    run->job = pool_detach(run->frame->pool, run->type->name, work, run_worked, run);
    if (!run->job)
        run_unknown(run, REASON_SELF, "%s", pool_no_thread);
    return run->job != NULL;
}
