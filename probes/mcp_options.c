/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the mcp probe, and what is checked of them together. Read once a generation, or per step of a flow.
 * Never asks anything.
 */
#include <string.h>

#include "lib/core/command_line.h"
#include "lib/core/node.h"
#include "probes/mcp.h"

#define MAX_ARGUMENTS_BYTES (1u << 20)

#define OPT_STRUCT struct mcp_call_conf
static const struct opt call_opts[] = {
    OPT_ROW_TEXT("tool", tool, NULL, "The tool's name."),
    OPT_ROW_NODE("arguments", arguments, "Its arguments, written as YAML.",
                 .unit = "mapping"),
    OPT_ROW_BOOL("may_fail", may_fail, "false",
                 "A tool that reports an error is no fault by itself: `expect` judges."),
    {0}};
#undef OPT_STRUCT

static const struct opt_choice revision_choices[] = {
    {"auto", MCP_AUTO,
     "2025-11-25 or what the server offers instead; 2026-07-28 when it has no sessions."},
    {"2024-11-05", MCP_2024_11_05, "Servers over stdio from then."},
    {"2025-03-26", MCP_2025_03_26, "The first with streamable HTTP."},
    {"2025-06-18", MCP_2025_06_18, "With structured results."},
    {"2025-11-25", MCP_2025_11_25, "The last with sessions."},
    {"2026-07-28", MCP_2026_07_28, "Without sessions: each request stands alone."},
    {0}};

#define OPT_STRUCT struct mcp_conf
const struct opt mcp_opts[] = {
    OPT_ROW_TEXT("url", url, "",
                 "The server's endpoint for streamable HTTP; without a path it is /mcp.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXTS("command", command, OPT_NONE,
                  "Instead of `url`: the server to start and to talk with over its "
                  "standard input and output. One text is split at blanks, quotes join; "
                  "a list is taken word by word. No shell reads it."),
    OPT_ROW_SECRET_PAIRS("env", env, OPT_NONE,
                         "Variables of its environment, which has PATH, LANG and HOME "
                         "else, and nothing of healthd's. Values are kept out of logs."),
    OPT_ROW_TEXT("path", path,
                 "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                 "Where a command without a slash is looked for; its PATH."),
    OPT_ROW_TEXT("working_directory", working_directory, "",
                 "Where it starts; healthd's own when empty."),
    OPT_ROW_CHOICE("protocol", revision, "auto", revision_choices,
                   "The revision of the protocol to speak."),
    OPT_ROW_TEXTS("tools", tools, OPT_NONE,
                  "Tools that have to be there: without one of them it is down."),
    OPT_ROW_SECTION("call", call, struct mcp_call_conf, call_opts,
                    "A tool to call; its result is what `expect` and `should` may name. "
                    "None is called without it."),
    OPT_ROW_TEXT("lock", lock, "",
                 "A file with the tools as they were agreed on; what differs is "
                 "schema_drift. `healthctl probe … --accept` and `healthctl smoke "
                 "--accept` write it."),
    OPT_ROW_BOOL("allow_additions", allow_additions, "false",
                 "Tools and optional parameters that are new against the lock are no "
                 "drift."),
    OPT_ROW_BOOL("lock_descriptions", lock_descriptions, "false",
                 "A tool that describes itself in other words is drift, too: a model "
                 "reads them."),
    OPT_ROW_PAIRS("headers", headers, OPT_NONE, "Headers of each request."),
    HTTP_AUTH_ROWS,
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "Trust, client certificate, TLS name, versions."),
    OPT_ROW_TEXT("proxy_url", proxy_url, "",
                 "Ask through this proxy (http, https or socks5)."),
    OPT_ROW_TEXT("no_proxy", no_proxy, "",
                 "Hosts asked without it: names with their subdomains, addresses, "
                 "networks, comma-separated."),
    OPT_ROW_TEXT("unix_path", unix_path, "", "A Unix socket to ask through."),
    OPT_ROW_INT("max_tools", max_tools, "1000", 1, 10000,
                "A server with more tools than this is down."),
    OPT_ROW_SIZE("max_size", max_size, "1MiB", 1024, 16 << 20,
                 "A message larger than this is not taken, and the server is down."),
    {0}};
#undef OPT_STRUCT

static bool check_target(struct mcp_conf *c, struct arena *arena, struct err *e)
{
    struct url proxy;
    if (!url_parse(arena, c->url, &c->target, e))
        return err_wrap(e, "url");
    if (!url_is_http(&c->target))
        return err_set(e, "url: the scheme is %s; this probe asks over http and https",
                       c->target.scheme);
    if (!strcmp(c->target.path, "/") && !strchr(c->target.text, '?') &&
        c->url[strlen(c->url) - 1] != '/') {
        const char *whole = arena_printf(arena, "%s/mcp", c->url);
        if (!url_parse(arena, whole, &c->target, e))
            return err_wrap(e, "url");
    }
    if (c->proxy_url[0] && !url_parse(arena, c->proxy_url, &proxy, e))
        return err_wrap(e, "proxy_url");
    if (http_auth_ways(&c->auth) > 1)
        return err_set(e, "basic_auth, authorization and bearer_token exclude each "
                          "other: keep one");
    return http_auth_validate(&c->auth, e);
}

/* What is only for one of the two ways says so, rather than being passed over. */
static bool check_way(const struct mcp_conf *c, struct err *e)
{
    const bool is_command = c->command.count > 0;
    if (!c->url[0] == !is_command)
        return err_set(
            e, is_command
                   ? "url and command are two ways to reach one server: keep one of them"
                   : "say where the server is: `url: http://…/mcp`, or `command:` for "
                     "one that talks over its standard input and output");
    if (is_command && (c->headers.count || c->unix_path[0] || c->proxy_url[0] ||
                       http_auth_ways(&c->auth)))
        return err_set(e, "headers, credentials, proxy_url and unix_path are for `url`; "
                          "a command gets what it needs by `env`");
    if (!is_command && (c->env.count || c->working_directory[0]))
        return err_set(e, "env and working_directory are for `command`");
    return true;
}

static bool read_arguments(struct mcp_conf *c, struct arena *arena, struct err *e)
{
    const struct node *arguments = c->call.arguments;
    struct buf text = BUF_MAX(MAX_ARGUMENTS_BYTES);
    c->arguments = "{}";
    if (!arguments || arguments->kind == NODE_NULL)
        return true;
    if (arguments->kind != NODE_MAP)
        return err_set(e, "call: arguments is a mapping: `arguments: {message: hello}`");
    node_json(arguments, &text);
    c->arguments = arena_strdup(arena, buf_text(&text));
    const bool fits = !text.overflow;
    buf_finish(&text);
    return fits || err_set(e, "call: the arguments are larger than 1 MiB");
}

bool mcp_validate(void *conf, struct arena *arena, struct err *e)
{
    struct mcp_conf *c = conf;
    c->argv = NULL;
    if (!check_way(c, e))
        return false;
    if (c->command.count) {
        c->argv = command_words(&c->command, arena, e);
        if (!c->argv || !command_check_environment(c->env, e))
            return err_wrap(e, "command");
    } else if (!check_target(c, arena, e)) {
        return false;
    }
    if (!c->lock[0] && (c->allow_additions || c->lock_descriptions))
        return err_set(e, "allow_additions and lock_descriptions say how `lock` is read: "
                          "name its file");
    return read_arguments(c, arena, e);
}
