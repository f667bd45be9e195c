/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes with servers that are right, and wrong in one way each: the reason, the sentence, and
 * the certificates, which are there in every case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/base/attr.h"
#include "lib/core/conn.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "tests/loopback/pki.h"
#include "tests/loopback/server.h"

struct world {
    struct identity ca, good, expired, early, other, nameless, self, client;
    char *ca_pem, *client_pem, *client_key;
};

struct tls_server {
    const struct identity *id;
    const struct identity *client_ca; /* wants a client certificate */
    const char *greeting;             /* plain text before TLS */
    const char *slipped;              /* plain text after the client's STARTTLS */
    int max_version;
};

struct story {
    struct frame frame;
    struct arena *arena;
    struct dial dial;
    struct conn *conn;
    struct buf got, phases;
    int opens, tls, ends;
    bool starts_tls;
    struct trouble why;
};

static void serve_tls(struct server *s, int fd)
{
    const struct tls_server *how = s->ctx;
    char bytes[256];
    if (how->greeting) {
        (void)!write(fd, how->greeting, strlen(how->greeting));
        (void)!read(fd, bytes, sizeof(bytes));
        (void)!write(fd, "go\n", 3);
        if (how->slipped)
            (void)!write(fd, how->slipped, strlen(how->slipped));
    }
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(ctx, how->id->cert);
    SSL_CTX_use_PrivateKey(ctx, how->id->key);
    if (how->max_version) {
        SSL_CTX_set_max_proto_version(ctx, how->max_version);
        SSL_CTX_set_min_proto_version(ctx, how->max_version);
        SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0");
    }
    if (how->client_ca) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), how->client_ca->cert);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        SSL_write(ssl, "secret\n", 7);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    server_wait_end(fd);
}

static void serve_http(struct server *s, int fd)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    char bytes[2048];
    (void)s;
    (void)!read(fd, bytes, sizeof(bytes));
    (void)!write(fd, answer, sizeof(answer) - 1);
    close(fd);
}

static void serve_end(struct server *s, int fd)
{
    char bytes[2048];
    (void)s;
    (void)!read(fd, bytes, sizeof(bytes));
    close(fd);
}

static void on_phase(void *ctx, enum phase phase)
{
    struct story *s = ctx;
    buf_add_byte(&s->phases, "rctwx"[phase]);
}

static void on_open(void *ctx)
{
    struct story *s = ctx;
    s->opens++;
}

static void on_tls(void *ctx)
{
    struct story *s = ctx;
    s->tls++;
}

static void on_data(void *ctx, struct bytes *in)
{
    struct story *s = ctx;
    struct bytes line;
    while (bytes_line(in, &line)) {
        buf_add_bytes(&s->got, line);
        buf_add_byte(&s->got, '|');
        if (bytes_is(line, "hi"))
            conn_write(s->conn, bytes_of("STARTTLS\n"));
        if (bytes_is(line, "go")) {
            conn_start_tls(s->conn);
            return;
        }
    }
}

static void on_end(void *ctx, const struct trouble *why)
{
    struct story *s = ctx;
    s->ends++;
    if (why)
        s->why = *why;
}

static const struct conn_events events = {
    .phase = on_phase, .open = on_open, .tls = on_tls, .data = on_data, .end = on_end};

static void story_begin(struct story *s, const char *ca)
{
    struct err e = {0};
    *s = (struct story){.got = BUF_MAX(1000), .phases = BUF_MAX(100)};
    s->arena = arena_create(0);
    s->frame.loop = loop_create(&e);
    s->frame.pool = pool_create(s->frame.loop, 1);
    const struct resolver_conf conf = {.resolv_conf = "/nonexistent",
                                       .hosts = "/nonexistent"};
    s->frame.resolver = resolver_create(s->frame.loop, s->frame.pool, &conf, &e);
    s->frame.tls = tls_create(s->frame.pool, &e);
    if (!s->frame.resolver || !s->frame.tls)
        fail_msg("%s", e.text);
    s->dial = (struct dial){
        .host = "localhost", .family = IP_4, .is_tls = true, .tls = {.ca = ca}};
}

static void story_run(struct story *s)
{
    s->conn = conn_open(&s->frame, s->arena, &s->dial, &events, s);
    loop_run(s->frame.loop);
}

static void story_end(struct story *s)
{
    conn_close(s->conn);
    tls_destroy(s->frame.tls);
    resolver_destroy(s->frame.resolver);
    pool_destroy(s->frame.pool, NSEC_PER_SEC);
    loop_destroy(s->frame.loop);
    arena_destroy(s->arena);
    buf_finish(&s->got);
    buf_finish(&s->phases);
}

