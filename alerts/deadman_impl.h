/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the dead-man ping, for deadman.c and deadman_facts.c. Nobody else includes it. */
#ifndef HEALTHD_ALERTS_DEADMAN_IMPL_H
#define HEALTHD_ALERTS_DEADMAN_IMPL_H

#include "alerts/deadman.h"
#include "lib/base/buf.h"

struct deadman {
    struct transport transport;
    struct secrets *secrets;
    void (*wake)(void *ctx);
    void *wake_ctx;
    struct registry *registry; /* NULL: no metrics */
    struct source *source;
    const struct template *conf; /* the generation's; NULL: off */
    nsec every;
    enum deadman_state state;
    struct wall started; /* the first adopt */
    struct wall next;
    struct wall now;          /* of the last advance */
    struct wall doubt_since;  /* a commit is awaited; 0: none */
    struct wall doubt_commit; /* the last one then */
    struct wall last_ping;
    struct arena *arena; /* of the ping under way; NULL: none */
    void *exchange;
    bool has_answered;
    enum outcome outcome; /* of the answer */
    nsec retry_after;
    unsigned failures;
    bool is_misconfigured;
    char why[512];
};

/* deadman_facts.c */
bool deadman_is_withheld(enum deadman_state state);
/* What the facts make of it; never DEADMAN_OFF. */
enum deadman_state deadman_judge(struct deadman *d, const struct deadman_facts *f,
                                 struct wall now);
/* Why it is withheld, and what can be done. */
void deadman_explain(const struct deadman_facts *f, enum deadman_state state,
                     struct wall now, struct buf *out);

#endif
