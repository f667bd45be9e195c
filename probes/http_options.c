/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the http probe, with blackbox_exporter's names where it has them, and what is checked of them
 * together. Read once a generation (or per /probe request, for the target). Never asks anything.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/core/node.h"
#include "probes/http.h"

#define OPT_STRUCT struct http_aws
static const struct opt aws_opts[] = {
    OPT_ROW_TEXT("region", region, "us-east-1",
                 "The region that the request is signed for."),
    OPT_ROW_TEXT("service", service, "execute-api",
                 "The service that the request is signed for."),
    OPT_ROW_TEXT("access_key", access_key, "", "The access key's name."),
    OPT_ROW_SECRET("secret_key", secret_key, "", "The secret key."),
    OPT_ROW_SECRET("session_token", session_token, "",
                   "The token of temporary credentials."),
    {0}};
#undef OPT_STRUCT

#define OPT_STRUCT struct http_header_rule
static const struct opt header_rule_opts[] = {
    OPT_ROW_TEXT("header", header, NULL, "The header's name, in any case."),
    OPT_ROW_REGEX("regexp", regexp, NULL,
                  "RE2 expression, unanchored, tried on each of its values."),
    OPT_ROW_BOOL("allow_missing", allow_missing, "false",
                 "An answer without the header is fine."),
    {0}};
#undef OPT_STRUCT

static const struct opt_choice format_choices[] = {
    {"none", HTTP_FORMAT_NONE, "The body means nothing by itself."},
    {"health", HTTP_FORMAT_HEALTH,
     "{\"status\": healthy|degraded|unhealthy, \"services\": {name: {status, error}}}."},
    {0}};
static const struct opt_choice resolve_choices[] = {
    {"first", HTTP_FIRST_ADDRESS,
     "The name's addresses are tried in turn until one connects."},
    {"all", HTTP_ALL_ADDRESSES,
     "Each of the name's addresses is asked, and is an item of its own."},
    {0}};
static const struct opt_choice compression_choices[] = {
    {"", HTTP_AS_SENT,
     "Any encoding that a configured Accept-Encoding header asked for is undone."},
    {"identity", HTTP_IDENTITY, "The body is taken as it comes."},
    {"gzip", HTTP_GZIP, "The body must be gzip."},
    {"deflate", HTTP_DEFLATE, "The body must be deflate."},
    {"br", HTTP_BROTLI, "The body must be Brotli."},
    {0}};
static const struct opt_choice protocol_choices[] = {
    {"ip4", 4, "IPv4 first."}, {"ip6", 6, "IPv6 first."}, {0}};

