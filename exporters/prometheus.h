/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What scrapers and we agree on: which format, what it is called, and where each probe's page is. Used by the web
 * layer; the pages themselves are lib/core/registry.h's.
 */
#ifndef HEALTHD_EXPORTERS_PROMETHEUS_H
#define HEALTHD_EXPORTERS_PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/core/exporter.h"
#include "lib/core/registry.h"

struct prometheus_conf {
    bool openmetrics;
    int64_t compression_level; /* 0: none; else gzip_text's */
};

/* The format that an Accept header prefers (RFC 9110 §12.5.1: quality, then how specific, then what comes first).
 * Text unless OpenMetrics 1.0 is preferred; text too when there is no header or nothing fits: a page is better than
 * a 406. accept may be NULL. */
enum page_format prometheus_negotiate(const char *accept);
/* As configured: OpenMetrics only where it is allowed. conf NULL: defaults. */
enum page_format prometheus_format(const struct prometheus_conf *conf,
                                   const char *accept);
const char *prometheus_content_type(enum page_format format);

/* One entry of service discovery: a probe's page, and the target labels that do not stand in it. */
struct sd_target {
    const char *probe;
    const char *job;      /* NULL: "healthd" */
    const char *instance; /* NULL or "": the scraper puts ours */
};
/* The document of https://prometheus.io/docs/prometheus/latest/http_sd/. authority: "host:port" as the scraper reached
 * us; scheme: "http" or "https". */
void prometheus_sd(struct buf *out, const char *scheme, const char *authority,
                   const struct sd_target *targets, size_t count);

extern const struct exporter_type exporter_prometheus;

#endif
