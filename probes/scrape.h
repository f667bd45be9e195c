/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the scrape probe share; nobody else includes it. scrape.c moves a run, scrape_page.c makes samples
 * of a page (purely, on a pool thread when it is large), scrape_vars.c lets expectations name them.
 */
#ifndef HEALTHD_PROBES_SCRAPE_H
#define HEALTHD_PROBES_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/exposition.h"
#include "lib/core/expr.h"
#include "lib/core/fetch.h"
#include "lib/core/http_auth.h"
#include "lib/core/labels.h"
#include "lib/core/opt.h"
#include "lib/core/regex.h"
#include "lib/core/run.h"
#include "lib/core/url.h"

#define SCRAPE_GROUP "samples"

enum scrape_scheme { SCRAPE_HTTP, SCRAPE_HTTPS };

struct scrape_where { /* a condition on a label's value */
    const char *label;
    const struct regex *regex;
};
struct scrape_wheres {
    const struct scrape_where *items;
    size_t count;
};

struct scrape_conf {
    const char *url, *host, *path, *unix_path;
    int64_t port;
    int scheme; /* enum scrape_scheme */
    struct pairs headers;
    struct http_auth auth;
    struct tls_conf tls;
    const char *proxy_url, *no_proxy;
    bool follow_redirects;
    struct regexes keep, drop;
    struct pairs keep_where, drop_where;
    struct texts remove_labels;
    bool honor_labels;
    uint64_t body_size_limit;
    int64_t sample_limit, label_limit, label_name_length_limit, label_value_length_limit;

    /* Derived by scrape_validate. */
    struct url target;
    struct scrape_wheres kept_where, dropped_where;
};

/* ---- scrape_options.c ---- */

extern const struct opt scrape_opts[];
bool scrape_validate(void *conf, struct arena *arena, struct err *e);

/* ---- scrape_page.c ---- */

struct scrape_page {
    /* Given. */
    struct arena *arena; /* owns what is made */
    const struct scrape_conf *conf;
    struct labels own; /* the probe's: a sample's label of such a name is renamed */
    struct bytes body;
    enum exposition_format format;
    /* Made. */
    struct batch *batch;
    struct batch_group *group;
    size_t read, kept;
    bool is_whole;    /* all of the page was understood */
    bool is_over_cap; /* it was not: too much of something */
    struct err why;
};
/* The page's samples as a batch of one group, without any when it is not whole. */
void scrape_page_read(struct scrape_page *page);

/* ---- scrape.c ---- */

struct scrape_state {
    const struct scrape_conf *conf;
    struct fetch *fetch; /* under way, or NULL */
    struct url at;       /* asked now */
    int redirects;
    const struct reply *reply; /* the last one */
    struct scrape_page *page;  /* NULL: none came */
    bool is_reading;           /* a pool thread has the page */
    bool is_cancelled;
};

/* ---- scrape_vars.c ---- */

extern const struct var scrape_vars[];

#endif