#define OPT_STRUCT struct http_conf
const struct opt http_opts[] = {
    OPT_ROW_TEXT("url", url, NULL, "What to ask. Without a scheme it is http.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("method", method, "",
                 "The request's method: GET, or POST when `json` is set."),
    OPT_ROW_PAIRS("headers", headers, OPT_NONE,
                  "Headers of the request. `Host` also decides the TLS name."),
    OPT_ROW_TEXT("hostname", hostname, "",
                 "The Host header and TLS name: /probe's parameter.",
                 .flags = OPT_HIDDEN),
    OPT_ROW_NODE("http_headers", http_headers,
                 "More headers, as {Name: {values: [], secrets: [], files: []}}."),
    OPT_ROW_TEXT("body", body, "", "The request's body."),
    OPT_ROW_TEXT("body_file", body_file, "",
                 "A file that holds the body, up to 4 MiB; read for each run."),
    OPT_ROW_NODE("json", json, "The request's body, written as YAML and sent as JSON."),
    OPT_ROW_SIZE("body_size_limit", body_size_limit, "10MiB", 0, 1u << 30,
                 "A body larger than this, decoded, is a failure. 0 stands for the "
                 "largest, 1GiB."),
    OPT_ROW_CHOICE("compression", compression, "", compression_choices,
                   "How the answer's body must be encoded."),
    OPT_ROW_INTS("valid_status_codes", valid_status_codes, OPT_NONE, 100, 999,
                 "Statuses that are right; 200 to 299 when none is named."),
    OPT_ROW_TEXTS(
        "valid_http_versions", valid_http_versions, OPT_NONE,
        "Versions that are right, as HTTP/1.1 or HTTP/2.0; any when none is named."),
    OPT_ROW_BOOL("follow_redirects", follow_redirects, "true",
                 "Ask where a redirect points to."),
    OPT_ROW_BOOL("no_follow_redirects", no_follow_redirects, "false",
                 "The opposite of follow_redirects.", .flags = OPT_HIDDEN),
    OPT_ROW_INT("max_redirects", max_redirects, "10", 0, 50,
                "Redirects that are followed at most."),
    OPT_ROW_BOOL("fail_if_ssl", fail_if_ssl, "false",
                 "Down when the final answer came over TLS."),
    OPT_ROW_BOOL("fail_if_not_ssl", fail_if_not_ssl, "false", "Down when it did not."),
    OPT_ROW_REGEXES("fail_if_body_matches_regexp", fail_if_body_matches, OPT_NONE,
                    "RE2 expressions, unanchored: down when one matches the body."),
    OPT_ROW_REGEXES(
        "fail_if_body_not_matches_regexp", fail_if_body_not_matches, OPT_NONE,
        "RE2 expressions, unanchored: down when one does not match the body."),
    OPT_ROW_SECTIONS("fail_if_header_matches", fail_if_header_matches,
                     struct http_header_rule, header_rule_opts,
                     "Down when one of these headers matches."),
    OPT_ROW_SECTIONS("fail_if_header_not_matches", fail_if_header_not_matches,
                     struct http_header_rule, header_rule_opts,
                     "Down when one of these headers does not match."),
    OPT_ROW_TEXT("fail_if_body_json_matches_cel", fail_if_json_matches_cel, "",
                 "An expression over `body`, the answer as JSON: down when it is true."),
    OPT_ROW_TEXT("fail_if_body_json_not_matches_cel", fail_if_json_not_matches_cel, "",
                 "An expression over `body`, the answer as JSON: down when it is false."),
    OPT_ROW_CHOICE("preferred_ip_protocol", preferred_ip_protocol, "ip6",
                   protocol_choices, "Which of a name's addresses to go for first."),
    OPT_ROW_BOOL("ip_protocol_fallback", ip_protocol_fallback, "true",
                 "Use the other protocol when the name has no such address or it does "
                 "not connect."),
    HTTP_AUTH_ROWS,
    OPT_ROW_SECTION("aws_sigv4", aws, struct http_aws, aws_opts,
                    "Sign the request with AWS Signature Version 4."),
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "Trust, client certificate, TLS name, versions."),
    OPT_ROW_TEXT("proxy_url", proxy_url, "",
                 "Ask through this proxy (http, https or socks5)."),
    OPT_ROW_TEXT("no_proxy", no_proxy, "",
                 "Hosts asked without it: names with their subdomains, addresses, "
                 "networks, comma-separated."),
    OPT_ROW_SECRET_PAIRS("proxy_connect_header", proxy_connect_header, OPT_NONE,
                         "Headers for the proxy alone."),
    OPT_ROW_BOOL("proxy_from_environment", proxy_from_environment, "false",
                 "Take the proxy from HTTP_PROXY, HTTPS_PROXY and NO_PROXY."),
    OPT_ROW_BOOL("skip_resolve_phase_with_proxy", skip_resolve_phase_with_proxy, "false",
                 "Accepted: with a proxy, the proxy looks the name up.",
                 .flags = OPT_HIDDEN),
    OPT_ROW_BOOL("enable_http2", enable_http2, "true",
                 "Offer HTTP/2 over TLS; the server chooses."),
    OPT_ROW_BOOL("enable_http3", enable_http3, "false", "Not supported.",
                 .flags = OPT_HIDDEN),
    OPT_ROW_NODE("oauth2", oauth2, "Not supported.", .flags = OPT_HIDDEN),
    OPT_ROW_CHOICE("format", format, "none", format_choices,
                   "What the body says of the target's health."),
    OPT_ROW_CHOICE("resolve", resolve, "first", resolve_choices,
                   "Which of the name's addresses to ask."),
    OPT_ROW_TEXT(
        "connect_to", connect_to, "",
        "HOST[:PORT] to connect to instead; the TLS name and the Host header stay."),
    OPT_ROW_TEXT("source_ip_address", source_ip_address, "",
                 "The local address to ask from."),
    OPT_ROW_TEXT("unix_path", unix_path, "", "A Unix socket to ask through."),
    OPT_ROW_PAIRS(
        "cookies", cookies, OPT_NONE,
        "Cookies of the first request. Those that answers set are kept within the run."),
    OPT_ROW_BOOL("must_fail", must_fail, "false",
                 "The other way round: up when the rules above fail."),
    {0}};
