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
    .help = "Sendings, by what came of them (ok, retry, config, rejected, anew) and why",
    .labels = {"receiver", "result", "reason"}};

const struct metric_rows courier_families[] = {
    METRIC_ROWS(per_receiver), METRIC_ROW(deliveries), {0}};

void courier_expose(struct courier *c, struct registry *r, struct source *s)
{
    c->registry = r;
    c->source = s;
}

const char *delivery_result(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_OK:
        return "ok";
    case OUTCOME_RETRY:
        return "retry";
    case OUTCOME_CONFIG:
        return "config";
    case OUTCOME_REJECT:
        return "rejected";
    case OUTCOME_ANEW:
        return "anew";
    }
    return "";
}

static const char *status_reason(int status)
{
    if (status == 429)
        return "throttled";
    if (status >= 500)
        return "server_error";
    if (status == 401 || status == 407)
        return reason_word(REASON_AUTH);
    if (status == 403)
        return reason_word(REASON_FORBIDDEN);
    if (status == 413)
        return reason_word(REASON_TOO_LARGE);
    if (status >= 300 && status < 400)
        return reason_word(REASON_REDIRECT);
    return reason_word(status >= 400 ? REASON_STATUS : REASON_BODY);
}

const char *delivery_reason(const struct reply *reply, enum outcome outcome)
{
    if (outcome == OUTCOME_OK)
        return reason_word(REASON_NONE);
    if (!reply)
        return reason_word(REASON_CONFIG);
    if (reply->trouble.reason != REASON_NONE)
        return reason_word(reply->trouble.reason);
    return status_reason(reply->status);
}

void metrics_count(struct desk *d, enum outcome outcome, const char *reason)
{
    const struct courier *c = d->courier;
    const char *values[] = {d->name, delivery_result(outcome), reason};
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
