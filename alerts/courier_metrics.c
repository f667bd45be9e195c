/* SPDX-License-Identifier: Apache-2.0 */
/* What the courier says of itself in numbers: per receiver, and as a whole. The meta-alerts are rules over these. */
#include "alerts/courier_impl.h"

#define PER_RECEIVER(n, u, text)                                                    \
    {                                                                               \
        .name = (n), .kind = METRIC_GAUGE, .unit = (u), .help = (text), .labels = { \
            "receiver"                                                              \
        }                                                                           \
    }

enum { M_PENDING, M_OLDEST, M_DEAD, M_SUCCESS, M_MISCONFIGURED, M_FAILURES, M_COUNT };

static const struct metric per_receiver[M_COUNT] = {
    [M_PENDING] = PER_RECEIVER("healthd_outbox_pending", "",
                               "Notices committed and not delivered yet"),
    [M_OLDEST] = PER_RECEIVER("healthd_outbox_oldest_seconds", "seconds",
                              "Age of the oldest notice that is not delivered yet"),
    [M_DEAD] = PER_RECEIVER("healthd_dead_letters", "",
                            "Notices given up: see healthctl outbox list"),
    [M_SUCCESS] = PER_RECEIVER("healthd_receiver_last_success_timestamp_seconds",
                               "seconds", "When a notice was accepted last"),
    [M_MISCONFIGURED] =
        PER_RECEIVER("healthd_receiver_misconfigured", "",
                     "1 while the receiver refuses us and an operator must act"),
    [M_FAILURES] =
        PER_RECEIVER("healthd_receiver_failures", "", "Sendings that failed in a row"),
};

static const struct metric deliveries = {
    .name = "healthd_deliveries_total",
    .kind = METRIC_COUNTER,
    .unit = "",
    .help = "Sendings, by what came of them: ok, retry, config, rejected",
    .labels = {"receiver", "result"}};

void courier_expose(struct courier *c, struct registry *r, struct source *s)
{
    c->registry = r;
    c->source = s;
}

void metrics_count(struct desk *d, const char *result, const char *reason)
{
    const struct courier *c = d->courier;
    const char *values[] = {d->name, result};
    if (c->registry)
        series_add(registry_series(c->registry, c->source, &deliveries, values), 1);
}

static void desk_refresh(struct desk *d, struct wall now)
{
    const struct courier *c = d->courier;
    const struct outbox_stats stats = outbox_stats(c->outbox, d->name);
    const char *values[] = {d->name};
    const double numbers[M_COUNT] = {
        [M_PENDING] = (double)stats.pending,
        [M_OLDEST] = stats.oldest_pending.ns && now.ns > stats.oldest_pending.ns
                         ? nsec_to_sec(now.ns - stats.oldest_pending.ns)
                         : 0,
        [M_DEAD] = (double)stats.dead,
        [M_SUCCESS] = d->last_success.ns ? wall_to_sec(d->last_success) : 0,
        [M_MISCONFIGURED] = d->is_misconfigured,
        [M_FAILURES] = d->failures,
    };
    for (size_t i = 0; i < M_COUNT; i++) {
        if (!d->series[i])
            d->series[i] =
                registry_series(c->registry, c->source, &per_receiver[i], values);
        series_set(d->series[i], numbers[i]);
    }
}

void courier_refresh_metrics(struct courier *c, struct wall now)
{
    if (!c->registry)
        return;
    for (const struct map_entry *x = map_next(c->desks, NULL); x;
         x = map_next(c->desks, x))
        desk_refresh(x->value, now);
}
