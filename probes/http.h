/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the http probe share; nobody else includes it. http.c moves a run, http_walk.c one address of it; the
 * others decide, purely: what to ask (request), where a redirect leads (redirect), which cookies go along (cookies),
 * whether the answer is right (rules, health), and which samples and variables it makes (emit, vars).
 */
#ifndef HEALTHD_PROBES_HTTP_H
#define HEALTHD_PROBES_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/expr.h"
#include "lib/core/fetch.h"
#include "lib/core/http_auth.h"
#include "lib/core/json.h"
#include "lib/core/loop.h"
#include "lib/core/opt.h"
#include "lib/core/regex.h"
#include "lib/core/run.h"
#include "lib/core/url.h"

#define HTTP_MAX_JSON (256u << 10) /* parsed on the loop, for expectations */
#define HTTP_MAX_BODY_FILE (4u << 20)
#define HTTP_MAX_SERVICES 200
#define HTTP_MAX_COOKIES 50

enum http_format { HTTP_FORMAT_NONE, HTTP_FORMAT_HEALTH };
enum http_addresses { HTTP_FIRST_ADDRESS, HTTP_ALL_ADDRESSES };
enum http_compression {
    HTTP_AS_SENT,
    HTTP_IDENTITY,
    HTTP_GZIP,
    HTTP_DEFLATE,
    HTTP_BROTLI
};

struct http_aws {
    const char *region, *service, *access_key;
    struct secret secret_key, session_token;
};
struct http_header_rule {
    const char *header;
    const struct regex *regexp;
    bool allow_missing;
};

/* Where a header of `http_headers:` comes from. */
enum http_source { HTTP_VALUE, HTTP_SECRET, HTTP_FILE };
struct http_header_source {
    const char *name, *text;
    enum http_source source;
};

struct http_conf {
    const char *url, *method, *hostname;
    struct pairs headers;
    const struct node *http_headers;
    const char *body, *body_file;
    const struct node *json;
    uint64_t body_size_limit;
    int compression; /* enum http_compression */
    struct ints valid_status_codes;
    struct texts valid_http_versions;
    bool follow_redirects, no_follow_redirects;
    int64_t max_redirects;
    bool fail_if_ssl, fail_if_not_ssl;
    struct regexes fail_if_body_matches, fail_if_body_not_matches;
    /* struct http_header_rule */
    struct sections fail_if_header_matches, fail_if_header_not_matches;
    const char *fail_if_json_matches_cel, *fail_if_json_not_matches_cel;
    int preferred_ip_protocol; /* 4 or 6 */
    bool ip_protocol_fallback;
    struct http_auth auth;
    struct http_aws aws;
    struct tls_conf tls;
    const char *proxy_url, *no_proxy;
    struct pairs proxy_connect_header;
    bool proxy_from_environment, skip_resolve_phase_with_proxy;
    bool enable_http2, enable_http3;
    const struct node *oauth2;
    int format;  /* enum http_format */
    int resolve; /* enum http_addresses */
    const char *connect_to, *source_ip_address, *unix_path;
    struct pairs cookies;
    bool must_fail;

    /* Derived by http_validate. */
    struct url target;
    const char *effective_method;
    const char *json_body; /* NULL: none */
    const struct http_header_source *sources;
    size_t source_count;
    const struct expr *json_matches, *json_not_matches;
};

struct http_cookie {
    const char *name, *value, *domain, *path;
    bool is_host_only, is_secure;
};
struct http_jar {
    struct http_cookie items[HTTP_MAX_COOKIES];
    size_t count;
};

/* What the rules found, in the order of judgement. */
struct http_finding {
    enum health health;
    enum reason reason;
    bool is_unknown; /* reason is ours: the target is not judged */
    const char *detail;
    bool failed_due_to_regex, failed_due_to_cel;
};

struct http_service { /* one line of a health document */
    const char *name, *detail;
    enum health health;
};
struct http_health {
    enum health health;
    const char *detail; /* a sentence that names the sick */
    struct http_service services[HTTP_MAX_SERVICES];
    size_t service_count;
};

/* One address being asked, over all its redirects. */
struct http_walk {
    struct run *run;
    const struct http_conf *conf;
    void (*over)(struct http_walk *w);
    const struct address *only; /* of `resolve: all`; NULL: as resolved */
    const char *key;            /* its item's; NULL: the probe has one subject */
    bool drives_phases;         /* the one whose phases are the run's */
    bool is_answered;
    struct fetch *fetch; /* under way, or NULL */

