/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocols' counters: netstat, snmp, snmp6 and sockstat of pid 1's network namespace, whose fields name the
 * families.
 */
#include <string.h>
#include <unistd.h>

#include "lib/core/regex.h"
#include "probes/host.h"

#define MAX_FIELD_BYTES 100

static void show_field(struct host_scan *scan, struct bytes key, struct bytes text)
{
    struct host_names *names = &scan->kept->netstat;
    const struct regex *fields = scan->conf->netstat_fields;
    double value;
    const struct host_name *name = host_names_find(names, key);
    if (!name) {
        const bool is_wanted = !fields || regex_match(fields, key) == REGEX_MATCH;
        const char *family =
            arena_printf(scan->arena, "node_netstat_%.*s", (int)key.len, key.ptr);
        name = host_names_put(names, key, is_wanted ? family : NULL, METRIC_UNTYPED,
                              arena_printf(scan->arena, "%.*s of the network's counters",
                                           (int)key.len, key.ptr),
                              NULL);
    }
    if (name && name->metric && words_whole(text, &value))
        host_sample_named(scan, name->metric, NULL, value);
}

struct key {
    char text[2 * MAX_FIELD_BYTES + 2];
};

/* Hundreds at each scan: no printf. */
static struct bytes key_of(struct bytes protocol, struct bytes field, struct key *ret_key)
{
    protocol = bytes_slice(protocol, 0, MAX_FIELD_BYTES);
    field = bytes_slice(field, 0, MAX_FIELD_BYTES);
    if (protocol.len)
        memcpy(ret_key->text, protocol.ptr, protocol.len);
    ret_key->text[protocol.len] = '_';
    if (field.len)
        memcpy(ret_key->text + protocol.len + 1, field.ptr, field.len);
    return (struct bytes){ret_key->text, protocol.len + 1 + field.len};
}

/* "Tcp: InSegs OutSegs" and then "Tcp: 12 13". */
bool host_netstat_parse(struct host_scan *scan, struct bytes text)
{
    struct bytes names, values, protocol, again, field, value;
    struct key key;
    while (words_line(&text, &names)) {
        if (!bytes_token(&names, ':', &protocol))
            continue;
        if (!words_line(&text, &values) || !bytes_token(&values, ':', &again) ||
            !bytes_equal(protocol, again))
            return host_fail(scan, "expected a line of values for %.*s",
                             (int)bytes_slice(protocol, 0, MAX_FIELD_BYTES).len,
                             protocol.ptr);
        while (words_next(&names, &field)) {
            if (!words_next(&values, &value))
                return host_fail(scan, "%.*s has more names than values",
                                 (int)bytes_slice(protocol, 0, MAX_FIELD_BYTES).len,
                                 protocol.ptr);
            show_field(scan, key_of(protocol, field, &key), value);
        }
    }
    return true;
}

/* "Ip6InReceives   12": the protocol ends with the first 6. */
void host_snmp6_parse(struct host_scan *scan, struct bytes text)
{
    struct bytes line, name, value;
    struct key key;
    while (words_line(&text, &line)) {
        if (!words_next(&line, &name) || !words_next(&line, &value))
            continue;
        const ptrdiff_t six = bytes_find_byte(name, '6');
        if (six >= 0)
            show_field(scan,
                       key_of(bytes_slice(name, 0, (size_t)six + 1),
                              bytes_slice(name, (size_t)six + 1, name.len), &key),
                       value);
    }
}

bool host_netstat_collect(struct host_scan *scan)
{
    struct bytes text;
    scan->kept->netstat.cursor = NULL;
    if (!host_proc_net(scan, "netstat", &text) || !host_netstat_parse(scan, text) ||
        !host_proc_net(scan, "snmp", &text) || !host_netstat_parse(scan, text))
        return false;
    if (host_proc_net(scan, "snmp6", &text))
        host_snmp6_parse(scan, text);
    else if (!scan->is_absent) /* IPv6 may be off */
        return false;
    return true;
}

/* ---- sockstat ---- */

static void show_sockets(struct host_scan *scan, struct bytes protocol,
                         struct bytes field, double value)
{
    struct host_names *names = &scan->kept->sockstat;
    struct key room;
    const struct bytes key = key_of(protocol, field, &room);
    const struct host_name *name = host_names_find(names, key);
    if (!name)
        name = host_names_put(
            names, key,
            arena_printf(scan->arena, "node_sockstat_%.*s", (int)key.len, key.ptr),
            METRIC_GAUGE,
            arena_printf(scan->arena, "%.*s of the sockets in use", (int)key.len,
                         key.ptr),
            NULL);
    if (name && name->metric)
        host_sample_named(scan, name->metric, NULL, value);
}

/* "TCP: inuse 4 orphan 0 mem 1"; memory is in pages. */
void host_sockstat_parse(struct host_scan *scan, struct bytes text)
{
    struct bytes line, protocol, field;
    double value;
    while (words_line(&text, &line)) {
        if (!bytes_token(&line, ':', &protocol))
            continue;
        while (words_next(&line, &field) && words_number(&line, &value)) {
            show_sockets(scan, protocol, field, value);
            if (bytes_is(field, "mem"))
                show_sockets(scan, protocol, bytes_of("mem_bytes"),
                             value * (double)sysconf(_SC_PAGESIZE));
        }
    }
}

bool host_sockstat_collect(struct host_scan *scan)
{
    struct bytes text;
    scan->kept->sockstat.cursor = NULL;
    if (!host_proc_net(scan, "sockstat", &text))
        return false;
    host_sockstat_parse(scan, text);
    if (host_proc_net(scan, "sockstat6", &text))
        host_sockstat_parse(scan, text);
    return true;
}
