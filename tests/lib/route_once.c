/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes label sets by hand, for tests that compare with amtool:
 *
 *   route_once CONFIG RECEIVER... <LABELS
 *
 * Each line of stdin is a label set, a=x,b=y; the answer is the receivers that are told, in order, separated by commas.
 */
#include <stdio.h>

#include "tests/unit/routing_fixture.h"

static void answer(struct routing_fixture *f, const char *line)
{
    const struct route *taken[ROUTES_TAKEN_MAX];
    struct arena *arena = arena_create(0);
    const struct labels labels = labels_of_text(arena, line);
    const size_t count = route_match(f->routing->root, labels, taken, ROUTES_TAKEN_MAX);
    const char *separator = "";
    for (size_t i = 0; i < count; i++) {
        for (const struct receiver *const *r = taken[i]->receivers; *r; r++) {
            printf("%s%s", separator, (*r)->name);
            separator = ",";
        }
    }
    printf("\n");
    arena_destroy(arena);
}

int main(int argc, char **argv)
{
    char line[4096];
    struct buf text = BUF_MAX(NODE_MAX_BYTES);
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    while (file && fgets(line, sizeof(line), file))
        buf_add_text(&text, line);
    if (file)
        fclose(file);
    struct routing_fixture f = routing_read_with(buf_text(&text), "UTC", argv + 2);
    fprintf(stderr, "%s", routing_said(&f));
    while (f.ok && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        answer(&f, line);
    }
    const bool ok = f.ok;
    routing_finish(&f);
    buf_finish(&text);
    return ok ? 0 : 1;
}
