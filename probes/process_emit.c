/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What processes use, summed up, under process-exporter's names; and what expectations may name. Called by process.c on
 * the loop. Keeps what each process had used when it was last seen, so that counters go on when one ends.
 */
#include <string.h>
#include <unistd.h>

#include "probes/process.h"

#define GAUGE(id, n, u, text, ...)                                                 \
    static const struct metric id##_metric = {.name = "namedprocess_namegroup_" n, \
                                              .kind = METRIC_GAUGE,                \
                                              .unit = u,                           \
                                              .help = text,                        \
                                              .labels = {"groupname", __VA_ARGS__}}
#define COUNTER(id, n, u, text, ...)                                               \
    static const struct metric id##_metric = {.name = "namedprocess_namegroup_" n, \
                                              .kind = METRIC_COUNTER,              \
                                              .unit = u,                           \
                                              .help = text,                        \
                                              .labels = {"groupname", __VA_ARGS__}}

GAUGE(procs, "num_procs", "", "How many processes match", NULL);
GAUGE(threads, "num_threads", "", "How many threads they have", NULL);
GAUGE(memory, "memory_bytes", "bytes", "Memory that they use, by kind", "memtype");
GAUGE(fds, "open_filedesc", "",
      "Descriptors that they have open; absent when healthd may not look", NULL);
GAUGE(worst_fds, "worst_fd_ratio", "",
      "The largest share of its limit of descriptors that one of them has open", NULL);
GAUGE(oldest, "oldest_start_time_seconds", "seconds", "When the oldest of them started",
      NULL);
GAUGE(states, "states", "", "How many of them are in a state", "state");
COUNTER(cpu, "cpu_seconds_total", "seconds", "Processor time that they took, by mode",
        "mode");
COUNTER(read, "read_bytes_total", "bytes", "Bytes that they read from storage", NULL);
COUNTER(written, "write_bytes_total", "bytes", "Bytes that they wrote to storage", NULL);
COUNTER(major, "major_page_faults_total", "", "Page faults that needed storage", NULL);
COUNTER(minor, "minor_page_faults_total", "", "Page faults that did not", NULL);
COUNTER(switches, "context_switches_total", "", "Context switches, by kind",
        "ctxswitchtype");

const struct metric *const process_metrics[] = {
    &procs_metric,  &threads_metric, &memory_metric,   &fds_metric,  &worst_fds_metric,
    &oldest_metric, &states_metric,  &cpu_metric,      &read_metric, &written_metric,
    &major_metric,  &minor_metric,   &switches_metric, NULL};

/* ---- counters over all that ever matched ---- */

static const struct process *seen_before(const struct process_session *s,
                                         const struct process *p)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].pid == p->pid && s->items[i].started_ticks == p->started_ticks)
            return &s->items[i];
    }
    return NULL;
}

static double grown(double now, double before)
{
    return now > before && now > 0 ? now - (before > 0 ? before : 0) : 0;
}

/* What a process used before the first look counts only when it began after that. */
static void add_growth(struct process_totals *t, const struct process *now,
                       const struct process *before)
{
    t->user_seconds += grown(now->user_seconds, before->user_seconds);
    t->system_seconds += grown(now->system_seconds, before->system_seconds);
    t->read_bytes += grown(now->read_bytes, before->read_bytes);
    t->written_bytes += grown(now->written_bytes, before->written_bytes);
    t->minor_faults += grown(now->minor_faults, before->minor_faults);
    t->major_faults += grown(now->major_faults, before->major_faults);
    t->voluntary += grown(now->voluntary, before->voluntary);
    t->involuntary += grown(now->involuntary, before->involuntary);
}

void process_keep(struct process_session *s, const struct process_found *found)
{
    static const struct process nothing = {0};
    for (size_t i = 0; i < found->count; i++) {
        const struct process *before = seen_before(s, &found->items[i]);
        if (before || s->has_looked)
            add_growth(&s->totals, &found->items[i], before ? before : &nothing);
    }
    arena_destroy(s->arena);
    s->arena = arena_create(0);
    s->count = found->count;
    s->items = s->count
                   ? arena_memdup(s->arena, found->items, s->count * sizeof(*s->items))
                   : NULL;
    s->has_looked = true;
}

/* ---- samples ---- */

static void sample(struct run *run, const struct metric *metric, const char *kind,
                   double value)
{
    run_sample_with(run, metric, (const char *const[]){run_name(run), kind}, value);
}

static double sum(const struct process_found *f, size_t offset)
{
    double total = 0;
    for (size_t i = 0; i < f->count; i++) {
        const double value =
            *(const double *)(const void *)((const char *)&f->items[i] + offset);
        total += value > 0 ? value : 0;
    }
    return total;
}
#define SUM(f, member) sum(f, offsetof(struct process, member))

static void emit_descriptors(struct run *run, const struct process_found *f)
{
    double worst = 0;
    for (size_t i = 0; i < f->count; i++) {
        const struct process *p = &f->items[i];
        if (p->open_fds < 0)
            return; /* a part of the sum is no sum */
        if (p->max_fds > 0 && p->open_fds / p->max_fds > worst)
            worst = p->open_fds / p->max_fds;
    }
    sample(run, &fds_metric, NULL, SUM(f, open_fds));
    sample(run, &worst_fds_metric, NULL, worst);
}