#undef OPT_STRUCT

static bool read_sources(struct http_conf *conf, const struct node *header,
                         enum http_source source, const struct node *texts,
                         struct http_header_source *into, struct err *e)
{
    if (texts->kind == NODE_SCALAR) {
        into[conf->source_count++] =
            (struct http_header_source){header->key, texts->text, source};
        return true;
    }
    if (texts->kind != NODE_LIST)
        return err_set(e, "http_headers: '%s' of %s is a list of texts", texts->key,
                       header->key);
    for (const struct node *text = texts->first; text; text = text->next) {
        if (text->kind != NODE_SCALAR)
            return err_set(e, "http_headers: '%s' of %s is a list of texts", texts->key,
                           header->key);
        into[conf->source_count++] =
            (struct http_header_source){header->key, text->text, source};
    }
    return true;
}

static size_t count_scalars(const struct node *n)
{
    size_t count = n->kind == NODE_SCALAR;
    for (const struct node *it = n->first; it; it = it->next)
        count += count_scalars(it);
    return count;
}

static bool read_header(struct http_conf *conf, const struct node *header,
                        struct http_header_source *into, struct err *e)
{
    for (const struct node *kind = header->first; kind; kind = kind->next) {
        enum http_source source;
        if (header->kind != NODE_MAP)
            break;
        if (!strcmp(kind->key, "values"))
            source = HTTP_VALUE;
        else if (!strcmp(kind->key, "secrets"))
            source = HTTP_SECRET;
        else if (!strcmp(kind->key, "files"))
            source = HTTP_FILE;
        else
            return err_set(
                e, "http_headers: %s has '%s'; a header has values, secrets and files",
                header->key, kind->key);
        if (!read_sources(conf, header, source, kind, into, e))
            return false;
    }
    return header->kind == NODE_MAP ||
           err_set(e, "http_headers: %s is a mapping of values, secrets and files",
                   header->key);
}

static bool read_http_headers(struct http_conf *conf, struct arena *arena, struct err *e)
{
    const struct node *root = conf->http_headers;
    conf->source_count = 0;
    if (!root || root->kind == NODE_NULL)
        return true;
    if (root->kind != NODE_MAP)
        return err_set(e, "http_headers is a mapping from header names");
    struct http_header_source *sources =
        arena_alloc(arena, (count_scalars(root) + 1) * sizeof(*sources));
    conf->sources = sources;
    for (const struct node *header = root->first; header; header = header->next) {
        if (!read_header(conf, header, sources, e))
            return false;
    }
    return true;
}

static bool read_body(struct http_conf *conf, struct arena *arena, struct err *e)
{
    const int bodies =
        (conf->body[0] != 0) + (conf->body_file[0] != 0) + (conf->json != NULL);
    if (bodies > 1)
        return err_set(
            e,
            "body, body_file and json are three ways to say one thing: keep one of them");
    conf->json_body = NULL;
    conf->effective_method = conf->method[0] ? conf->method : conf->json ? "POST" : "GET";
    if (conf->body_file[0] && access(conf->body_file, R_OK) != 0)
        return err_set(e, "body_file: '%s' cannot be read", conf->body_file);
    if (!conf->json)
        return true;
    struct buf text = BUF_MAX(HTTP_MAX_BODY_FILE);
    node_json(conf->json, &text);
    conf->json_body = arena_strdup(arena, buf_text(&text));
    const bool fits = !text.overflow;
    buf_finish(&text);
    return fits || err_set(e, "json: the body is larger than 4 MiB");
}

