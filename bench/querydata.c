/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same two hours of 1,000 series for two contestants: segments for healthd's history in a folder, and OpenMetrics
 * text on stdout for `promtool tsdb create-blocks-from`. Called by bench/query.py: querydata FOLDER END_SECONDS.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/query/history.h"

#define INSTANCES 100
#define DEVICES 10
#define SLOTS 480
#define STEP_SECONDS 15

static double value_at(int instance, int device, int slot)
{
    return (double)slot * (10 + device) + (slot * 7 + instance * 13) % 10;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: querydata FOLDER END_SECONDS\n"), 2;
    const int64_t end = strtoll(argv[2], NULL, 10);
    const struct history_limits limits = {.budget_bytes = (size_t)1 << 30};
    struct history *h = history_create(&limits);
    printf("# TYPE bench_requests counter\n");
    for (int i = 0; i < INSTANCES; i++) {
        char instance[16], device[16];
        snprintf(instance, sizeof(instance), "app-%d", i);
        const struct label labels[] = {{"instance", instance}, {"job", "bench"}};
        struct history_owner *o = history_owner(h, (struct labels){labels, 2});
        for (int d = 0; d < DEVICES; d++) {
            snprintf(device, sizeof(device), "disk-%d", d);
            const struct label own[] = {{"device", device}};
            for (int slot = 0; slot < SLOTS; slot++) {
                const int64_t at = end - (SLOTS - 1 - slot) * STEP_SECONDS;
                history_put(o, "bench_requests_total", (struct labels){own, 1}, at * 1000,
                            value_at(i, d, slot));
                printf("bench_requests_total{device=\"%s\",instance=\"%s\",job=\"bench\"}"
                       " %.0f "
                       "%" PRId64 "\n",
                       device, instance, value_at(i, d, slot), at);
            }
        }
    }
    printf("# EOF\n");
    struct err e = {0};
    struct history_job *j = history_save_prepare(h, argv[1], true);
    history_save_work(j);
    if (!history_save_done(j, &e))
        return fprintf(stderr, "%s\n", e.text), 1;
    history_destroy(h);
    return 0;
}