static int world_make(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->ca = identity_make("Test CA", NULL, NULL, true, -10, 1000);
    w->good = identity_make("good", &w->ca, "DNS:localhost,DNS:*.shop.test,IP:127.0.0.1",
                            false, -1, 90);
    w->expired = identity_make("expired", &w->ca, "DNS:localhost", false, -30, -2);
    w->early = identity_make("early", &w->ca, "DNS:localhost", false, 2, 30);
    w->other = identity_make("localhost", &w->ca, "DNS:shop.example,IP:192.0.2.1", false,
                             -1, 90);
    w->nameless = identity_make("localhost", &w->ca, NULL, false, -1, 90);
    w->self = identity_make("self", NULL, "DNS:localhost", false, -1, 90);
    w->client = identity_make("client", &w->ca, NULL, false, -1, 90);
    w->ca_pem = pem_of(w->ca.cert, NULL);
    w->client_pem = pem_of(w->client.cert, NULL);
    w->client_key = pem_of(NULL, w->client.key);
    *state = w;
    return 0;
}

static int world_free(void **state)
{
    struct world *w = *state;
    struct identity *all[] = {&w->ca,    &w->good,     &w->expired, &w->early,
                              &w->other, &w->nameless, &w->self,    &w->client};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        identity_free(all[i]);
    free(w->ca_pem);
    free(w->client_pem);
    free(w->client_key);
    free(w);
    return 0;
}

