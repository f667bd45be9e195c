/* SPDX-License-Identifier: Apache-2.0 */
/* From a fetch to what its run shows. Called by probe types that ask over HTTP, from the callbacks of fetch_start. */
#include "lib/core/run_fetch.h"

static void show_address(struct run *run, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    if (address && address->len)
        run_address(run, address_format(address, text));
}

void run_fetch_phase(struct run *run, const struct fetch *fetch, enum phase phase)
{
    run_phase(run, phase);
    if (phase == PHASE_CONNECT && fetch)
        show_address(run, fetch_address(fetch));
}

void run_fetch_resolved(struct run *run, const struct reply *reply)
{
    const struct resolution *r = reply->resolution;
    const struct address *address = reply->address.len ? &reply->address : NULL;
    if (!r || reply->is_proxied)
        return;
    if (!address && r->count)
        address = &r->addresses[0];
    run_resolved(run, r->took, address);
}

void run_fetch_reply(struct run *run, const struct reply *reply)
{
    show_address(run, &reply->address);
    run_fetch_resolved(run, reply);
    if (reply->tls)
        run_set_peer(run, reply->tls);
}
