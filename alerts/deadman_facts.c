/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether alerting works as a whole: facts become a state of the dead-man ping, and words for it. Called by deadman.c.
 * Pure, but for the memory of a commit that is awaited.
 */
#include "alerts/deadman_impl.h"
#include "lib/base/attr.h"

#define EVALUATION_LATE_MIN (2 * NSEC_PER_MINUTE) /* or three intervals */
#define CRITICAL_LATE (5 * NSEC_PER_MINUTE)
#define COMMIT_LATE NSEC_PER_MINUTE
#define WRITE_EVERY (10 * NSEC_PER_SEC)

const char *deadman_state_name(enum deadman_state state)
{
    static const char *const names[] = {
        [DEADMAN_OFF] = "off",         [DEADMAN_WAITING] = "waiting",
        [DEADMAN_PINGING] = "pinging", [DEADMAN_REJECTED] = "rejected",
        [DEADMAN_STALE] = "stale",     [DEADMAN_UNSTORED] = "unstored",
        [DEADMAN_UNTOLD] = "untold",
    };
    return names[state];
}

bool deadman_is_withheld(enum deadman_state state)
{
    return state >= DEADMAN_REJECTED;
}

static nsec evaluation_limit(nsec interval)
{
    const nsec limit = 3 * interval;
    return limit > EVALUATION_LATE_MIN ? limit : EVALUATION_LATE_MIN;
}

void deadman_saw_group(struct deadman_facts *f, struct wall last, struct wall since,
                       nsec interval)
{
    const struct wall from = last.ns ? last : since;
    if (f->interval && f->last_evaluation.ns + evaluation_limit(f->interval) <=
                           from.ns + evaluation_limit(interval))
        return;
    f->last_evaluation = from;
    f->interval = interval;
}

bool deadman_wants_write(const struct ledger_health *h, struct wall now)
{
    return h->waiting == 0 && now.ns - h->last_commit.ns >= WRITE_EVERY;
}

/* A commit is under way. Until it or a later one has ended nobody knows whether the disk takes it. */
static bool is_in_doubt(struct deadman *d, const struct ledger_health *h, struct wall now)
{
    const bool has_moved = d->doubt_since.ns && h->last_commit.ns != d->doubt_commit.ns;
    if (h->waiting == 0 || has_moved) {
        d->doubt_since = (struct wall){0};
        return false;
    }
    if (!d->doubt_since.ns) {
        d->doubt_since = now;
        d->doubt_commit = h->last_commit;
    }
    return true;
}

static enum deadman_state store_state(struct deadman *d, const struct ledger_health *h,
                                      struct wall now)
{
    if (h->fault != STORE_OK || h->is_in_memory)
        return DEADMAN_UNSTORED;
    if (!is_in_doubt(d, h, now))
        return DEADMAN_PINGING;
    return now.ns - d->doubt_since.ns > COMMIT_LATE ? DEADMAN_UNSTORED : DEADMAN_WAITING;
}

enum deadman_state deadman_judge(struct deadman *d, const struct deadman_facts *f,
                                 struct wall now)
{
    if (!f->is_config_accepted)
        return DEADMAN_REJECTED;
    if (!f->has_looked)
        return now.ns - d->started.ns > EVALUATION_LATE_MIN ? DEADMAN_STALE
                                                            : DEADMAN_WAITING;
    if (f->interval && now.ns - f->last_evaluation.ns > evaluation_limit(f->interval))
        return DEADMAN_STALE;
    if (f->oldest_critical.ns && now.ns - f->oldest_critical.ns > CRITICAL_LATE)
        return DEADMAN_UNTOLD;
    return store_state(d, &f->ledger, now);
}

void deadman_explain(const struct deadman_facts *f, enum deadman_state state,
                     struct wall now, struct buf *out)
{
    switch (state) {
    case DEADMAN_OFF:
    case DEADMAN_WAITING:
    case DEADMAN_PINGING:
        break;
    case DEADMAN_REJECTED:
        buf_add_text(out, "the configuration on disk was not accepted: `healthctl "
                          "validate` names its faults");
        break;
    case DEADMAN_STALE:
        if (f->has_looked)
            buf_printf(out, "a group of rules was not evaluated for %.0f s",
                       nsec_to_sec(now.ns - f->last_evaluation.ns));
        else
            buf_add_text(out, "rules were not evaluated since the start");
        break;
    case DEADMAN_UNSTORED:
        if (f->ledger.fault != STORE_OK || f->ledger.is_in_memory)
            buf_printf(out, "alerts.db cannot be written: %s",
                       *f->ledger.why ? f->ledger.why
                                      : store_fault_name(f->ledger.fault));
        else
            buf_add_text(out, "a commit to alerts.db does not end");
        break;
    case DEADMAN_UNTOLD:
        buf_printf(out,
                   "a critical notice has waited for %.0f s: `healthctl outbox "
                   "list` shows it",
                   nsec_to_sec(now.ns - f->oldest_critical.ns));
        break;
    }
}
