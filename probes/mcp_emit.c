/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the mcp probe, what a run waited for when its time was up, and what its trace has. Called by the frame
 * once a run, whatever came of it.
 */
#include <string.h>

#include "lib/core/session.h"
#include "lib/core/tls.h"
#include "probes/mcp.h"

#define MAX_LABEL_BYTES 120
#define MAX_LOG_BYTES 2000

static const struct metric tools_metric = {.name = "mcp_tools",
                                           .help = "Tools that the server lists"};
static const struct metric step_metric = {
    .name = "mcp_step_duration_seconds",
    .unit = "seconds",
    .help = "Time from asking to the answer, by step: initialize, list (all pages), call",
    .labels = {"step"}};
static const struct metric server_metric = {
    .name = "mcp_server_info",
    .help = "What the server calls itself, and the revision agreed on; always 1",
    .labels = {"name", "version", "protocol"}};
static const struct metric schema_metric = {
    .name = "mcp_schema_info",
    .help = "Digest of the names and input schemas of all tools; always 1",
    .labels = {"sha256"}};
static const struct metric changes_metric = {
    .name = "mcp_schema_changes",
    .help = "Differences between the tools and the lock, by kind",
    .labels = {"kind"}};
static const struct metric call_metric = {
    .name = "mcp_call_error",
    .help = "1 when the tool that was called reported an error, else 0"};

const struct metric *const mcp_metrics[] = {
    &tools_metric, &step_metric, &server_metric, &schema_metric, &changes_metric,
    &call_metric,  NULL};

/* ---- numbers ---- */

static const char *label_of(const struct mcp_state *s, const json_t *text)
{
    const struct bytes cut =
        bytes_cut(bytes_of(json_string_value(text)), MAX_LABEL_BYTES);
    return arena_strndup(run_arena(s->run), cut.ptr ? cut.ptr : "", cut.len);
}

static void report_server(const struct mcp_state *s)
{
    const char *const values[] = {label_of(s, json_object_get(s->server, "name")),
                                  label_of(s, json_object_get(s->server, "version")),
                                  mcp_revisions[s->revision]};
    run_sample_with(s->run, &server_metric, values, 1);
}

static void report_steps(const struct mcp_state *s)
{
    static const struct {
        const char *name;
        enum mcp_step steps[2];
    } rows[] = {{"initialize", {MCP_STEP_DISCOVER, MCP_STEP_INITIALIZE}},
                {"list", {MCP_STEP_LIST, MCP_STEP_NONE}},
                {"call", {MCP_STEP_CALL, MCP_STEP_NONE}}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const nsec took = s->took[rows[i].steps[0]] + s->took[rows[i].steps[1]];
        if (took)
            run_sample_with(s->run, &step_metric, &rows[i].name, nsec_to_sec(took));
    }
}

static void report_changes(const struct mcp_state *s)
{
    static const char *const kinds[] = {[MCP_ADDED] = "added",
                                        [MCP_REMOVED] = "removed",
                                        [MCP_RENAMED] = "renamed",
                                        [MCP_CHANGED] = "changed"};
    size_t counts[ARRAY_LEN(kinds)] = {0};
    for (size_t i = 0; i < s->changes->count && i < MCP_MAX_CHANGES; i++)
        counts[s->changes->items[i].kind]++;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        run_sample_with(s->run, &changes_metric, &kinds[i], (double)counts[i]);
}

static void explain_wait(struct mcp_state *s)
{
    const struct mcp_session *kept = run_session(s->run)->state;
    if (errand_is_for(&kept->errand, s->run)) {
        run_explain(s->run, "the file system of its lock '%s' did not answer",
                    s->conf->lock);
        return;
    }
    const char *method = mcp_method_of_step(s->step), *hint = mcp_last_words(s);
    if (s->strays)
        run_explain(s->run,
                    "no answer to %s; it wrote %zu lines that are no message, "
                    "first %s%s",
                    method, s->strays, s->stray, hint);
    else if (s->step != MCP_STEP_NONE)
        run_explain(s->run, "no answer to %s%s%s", method,
                    s->told || s->asked ? ", though it sent other messages" : "", hint);
}

void mcp_report(struct run *run)
{
    struct mcp_state *s = run_state(run);
    if (!s->run)
        return;
    if (run_has_timed_out(run))
        explain_wait(s);
    if (run_peer(run))
        tls_emit(run, run_peer(run), true);
    report_steps(s);
    if (s->is_agreed)
        report_server(s);
    if (s->has_tools) {
        const char *digest = s->schema;
        run_sample(run, &tools_metric, (double)s->tools.count);
        run_sample_with(run, &schema_metric, &digest, 1);
    }
    if (s->changes)
        report_changes(s);
    if (s->result || s->error)
        run_sample(run, &call_metric, s->is_error);
}

/* ---- words ---- */

void mcp_trace(struct run *run)
{
    struct mcp_state *s = run_state(run);
    if (!s->run)
        return;
    if (s->is_agreed)
        run_trace(run, "server", "%s %s, revision %s",
                  label_of(s, json_object_get(s->server, "name")),
                  label_of(s, json_object_get(s->server, "version")),
                  mcp_revisions[s->revision]);
    if (s->has_tools)
        run_trace(run, "tools", "%zu on %zu pages: %s", s->tools.count, s->pages,
                  mcp_tools_listed(&s->tools, run_arena(run)));
    if (s->asked || s->told)
        run_trace(run, "heard", "%zu requests and %zu notifications of the server",
                  s->asked, s->told);
    for (size_t i = 0; s->changes && i < s->changes->count && i < 20; i++)
        run_trace(run, "drift", "%s", s->changes->items[i].text);
    if (s->result || s->error)
        run_trace(run, "result", "%s%.500s", s->is_error ? "error: " : "", s->text);
    const struct bytes log = bytes_cut(bytes_trim(s->way->log(s)), MAX_LOG_BYTES);
    if (log.len)
        run_trace(run, "stderr", "%.*s", (int)log.len, log.ptr);
}
