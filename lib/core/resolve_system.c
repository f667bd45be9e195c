/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `resolver: system`: getaddrinfo with all that nsswitch.conf names, on a thread of its own because it
 * may hang for as long as it likes. Called by resolve.c; the thread sees only its struct ask.
 */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/pool.h"
#include "lib/core/resolve_impl.h"

struct ask {
    struct lookup *lookup; /* not touched by the thread */
    int af;
    int failed; /* EAI_… */
    size_t count;
    struct address addresses[RESOLVE_MAX_ADDRESSES];
    char host[HOST_MAX_LEN + 1];
};

static void ask_work(void *ctx)
{
    struct ask *ask = ctx;
    const struct addrinfo hints = {.ai_family = ask->af, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    ask->failed = getaddrinfo(ask->host, NULL, &hints, &list);
    if (ask->failed)
        return;
    for (const struct addrinfo *i = list; i && ask->count < RESOLVE_MAX_ADDRESSES;
         i = i->ai_next) {
        struct address *a = &ask->addresses[ask->count];
        if (i->ai_addrlen > sizeof(a->to))
            continue;
        *a = (struct address){.len = i->ai_addrlen};
        memcpy(&a->to, i->ai_addr, i->ai_addrlen);
        ask->count++;
    }
    freeaddrinfo(list);
}

static void ask_done(void *ctx)
{
    struct ask *ask = ctx;
    struct answer answer = {.addresses = ask->addresses, .count = ask->count};
    switch (ask->failed) {
    case 0:
        break;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        answer.reason = REASON_NO_NAME;
        answer.text = "does not exist";
        break;
    case EAI_MEMORY:
    case EAI_SYSTEM:
        answer.is_ours = true;
        answer.reason = REASON_DNS_ERROR;
        answer.text = gai_strerror(ask->failed);
        break;
    default:
        answer.reason = REASON_DNS_ERROR;
        answer.text = gai_strerror(ask->failed);
        break;
    }
    ask->lookup->job = NULL;
    lookup_answer(ask->lookup, &answer);
    free(ask);
}

bool system_ask(struct pool *p, struct lookup *k)
{
    struct ask *ask = memory_take(sizeof(*ask));
    *ask = (struct ask){.lookup = k, .af = k->af};
    memcpy(ask->host, k->host, sizeof(ask->host));
    k->job = p ? pool_detach(p, "resolve", ask_work, ask_done, ask) : NULL;
    if (!k->job)
        free(ask);
    return k->job != NULL;
}

void system_forget(struct lookup *k)
{
    if (k->job)
        job_abandon(k->job, free);
    k->job = NULL;
}