static void a_good_server_is_verified(void **state)
{
    static const struct {
        const char *host, *server_name;
        int max_version;
        const char *version;
    } cases[] = {
        {"localhost", "", 0, "TLS 1.3"},
        {"localhost", "a.shop.test", 0, "TLS 1.3"},
        {"127.0.0.1", "", 0, "TLS 1.3"},
        {"localhost.", "", TLS1_2_VERSION, "TLS 1.2"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls_server how = {.id = &w->good, .max_version = cases[i].max_version};
        struct server server = {.ctx = &how};
        struct story s;
        server_start(&server, serve_tls);
        story_begin(&s, w->ca_pem);
        s.dial.host = cases[i].host;
        s.dial.port = server.port;
        s.dial.tls.server_name = cases[i].server_name;
        story_run(&s);
        if (s.opens != 1)
            fail_msg("%s: %s", cases[i].host, s.why.detail);
        const struct tls_peer *peer = conn_peer(s.conn);
        assert_true(peer->verified);
        assert_int_equal(peer->reason, REASON_NONE);
        assert_string_equal(peer->version, cases[i].version);
        assert_int_equal(peer->chain_count, 1);
        assert_string_equal(peer->chain[0].subject, "CN=good");
        assert_string_equal(peer->chain[0].issuer, "CN=Test CA");
        assert_string_equal(peer->chain[0].names, "localhost,*.shop.test");
        assert_string_equal(peer->chain[0].addresses, "127.0.0.1");
        assert_string_equal(peer->chain[0].serial, "0abcde");
        assert_int_equal(strlen(peer->chain[0].fingerprint), 64);
        assert_false(peer->chain[0].is_ca);
        assert_int_equal(peer->earliest_expiry.ns, peer->chain[0].not_after.ns);
        assert_int_equal(peer->chain_expiry.ns, peer->chain[0].not_after.ns);
        assert_string_equal(buf_text(&s.got), "secret|");
        assert_string_equal(buf_text(&s.phases), "rctwx");
        assert_int_equal(s.ends, 1);
        story_end(&s);
        server_stop(&server);
    }
}

static void a_bad_certificate_has_a_reason_and_is_shown(void **state)
{
    struct world *w = *state;
    const struct {
        const struct identity *id;
        enum reason reason;
        const char *part; /* of the sentence */
        const char *host;
    } cases[] = {
        {&w->expired, REASON_TLS_EXPIRED, "the certificate of localhost expired on 20",
         "localhost"},
        {&w->early, REASON_TLS_EXPIRED, "is not valid before 20", "localhost"},
        {&w->other, REASON_TLS_NAME,
         "is not for localhost: it is for shop.example,192.0.2.1", "localhost"},
        {&w->other, REASON_TLS_NAME, "is not for 127.0.0.1", "127.0.0.1"},
        {&w->nameless, REASON_TLS_NAME, "it names no host at all", "localhost"},
        {&w->self, REASON_TLS_UNTRUSTED, "signed by itself", "localhost"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (int skip = 0; skip < 2; skip++) {
            struct tls_server how = {.id = cases[i].id};
            struct server server = {.ctx = &how};
            struct story s;
            server_start(&server, serve_tls);
            story_begin(&s, w->ca_pem);
            s.dial.host = cases[i].host;
            s.dial.port = server.port;
            s.dial.tls.insecure_skip_verify = skip;
            story_run(&s);
            const struct tls_peer *peer = conn_peer(s.conn);
            assert_non_null(peer);
            assert_int_equal(s.opens, skip);
            assert_int_equal(peer->chain_count, 1);
            assert_false(peer->verified);
            assert_int_equal(peer->chain_expiry.ns, 0);
            assert_int_equal(peer->reason, cases[i].reason);
            if (!strstr(peer->why, cases[i].part))
                fail_msg("'%s' lacks '%s'", peer->why, cases[i].part);
            if (!skip) {
                assert_int_equal(s.why.reason, cases[i].reason);
                assert_non_null(strstr(s.why.detail, cases[i].part));
                assert_false(s.why.is_unknown);
            }
            story_end(&s);
            server_stop(&server);
        }
    }
}

static void a_foreign_issuer_is_named(void **state)
{
    struct world *w = *state;
    struct tls_server how = {.id = &w->good};
    struct server server = {.ctx = &how};
    struct story s;
    server_start(&server, serve_tls);
    story_begin(&s, NULL); /* the system's trust */
    s.dial.port = server.port;
    story_run(&s);
    assert_int_equal(s.why.reason, REASON_TLS_UNTRUSTED);
    assert_non_null(
        strstr(s.why.detail, "issued by 'CN=Test CA', which is not trusted here"));
    story_end(&s);
    server_stop(&server);
}

static void servers_that_speak_something_else(void **state)
{
    static const struct {
        void (*serve)(struct server *s, int fd);
        enum reason reason;
        const char *part;
    } cases[] = {
        {serve_http, REASON_NOT_TLS,
         "does not speak TLS: it answered 'HTTP/1.1 400 Bad Request'"},
        {serve_end, REASON_CLOSED, "closed the connection during the TLS handshake"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server server = {0};
        struct story s;
        server_start(&server, cases[i].serve);
        story_begin(&s, w->ca_pem);
        s.dial.port = server.port;
        story_run(&s);
        assert_int_equal(s.why.reason, cases[i].reason);
        if (!strstr(s.why.detail, cases[i].part))
            fail_msg("'%s' lacks '%s'", s.why.detail, cases[i].part);
        story_end(&s);
        server_stop(&server);
    }
}

static void client_certificates_are_wanted_and_given(void **state)
{
    struct world *w = *state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        for (int given = 0; given < 2; given++) {
            struct tls_server how = {
                .id = &w->good, .client_ca = &w->ca, .max_version = version};
            struct server server = {.ctx = &how};
            struct story s;
            server_start(&server, serve_tls);
            story_begin(&s, w->ca_pem);
            s.dial.port = server.port;
            if (given) {
                s.dial.tls.cert = w->client_pem;
                s.dial.tls.key.value = w->client_key;
            }
            story_run(&s);
            if (given) {
                assert_string_equal(buf_text(&s.got), "secret|");
            } else {
                if (s.why.reason != REASON_TLS_CLIENT && version == TLS1_3_VERSION)
                    fail_msg("%d: %s", s.why.reason, s.why.detail);
                assert_true(s.why.reason == REASON_TLS_CLIENT ||
                            s.why.reason == REASON_TLS_HANDSHAKE);
            }
            story_end(&s);
            server_stop(&server);
        }
    }
}

static void old_versions_only_when_asked_for(void **state)
{
    struct world *w = *state;
    for (int asked = 0; asked < 2; asked++) {
        struct tls_server how = {.id = &w->good, .max_version = TLS1_1_VERSION};
        struct server server = {.ctx = &how};
        struct story s;
        server_start(&server, serve_tls);
        story_begin(&s, w->ca_pem);
        s.dial.port = server.port;
        s.dial.tls.min_version = asked ? TLS_VERSION_10 : TLS_VERSION_ANY;
        story_run(&s);
        if (asked) {
            if (!s.opens)
                fail_msg("%s", s.why.detail);
            assert_string_equal(conn_peer(s.conn)->version, "TLS 1.1");
        } else {
            assert_int_equal(s.why.reason, REASON_TLS_HANDSHAKE);
            assert_non_null(strstr(s.why.detail, "TLS versions"));
        }
        story_end(&s);
        server_stop(&server);
    }
}

static void plain_text_can_become_tls(void **state)
{
    struct world *w = *state;
    static const char *const slipped[] = {NULL, "injected\n"};
    for (size_t i = 0; i < ARRAY_LEN(slipped); i++) {
        struct tls_server how = {
            .id = &w->good, .greeting = "hi\n", .slipped = slipped[i]};
        struct server server = {.ctx = &how};
        struct story s;
        server_start(&server, serve_tls);
        story_begin(&s, w->ca_pem);
        s.dial.port = server.port;
        s.dial.is_tls = false;
        story_run(&s);
        assert_int_equal(s.opens, 1);
        if (slipped[i]) { /* seen before the handshake, or as its garbled answer */
            assert_int_equal(s.tls, 0);
            assert_true(s.why.reason == REASON_PROTOCOL ||
                        s.why.reason == REASON_NOT_TLS);
        } else {
            assert_int_equal(s.tls, 1);
            assert_string_equal(buf_text(&s.got), "hi|go|secret|");
            assert_string_equal(buf_text(&s.phases), "rcwxtwx");
        }
        story_end(&s);
        server_stop(&server);
    }
}

static void bad_configuration_is_said(void **state)
{
    struct world *w = *state;
    const struct {
        struct tls_conf conf;
        const char *part;
    } cases[] = {
        {{.ca_file = "/nonexistent/ca.pem"}, "/nonexistent/ca.pem: No such file"},
        {{.ca = "junk"}, "expected certificates in PEM form"},
        {{.cert = w->client_pem}, "cert needs key or key_file as well"},
        {{.key.value = w->client_key}, "key needs cert or cert_file as well"},
        {{.cert = w->ca_pem, .key.value = w->client_key},
         "the key is not that of the certificate"},
        {{.cert = w->client_pem, .key.value = "junk"}, "expected a private key"},
        {{.ca = w->ca_pem, .ca_file = "/x"}, "ca and ca_file are both set"},
        {{.min_version = TLS_VERSION_13, .max_version = TLS_VERSION_12},
         "min_version is newer"},
        {{.alpn = {(const char *const[]){""}, 1}}, "tls_config.alpn"},
    };
    struct story s;
    story_begin(&s, NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        assert_null(tls_context(s.frame.tls, &cases[i].conf, (struct wall){1}, &e));
        if (!strstr(e.text, cases[i].part))
            fail_msg("'%s' lacks '%s'", e.text, cases[i].part);
    }
    loop_run(s.frame.loop);
    story_end(&s);
}

static void contexts_are_shared_until_a_file_changes(void **state)
{
    struct world *w = *state;
    char path[] = "/tmp/healthd-ca-XXXXXX";
    struct story s;
    struct err e = {0};
    const int fd = mkstemp(path);
    assert_true(write(fd, w->ca_pem, strlen(w->ca_pem)) > 0);
    story_begin(&s, NULL);
    const struct wall now = {1000 * NSEC_PER_SEC};
    const struct tls_conf a = {.ca_file = path, .server_name = "a"};
    const struct tls_conf b = {.ca_file = path, .server_name = "b", .ca = ""};
    SSL_CTX *first = tls_context(s.frame.tls, &a, now, &e);
    assert_non_null(first);
    assert_ptr_equal(tls_context(s.frame.tls, &b, now, &e), first);
    SSL_CTX_up_ref(first); /* so that the next one cannot have its address */
    assert_true(write(fd, w->client_pem, strlen(w->client_pem)) > 0);
    assert_ptr_equal(tls_context(s.frame.tls, &a, now, &e),
                     first); /* looked at this second */
    const struct wall later = wall_add(now, 2 * NSEC_PER_SEC);
    SSL_CTX *second = tls_context(s.frame.tls, &a, later, &e);
    assert_ptr_not_equal(second, first);
    assert_int_equal(ftruncate(fd, 0), 0);
    const struct wall last = wall_add(later, 2 * NSEC_PER_SEC);
    assert_ptr_equal(tls_context(s.frame.tls, &a, last, &e),
                     second); /* a bad file keeps the old */
    SSL_CTX_free(first);
    loop_run(s.frame.loop);
    story_end(&s);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_server_is_verified),
        cmocka_unit_test(a_bad_certificate_has_a_reason_and_is_shown),
        cmocka_unit_test(a_foreign_issuer_is_named),
        cmocka_unit_test(servers_that_speak_something_else),
        cmocka_unit_test(client_certificates_are_wanted_and_given),
        cmocka_unit_test(old_versions_only_when_asked_for),
        cmocka_unit_test(plain_text_can_become_tls),
        cmocka_unit_test(bad_configuration_is_said),
        cmocka_unit_test(contexts_are_shared_until_a_file_changes),
    };
    return cmocka_run_group_tests_name("tls", tests, world_make, world_free);
}
