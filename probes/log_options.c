/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a log probe: which file or container, what is looked for, how much is read. Pure.
 */
#include <string.h>

#include "lib/core/host_path.h"
#include "probes/log.h"

bool log_is_of_container(const struct log_conf *conf)
{
    return conf->container[0] != '\0';
}

static bool check_expressions(const struct log_conf *conf, struct arena *arena,
                              struct err *e)
{
    if (conf->patterns.count > LOG_MAX_PATTERNS || conf->ignore.count > LOG_MAX_PATTERNS)
        return err_set(e, "at most %d expressions can be looked for, and as many ignored",
                       LOG_MAX_PATTERNS);
    for (size_t i = 0; i < conf->patterns.count; i++) {
        const struct pair *row = &conf->patterns.items[i];
        if (!regex_compile(arena, row->value, e))
            return err_wrap(e, "pattern '%s'", row->key);
    }
    for (size_t i = 0; i < conf->ignore.count; i++) {
        if (!regex_compile(arena, conf->ignore.items[i], e))
            return err_wrap(e, "ignore");
    }
    return true;
}

static bool check_fields(const struct log_conf *conf, struct err *e)
{
    if (conf->fields.count > LOG_MAX_FIELDS)
        return err_set(e, "at most %d `fields` can become labels", LOG_MAX_FIELDS);
    if (conf->values.count > LOG_MAX_NUMBERS)
        return err_set(e, "at most %d `values` can be added up", LOG_MAX_NUMBERS);
    for (size_t i = 0; i < conf->fields.count; i++) {
        const char *name = conf->fields.items[i].key;
        if (!metric_name_valid(name) || strchr(name, ':') || !strcmp(name, "level") ||
            !strcmp(name, "probe"))
            return err_set(e,
                           "'%s' cannot be a label of `fields`: letters, digits and _, "
                           "and neither 'level' nor 'probe'",
                           name);
    }
    if (conf->format == LOG_TEXT && (conf->fields.count || conf->values.count))
        return err_set(e, "lines of `format: text` have no `fields` and no `values`: "
                          "leave `format` out, or say json");
    return true;
}

/* Further rows of one name follow the first, so that they are counted together. */
static struct pairs grouped(struct arena *arena, struct pairs from)
{
    struct pair *items = arena_alloc(arena, (from.count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < from.count; i++) {
        bool is_told = false;
        for (size_t j = 0; j < i; j++)
            is_told = is_told || !strcmp(from.items[j].key, from.items[i].key);
        for (size_t j = i; !is_told && j < from.count; j++) {
            if (!strcmp(from.items[j].key, from.items[i].key))
                items[count++] = from.items[j];
        }
    }
    return (struct pairs){items, count};
}

bool log_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct log_conf *conf = ctx;
    const char *const paths[] = {conf->file, conf->root};
    if (!conf->file[0] == !conf->container[0])
        return err_set(e,
                       "say which log: `file`, a path or pattern, or `container`, a "
                       "name%s",
                       conf->file[0] ? ", and not both" : "");
    if (!host_paths_are_absolute(paths, ARRAY_LEN(paths), e))
        return false;
    conf->root = host_path_bare(arena, conf->root);
    if (!docker_address_check(arena, conf->docker, e))
        return err_wrap(e, "docker");
    conf->patterns = grouped(arena, conf->patterns);
    return check_expressions(conf, arena, e) && check_fields(conf, e);
}

void log_conf_copy(struct arena *arena, const struct log_conf *from,
                   struct log_conf *ret_conf)
{
    struct log_conf to = *from;
    to.file = arena_strdup(arena, from->file);
    to.root = arena_strdup(arena, from->root);
    to.container = arena_strdup(arena, from->container);
    to.docker = arena_strdup(arena, from->docker);
    to.level = arena_strdup(arena, from->level);
    tls_conf_copy(arena, &from->tls, &to.tls);
    to.patterns = pairs_copy(arena, from->patterns);
    to.fields = pairs_copy(arena, from->fields);
    to.ignore = texts_copy(arena, from->ignore);
    to.values = texts_copy(arena, from->values);
    *ret_conf = to;
}

static const struct opt_choice formats[] = {
    {"auto", LOG_AUTO, "Lines that are a JSON object are read as one, others as text."},
    {"json", LOG_JSON, "Lines are JSON objects; of others no level is guessed."},
    {"text", LOG_TEXT, "Lines are text, whatever they look like."},
    {0}};
static const struct opt_choice starts[] = {
    {"end", LOG_FROM_END, "What is there already when the probe is new is not read."},
    {"start", LOG_FROM_START, "It is."},
    {0}};

#define OPT_STRUCT struct log_conf
const struct opt log_opts[] = {
    OPT_ROW_TEXT("file", file, "",
                 "The file, or a pattern of which the newest is followed: "
                 "/var/log/app/*.log.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("root", root, "",
                 "Where the machine's file system is mounted, for a healthd in a "
                 "container: /host."),
    OPT_ROW_TEXT("container", container, "",
                 "Instead of a file: the container whose output is read, by name."),
    OPT_ROW_TEXT("docker", docker, "unix://" DOCKER_SOCKET,
                 "The engine that has the container, Docker or Podman "
                 "(unix:///run/podman/podman.sock): its socket, or the URL of a "
                 "read-only proxy (http://docker-proxy:2375)."),
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "TLS of an engine or proxy that is asked by https://."),
    OPT_ROW_PAIRS("patterns", patterns, OPT_NONE,
                  "What is looked for: names and regular expressions, {oom: \"Out of "
                  "memory\"}. A list is one name for several."),
    OPT_ROW_TEXTS("ignore", ignore, OPT_NONE,
                  "Regular expressions of lines that mean nothing: they are counted as "
                  "lines, and no more."),
    OPT_ROW_CHOICE("format", format, "auto", formats, "How lines are read."),
    OPT_ROW_TEXT(
        "level", level, "",
        "The member of JSON lines that says how bad it is; when left out, one of "
        "level, severity, lvl, levelname, log.level, loglevel, @l and s."),
    OPT_ROW_PAIRS(
        "fields", fields, OPT_NONE,
        "Members of JSON lines that become labels of log_messages_by_field_total: "
        "{status: http.status}."),
    OPT_ROW_INT("max_values", max_values, "20", 1, 200,
                "Values of one field that become labels; further ones are \"other\"."),
    OPT_ROW_TEXTS("values", values, OPT_NONE,
                  "Members of JSON lines that are numbers to be added up, for averages: "
                  "[duration_ms]."),
    OPT_ROW_CHOICE("from", from, "end", starts, "Where a probe begins that is new."),
    OPT_ROW_BOOL("must_exist", must_exist, "true",
                 "A file or container that is not there is down."),
    OPT_ROW_SIZE("max_line", max_line, "16KiB", 64, 65536,
                 "Of a longer line, only the beginning is looked at."),
    OPT_ROW_SIZE("max_read", max_read, "4MiB", 4096, 268435456,
                 "Read in one run; the rest is for the next, which comes at once."),
    OPT_ROW_SIZE("max_behind", max_behind, "64MiB", 4096, 1099511627776.0,
                 "More than this unread in a file is skipped, but for its end."),
    {0}};
