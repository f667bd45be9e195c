/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a dns probe: blackbox_exporter's rows, and `server`, with which the target is the name that is asked
 * for. Called when a configuration loads, and for each run of a module. Never asks.
 */
#include <string.h>

#include "lib/core/conn.h"
#include "lib/core/talk.h"
#include "probes/dns.h"

#define PORT_TLS 853

static bool is_given(const char *text)
{
    return text && text[0];
}

/* "10.0.0.2", "10.0.0.2:5353", "dns.example.com", "::1", "[::1]:53". */
static bool read_server(struct dns_conf *conf, const char *text, struct arena *arena,
                        struct err *e)
{
    struct address literal;

    conf->port = 0;
    if (address_parse(text, 0, &literal)) {
        conf->host = text;
        return true;
    }
    return dial_split(arena, text, &conf->host, &conf->port, e);
}

/* Who is asked, and for what: blackbox_exporter's target is the server. */
static bool read_target(struct dns_conf *conf, struct arena *arena, struct err *e)
{
    const bool has_server = is_given(conf->server);

    conf->host = NULL;
    conf->name = conf->query_name;
    if (has_server && !is_given(conf->query_name))
        conf->name = conf->target;
    if (!is_given(conf->name))
        return err_set(e, "there is no name to ask for: give `query_name`");
    if (has_server)
        return read_server(conf, conf->server, arena, e) || err_wrap(e, "server");
    return !is_given(conf->target) || read_server(conf, conf->target, arena, e);
}

static bool read_words(struct dns_conf *conf, struct err *e)
{
    const char *usual = is_given(conf->server) ? "A" : "ANY";
    const char *type = is_given(conf->query_type) ? conf->query_type : usual;

    if (!dns_type_find(type, &conf->type))
        return err_set(
            e, "'%.40s' is no type of records: expected A, AAAA, MX, TXT, SOA …", type);
    return dns_class_find(conf->query_class, &conf->class) ||
           err_set(e, "'%.40s' is no class: expected IN, CH or HS", conf->query_class);
}

static bool read_rcodes(struct dns_conf *conf, struct arena *arena, struct err *e)
{
    int64_t *codes = arena_alloc(arena, (conf->valid_rcodes.count + 1) * sizeof(*codes));
    int code;

    for (size_t i = 0; i < conf->valid_rcodes.count; i++) {
        if (!dns_rcode_find(conf->valid_rcodes.items[i], &code))
            return err_set(
                e, "'%.40s' is no code of an answer: expected NOERROR, NXDOMAIN …",
                conf->valid_rcodes.items[i]);
        codes[i] = code;
    }
    const size_t count = conf->valid_rcodes.count;
    conf->rcodes = (struct ints){codes, count ? count : 1}; /* 0 is NOERROR */
    return true;
}

bool dns_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct dns_conf *conf = ctx;
    struct buf query = BUF_MAX(600);

    if (!read_target(conf, arena, e) || !read_words(conf, e) ||
        !read_rcodes(conf, arena, e))
        return false;
    if (conf->is_tls && conf->transport == DNS_OVER_UDP)
        return err_set(e, "`dns_over_tls` goes over TCP: give `transport_protocol: tcp`");
    const struct dns_question question = {conf->name, conf->type, conf->class};
    const bool is_name = dns_query_write(&query, 0, true, &question, e);
    buf_finish(&query);
    return is_name;
}

bool dns_aim(const void *ctx, struct arena *arena, struct dial *ret_dial, struct err *e)
{
    const struct dns_conf *conf = ctx;

    ret_dial->is_datagram = conf->transport == DNS_OVER_UDP;
    ret_dial->is_tls = ret_dial->is_tls || conf->is_tls;
    if (ret_dial->is_tls && ret_dial->is_datagram)
        return err_set(e, "TLS goes over TCP: give `transport_protocol: tcp`");
    if (ret_dial->unix_path)
        return err_set(e, "name servers are not asked over Unix sockets");
    if (conf->host)
        ret_dial->host = conf->host;
    if (conf->port)
        ret_dial->port = conf->port;
    else if (ret_dial->is_tls && ret_dial->port == 53)
        ret_dial->port = PORT_TLS;
    return true;
}

static const struct opt_choice transports[] = {
    {"udp", DNS_OVER_UDP, "One datagram each way."},
    {"tcp", DNS_OVER_TCP, "A connection."},
    {0},
};

#define OPT_STRUCT struct dns_rules
static const struct opt rule_opts[] = {
    OPT_ROW_REGEXES("fail_if_matches_regexp", fail_if_matches, OPT_NONE,
                    "Down when a record matches one of these."),
    OPT_ROW_REGEXES("fail_if_all_match_regexp", fail_if_all_match, OPT_NONE,
                    "Down when not all records match all of these: as blackbox_exporter "
                    "has it, in spite of the name."),
    OPT_ROW_REGEXES("fail_if_not_matches_regexp", fail_if_not_matches, OPT_NONE,
                    "Down when a record does not match all of these, or there is none."),
    OPT_ROW_REGEXES("fail_if_none_matches_regexp", fail_if_none_matches, OPT_NONE,
                    "Down when no record matches any of these, or there is none."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct dns_conf
const struct opt dns_opts[] = {
    OPT_ROW_TEXT("target", target, "",
                 "The name server, as host or host:port; with `server`, the name that is "
                 "asked for.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT(
        "server", server, "",
        "The name server, so that the target is the name: a module that asks for "
        "many names."),
    OPT_ROW_TEXT("query_name", query_name, "", "The name that is asked for."),
    OPT_ROW_TEXT(
        "query_type", query_type, "",
        "Type of records: A, AAAA, MX, SOA … When left out A with `server`, else "
        "ANY as blackbox_exporter has it, which many servers refuse."),
    OPT_ROW_TEXT("query_class", query_class, "IN", "Class of records: IN, CH."),
    OPT_ROW_BOOL("recursion_desired", wants_recursion, "true",
                 "Ask the server to ask others."),
    OPT_ROW_CHOICE("transport_protocol", transport, "udp", transports,
                   "How it is asked."),
    OPT_ROW_BOOL("dns_over_tls", is_tls, "false",
                 "Over TLS, to port 853 (RFC 7858); needs `transport_protocol: tcp`."),
    OPT_ROW_TEXTS("valid_rcodes", valid_rcodes, OPT_NONE,
                  "Codes of a right answer: NOERROR when left out."),
    OPT_ROW_SECTION("validate_answer_rrs", answer_rules, struct dns_rules, rule_opts,
                    "Patterns for the answers, each as dig prints it, with tabs: "
                    "\"shop.example.com.\\t300\\tIN\\tA\\t10.0.0.9\"."),
    OPT_ROW_SECTION("validate_authority_rrs", authority_rules, struct dns_rules,
                    rule_opts, "Patterns for the authority records."),
    OPT_ROW_SECTION("validate_additional_rrs", additional_rules, struct dns_rules,
                    rule_opts, "Patterns for the additional records."),
    {0},
};
