/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Prometheus exporter: its options, content negotiation and service discovery. It observes nothing, as pages
 * come from the registry; called by the web layer. Pure: opens nothing, keeps nothing.
 */
#include "exporters/prometheus.h"

#include <string.h>

#include "lib/base/bytes.h"

/* ---- which format ---- */

/* One media range of an Accept header, judged. */
struct offer {
    enum page_format format;
    double quality;
    int specific; /* 0: nothing of ours */
};

static double quality_read(struct bytes text)
{
    double quality;
    if (!bytes_to_double(text, &quality) || !(quality >= 0))
        return 1;
    return quality > 1 ? 1 : quality;
}

/* What a range without its parameters stands for. A wildcard is text: the format that everybody reads. */
static struct offer range_read(struct bytes range)
{
    static const struct {
        const char *range;
        enum page_format format;
        int specific;
    } ours[] = {
        {"*/*", PAGE_TEXT, 1},
        {"text/*", PAGE_TEXT, 2},
        {"text/plain", PAGE_TEXT, 3},
        {"application/openmetrics-text", PAGE_OPENMETRICS, 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (bytes_is_nocase(range, ours[i].range))
            return (struct offer){ours[i].format, 1, ours[i].specific};
    }
    return (struct offer){.specific = 0};
}

static struct bytes unquoted(struct bytes value)
{
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        return bytes_slice(value, 1, value.len - 1);
    return value;
}

static bool version_is_ours(enum page_format format, struct bytes version)
{
    return bytes_is(version, format == PAGE_OPENMETRICS ? "1.0.0" : "0.0.4");
}

static struct offer offer_read(struct bytes text)
{
    struct bytes part, name;
    if (!bytes_token(&text, ';', &part))
        return (struct offer){.specific = 0};

    struct offer offer = range_read(bytes_trim(part));
    while (bytes_token(&text, ';', &part)) {
        if (!bytes_token(&part, '=', &name))
            continue;
        name = bytes_trim(name);
        const struct bytes value = unquoted(bytes_trim(part));
        if (bytes_is_nocase(name, "q"))
            offer.quality = quality_read(value);
        else if (bytes_is_nocase(name, "version") &&
                 !version_is_ours(offer.format, value))
            offer.specific = 0;
    }
    return offer;
}

static bool is_better(struct offer offer, struct offer than)
{
    if (!offer.specific || offer.quality <= 0)
        return false;
    if (offer.quality != than.quality)
        return offer.quality > than.quality;
    return offer.specific > than.specific;
}

enum page_format prometheus_negotiate(const char *accept)
{
    struct offer best = {PAGE_TEXT, 0, 0};
    struct bytes rest = bytes_of(accept), text;
    while (bytes_token(&rest, ',', &text)) {
        const struct offer offer = offer_read(text);
        if (is_better(offer, best))
            best = offer;
    }
    return best.format;
}

enum page_format prometheus_format(const struct prometheus_conf *conf, const char *accept)
{
    return conf && conf->openmetrics ? prometheus_negotiate(accept) : PAGE_TEXT;
}

const char *prometheus_content_type(enum page_format format)
{
    switch (format) {
    case PAGE_TEXT:
        return "text/plain; version=0.0.4; charset=utf-8";
    case PAGE_OPENMETRICS:
        return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    }
    return "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- service discovery ---- */

static void add_member(struct buf *out, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    buf_add_byte(out, ',');
    buf_add_json(out, bytes_of(name));
    buf_add_byte(out, ':');
    buf_add_json(out, bytes_of(value));
}

/* "/metrics/" and the name as one segment of a path, as a JSON string without its quotes. */
static void add_path(struct buf *out, const char *probe)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    buf_add_text(out, "/metrics/");
    for (const char *at = probe; *at; at++) {
        const unsigned char c = (unsigned char)*at;
        if (memchr(plain, c, sizeof(plain) - 1))
            buf_add_byte(out, *at);
        else
            buf_add(out, (const char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
    }
}

static void add_target(struct buf *out, const char *scheme, const char *authority,
                       const struct sd_target *t)
{
    buf_add_text(out, "{\"targets\":[");
    buf_add_json(out, bytes_of(authority));
    buf_add_text(out, "],\"labels\":{\"__metrics_path__\":\"");
    add_path(out, t->probe);
    buf_add_byte(out, '"');
    if (strcmp(scheme, "http") != 0)
        add_member(out, "__scheme__", scheme);
    add_member(out, "job", t->job ? t->job : "healthd");
    add_member(out, "instance", t->instance);
    add_member(out, "probe", t->probe);
    buf_add_text(out, "}}");
}

void prometheus_sd(struct buf *out, const char *scheme, const char *authority,
                   const struct sd_target *targets, size_t count)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_byte(out, ',');
        buf_add_byte(out, '\n');
        add_target(out, scheme, authority, &targets[i]);
    }
    buf_add_text(out, count ? "\n]\n" : "]\n");
}

static struct page_style prometheus_page(const struct exporter *x, const char *accept)
{
    const struct prometheus_conf *conf = x->conf;
    return (struct page_style){prometheus_format(conf, accept),
                               (int)conf->compression_level};
}

#define OPT_STRUCT struct prometheus_conf
const struct exporter_type exporter_prometheus = {
    .name = "prometheus",
    .summary = "Pages for Prometheus and everything that scrapes like it: /metrics, "
               "/metrics/<probe>, /sd.",
    .example = "prometheus: {openmetrics: true}",
    .opts =
        (const struct opt[]){
            OPT_ROW_BOOL("openmetrics", openmetrics, "false",
                         "Serve OpenMetrics 1.0 to scrapers that prefer it, as "
                         "Prometheus does. Counters whose name "
                         "does not end in _total are then of unknown type."),
            OPT_ROW_INT("compression_level", compression_level, "1", 0, 12,
                        "How hard pages are compressed for clients that accept gzip: 1 "
                        "is fastest, 0 never."),
            {0}},
    .conf_size = sizeof(struct prometheus_conf),
    .page = prometheus_page,
    .is_default = true,
};
