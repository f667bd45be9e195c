/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the scrape probe, with the names that Prometheus has for them in a scrape_config. Read once a
 * generation. Never asks anything.
 */
#include <string.h>

#include "probes/scrape.h"

#define DEFAULT_PATH "/metrics"

static const struct opt_choice scheme_choices[] = {
    {"http", SCRAPE_HTTP, "Without TLS."}, {"https", SCRAPE_HTTPS, "With TLS."}, {0}};

#define OPT_STRUCT struct scrape_conf
const struct opt scrape_opts[] = {
    OPT_ROW_TEXT("url", url, "",
                 "What to ask. Without a scheme it is http, without a path /metrics.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("host", host, "", "Whom to ask, instead of `url`."),
    OPT_ROW_INT("port", port, "0", 0, 65535,
                "Port of `host`; 0 stands for the scheme's own."),
    OPT_ROW_TEXT("path", path, DEFAULT_PATH, "Path and query at `host`."),
    OPT_ROW_CHOICE("scheme", scheme, "http", scheme_choices, "How to ask `host`."),
    OPT_ROW_TEXT("unix_path", unix_path, "", "A Unix socket to ask through."),
    OPT_ROW_PAIRS("headers", headers, OPT_NONE, "Headers of the request."),
    HTTP_AUTH_ROWS,
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "Trust, client certificate, TLS name, versions."),
    OPT_ROW_TEXT("proxy_url", proxy_url, "",
                 "Ask through this proxy (http, https or socks5)."),
    OPT_ROW_TEXT("no_proxy", no_proxy, "",
                 "Hosts asked without it: names with their subdomains, addresses, "
                 "networks, comma-separated."),
    OPT_ROW_BOOL(
        "follow_redirects", follow_redirects, "true",
        "Ask where a redirect points to; credentials stay with the host they are "
        "for."),
    OPT_ROW_REGEXES(
        "keep", keep, OPT_NONE,
        "RE2 expressions, unanchored: only metrics are kept whose name one of "
        "them matches; all when there is none."),
    OPT_ROW_REGEXES("drop", drop, OPT_NONE,
                    "RE2 expressions, unanchored: metrics are left out whose name one of "
                    "them matches."),
    OPT_ROW_PAIRS("keep_where", keep_where, OPT_NONE,
                  "{label: RE2 expression}: only samples are kept whose labels all "
                  "match; an absent label is empty."),
    OPT_ROW_PAIRS("drop_where", drop_where, OPT_NONE,
                  "{label: RE2 expression}: samples are left out where one matches."),
    OPT_ROW_TEXTS("remove_labels", remove_labels, OPT_NONE,
                  "Labels to take off; of samples that are then alike the first stays."),
    OPT_ROW_BOOL("honor_labels", honor_labels, "false",
                 "Where a sample has a label that the probe has too, keep the sample's. "
                 "Else it is renamed: `environment` to `exported_environment`."),
    OPT_ROW_SIZE("body_size_limit", body_size_limit, "10MiB", 1024, 256u << 20,
                 "A page larger than this, unpacked, is not taken."),
    OPT_ROW_INT("sample_limit", sample_limit, "5000", 1, 150000,
                "A page with more samples than this, after keep and drop, is not taken."),
    OPT_ROW_INT("label_limit", label_limit, "40", 1, 60,
                "A page with a sample of more labels than this is not taken."),
    OPT_ROW_INT("label_name_length_limit", label_name_length_limit, "200", 1, 512,
                "The same for the bytes of a label's or metric's name."),
    OPT_ROW_INT("label_value_length_limit", label_value_length_limit, "2048", 1, 16384,
                "The same for the bytes of a label's value."),
    {0}};
#undef OPT_STRUCT

/* The URL that host, port, path and scheme make. */
static const char *url_of_parts(const struct scrape_conf *conf, struct arena *arena)
{
    const bool is_v6 = strchr(conf->host, ':') && conf->host[0] != '[';
    const char *port =
        conf->port ? arena_printf(arena, ":%lld", (long long)conf->port) : "";
    return arena_printf(arena, "%s://%s%s%s%s%s%s",
                        conf->scheme == SCRAPE_HTTPS ? "https" : "http", is_v6 ? "[" : "",
                        conf->host, is_v6 ? "]" : "", port,
                        conf->path[0] == '/' ? "" : "/", conf->path);
}

static bool read_target(struct scrape_conf *conf, struct arena *arena, struct err *e)
{
    if (!conf->url[0] == !conf->host[0])
        return err_set(e, conf->url[0] ? "url and host are two ways to say one thing: "
                                         "keep one of them"
                                       : "say what to ask: url, or host");
    const char *text = conf->url[0] ? conf->url : url_of_parts(conf, arena);
    if (!url_parse(arena, text, &conf->target, e))
        return err_wrap(e, conf->url[0] ? "url" : "host");
    const struct url *target = &conf->target;
    if (!url_is_http(target))
        return err_set(e, "url: the scheme is %s; this probe asks over http and https",
                       target->scheme);
    if (conf->url[0] && !strcmp(target->path, "/") && !strchr(target->text, '?') &&
        text[strlen(text) - 1] != '/') {
        const char *whole = arena_printf(arena, "%s%s", text, DEFAULT_PATH);
        return url_parse(arena, whole, &conf->target, e);
    }
    return true;
}

static bool read_wheres(const struct pairs *pairs, struct arena *arena, const char *row,
                        struct scrape_wheres *ret_wheres, struct err *e)
{
    struct scrape_where *items = arena_alloc(arena, (pairs->count + 1) * sizeof(*items));
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->items[i];
        items[i].label = pair->key;
        items[i].regex = regex_compile(arena, pair->value, e);
        if (!items[i].regex)
            return err_wrap(e, "%s: %s", row, pair->key);
    }
    *ret_wheres = (struct scrape_wheres){items, pairs->count};
    return true;
}

bool scrape_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct scrape_conf *conf = ctx;
    if (http_auth_ways(&conf->auth) > 1)
        return err_set(e, "basic_auth, authorization and bearer_token exclude each "
                          "other: keep one");
    struct url proxy;
    if (conf->proxy_url[0] && !url_parse(arena, conf->proxy_url, &proxy, e))
        return err_wrap(e, "proxy_url");
    return http_auth_validate(&conf->auth, e) && read_target(conf, arena, e) &&
           read_wheres(&conf->keep_where, arena, "keep_where", &conf->kept_where, e) &&
           read_wheres(&conf->drop_where, arena, "drop_where", &conf->dropped_where, e);
}
