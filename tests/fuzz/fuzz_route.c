/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the routing part of a configuration: read, printed, and asked about an alert and an instant. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/maintenance.h"
#include "tests/unit/routing_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pass(void *ctx, const struct route_step *step)
{
    size_t *steps = ctx;
    *steps += step->depth;
}

static void ask(struct routing_fixture *f)
{
    const struct route *taken[ROUTES_TAKEN_MAX];
    const struct labels labels =
        labels_of_text(f->arena, "alertname=Down,severity=critical,probe=db");
    const struct wall at = {1772668800 * NSEC_PER_SEC};
    const struct interval *const *i = f->routing->intervals;
    size_t steps = 0;
    const size_t count = route_match(f->routing->root, labels, taken, ROUTES_TAKEN_MAX);
    for (size_t k = 0; k < count; k++)
        (void)route_group_labels(taken[k], labels, f->arena);
    route_explain(f->routing->root, labels, pass, &steps);
    for (size_t k = 0; i[k] && k < 3; k++)
        (void)interval_next(i[k], at);
    for (size_t k = 0; k < f->routing->maintenance_count && k < 3; k++)
        (void)interval_next(f->routing->maintenance[k].when, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct buf out = BUF_MAX((size_t)1 << 20);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct routing_fixture f = routing_read(text, "UTC");
    if (f.ok) {
        ask(&f);
        routing_print(f.g, &out);
    }
    buf_finish(&out);
    routing_finish(&f);
    free(text);
    return 0;
}