    /* The hop under way. */
    struct url at;
    const char *method;
    bool has_body, keeps_host, is_trusted; /* is_trusted: credentials may go there */
    struct http_jar *jar;
    int redirects;

    /* Measured. pending: of this hop, counted when the next phase is reached. */
    struct mono phase_since;
    enum phase phase;
    bool is_in_phase;
    nsec pending[PHASE_COUNT], took[PHASE_COUNT];
    bool is_attempted;
    struct address shown;
    const char *from; /* shown as text, or the socket's path; NULL: no address yet */

    const struct reply *reply; /* of the last hop that answered or failed */
    bool is_redirect_refused;
    struct http_finding finding;

    bool json_was_tried;
    const json_t *json;
    const char *json_why;
};

struct http_state {
    const struct http_conf *conf;
    struct http_walk *walks;
    size_t count, open;
    struct query *query;
    bool is_over;
};

/* http_options.c */
extern const struct opt http_opts[];
bool http_validate(void *conf, struct arena *arena, struct err *e);

/* http_walk.c */
/* A walk that has begun nothing yet. over is called once, when finding has the answer: perhaps before http_walk_ask
 * returns. */
void http_walk_init(struct http_walk *w, struct run *run, const struct http_conf *conf,
                    void (*over)(struct http_walk *w));
/* Asks the hop that the walk is at, and then those that it is sent to. */
void http_walk_ask(struct http_walk *w);
void http_walk_fail(struct http_walk *w, bool is_unknown, enum reason reason,
                    const char *detail);
/* The deadline came: what had come by then is kept. */
void http_walk_interrupt(struct http_walk *w);

/* http_request.c: the request of a walk's hop. False (and e) when a file or environment variable is not there. */
bool http_request(struct http_walk *w, struct request *ret_request, struct err *e);
/* The proxy for a scheme; "": none. */
const char *http_proxy_of(const struct http_conf *conf, bool is_tls);

/* http_redirect.c */
enum http_next { HTTP_FINAL, HTTP_FOLLOW, HTTP_REFUSED };
/* What status and Location mean after `redirects` hops. HTTP_REFUSED: a redirect that is not followed; ret_why says why.
 * HTTP_FOLLOW fills ret_to and what changes of the request. */
struct http_hop {
    struct url to;
    const char *method;
    bool has_body, keeps_host, is_trusted;
};
enum http_next http_redirect(const struct http_conf *conf, const struct http_walk *w,
                             const struct reply *reply, struct arena *arena,
                             struct http_hop *ret_hop, const char **ret_why);
/* Credentials given for `from` may be sent to `to`: the same host, and the same scheme and port or the step from http
 * to https on the default ports. */
bool http_may_trust(const struct url *from, const struct url *to);

/* http_cookies.c (RFC 6265 §5) */
void http_cookies_init(struct http_jar *jar, const struct pairs *initial,
                       const struct url *target);
void http_cookies_take(struct http_jar *jar, const struct reply *reply,
                       const struct url *from, struct wall now, struct arena *arena);
const char *http_cookies_for(const struct http_jar *jar, const struct url *to,
                             struct arena *arena); /* NULL: none */

/* http_rules.c: the order of judgement of reference: status, headers, body, JSON, rest of the body, version, TLS. */
struct http_facts {
    const struct reply *reply;
    const char *from; /* address or path, for sentences */
    bool is_tls;
    bool is_status_moot; /* a health document says more */
    const json_t *json;  /* NULL: json_why says why; only read when a rule asks */
    const char *json_why;
    struct run *run; /* for the expressions; NULL in tests without them */
    struct wall now;
};
struct http_finding http_judge(const struct http_conf *conf,
                               const struct http_facts *facts, struct arena *arena);

/* http_health.c: {"status": …, "services": {name: {status, error}}}. False and ret_why when json is no such thing. */
bool http_health_read(const json_t *json, struct arena *arena,
                      struct http_health *ret_health, const char **ret_why);

/* http_trace.c */
void http_trace(struct http_walk *w, const struct reply *reply);

/* http_emit.c */
extern const struct metric *const http_metrics[];
void http_report(struct run *run);
/* http.c: the deadline came: what had come by then is kept. */
void http_interrupted(struct run *run);

/* http_vars.c */
extern const struct var http_vars[];
extern const struct var http_cel_vars[];
const json_t *http_walk_json(struct http_walk *w, const char **ret_why);
/* The current item's, else the one that decides. */
struct http_walk *http_walk_of(struct run *run);

#endif