/* The two expressions, and nothing to do when there are none. */
static bool read_cel(struct http_conf *conf, struct arena *arena, struct err *e)
{
    static const struct var *const tables[] = {http_cel_vars, NULL};
    conf->json_matches = conf->json_not_matches = NULL;
    if (conf->fail_if_json_matches_cel[0]) {
        conf->json_matches =
            expr_compile(arena, conf->fail_if_json_matches_cel, tables, e);
        if (!conf->json_matches)
            return err_wrap(e, "fail_if_body_json_matches_cel");
    }
    if (conf->fail_if_json_not_matches_cel[0]) {
        conf->json_not_matches =
            expr_compile(arena, conf->fail_if_json_not_matches_cel, tables, e);
        if (!conf->json_not_matches)
            return err_wrap(e, "fail_if_body_json_not_matches_cel");
    }
    return true;
}

static bool check_auth(const struct http_conf *conf, struct err *e)
{
    const bool is_aws = conf->aws.access_key[0] != 0;
    if (conf->oauth2)
        return err_set(e, "oauth2 is not supported yet; use bearer_token_file with a "
                          "token that something renews");
    if (http_auth_ways(&conf->auth) + is_aws > 1)
        return err_set(e, "basic_auth, authorization, bearer_token and aws_sigv4 exclude "
                          "each other: keep one");
    if (is_aws && !conf->aws.secret_key.value[0])
        return err_set(e, "aws_sigv4 needs secret_key besides access_key");
    return http_auth_validate(&conf->auth, e);
}

static bool check_target(struct http_conf *conf, struct arena *arena, struct err *e)
{
    if (!url_parse(arena, conf->url, &conf->target, e))
        return err_wrap(e, "url");
    if (!url_is_http(&conf->target))
        return err_set(e, "url: the scheme is %s; this probe asks over http and https",
                       conf->target.scheme);
    struct url proxy;
    if (conf->proxy_url[0] && !url_parse(arena, conf->proxy_url, &proxy, e))
        return err_wrap(e, "proxy_url");
    if (conf->resolve == HTTP_ALL_ADDRESSES &&
        (conf->connect_to[0] || conf->unix_path[0] || conf->proxy_url[0]))
        return err_set(
            e,
            "resolve: all asks each address of the name, which connect_to, unix_path and "
            "proxy_url leave no room for");
    struct address source;
    if (conf->source_ip_address[0] && !address_parse(conf->source_ip_address, 0, &source))
        return err_set(e, "source_ip_address: '%s' is no IP address",
                       conf->source_ip_address);
    return true;
}

static bool check_versions(const struct http_conf *conf, struct err *e)
{
    for (size_t i = 0; i < conf->valid_http_versions.count; i++) {
        const char *version = conf->valid_http_versions.items[i];
        if (strcmp(version, "HTTP/1.0") && strcmp(version, "HTTP/1.1") &&
            strcmp(version, "HTTP/2.0") && strcmp(version, "HTTP/2") &&
            strcmp(version, "HTTP/3.0"))
            return err_set(
                e, "valid_http_versions: '%s' is none of HTTP/1.0, HTTP/1.1 and HTTP/2.0",
                version);
    }
    if (conf->enable_http3)
        return err_set(e, "enable_http3: HTTP/3 is not supported; leave it out, and the "
                          "probe asks over HTTP/2 "
                          "or HTTP/1.1");
    if (conf->fail_if_ssl && conf->fail_if_not_ssl)
        return err_set(
            e, "fail_if_ssl and fail_if_not_ssl together leave no answer that is right");
    return true;
}

bool http_validate(void *the_conf, struct arena *arena, struct err *e)
{
    struct http_conf *conf = the_conf;
    if (conf->no_follow_redirects)
        conf->follow_redirects = false;
    if (conf->body_size_limit == 0)
        conf->body_size_limit = 1u << 30;
    return check_target(conf, arena, e) && check_auth(conf, e) &&
           check_versions(conf, e) && read_http_headers(conf, arena, e) &&
           read_body(conf, arena, e) && read_cel(conf, arena, e);
}
