/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a rule file: refused with faults, or rules that are whole. What is accepted is accepted again, alike. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/rule_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_rules(struct arena *arena, struct bytes text, struct rules *ret)
{
    static const struct rule_source source = {.file = "fuzz.yml"};
    struct diag *d = diag_create(arena);
    const struct rule_reader reader = {.arena = arena, .diag = d};
    struct rule_list *l = rule_list_create(&reader);
    diag_source(d, "fuzz.yml", text);
    const struct node *root = node_parse(arena, "fuzz.yml", text, d);
    if (root)
        rule_file_read(l, &source, root);
    rule_list_finish(l, ret);
    return root && !diag_error_count(d);
}

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    const struct bytes text = {(const char *)data, size};
    struct rules rules, again;
    if (!read_rules(arena, text, &rules)) {
        arena_destroy(arena);
        return 0;
    }
    must(read_rules(arena, text, &again) && rules.count == again.count);
    for (size_t i = 0; i < rules.count; i++) {
        const struct rule_group *g = rules.groups[i];
        must(g->interval > 0 && g->count == again.groups[i]->count);
        for (size_t k = 0; k < g->count; k++) {
            const struct rule *r = g->rules[k], *same = again.groups[i]->rules[k];
            must(r->expr && *r->name && r->group == g && r->no_data_after > 0);
            must(!strcmp(r->id, same->id) && !strcmp(r->canonical, same->canonical));
            must(!(r->is_recording && (r->worse || r->resolve_when)));
        }
    }
    arena_destroy(arena);
    return 0;
}