static double start_time(const struct process_found *f, const struct process *p)
{
    return f->boot_time + (double)p->started_ticks / (double)sysconf(_SC_CLK_TCK);
}

static void emit_states(struct run *run, const struct process_found *f)
{
    static const struct {
        char letter;
        const char *name;
    } states[] = {{'R', "Running"}, {'S', "Sleeping"}, {'D', "Waiting"},
                  {'T', "Stopped"}, {'Z', "Zombie"},   {'O', "Other"}};
    for (size_t s = 0; s < ARRAY_LEN(states); s++) {
        double count = states[s].letter == 'Z' ? (double)f->zombies : 0;
        for (size_t i = 0; i < f->count; i++) {
            const char state = f->items[i].state == 'I' ? 'S' : f->items[i].state;
            count += state == states[s].letter;
        }
        sample(run, &states_metric, states[s].name, count);
    }
}

static void emit_totals(struct run *run, const struct process_totals *t)
{
    sample(run, &cpu_metric, "user", t->user_seconds);
    sample(run, &cpu_metric, "system", t->system_seconds);
    sample(run, &read_metric, NULL, t->read_bytes);
    sample(run, &written_metric, NULL, t->written_bytes);
    sample(run, &major_metric, NULL, t->major_faults);
    sample(run, &minor_metric, NULL, t->minor_faults);
    sample(run, &switches_metric, "voluntary", t->voluntary);
    sample(run, &switches_metric, "nonvoluntary", t->involuntary);
}

static const struct process *oldest_of(const struct process_found *f)
{
    const struct process *oldest = NULL;
    for (size_t i = 0; i < f->count; i++) {
        if (!oldest || f->items[i].started_ticks < oldest->started_ticks)
            oldest = &f->items[i];
    }
    return oldest;
}

void process_emit(struct run *run)
{
    const struct process_state *state = run_state(run);
    const struct process_session *session = run_session(run)->state;
    const struct process_found *f = &state->found;
    const struct process *oldest = oldest_of(f);
    sample(run, &procs_metric, NULL, (double)f->count);
    sample(run, &threads_metric, NULL, SUM(f, threads));
    sample(run, &memory_metric, "resident", SUM(f, resident_bytes));
    sample(run, &memory_metric, "virtual", SUM(f, virtual_bytes));
    sample(run, &memory_metric, "swapped", SUM(f, swapped_bytes));
    emit_descriptors(run, f);
    emit_states(run, f);
    if (oldest && f->boot_time > 0)
        sample(run, &oldest_metric, NULL, start_time(f, oldest));
    emit_totals(run, &session->totals);
}

/* ---- variables ---- */

static const struct process_found *found_of(struct run *run, struct err *why)
{
    const struct process_state *state = run_state(run);
    if (state->has_looked && !state->found.trouble)
        return &state->found;
    err_set(why, "processes were not looked at");
    return NULL;
}

static bool get_count(struct run *run, struct arena *arena, struct value *ret,
                      struct err *why)
{
    const struct process_found *f = found_of(run, why);
    if (f)
        *ret = value_number((double)f->count);
    return f != NULL;
}

static bool get_memory(struct run *run, struct arena *arena, struct value *ret,
                       struct err *why)
{
    const struct process_found *f = found_of(run, why);
    if (f)
        *ret = (struct value){.type = VALUE_SIZE, .number = SUM(f, resident_bytes)};
    return f != NULL;
}

static bool get_threads(struct run *run, struct arena *arena, struct value *ret,
                        struct err *why)
{
    const struct process_found *f = found_of(run, why);
    if (f)
        *ret = value_number(SUM(f, threads));
    return f != NULL;
}

static bool get_fds(struct run *run, struct arena *arena, struct value *ret,
                    struct err *why)
{
    const struct process_found *f = found_of(run, why);
    for (size_t i = 0; f && i < f->count; i++) {
        if (f->items[i].open_fds < 0)
            return err_set(why, "healthd may not look at the descriptors of process %d",
                           (int)f->items[i].pid);
    }
    if (f)
        *ret = value_number(SUM(f, open_fds));
    return f != NULL;
}

static bool get_age(struct run *run, struct arena *arena, struct value *ret,
                    struct err *why)
{
    const struct process_found *f = found_of(run, why);
    const struct process *oldest = f ? oldest_of(f) : NULL;
    if (f && (!oldest || f->boot_time <= 0))
        return err_set(why, "no process matches");
    if (f)
        *ret = value_duration(
            nsec_from_sec(wall_to_sec(run_wall(run)) - start_time(f, oldest)));
    return f != NULL;
}

const struct var process_vars[] = {
    {"count", VALUE_NUMBER, "How many processes match.", get_count},
    {"age", VALUE_DURATION, "How long the oldest of them runs.", get_age},
    {"memory", VALUE_SIZE, "Resident memory of all of them.", get_memory},
    {"threads", VALUE_NUMBER, "Threads of all of them.", get_threads},
    {"open_fds", VALUE_NUMBER, "Open descriptors of all of them.", get_fds},
    {0},
};
