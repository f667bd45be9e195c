/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `labels:` of the top level and of probes: names that are taken, names that are illegal, and which
 * set wins. Called by generation.c and probe_conf.c.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/config/load.h"

bool conf_labels(const struct opt_ctx *ctx, const struct pairs *pairs,
                 const struct node *node, struct labels under, struct labels *ret_labels)
{
    static const char *const taken[] = {"probe", "type", "job", "instance", "le"};
    struct labels over;
    struct err e;
    const size_t errors = diag_error_count(ctx->diag);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct node *n = node_get(node, pairs->items[i].key);
        const struct pairs one = {&pairs->items[i], 1};
        for (size_t k = 0; k < ARRAY_LEN(taken); k++) {
            if (!strcmp(pairs->items[i].key, taken[k]))
                diag_error(ctx->diag, n ? n->key_at : (struct place){0},
                           "the label '%s' is set by healthd itself; choose another name",
                           taken[k]);
        }
        if (!labels_from_pairs(ctx->arena, &one, &over, &e))
            diag_error(ctx->diag, n ? n->key_at : (struct place){0}, "%s", e.text);
    }
    if (diag_error_count(ctx->diag) != errors)
        return false;
    if (!labels_from_pairs(ctx->arena, pairs, &over, &e))
        return diag_error(ctx->diag, node ? node->at : (struct place){0}, "%s", e.text);
    struct labels merged = labels_merge(ctx->arena, under, over);
    for (size_t i = 0; i < pairs->count; i++) {
        if (!*pairs->items[i].value)
            merged = labels_without(ctx->arena, merged, pairs->items[i].key);
    }
    *ret_labels = merged;
    return true;
}
