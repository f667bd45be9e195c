/* SPDX-License-Identifier: Apache-2.0 */
/*
 * E-mail by SMTP: text and HTML, one thread for what belongs together, and a Message-ID that stays the same however
 * often a notice is tried. A recipient who is refused is told of, and does not keep the others from it.
 */
#include "alerts/notify_email.h"

#include <string.h>

#include "alerts/notify_facts.h"
#include "alerts/severity.h"
#include "lib/base/attr.h"
#include "lib/core/headers.h"
#include "lib/core/url.h"

enum {
    RECIPIENTS_MAX = 100,
    SUBJECT_MAX_BYTES = 200,
    TO_MAX_BYTES = 800, /* of the header: a line may have 998 */
    TEXT_MAX_BYTES = 100 << 10,
    DEGRADED_MAX_BYTES = 1800,
    PORT_TLS = 465
};

enum { TLS_BY_PORT, TLS_STARTTLS, TLS_FROM_START, TLS_NONE };

struct email_conf {
    const char *smarthost, *from, *username, *hello;
    struct texts to;
    struct secret password;
    int tls_mode, auth;
    struct pairs headers;
    struct tls_conf tls;
};

/* ---- configuration ---- */

static enum mail_tls tls_of(const struct email_conf *c, int port)
{
    switch (c->tls_mode) {
    case TLS_STARTTLS:
        return MAIL_STARTTLS;
    case TLS_FROM_START:
        return MAIL_TLS;
    case TLS_NONE:
        return MAIL_PLAIN;
    default:
        return port == PORT_TLS ? MAIL_TLS : MAIL_STARTTLS;
    }
}

static bool smarthost_read(const struct email_conf *c, struct arena *arena,
                           struct url *ret, struct err *e)
{
    struct err ignored;
    const char *text = arena_printf(arena, "smtp://%s", c->smarthost);
    if (strpbrk(c->smarthost, "/@ ") || !url_parse(arena, text, ret, &ignored) ||
        !ret->has_port)
        return err_set(e, "'smarthost' must be host:port, such as smtp.example.com:587");
    return true;
}

static bool recipients_validate(const struct email_conf *c, struct arena *arena,
                                struct err *e)
{
    if (c->to.count == 0 || c->to.count > RECIPIENTS_MAX)
        return err_set(e, "'to' has %zu addresses; it may have 1 to %d", c->to.count,
                       RECIPIENTS_MAX);
    for (size_t i = 0; i < c->to.count; i++) {
        if (!email_address(c->to.items[i], arena, e))
            return err_wrap(e, "'to'");
    }
    return true;
}

static bool email_validate(const void *conf, struct arena *arena, struct err *e)
{
    const struct email_conf *c = conf;
    struct url host = {0};
    if (!smarthost_read(c, arena, &host, e) || !recipients_validate(c, arena, e))
        return false;
    if (!email_address(c->from, arena, e))
        return err_wrap(e, "'from'");
    if (!*c->hello || strpbrk(c->hello, "/?# \r\n"))
        return err_set(e, "'hello' must be a host's name");
    if (!*c->username != !*c->password.value)
        return err_set(e, "'username' and 'password' go together");
    if (*c->username && tls_of(c, host.port) == MAIL_PLAIN)
        return err_set(e, "with `tls: none` the password would go over the network for "
                          "everybody to read");
    return true;
}

/* ---- the message ---- */

