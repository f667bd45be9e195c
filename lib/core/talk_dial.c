/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a dialogue connects to: the rows that every dialogue has, and what becomes of them. Called when a
 * configuration loads (for its faults) and when a run starts. Never connects.
 */
#include "lib/core/talk.h"

#include "lib/base/bytes.h"

#define OPT_STRUCT struct dial_conf

static const struct opt_choice family_choices[] = {
    {"ip6", IP_PREFER_6, "IPv6 first."},
    {"ip4", IP_PREFER_4, "IPv4 first."},
    {0},
};

const struct opt dial_opts[] = {
    OPT_ROW_TEXT("host", host, "", "Name or IP address of the server."),
    OPT_ROW_INT("port", port, "0", 0, 65535, "Its port; 0 is the type's own."),
    OPT_ROW_TEXT("unix", unix_path, "",
                 "Path of a Unix socket to connect to instead of host and port."),
    OPT_ROW_BOOL("tls", is_tls, "false", "Speak TLS from the first byte."),
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "Trust, client certificate, name and versions."),
    OPT_ROW_CHOICE(
        "preferred_ip_protocol", preferred_ip_protocol, "ip6", family_choices,
        "The IP version whose addresses are tried first when a name has both."),
    OPT_ROW_BOOL("ip_protocol_fallback", ip_protocol_fallback, "true",
                 "Try the other IP version too; false: a name without an address of the "
                 "preferred one is down."),
    OPT_ROW_TEXT("source_ip_address", source_ip_address, "",
                 "Local address to connect from."),
    OPT_ROW_TEXT("connect_to", connect_to, "",
                 "Connect to this host or host:port instead, while the name that TLS "
                 "verifies stays."),
    {0},
};

bool dial_split(struct arena *arena, const char *text, const char **ret_host,
                int *ret_port, struct err *e)
{
    struct bytes rest = bytes_of(text), host = rest;
    uint64_t port = 0;
    ptrdiff_t colon;

    if (bytes_starts(rest, "[")) {
        const ptrdiff_t end = bytes_find_byte(rest, ']');
        if (end < 0)
            return err_set(
                e, "'%s' has a '[' without its ']': write an IPv6 address as [::1]:443",
                text);
        host = bytes_slice(rest, 1, (size_t)end);
        rest = bytes_slice(rest, (size_t)end + 1, rest.len);
        colon = bytes_find_byte(rest, ':');
        if (rest.len && colon != 0)
            return err_set(e, "'%s' goes on after its ']': expected ':' and a port",
                           text);
    } else {
        colon = bytes_find_byte(rest, ':');
        if (colon >= 0)
            host = bytes_slice(rest, 0, (size_t)colon);
    }
    if (colon >= 0) {
        const struct bytes digits = bytes_slice(rest, (size_t)colon + 1, rest.len);
        if (bytes_find_byte(digits, ':') >= 0)
            return err_set(
                e, "'%s' has too many colons: write an IPv6 address as [::1]:443", text);
        if (!bytes_to_u64(digits, &port) || port < 1 || port > 65535)
            return err_set(
                e,
                "'%s' has no valid port: expected a number from 1 to 65535 after the ':'",
                text);
    }
    if (!host.len)
        return err_set(e, "'%s' has no host: expected host:port", text);
    if (bytes_find_byte(host, '/') >= 0)
        return err_set(e, "'%s' looks like a URL or path: expected host:port", text);
    *ret_host = arena_strndup(arena, host.ptr, host.len);
    if (port)
        *ret_port = (int)port;
    return true;
}

static const char *given(const char *text)
{
    return text && text[0] ? text : NULL;
}

static enum ip_family family_of(const struct dial_conf *rows)
{
    if (rows->ip_protocol_fallback)
        return (enum ip_family)rows->preferred_ip_protocol;
    return rows->preferred_ip_protocol == IP_PREFER_4 ? IP_4 : IP_6;
}

/* Another place with the same name: the certificate is still the name's. */
static bool redirect_dial(struct dial *dial, const char *connect_to, struct arena *arena,
                          struct err *e)
{
    const char *name = dial->host;

    if (!connect_to)
        return true;
    dial->others = NULL;
    dial->other_count = 0;
    dial->srv = NULL;
    if (!dial_split(arena, connect_to, &dial->host, &dial->port, e))
        return err_wrap(e, "connect_to");
    if (name && !given(dial->tls.server_name))
        dial->tls.server_name = name;
    return true;
}

static bool nothing_to_dial(const struct probe_type *type, struct err *e)
{
    const struct opt *own = opt_find_shorthand(type->opts);

    return err_set(
        e, "there is nothing to connect to: give %s%s%s`host` and `port`, or `unix`",
        own ? "`" : "", own ? own->name : "", own ? "`, or " : "");
}

bool talk_dial(const struct probe_type *type, const void *conf,
               const struct dial_conf *rows, struct arena *arena, struct dial *ret_dial,
               struct err *e)
{
    struct dial dial = {
        .host = given(rows->host),
        .port = rows->port ? (int)rows->port : type->port,
        .unix_path = given(rows->unix_path),
        .family = family_of(rows),
        .source = given(rows->source_ip_address),
        .is_tls = rows->is_tls,
        .tls = rows->tls,
    };

    if (type->aim && !type->aim(conf, arena, &dial, e))
        return false;
    if (!redirect_dial(&dial, given(rows->connect_to), arena, e))
        return false;
    if (dial.unix_path)
        dial.host = NULL;
    else if (!dial.host)
        return nothing_to_dial(type, e);
    else if (dial.port < 1 || dial.port > 65535)
        return err_set(e, "there is no port to connect to: give host:port");
    *ret_dial = dial;
    return true;
}

bool talk_aim(const struct probe *probe, const struct scope *scope, struct arena *arena,
              struct dial *ret_dial, struct err *e)
{
    const struct probe_type *type = probe->type;
    const void *confs[TEMPLATE_MAX_PARTS] = {0};
    struct dial dial = {0};

    if (!template_fill(probe->conf, scope, NULL, arena, confs, e))
        return false;
    /* What loading could not validate, because it was not there yet: confs[0] is our own copy then. */
    if (!template_is_fixed(probe->conf) && type->validate &&
        !type->validate((void *)(uintptr_t)confs[0], arena, e))
        return false;
    if (type->talk)
        return talk_dial(type, confs[0], confs[1], arena, ret_dial, e);
    if (!type->aim)
        return err_set(e, "a probe of type %s asks nobody in particular", type->name);
    if (!type->aim(confs[0], arena, &dial, e))
        return false;
    *ret_dial = dial;
    return true;
}
