/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensors of the board (<sysfs>/class/hwmon): temperatures, fans, voltages. Files are called <kind><number>_<property>;
 * both name the family, as lm-sensors' users know them. Units are those of the kernel's hwmon interface.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/core/labels.h"
#include "probes/host.h"

#define MAX_NAME_BYTES 128

struct chip {
    const char *name; /* platform_coretemp_0 */
    const char *folder;
    int fd;
    const struct chip *next;
};

struct sensor_file {
    /* temp, temp1, crit_alarm; property "" for the bare file */
    const char *kind, *sensor, *property;
};

static const char *const kinds[] = {
    "vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",       "pwm",
    "temp", "curr",        "power",           "energy", "humidity", "intrusion", "freq"};

/* Small letters, digits and _, without _ around. */
static const char *clean_name(struct arena *arena, struct bytes text)
{
    char *clean = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const char small = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        const bool is_plain = (small >= 'a' && small <= 'z') ||
                              (small >= '0' && small <= '9') || small == ':';
        const char next = is_plain ? small : '_';
        if (next != '_' || len)
            clean[len++] = next;
    }
    while (len && clean[len - 1] == '_')
        clean[--len] = '\0';
    return clean;
}

/* ---- what a chip is called ---- */

/* Where the device is linked to tells chips of one kind apart, and stays over restarts. */
static const char *name_by_device(struct host_scan *scan, int fd, const char *folder)
{
    char target[HOST_ATTRIBUTE_SIZE];
    const char *link = arena_printf(scan->arena, "%s/%s/%s/device", scan->conf->sysfs,
                                    "class/hwmon", folder);
    if (faccessat(fd, "device", F_OK, 0) != 0 || !realpath(link, target))
        return "";
    const char *device = strrchr(target, '/');
    if (!device)
        return "";
    size_t from = (size_t)(device - target);
    while (from && target[from - 1] != '/')
        from--;
    const struct bytes kind = {target + from, (size_t)(device - target) - from};
    const char *name = clean_name(scan->arena, bytes_of(device + 1));
    const char *clean_kind = clean_name(scan->arena, kind);
    return *clean_kind && *name ? arena_printf(scan->arena, "%s_%s", clean_kind, name)
                                : name;
}

static const char *own_name(struct host_scan *scan, int fd)
{
    struct bytes text;
    return host_attribute(scan, fd, "name", &text) ? clean_name(scan->arena, text) : "";
}

static bool is_taken(const struct chip *chips, const char *name)
{
    for (; chips; chips = chips->next) {
        if (!strcmp(chips->name, name))
            return true;
    }
    return false;
}

static const char *chip_name(struct host_scan *scan, const struct chip *chips, int fd,
                             const char *folder)
{
    const char *name = name_by_device(scan, fd, folder);
    const char *own = own_name(scan, fd);
    if (!*name)
        name = *own ? own : clean_name(scan->arena, bytes_of(folder));
    if (is_taken(chips, name) && *own) /* one device with two chips */
        name = arena_printf(scan->arena, "%s_%s", name, own);
    return name;
}

/* ---- files ---- */

static bool is_known(const char *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!strcmp(kinds[i], kind))
            return true;
    }
    return false;
}

static bool split_name(struct host_scan *scan, const char *file,
                       struct sensor_file *ret_file)
{
    const size_t letters = strcspn(file, "0123456789");
    const size_t digits = strspn(file + letters, "0123456789");
    const char *rest = file + letters + digits;
    size_t kind_len = letters;
    if (!digits && !is_known(file)) { /* "name", "temp_reset" */
        const char *low = strchr(file, '_');
        if (!low)
            return false;
        kind_len = (size_t)(low - file);
        rest = low;
    }
    if (*rest && *rest != '_')
        return false;
    const char *kind = arena_strndup(scan->arena, file, kind_len);
    *ret_file = (struct sensor_file){
        .kind = kind,
        .sensor = digits ? arena_strndup(scan->arena, file, letters + digits)
                         : arena_printf(scan->arena, "%s0", kind),
        .property = *rest && !(kind_len == strlen(file)) ? rest + 1 : ""};
    return is_known(kind);
}

/* ---- families ---- */

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (!strcmp(*list, word))
            return true;
    }
    return false;
}

struct unit {
    const char *suffix;
    double scale;
    bool is_counter;
};

static struct unit unit_of(const char *kind, const char *property)
{
    static const char *const rpm[] = {"input", "min", "max", "target", NULL};
    static const char *const spans[] = {"average_interval", "average_interval_min",
                                        "average_interval_max", NULL};
    if (!strcmp(property, "fault") || !strcmp(property, "alarm"))
        return (struct unit){"", 1, false};
    if (!strcmp(property, "beep"))
        return (struct unit){"_enabled", 1, false};
    if (!strcmp(kind, "in") || !strcmp(kind, "cpu"))
        return (struct unit){"_volts", 1e-3, false};
    if (!strcmp(kind, "temp") && strcmp(property, "type") != 0)
        return (struct unit){"_celsius", 1e-3, false};
    if (!strcmp(kind, "curr"))
        return (struct unit){"_amps", 1e-3, false};
    if (!strcmp(kind, "energy"))
        return (struct unit){"_joule_total", 1e-6, true};
    if (!strcmp(kind, "power") && !strcmp(property, "accuracy"))
        return (struct unit){"", 1e-6, false};
    if (!strcmp(kind, "power"))
        return is_one_of(property, spans) ? (struct unit){"_seconds", 1e-3, false}
                                          : (struct unit){"_watt", 1e-6, false};
    if (!strcmp(kind, "humidity"))
        return (struct unit){"", 1e-6, false};
    if (!strcmp(kind, "fan") && is_one_of(property, rpm))
        return (struct unit){"_rpm", 1, false};
    return (struct unit){"", 1, false};
}

