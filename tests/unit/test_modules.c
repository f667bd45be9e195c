/* SPDX-License-Identifier: Apache-2.0 */
/* Files of blackbox_exporter, read by the real probe types: every key of its http and tcp probers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/config/generation.h"

static const char http_module[] =
    "modules:\n"
    "  everything:\n"
    "    prober: http\n"
    "    timeout: 5s\n"
    "    http:\n"
    "      valid_status_codes: [200, 204]\n"
    "      valid_http_versions: [\"HTTP/1.1\", \"HTTP/2.0\"]\n"
    "      method: POST\n"
    "      headers: {Content-Type: application/json, Host: shop.example.com}\n"
    "      body: '{}'\n"
    "      body_size_limit: 1MB\n"
    "      compression: gzip\n"
    "      follow_redirects: false\n"
    "      fail_if_ssl: false\n"
    "      fail_if_not_ssl: false\n"
    "      fail_if_body_matches_regexp: [\"no database\"]\n"
    "      fail_if_body_not_matches_regexp: [ok]\n"
    "      fail_if_header_matches:\n"
    "        - {header: Set-Cookie, regexp: '.*', allow_missing: true}\n"
    "      fail_if_header_not_matches:\n"
    "        - {header: Content-Type, regexp: json}\n"
    "      preferred_ip_protocol: ip4\n"
    "      ip_protocol_fallback: false\n"
    "      skip_resolve_phase_with_proxy: true\n"
    "      enable_http2: true\n"
    "      basic_auth: {username: u, password: mysecret}\n"
    "      proxy_url: \"http://proxy.example.com:3128\"\n"
    "      no_proxy: localhost\n"
    "      tls_config: {insecure_skip_verify: true, server_name: x, min_version: "
    "TLS12}\n";

static const char tcp_module[] =
    "modules:\n"
    "  connect: {prober: tcp}\n"
    "  irc:\n"
    "    prober: tcp\n"
    "    timeout: 5s\n"
    "    tcp:\n"
    "      preferred_ip_protocol: ip4\n"
    "      source_ip_address: 127.0.0.1\n"
    "      query_response:\n"
    "        - send: \"NICK prober\"\n"
    "        - {expect: 'PING :([^ ]+)', send: 'PONG ${1}'}\n"
    "        - {expect: '^:(?P<server>[^ ]+) 001', send: 'QUIT ${server}'}\n"
    "  smtp:\n"
    "    prober: tcp\n"
    "    tcp:\n"
    "      query_response:\n"
    "        - {expect: '^220 '}\n"
    "        - {send: \"EHLO prober\\r\"}\n"
    "        - {starttls: true}\n"
    "      tls_config: {insecure_skip_verify: false}\n";

static const struct {
    const char *text, *fault; /* NULL: it loads */
} cases[] = {
    {http_module, NULL},
    {tcp_module, NULL},
    {"modules: {a: {prober: icmp, icmp: {ttl: 9, dont_fragment: true}}}", NULL},
    {"modules: {a: {prober: icmp, icmp: {ttl: 256}}}", "option 'ttl'"},
    {"modules: {a: {prober: dns, dns: {query_name: x, query_type: SOA}}}", NULL},
    {"modules: {a: {prober: dns, dns: {server: 10.0.0.2}}}", NULL},
    {"modules: {a: {prober: dns}}", "there is no name to ask for"},
    {"modules: {a: {prober: unix}}", "the prober 'unix' is not supported yet"},
    {"modules: {a: {prober: http, timeout: 5}}", "option 'timeout'"},
    {"modules: {a: {prober: http, http: {valid_status_code: [200]}}}",
     "unknown key 'valid_status_code'"},
    {"modules: {a: {prober: http, http: {fail_if_body_matches_regexp: ['(']}}}",
     "option 'fail_if_body_matches_regexp'"},
    {"modules: {a: {prober: http, http: {preferred_ip_protocol: ip5}}}",
     "'ip5' is none of"},
    {"modules: {a: {prober: http, http: {body_size_limit: 100}}}",
     "option 'body_size_limit'"},
    {"modules: {a: {prober: http, http: {fail_if_header_matches: [{regexp: x}]}}}",
     "'header' is missing"},
    {"modules: {a: {prober: http, http: {body: x, body_file: y}}}", "http: "},
    {"modules: {a: {prober: tcp, tcp: {query_response: [{expect: '(?P<'}]}}}",
     "option 'expect'"},
};

static void modules_load_or_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct diag *d = diag_create(arena);
        struct secrets *secrets = secrets_create();
        struct generation *g = generation_parse("t", bytes_of(cases[i].text), secrets, d);
        const struct diagnosis *first = diag_first(d);
        if (!cases[i].fault && !g)
            fail_msg("case %zu: %d:%d %s", i, first->at.line, first->at.column,
                     first->text);
        if (cases[i].fault && (g || !strstr(first->text, cases[i].fault)))
            fail_msg("case %zu: said '%s'", i, first ? first->text : "nothing");
        generation_unref(g);
        secrets_destroy(secrets);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modules_load_or_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
