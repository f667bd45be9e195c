/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One accepted configuration: read, typed, checked, immutable and counted. Made by generation_load, which
 * accepts all or nothing; used by healthd and healthctl alike.
 */
#ifndef HEALTHD_CONFIG_GENERATION_H
#define HEALTHD_CONFIG_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/alerting.h"
#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/core/diag.h"
#include "lib/core/exporter.h"
#include "lib/core/labels.h"
#include "lib/core/opt.h"
#include "lib/core/probe.h"
#include "lib/core/resolve.h"
#include "lib/core/secret.h"
#include "lib/flows/flow.h"

struct module { /* one entry of `modules:`, blackbox_exporter's syntax */
    const char *name;
    struct probe *probe; /* its type and conf; asked with an operand */
    nsec timeout;        /* 0: the scrape's */
};

struct exporter_conf {
    const struct exporter_type *type;
    const void *conf;
};

struct listen_conf { /* one entry of `web.listen`: a scalar or a mapping */
    /* "127.0.0.1:9990", ":9990", "[::1]:0", "unix:/run/healthd/healthd.sock" */
    const char *address;
    const char *cert_file, *key_file, *client_ca_file;
    struct secret bearer_token;
    const char *username;
    struct secret password;
    const char *rights;  /* none, read, act: what a caller may do here without a token */
    int64_t socket_mode; /* octal digits as written, 0660 */
};
enum token_right { TOKEN_READ, TOKEN_ACT, TOKEN_EVENTS };
struct token_conf { /* one entry of `web.tokens` */
    const char *name;
    struct secret token;
    int rights; /* enum token_right */
};
struct web_limits { /* requests a minute, of one address or one token; 0: no limit */
    int64_t acts, probes, queries, refusals;
};
struct web_conf {
    struct sections listen; /* struct listen_conf */
    struct sections tokens; /* struct token_conf */
    struct web_limits limits;
    int64_t max_connections, max_connections_per_ip;
    nsec request_timeout;       /* absolute: headers to last byte */
    struct secret act_token;    /* a token named so, with TOKEN_ACT */
    struct secret events_token; /* a token named so, with TOKEN_EVENTS */
    const char *external_url;   /* http or https, or "" */
};

struct config_files {   /* what a configuration is made of: watched for changes */
    struct texts files; /* read, or not to be read */
    /* of `include` and the like: what matches them is among files */
    struct texts patterns;
};

struct generation {
    struct arena *arena;
    uint64_t number;  /* 1, 2, … in this process */
    const char *path; /* NULL: built-in default */
    struct config_files files;
    struct wall loaded;
    const char *site, *timezone;
    struct labels labels;
    const struct probe *const *probes; /* in order of the file */
    size_t probe_count;
    struct map *by_name;      /* the same, by their names; destroyed with the arena */
    const struct flow *flows; /* in order of the file */
    size_t flow_count;
    struct map *modules; /* name → struct module *; destroyed with the arena */
    const struct exporter_conf *exporters;
    size_t exporter_count;
    struct web_conf web;
    struct resolver_conf resolver;
    const char *state_path;
    struct alerting alerting;
    uint64_t hash; /* of the canonical text: unchanged means no-op */
    size_t refs;
    struct secrets *secrets;              /* as given to load; must outlive it */
    const struct generation_parts *parts; /* for generation_print */
};

/* Reads path (NULL: the built-in default) and everything it includes. NULL after reporting to d. */
struct generation *generation_load(const char *path, struct secrets *secrets,
                                   struct diag *d);
/* The same, and what it named, in arena: also when NULL is returned. */
struct generation *generation_load_named(const char *path, struct secrets *secrets,
                                         struct diag *d, struct arena *arena,
                                         struct config_files *ret_files);
/* The same without the bundled rules, which take most of the time: for who runs flows and evaluates no rule. */
struct generation *generation_load_flows(const char *path, struct secrets *secrets,
                                         struct diag *d);
/* As generation_load from text, for tests, fuzzing and `healthctl validate -`. */
struct generation *generation_parse(const char *name, struct bytes text,
                                    struct secrets *secrets, struct diag *d);
/* Where the state is when no configuration says it. */
const char *generation_state_path(struct arena *arena);
struct generation *generation_ref(struct generation *g);
void generation_unref(struct generation *g);
const struct probe *generation_probe(const struct generation *g, const char *name);
const struct flow *generation_flow(const struct generation *g, const char *name);
const struct module *generation_module(const struct generation *g, const char *name);
/* The effective configuration with every default, secrets [redacted]. */
void generation_print(const struct generation *g, struct buf *out);
/* One probe from a type and a mapping as it stands in `probes:` ({http: {url: …}, timeout: 2s, expect: […]};
 * `name` may be missing), for `healthctl probe` and flow steps. NULL after reporting. With
 * ctx->operand_comes_later the type's validate is left to the run. */
struct probe *probe_load(const struct opt_ctx *ctx, const struct probe_type *type,
                         const char *name, const struct node *node);
/* Rows of the top level, of one probe, of `web:` …: tools/reference prints them. */
extern const struct opt generation_opts[], probe_common_opts[], defaults_opts[],
    web_opts[], listen_opts[], receiver_opts[], route_opts[], deadman_opts[], flow_opts[],
    step_opts[];

#endif