static const struct host_name *family_of(struct host_scan *scan,
                                         const struct sensor_file *file, bool has_bare,
                                         const struct unit *unit)
{
    static const char *const labels[] = {"chip", "sensor", NULL};
    struct host_names *names = &scan->kept->hwmon;
    const bool is_value =
        !*file->property || (!strcmp(file->property, "input") && !has_bare);
    const char *name =
        is_value ? arena_printf(scan->arena, "node_hwmon_%s%s", file->kind, unit->suffix)
                 : arena_printf(scan->arena, "node_hwmon_%s_%s%s", file->kind,
                                clean_name(scan->arena, bytes_of(file->property)),
                                unit->suffix);
    const struct host_name *found = host_names_find(names, bytes_of(name));
    if (found)
        return found;
    return host_names_put(names, bytes_of(name), name,
                          unit->is_counter ? METRIC_COUNTER : METRIC_GAUGE,
                          arena_printf(scan->arena, "Sensors' %s %s", file->kind,
                                       *file->property ? file->property : "value"),
                          labels);
}

static void show_label(struct host_scan *scan, const struct chip *chip,
                       const struct sensor_file *file, struct bytes text)
{
    host_sample_with(
        scan, HOST_HWMON_LABEL,
        (const char *const[]){chip->name, file->sensor, words_label(scan->arena, text)},
        1);
}

/* The label stands in for the number: node_hwmon_freq_freq_mhz{sensor="sclk"}. */
static bool show_frequency(struct host_scan *scan, const struct chip *chip,
                           const struct sensor_file *file, double hertz)
{
    static const char *const labels[] = {"chip", "sensor", NULL};
    static const char name[] = "node_hwmon_freq_freq_mhz";
    struct host_names *names = &scan->kept->hwmon;
    struct bytes label;
    if (strcmp(file->kind, "freq") != 0 || strcmp(file->property, "input") != 0)
        return false;
    if (!host_attribute(scan, chip->fd,
                        arena_printf(scan->arena, "%s_label", file->sensor), &label))
        return true;
    const struct host_name *family = host_names_find(names, bytes_of(name));
    if (!family)
        family = host_names_put(names, bytes_of(name), name, METRIC_GAUGE,
                                "Frequency of a graphics processor in MHz", labels);
    if (family)
        host_sample_named(
            scan, family->metric,
            (const char *const[]){chip->name, clean_name(scan->arena, label)},
            hertz / 1e6);
    return true;
}

static void show_file(struct host_scan *scan, const struct chip *chip, const char *file)
{
    struct sensor_file parts;
    struct bytes text;
    double value;
    if (!split_name(scan, file, &parts) || !host_attribute(scan, chip->fd, file, &text))
        return;
    if (!strcmp(parts.property, "label")) {
        show_label(scan, chip, &parts, text);
        return;
    }
    if (!words_whole(text, &value) || show_frequency(scan, chip, &parts, value))
        return;
    const struct unit unit = unit_of(parts.kind, parts.property);
    const bool has_bare = faccessat(chip->fd, parts.sensor, F_OK, 0) == 0;
    const struct host_name *family = family_of(scan, &parts, has_bare, &unit);
    if (family && family->metric)
        host_sample_named(scan, family->metric,
                          (const char *const[]){chip->name, parts.sensor},
                          value * unit.scale);
}

static const struct chip *show_chip(struct host_scan *scan, const struct chip *chips,
                                    const char *folder)
{
    const char *const *files;
    const char *path = arena_printf(scan->arena, "class/hwmon/%s", folder);
    const int fd = host_sys_open(scan, path);
    if (fd < 0)
        return chips;
    struct chip *chip = arena_alloc(scan->arena, sizeof(*chip));
    *chip = (struct chip){chip_name(scan, chips, fd, folder), folder, fd, chips};
    const char *own = own_name(scan, fd);
    if (*own)
        host_sample_with(scan, HOST_HWMON_CHIP, (const char *const[]){chip->name, own},
                         1);
    const size_t count = host_entries(scan, fd, "", &files);
    for (size_t i = 0; i < count; i++)
        show_file(scan, chip, files[i]);
    return chip;
}

bool host_hwmon_collect(struct host_scan *scan)
{
    const char *const *folders;
    const struct chip *chips = NULL;
    const int fd = host_sys_open(scan, "class/hwmon");
    if (fd < 0)
        return false;
    const size_t count = host_entries(scan, fd, "hwmon", &folders);
    for (size_t i = 0; i < count; i++)
        chips = show_chip(scan, chips, folders[i]);
    return true;
}
