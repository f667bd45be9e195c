/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's network has in hand: packets by CPU (softnet), neighbours (arp), connections tracked, UDP queues. */
#include <string.h>

#include "probes/host.h"

/* ---- softnet: a line of hexadecimal columns a CPU ---- */

enum { PROCESSED, DROPPED, SQUEEZED, COLLISION = 8, RPS, FLOW_LIMIT, BACKLOG, CPU };

void host_softnet_parse(struct host_scan *scan, struct bytes text)
{
    static const struct {
        size_t column;
        enum host_family family;
    } shown[] = {{PROCESSED, HOST_SOFTNET_PROCESSED},
                 {DROPPED, HOST_SOFTNET_DROPPED},
                 {SQUEEZED, HOST_SOFTNET_SQUEEZED},
                 {COLLISION, HOST_SOFTNET_COLLISION},
                 {RPS, HOST_SOFTNET_RPS},
                 {FLOW_LIMIT, HOST_SOFTNET_FLOW_LIMIT},
                 {BACKLOG, HOST_SOFTNET_BACKLOG}};
    struct bytes line;
    for (size_t row = 0; words_line(&text, &line); row++) {
        double values[CPU + 1];
        size_t count = 0;
        while (count < ARRAY_LEN(values) && words_hex(&line, &values[count]))
            count++;
        /* Older kernels do not say whose line it is. */
        const char *cpu = count > CPU ? arena_printf(scan->arena, "%.0f", values[CPU])
                                      : arena_printf(scan->arena, "%zu", row);
        for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
            if (shown[i].column < count)
                host_sample_of(scan, shown[i].family, cpu, values[shown[i].column]);
        }
    }
}

bool host_softnet_collect(struct host_scan *scan)
{
    struct bytes text;
    if (!host_proc_net(scan, "softnet_stat", &text))
        return false;
    host_softnet_parse(scan, text);
    return true;
}

/* ---- arp ---- */

struct neighbours {
    struct bytes device;
    double count;
    struct neighbours *next;
};

static struct neighbours *neighbours_of(struct host_scan *scan, struct neighbours **first,
                                        struct bytes device)
{
    while (*first && !bytes_equal((*first)->device, device))
        first = &(*first)->next;
    if (!*first) {
        *first = arena_alloc(scan->arena, sizeof(**first));
        (*first)->device = device;
    }
    return *first;
}

/* A title, then: address, type, flags, hardware address, mask, device. */
void host_arp_parse(struct host_scan *scan, struct bytes text)
{
    struct neighbours *first = NULL;
    struct bytes line, word;
    bool is_title = true;
    while (words_line(&text, &line)) {
        size_t column = 0;
        while (!is_title && words_next(&line, &word)) {
            if (++column == 6)
                neighbours_of(scan, &first, word)->count++;
        }
        is_title = false;
    }
    for (const struct neighbours *n = first; n; n = n->next)
        host_sample_of(scan, HOST_ARP_ENTRIES, words_label(scan->arena, n->device),
                       n->count);
}

bool host_arp_collect(struct host_scan *scan)
{
    struct bytes text;
    if (!host_proc_net(scan, "arp", &text))
        return false;
    host_arp_parse(scan, text);
    return true;
}

/* ---- conntrack: titles, then a line of hexadecimal columns a CPU; entries are the same in each ---- */

#define CONNTRACK_COLUMNS 32

static size_t read_titles(struct bytes line, int *ret_families)
{
    static const struct {
        const char *title;
        enum host_family family;
    } shown[] = {{"found", HOST_CONNTRACK_FOUND},
                 {"invalid", HOST_CONNTRACK_INVALID},
                 {"ignore", HOST_CONNTRACK_IGNORE},
                 {"insert", HOST_CONNTRACK_INSERT},
                 {"insert_failed", HOST_CONNTRACK_INSERT_FAILED},
                 {"drop", HOST_CONNTRACK_DROP},
                 {"early_drop", HOST_CONNTRACK_EARLY_DROP},
                 {"search_restart", HOST_CONNTRACK_SEARCH_RESTART}};
    struct bytes title;
    size_t count = 0;
    while (count < CONNTRACK_COLUMNS && words_next(&line, &title)) {
        ret_families[count] = bytes_is(title, "entries") ? HOST_CONNTRACK_ENTRIES : -1;
        for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
            if (bytes_is(title, shown[i].title))
                ret_families[count] = (int)shown[i].family;
        }
        count++;
    }
    return count;
}

void host_conntrack_parse(struct host_scan *scan, struct bytes text, double *ret_entries)
{
    double sums[CONNTRACK_COLUMNS] = {0}, value;
    int families[CONNTRACK_COLUMNS];
    struct bytes line;
    size_t count = 0;
    if (words_line(&text, &line))
        count = read_titles(line, families);
    while (words_line(&text, &line)) {
        for (size_t i = 0; i < count && words_hex(&line, &value); i++) {
            if (families[i] == HOST_CONNTRACK_ENTRIES)
                *ret_entries = value;
            else
                sums[i] += value;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (families[i] >= 0 && families[i] != HOST_CONNTRACK_ENTRIES)
            host_sample(scan, (enum host_family)families[i], sums[i]);
    }
}

/* Count and limit under sys/ are those of the network that healthd itself is in, a container's perhaps, and often not
 * there: then the first column of the table, which is pid 1's, stands in for the count. */
bool host_conntrack_collect(struct host_scan *scan)
{
    struct bytes text;
    double limit, entries = 0, counted;
    const bool has_table = host_proc_net(scan, "stat/nf_conntrack", &text);
    if (has_table)
        host_conntrack_parse(scan, text, &entries);
    const bool is_counted =
        host_proc_number(scan, "sys/net/netfilter/nf_conntrack_count", &counted);
    if (!has_table && !is_counted)
        return false;
    host_sample(scan, HOST_CONNTRACK_ENTRIES, is_counted ? counted : entries);
    if (host_proc_number(scan, "sys/net/netfilter/nf_conntrack_max", &limit))
        host_sample(scan, HOST_CONNTRACK_LIMIT, limit);
    return true;
}

/* ---- UDP queues: column 5 of a socket's line is tx:rx in hexadecimal ---- */

void host_udp_queues_parse(struct host_scan *scan, const char *ip, struct bytes text)
{
    double tx = 0, rx = 0, value;
    struct bytes line, word, half;
    bool is_title = true;
    while (words_line(&text, &line)) {
        size_t column = 0;
        while (!is_title && column < 5 && words_next(&line, &word))
            column++;
        is_title = false;
        if (column < 5 || !bytes_token(&word, ':', &half))
            continue;
        tx += words_hex(&half, &value) ? value : 0;
        rx += words_hex(&word, &value) ? value : 0;
    }
    host_sample_with(scan, HOST_UDP_QUEUES, (const char *const[]){"tx", ip}, tx);
    host_sample_with(scan, HOST_UDP_QUEUES, (const char *const[]){"rx", ip}, rx);
}

bool host_udp_queues_collect(struct host_scan *scan)
{
    struct bytes text;
    bool is_found = false;
    if (host_proc_net(scan, "udp", &text)) {
        host_udp_queues_parse(scan, "v4", text);
        is_found = true;
    }
    if (host_proc_net(scan, "udp6", &text)) {
        host_udp_queues_parse(scan, "v6", text);
        is_found = true;
    }
    return is_found;
}
