/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the tcp probe, what is checked of them together, and where they aim. Read once a generation (or per /probe
 * request, for the address). Never connects.
 */
#include "probes/tcp.h"

#include <string.h>

#include "lib/core/labels.h"
#include "lib/core/talk.h"

#define OPT_STRUCT struct tcp_label
static const struct opt label_opts[] = {
    OPT_ROW_TEXT("name", name, NULL, "The label's name."),
    OPT_ROW_TEXT("value", value, "", "Its value; ${1} is the first group of `expect`.",
                 .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct tcp_step
static const struct opt step_opts[] = {
    OPT_ROW_REGEX("expect", expect, OPT_NONE,
                  "Lines are read until one matches this; \"\" waits for any line."),
    OPT_ROW_TEXT("expect_bytes", expect_bytes, OPT_NONE,
                 "These bytes must come next, exactly."),
    OPT_ROW_TEXT("send", send, OPT_NONE,
                 "This is sent then, and a newline; ${1} is the first group of `expect`.",
                 .flags = OPT_LATE),
    OPT_ROW_BOOL("starttls", starttls, "false", "Then TLS begins."),
    OPT_ROW_SECTIONS("labels", labels, struct tcp_label, label_opts,
                     "Labels of probe_expect_info."),
    OPT_ROW_PAIRS("capture", capture, OPT_NONE,
                  "Names for what `expect` found, for expressions: {version: \"${1}\"} "
                  "is captures.version.",
                  .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct tcp_conf
const struct opt tcp_opts[] = {
    OPT_ROW_TEXT("address", address, "", "host:port, or unix:/path.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("hostname", hostname, "",
                 "As blackbox_exporter's parameter: tls_config's server_name, if "
                 "that is empty.",
                 .flags = OPT_HIDDEN),
    OPT_ROW_SECTIONS(
        "query_response", query_response, struct tcp_step, step_opts,
        "Steps of a dialogue, in order; without any, being connected is enough."),
    {0}};
#undef OPT_STRUCT

const struct tcp_step *tcp_step_at(const struct tcp_conf *conf, size_t i)
{
    return (const struct tcp_step *)conf->query_response.items + i;
}

static bool validate_step(const struct tcp_step *step, struct err *e)
{
    const struct tcp_label *labels = step->labels.items;

    if (step->expect && step->expect_bytes)
        return err_set(e, "give `expect` or `expect_bytes`, not both");
    if (!step->expect && (step->labels.count || step->capture.count))
        return err_set(e, "`labels` and `capture` are filled in from what `expect` "
                          "matched: give `expect`");
    if (!step->expect && !step->expect_bytes && !step->starttls &&
        !(step->send && step->send[0]))
        return err_set(
            e, "does nothing: give `expect`, `expect_bytes`, `send` or `starttls`");
    for (size_t i = 0; i < step->labels.count; i++) {
        if (!label_name_valid(bytes_of(labels[i].name)))
            return err_set(e, "'%s' is no label name: expected letters, digits and '_'",
                           labels[i].name);
    }
    return true;
}

bool tcp_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct tcp_conf *conf = ctx;

    for (size_t i = 0; i < conf->query_response.count; i++) {
        if (!validate_step(tcp_step_at(conf, i), e))
            return err_wrap(e, "query_response, step %zu", i + 1);
    }
    if (!conf->address || !conf->address[0])
        return true; /* `host` and `port`, or `unix`, or a module's target */
    conf->host = conf->unix_path = NULL;
    conf->port = 0;
    if (conf->address[0] == '/') {
        conf->unix_path = conf->address;
        return true;
    }
    if (bytes_starts(bytes_of(conf->address), "unix:")) {
        conf->unix_path = conf->address + strlen("unix:");
        return conf->unix_path[0] == '/' ||
               err_set(e, "'%s' has no absolute path: expected unix:/path",
                       conf->address);
    }
    if (!dial_split(arena, conf->address, &conf->host, &conf->port, e))
        return false;
    return conf->port ||
           err_set(e, "'%s' has no port: expected host:port", conf->address);
}

bool tcp_aim(const void *ctx, struct arena *arena, struct dial *ret_dial, struct err *e)
{
    const struct tcp_conf *conf = ctx;

    if (conf->unix_path)
        ret_dial->unix_path = conf->unix_path;
    if (conf->host) {
        ret_dial->host = conf->host;
        ret_dial->port = conf->port;
        ret_dial->unix_path = NULL;
    }
    const char *name = ret_dial->tls.server_name;
    if (conf->hostname[0] && (!name || !name[0]))
        ret_dial->tls.server_name = conf->hostname;
    return true;
}
