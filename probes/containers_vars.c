/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expectations and limits may name of a container. Called by expressions, for each item. Every value is there for a container
 * that does not run, too, so that an expectation about memory does not fail a job that is done.
 */
#include <math.h>

#include "lib/core/expr.h"
#include "lib/core/limit.h"
#include "lib/core/run.h"
#include "lib/core/session.h"
#include "probes/containers_session.h"

static const struct known *current(struct run *run, struct err *why)
{
    const struct containers_session *session = run_session(run)->state;
    const struct item *item = run_current_item(run);
    const struct known *k = item && session->watch
                                ? map_get(session->watch->book.known, bytes_of(item->key))
                                : NULL;
    if (!k)
        err_set(why, "there is no container of this name");
    return k;
}

#define VAR(name_, expression)                                           \
    static bool get_##name_(struct run *run, struct arena *arena UNUSED, \
                            struct value *ret_value, struct err *why)    \
    {                                                                    \
        const struct known *k = current(run, why);                       \
        if (k)                                                           \
            *ret_value = (expression);                                   \
        return k != NULL;                                                \
    }

static struct value share_of(const struct known *k)
{
    const bool is_told = known_runs(k) && k->memory_limit > 0 && !isnan(k->memory_used);
    return (struct value){.type = VALUE_PERCENT,
                          .number = is_told ? 100 * k->memory_used / k->memory_limit : 0};
}

static struct value size_of(const struct known *k)
{
    const bool is_told = known_runs(k) && !isnan(k->memory_used);
    return (struct value){.type = VALUE_SIZE, .number = is_told ? k->memory_used : 0};
}

static struct value uptime_of(const struct known *k, struct wall now)
{
    const bool is_told = known_runs(k) && k->started.ns && now.ns > k->started.ns;
    return value_duration(is_told ? now.ns - k->started.ns : 0);
}

static const char *state_of(const struct known *k)
{
    return k->gone.ns ? "gone" : docker_state_name(k->state);
}

VAR(name, value_text(bytes_of(k->name)))
VAR(image, value_text(bytes_of(k->image)))
VAR(digest, value_text(bytes_of(k->image_id)))
VAR(project, value_text(bytes_of(k->project)))
VAR(service, value_text(bytes_of(k->service)))
VAR(state, value_text(bytes_of(state_of(k))))
VAR(health, value_text(bytes_of(docker_health_name(k->health))))
VAR(exit_code, value_number(k->has_exit_code ? k->exit_code : 0))
VAR(restarts, value_number((double)k->restarts))
VAR(oom_kills, value_number(known_oom_kills(k)))
VAR(memory, share_of(k))
VAR(memory_used, size_of(k))
VAR(uptime, uptime_of(k, run_wall(run)))

const struct var containers_vars[] = {
    {"name", VALUE_TEXT, "Its name.", get_name},
    {"image", VALUE_TEXT, "The image that it was made of, as it was asked for.",
     get_image},
    {"image_digest", VALUE_TEXT, "That image's digest: \"sha256:…\".", get_digest},
    {"project", VALUE_TEXT, "Its compose project; \"\" for none.", get_project},
    {"service", VALUE_TEXT, "Its compose service; \"\" for none.", get_service},
    {"state", VALUE_TEXT,
     "running, paused, restarting, exited, created, removing, dead, or gone.", get_state},
    {"health", VALUE_TEXT, "Its own health check: healthy, unhealthy, starting, or none.",
     get_health},
    {"exit_code", VALUE_NUMBER, "How it ended; 0 while it runs.", get_exit_code},
    {"restarts", VALUE_NUMBER,
     "How often it was started after it had ended by itself, since healthd watches.",
     get_restarts},
    {"oom_kills", VALUE_NUMBER, "Kills for want of memory in it, since healthd watches.",
     get_oom_kills},
    {"memory", VALUE_PERCENT,
     "Its working set by its memory limit, or by the machine's memory.", get_memory},
    {"memory_used", VALUE_SIZE, "Its working set.", get_memory_used},
    {"uptime", VALUE_DURATION, "How long it has run; 0 when it does not.", get_uptime},
    {0}};

const struct limit containers_limits[] = {
    {.name = "memory",
     .alert = "ContainerMemoryUsed",
     .expr = "healthd_container_memory_ratio{$probe}",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.05,
     .hold_for = NSEC_PER_MINUTE,
     .summary = "container {{ $labels.name }} uses {{ $value | humanizePercentage }} of "
                "its memory",
     .runbook = "/runbooks/ContainerMemoryNearLimit",
     .doc = "A container's working set by its memory limit, or by the machine's memory "
            "when it has none."},
    {.name = "cpu",
     .alert = "ContainerCpuUsed",
     .expr = "sum by (probe, name) (rate(container_cpu_usage_seconds_total{$probe,"
             "name!=\"\"}[5m]))",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = 5 * NSEC_PER_MINUTE,
     .summary = "container {{ $labels.name }} uses {{ $value | humanize }} CPUs",
     .runbook = "/runbooks/ContainerThrottled",
     .doc = "CPUs that a container uses, over five minutes: 1.5 is one and a half."},
    {.name = "throttled",
     .alert = "ContainerCpuThrottled",
     .expr = "rate(container_cpu_cfs_throttled_periods_total{$probe,name!=\"\"}[5m]) / "
             "rate(container_cpu_cfs_periods_total{$probe,name!=\"\"}[5m])",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = 5 * NSEC_PER_MINUTE,
     .summary = "container {{ $labels.name }} waits for its CPU quota in {{ $value | "
                "humanizePercentage }} of its periods",
     .runbook = "/runbooks/ContainerThrottled",
     .doc = "Periods in which a container used its CPU quota up, of all."},
    {.name = "restarts",
     .alert = "ContainerRestarts",
     .expr = "increase(healthd_container_restarts_total{$probe}[1h])",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = 0,
     .summary = "container {{ $labels.name }} was started again {{ $value | humanize }} "
                "times in an hour",
     .runbook = "/runbooks/ContainerRestartLoop",
     .doc = "Starts of a container after it had ended by itself, within an hour."},
    {0},
};
