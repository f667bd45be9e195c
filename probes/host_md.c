/* SPDX-License-Identifier: Apache-2.0 */
/* Software RAID: <procfs>/mdstat, and what an array lacks (<sysfs>/block/mdN/md). */
#include <string.h>

#include "probes/host.h"

#define MD_STATES 5
static const struct state {
    const char *label, *word; /* of node_exporter, of mdstat */
} states[MD_STATES] = {{"active", "active"},
                       {"inactive", "inactive"},
                       {"recovering", "recovery"},
                       {"resync", "resync"},
                       {"check", "check"}};

struct array {
    const char *device;
    const char *state; /* a label of states */
    double required, active, failed, spare, blocks, synced;
    bool is_striped; /* raid0, linear: without redundancy, and so without [n/m] */
};

static void read_members(struct array *a, struct bytes line)
{
    struct bytes word;
    double members = 0;
    while (words_next(&line, &word)) {
        if (bytes_find_byte(word, '[') < 0) {
            a->is_striped =
                a->is_striped || bytes_is(word, "raid0") || bytes_is(word, "linear");
            continue;
        }
        members++;
        a->failed += bytes_ends(word, "(F)");
        a->spare += bytes_ends(word, "(S)");
    }
    if (a->is_striped)
        a->required = a->active = members;
}

/* "[2/1]": disks that it needs, disks that it has. */
static void read_disks(struct array *a, struct bytes word)
{
    struct bytes required;
    double needs, has;
    word = bytes_slice(word, 1, word.len ? word.len - 1 : 0);
    if (!bytes_token(&word, '/', &required) || !words_whole(required, &needs) ||
        !words_whole(word, &has))
        return;
    a->required = needs;
    a->active = has;
}

static void read_size(struct array *a, struct bytes line)
{
    struct bytes word;
    double blocks;
    if (!words_number(&line, &blocks) || !words_next(&line, &word) ||
        !bytes_is(word, "blocks"))
        return;
    a->blocks = a->synced = blocks;
    while (words_next(&line, &word)) {
        if (bytes_starts(word, "[") && bytes_find_byte(word, '/') > 0)
            read_disks(a, word);
    }
}

/* "[==>…]  recovery = 12.6% (31/248) finish=…", or "resync=DELAYED". */
static void read_progress(struct array *a, struct bytes line)
{
    struct bytes word, done;
    while (words_next(&line, &word)) {
        for (size_t i = 2; i < MD_STATES; i++) {
            if (!bytes_starts(word, states[i].word))
                continue;
            a->state = states[i].label;
            a->synced = 0;
        }
        if (bytes_starts(word, "(") && bytes_token(&word, '/', &done))
            words_whole(bytes_slice(done, 1, done.len), &a->synced);
    }
}

static void show_array(struct host_scan *scan, const struct array *a)
{
    const struct {
        const char *state;
        double value;
    } disks[] = {{"active", a->active}, {"failed", a->failed}, {"spare", a->spare}};
    if (!a->device)
        return;
    host_sample_of(scan, HOST_MD_REQUIRED, a->device, a->required);
    for (size_t i = 0; i < ARRAY_LEN(disks); i++)
        host_sample_with(scan, HOST_MD_DISKS,
                         (const char *const[]){a->device, disks[i].state},
                         disks[i].value);
    for (size_t i = 0; i < MD_STATES; i++)
        host_sample_with(scan, HOST_MD_STATE,
                         (const char *const[]){a->device, states[i].label},
                         !strcmp(a->state, states[i].label));
    host_sample_of(scan, HOST_MD_BLOCKS, a->device, a->blocks);
    host_sample_of(scan, HOST_MD_SYNCED, a->device, a->synced);
}

static struct array read_array(struct host_scan *scan, struct bytes line)
{
    struct bytes word, state;
    struct array a = {.state = ""};
    if (!words_next(&line, &word) || !bytes_starts(word, "md"))
        return a;
    a.device = words_label(scan->arena, word);
    words_next(&line, &word); /* the colon */
    if (words_next(&line, &state))
        a.state = bytes_is(state, "active") ? "active" : "inactive";
    read_members(&a, line);
    return a;
}

void host_md_parse(struct host_scan *scan, struct bytes text)
{
    struct array a = {0};
    struct bytes line;
    while (words_line(&text, &line)) {
        const bool is_inner = bytes_starts(line, " ") || bytes_starts(line, "\t");
        if (!is_inner) {
            show_array(scan, &a);
            a = read_array(scan, line);
        } else if (bytes_find(line, bytes_of(" blocks")) >= 0) {
            read_size(&a, line);
        } else if (a.device) {
            read_progress(&a, line);
        }
    }
    show_array(scan, &a);
}

bool host_md_collect(struct host_scan *scan)
{
    struct bytes text;
    const char *const *arrays;
    if (!host_proc(scan, "mdstat", &text))
        return false;
    host_md_parse(scan, text);
    const int folder = host_sys_open(scan, "block");
    const size_t count = folder < 0 ? 0 : host_entries(scan, folder, "md", &arrays);
    for (size_t i = 0; i < count; i++) {
        double value;
        if (host_attribute_number(
                scan, folder, arena_printf(scan->arena, "%s/md/raid_disks", arrays[i]),
                &value))
            host_sample_of(scan, HOST_MD_RAID_DISKS, arrays[i], value);
        if (host_attribute_number(scan, folder,
                                  arena_printf(scan->arena, "%s/md/degraded", arrays[i]),
                                  &value))
            host_sample_of(scan, HOST_MD_DEGRADED, arrays[i], value);
    }
    return true;
}
