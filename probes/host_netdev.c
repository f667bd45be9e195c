/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network interfaces: the counters of pid 1's namespace (<procfs>/1/net/dev), so that a container sees its host's, and
 * what sysfs says of each (class/net).
 */
#include <string.h>
#include <unistd.h>

#include "lib/core/regex.h"
#include "probes/host.h"

#define FLAG_UP 1 /* IFF_UP */

/* The columns of net/dev, in its order. */
static const enum host_family columns[] = {
    HOST_RX_BYTES, HOST_RX_PACKETS,    HOST_RX_ERRORS,     HOST_RX_DROPS,
    HOST_RX_FIFO,  HOST_RX_FRAME,      HOST_RX_COMPRESSED, HOST_RX_MULTICAST,
    HOST_TX_BYTES, HOST_TX_PACKETS,    HOST_TX_ERRORS,     HOST_TX_DROPS,
    HOST_TX_FIFO,  HOST_TX_COLLISIONS, HOST_TX_CARRIER,    HOST_TX_COMPRESSED,
};

static bool is_excluded(const struct regex *exclude, struct bytes device)
{
    return exclude && regex_match(exclude, device) == REGEX_MATCH;
}

void host_netdev_parse(struct host_scan *scan, struct bytes text)
{
    struct bytes line, device;
    double value;
    while (words_line(&text, &line)) {
        if (bytes_find_byte(line, ':') < 0 || bytes_find_byte(line, '|') >= 0 ||
            !bytes_token(&line, ':', &device))
            continue;
        device = bytes_trim(device);
        if (!device.len || is_excluded(scan->conf->netdev_exclude, device))
            continue;
        const char *name = words_label(scan->arena, device);
        for (size_t i = 0; i < ARRAY_LEN(columns) && words_number(&line, &value); i++)
            host_sample_of(scan, columns[i], name, value);
    }
}

static const char *path_of(struct host_scan *scan, const char *device, const char *file)
{
    return arena_printf(scan->arena, "%s/class/net/%s/%s", scan->conf->sysfs, device,
                        file);
}

static bool read_text(struct host_scan *scan, const char *device, const char *file,
                      struct bytes *ret_text)
{
    return host_reader_attribute(&scan->kept->reader, path_of(scan, device, file),
                                 ret_text);
}

/* What people set: a minute late is soon enough. */
static bool read_steady_text(struct host_scan *scan, const char *device, const char *file,
                             struct bytes *ret_text)
{
    return host_reader_steady(&scan->kept->reader, path_of(scan, device, file), scan->now,
                              ret_text);
}

static bool number_of(struct bytes text, double *ret_value)
{
    return bytes_starts(text, "0x") ? words_hex(&text, ret_value)
                                    : words_whole(text, ret_value);
}

static bool read_number(struct host_scan *scan, const char *device, const char *file,
                        double *ret_value)
{
    struct bytes text;
    return read_text(scan, device, file, &text) && number_of(text, ret_value);
}

static bool read_steady(struct host_scan *scan, const char *device, const char *file,
                        double *ret_value)
{
    struct bytes text;
    return read_steady_text(scan, device, file, &text) && number_of(text, ret_value);
}

static const char *words_of(struct host_scan *scan, const char *device, const char *file)
{
    struct bytes text;
    return read_text(scan, device, file, &text) ? words_label(scan->arena, text) : "";
}

static const char *steady_words_of(struct host_scan *scan, const char *device,
                                   const char *file)
{
    struct bytes text;
    return read_steady_text(scan, device, file, &text) ? words_label(scan->arena, text)
                                                       : "";
}

/* The one counter that net/dev lacks. */
static void show_no_handler(struct host_scan *scan)
{
    const char *const *devices;
    const int folder = host_sys_open(scan, "class/net");
    const size_t count = folder < 0 ? 0 : host_entries(scan, folder, "", &devices);
    for (size_t i = 0; i < count; i++) {
        double value;
        if (!is_excluded(scan->conf->netdev_exclude, bytes_of(devices[i])) &&
            read_number(scan, devices[i], "statistics/rx_nohandler", &value))
            host_sample_of(scan, HOST_RX_NO_HANDLER, devices[i], value);
    }
}

bool host_netdev_collect(struct host_scan *scan)
{
    struct bytes text;
    if (!host_proc_net(scan, "dev", &text))
        return false;
    host_netdev_parse(scan, text);
    show_no_handler(scan);
    return true;
}

/* ---- class/net ---- */

static const struct attribute {
    const char *file;
    enum host_family family;
    bool is_steady;
} attributes[] = {{"addr_assign_type", HOST_NET_ADDRESS_KIND, true},
                  {"carrier", HOST_NET_CARRIER},
                  {"carrier_changes", HOST_NET_CARRIER_CHANGES},
                  {"carrier_up_count", HOST_NET_CARRIER_UPS},
                  {"carrier_down_count", HOST_NET_CARRIER_DOWNS},
                  {"dev_id", HOST_NET_DEVICE_ID, true},
                  {"dormant", HOST_NET_DORMANT},
                  {"flags", HOST_NET_FLAGS},
                  {"ifindex", HOST_NET_INDEX},
                  {"iflink", HOST_NET_LINK, true},
                  {"link_mode", HOST_NET_LINK_MODE, true},
                  {"mtu", HOST_NET_MTU, true},
                  {"name_assign_type", HOST_NET_NAME_KIND, true},
                  {"netdev_group", HOST_NET_GROUP, true},
                  {"tx_queue_len", HOST_NET_QUEUE, true},
                  {"type", HOST_NET_PROTOCOL, true}};

static const char *admin_state(bool is_known, double flags)
{
    if (!is_known)
        return "unknown";
    return (uint64_t)flags & FLAG_UP ? "up" : "down";
}

static void show_words(struct host_scan *scan, const char *device, const char *admin)
{
    const char *state = words_of(scan, device, "operstate");
    host_sample_of(scan, HOST_NET_UP, device, !strcmp(state, "up"));
    host_sample_with(scan, HOST_NET_INFO,
                     (const char *const[]){device,
                                           steady_words_of(scan, device, "address"),
                                           steady_words_of(scan, device, "broadcast"),
                                           words_of(scan, device, "duplex"), state, admin,
                                           steady_words_of(scan, device, "ifalias")},
                     1);
}

static void show_device(struct host_scan *scan, const char *device)
{
    double value, flags = 0;
    bool has_flags = false;
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        const struct attribute *a = &attributes[i];
        if (!(a->is_steady ? read_steady : read_number)(scan, device, a->file, &value))
            continue; /* carrier of an interface that is down, for one */
        host_sample_of(scan, a->family, device, value);
        if (a->family == HOST_NET_FLAGS) {
            has_flags = true;
            flags = value;
        }
    }
    if (read_number(scan, device, "speed", &value) && value >= 0) /* -1: not known */
        host_sample_of(scan, HOST_NET_SPEED, device, value * 1e6 / 8);
    show_words(scan, device, admin_state(has_flags, flags));
}

bool host_netclass_collect(struct host_scan *scan)
{
    const char *const *devices;
    const int folder = host_sys_open(scan, "class/net");
    if (folder < 0)
        return false;
    const size_t count = host_entries(scan, folder, "", &devices);
    for (size_t i = 0; i < count; i++) {
        const char *below = arena_printf(scan->arena, "%s/ifindex", devices[i]);
        if (is_excluded(scan->conf->netclass_exclude, bytes_of(devices[i])) ||
            faccessat(folder, below, F_OK, 0) != 0) /* bonding_masters is a file */
            continue;
        show_device(scan, devices[i]);
    }
    return true;
}