/* What may stand in a Message-ID on both sides of its @. */
static const char *id_fit(const char *text, const char *otherwise, struct arena *arena)
{
    static const char fit[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    char *copy = arena_strdup(arena, text && *text ? text : otherwise);
    for (char *at = copy; *at; at++) {
        if (!strchr(fit, *at))
            *at = '-';
    }
    return copy;
}

/* Of the thread: a message that was never sent, which all that is sent answers to. */
static const char *thread_id(const struct notice *n, struct arena *arena)
{
    return arena_printf(arena, "%.60s@%.100s", id_fit(n->dedup_key, "lane", arena),
                        id_fit(n->site, "healthd", arena));
}

static const char *recipients_shown(const struct email_conf *c, struct arena *arena)
{
    struct buf out = BUF_MAX(TO_MAX_BYTES);
    for (size_t i = 0; i < c->to.count; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", email_shown(c->to.items[i], arena));
    const char *text =
        out.overflow ? "undisclosed-recipients:;" : arena_strdup(arena, buf_text(&out));
    buf_finish(&out);
    return text;
}

static bool is_urgent(const struct notice *n)
{
    return severity_is_critical(n->severity) &&
           (n->kind == NOTICE_TRIGGER || n->kind == NOTICE_UPDATE ||
            n->kind == NOTICE_REMINDER);
}

static struct pairs message_headers(const struct email_conf *c, const struct notice *n,
                                    struct arena *arena)
{
    struct headers h = headers_in(arena);
    headers_add_all(&h, &c->headers);
    const char *thread = arena_printf(arena, "<%s>", thread_id(n, arena));
    headers_put(&h, "Date", email_date(n->made, arena));
    headers_put(&h, "From", email_shown(c->from, arena));
    headers_put(&h, "To", recipients_shown(c, arena));
    headers_put(&h, "Subject",
                email_encoded(notice_subject(n, arena, SUBJECT_MAX_BYTES), arena));
    /* The outbox's number alone would come again after its file was lost. */
    headers_put(&h, "Message-ID",
                arena_printf(arena, "<%llu.%lld.%s>", (unsigned long long)n->id,
                             (long long)(n->made.ns / NSEC_PER_MSEC),
                             thread_id(n, arena)));
    headers_put(&h, "In-Reply-To", thread);
    headers_put(&h, "References", thread);
    headers_put(&h, "Auto-Submitted", "auto-generated");
    headers_put(&h, "X-Auto-Response-Suppress", "All");
    headers_put(&h, "X-Healthd-Status", notice_state_word(n));
    if (n->alert_count == 1)
        headers_put(
            &h, "X-Healthd-Fingerprint",
            arena_printf(arena, "%016llx", (unsigned long long)n->alerts[0].fingerprint));
    if (is_urgent(n)) {
        headers_put(&h, "Importance", "high");
        headers_put(&h, "X-Priority", "1");
    }
    return headers_pairs(&h);
}

static struct texts envelope_of(const struct email_conf *c, struct arena *arena)
{
    struct err ignored;
    const char **list = arena_alloc(arena, (c->to.count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < c->to.count; i++) {
        const char *address = email_address(c->to.items[i], arena, &ignored);
        if (address)
            list[count++] = address;
    }
    return (struct texts){list, count};
}

static void email_render(const void *conf, const struct notice *n,
                         const struct attempt *a, struct arena *arena,
                         struct request *ret)
{
    const struct email_conf *c = conf;
    struct url host = {0};
    struct err ignored;
    (void)smarthost_read(c, arena, &host, &ignored);
    const char *from = email_address(c->from, arena, &ignored);
    struct mail *mail = arena_alloc(arena, sizeof(*mail));
    *mail = (struct mail){
        .from = from ? from : "",
        .to = envelope_of(c, arena),
        .text = notice_body_text(n, a, arena,
                                 a->is_degraded ? DEGRADED_MAX_BYTES : TEXT_MAX_BYTES),
        .html = a->is_degraded ? "" : email_html(n, a, arena),
        .tls = tls_of(c, host.port),
        .auth = (enum mail_auth)c->auth,
    };
    *ret = (struct request){
        .url = arena_printf(arena, "%s://%s/%s", mail->tls == MAIL_TLS ? "smtps" : "smtp",
                            c->smarthost, c->hello),
        .mail = mail,
        .headers = message_headers(c, n, arena),
        .username = *c->username ? c->username : NULL,
        .password = c->password,
        .tls = c->tls,
    };
}

/* ---- the server's answer ---- */

/* Of the answers before "354 go ahead", one for each recipient, those that refuse. */
static const char *refused_recipients(const struct email_conf *c,
                                      const struct reply *reply, struct arena *arena)
{
    const struct texts to = envelope_of(c, arena);
    struct buf out = BUF_MAX(400);
    size_t data = 0;
    while (data < reply->headers.count && strcmp(reply->headers.items[data].key, "354"))
        data++;
    if (data == reply->headers.count || data < to.count)
        return NULL;
    for (size_t i = 0; i < to.count; i++) {
        const struct pair *answer = &reply->headers.items[data - to.count + i];
        if (answer->key[0] == '2')
            continue;
        buf_printf(&out, "%s%s (%s %s)", out.len ? ", " : "", to.items[i], answer->key,
                   text_line(answer->value, 100, arena));
    }
    const char *list =
        out.len ? arena_printf(arena, "refused recipients: %s", buf_text(&out)) : NULL;
    buf_finish(&out);
    return list;
}

/* 4xx is for now, 5xx for good; before the mail began it is about us, and an operator's to mend. */
static enum outcome outcome_of_code(const struct reply *reply)
{
    if (reply->status < 500)
        return OUTCOME_RETRY;
    if (reply->reached < PHASE_WAIT || reply->status == 530 || reply->status == 535)
        return OUTCOME_CONFIG;
    return OUTCOME_REJECT;
}

static enum outcome outcome_of_trouble(const struct reply *reply)
{
    switch (reply->trouble.reason) {
    case REASON_NONE:
        return OUTCOME_OK;
    case REASON_STATUS:
        return outcome_of_code(reply);
    case REASON_AUTH:
        return reply->status >= 400 && reply->status < 500 ? OUTCOME_RETRY
                                                           : OUTCOME_CONFIG;
    case REASON_CONFIG:
    case REASON_NOT_TLS:
    case REASON_IS_TLS:
    case REASON_TLS_HANDSHAKE:
    case REASON_TLS_UNTRUSTED:
    case REASON_TLS_EXPIRED:
    case REASON_TLS_NAME:
    case REASON_TLS_CLIENT:
        return OUTCOME_CONFIG;
    default:
        return OUTCOME_RETRY;
    }
}

static void email_judge(const void *conf, const struct notice *n UNUSED,
                        const struct attempt *a UNUSED, const struct reply *reply,
                        struct arena *arena, struct judgement *ret)
{
    const struct email_conf *c = conf;
    const bool is_refused = reply->trouble.reason == REASON_STATUS;
    *ret = (struct judgement){.outcome = outcome_of_trouble(reply), .why = ""};
    ret->never_arrived = reply->reached < PHASE_WAIT || is_refused;
    if (ret->outcome == OUTCOME_OK) {
        ret->warning = refused_recipients(c, reply, arena);
        return;
    }
    ret->why = text_line(reply->trouble.detail, 300, arena);
    if (*c->password.value && strstr(ret->why, c->password.value))
        ret->why = "the mail server refuses the mail, in words that show the password";
}

static struct far_end email_host(const void *conf, struct arena *arena)
{
    struct url host = {0};
    struct err ignored;
    if (!smarthost_read(conf, arena, &host, &ignored))
        return (struct far_end){.host = ""};
    return (struct far_end){.host = host.host, .port = host.port};
}

static const struct opt_choice tls_choices[] = {
    {"starttls", TLS_STARTTLS, "by STARTTLS, or nothing is sent"},
    {"tls", TLS_FROM_START, "from the first byte (smtps)"},
    {"none", TLS_NONE, "in the clear, for a server on this machine"},
    {0},
};

static const struct opt_choice auth_choices[] = {
    {"any", MAIL_AUTH_ANY, "the best that the server offers"},
    {"plain", MAIL_AUTH_PLAIN, "PLAIN"},
    {"login", MAIL_AUTH_LOGIN, "LOGIN"},
    {0},
};

#define OPT_STRUCT struct email_conf
const struct notifier_type notifier_email = {
    .name = "email",
    .summary = "E-mail by SMTP, as text and HTML, in one thread for what belongs "
               "together.",
    .example = "email: {smarthost: \"smtp.example.com:587\", from: hd@example.com, to: "
               "[ops@example.com], username: hd, password: "
               "\"${env:SMTP_PASSWORD:-not-so-secret}\"}",
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("smarthost", smarthost, NULL,
                         "The mail server, as host:port: 587 for STARTTLS, 465 for TLS."),
            OPT_ROW_TEXT("from", from, NULL,
                         "The sender: an address, or Name <address>."),
            OPT_ROW_TEXTS("to", to, NULL, "Who gets it."),
            OPT_ROW_TEXT("username", username, "", "Name to log in with."),
            OPT_ROW_SECRET("password", password, "", "The password that goes with it."),
            OPT_ROW_CHOICE("tls", tls_mode, OPT_NONE, tls_choices,
                           "When it is not written: tls on port 465, else starttls."),
            OPT_ROW_CHOICE("auth", auth, "any", auth_choices, "How to log in."),
            OPT_ROW_TEXT("hello", hello, "localhost",
                         "What this machine calls itself (EHLO)."),
            OPT_ROW_PAIRS("headers", headers, OPT_NONE,
                          "Further headers of the message."),
            OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                            "How TLS is spoken and trusted."),
            {0}},
    .conf_size = sizeof(struct email_conf),
    .backlog = BACKLOG_COALESCE,
    .rate = 1,
    .burst = 5,
    .timeout = 30 * NSEC_PER_SEC,
    .validate = email_validate,
    .render = email_render,
    .judge = email_judge,
    .host = email_host,
};
