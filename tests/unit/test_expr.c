/* SPDX-License-Identifier: Apache-2.0 */
/* lib/core/expr: judgements with their sentences, values as printed, faults with their columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "tests/unit/expr_fixture.h"

static struct wall fixture_now(void)
{
    struct wall now = {0};
    assert_true(wall_parse(bytes_of(FIXTURE_NOW), &now));
    return now;
}

static const struct {
    const char *text;
    enum expr_judgement judgement;
    const char *detail; /* NULL: the expression itself */
} judgements[] = {
    {"status == 200", EXPR_FAILS, "status == 200: status is 503"},
    {"status in [200, 204]", EXPR_FAILS, "status in [200, 204]: status is 503"},
    {"status == 503", EXPR_HOLDS, NULL},
    {"json.status == \"ok\"", EXPR_FAILS,
     "json.status == \"ok\": json.status is \"degraded\""},
    {"timing.total < 800ms", EXPR_FAILS, "timing.total < 800ms: timing.total is 1.24 s"},
    {"json.items[3].id", EXPR_ERROR, "json.items[3].id: json.items has 2 elements"},
    {"json.items[3].id == 4", EXPR_ERROR, "json.items[3].id: json.items has 2 elements"},
    {"body.contains(\"ok\")", EXPR_FAILS,
     "body.contains(\"ok\"): body is \"line one\\nsaid \\\"no\\\"\\x01\\xff and then "
     "went on and on, much longer than any sentence coul…\""},
    {"status >= 500 && json.status == \"ok\" && timing.total < 1s", EXPR_FAILS,
     "json.status == \"ok\": json.status is \"degraded\""},
    {"status == 200 || json.status == \"ok\"", EXPR_FAILS,
     "status == 200 || json.status == \"ok\": status is 503, json.status is "
     "\"degraded\""},
    {"!(status in [500, 503])", EXPR_FAILS, "!(status in [500, 503]): status is 503"},
    {"has(json.nope)", EXPR_FAILS,
     "has(json.nope): json has no \"nope\"; did you mean \"none\"?"},
    {"has(json.error)", EXPR_HOLDS, NULL},
    {"json.error == null", EXPR_HOLDS, NULL},
    {"json.error != null", EXPR_FAILS, "json.error != null: json.error is null"},
    {"json.statu == \"ok\"", EXPR_ERROR,
     "json.statu: json has no \"statu\"; did you mean \"status\"?"},
    {"broken.x == 1", EXPR_ERROR,
     "broken.x: the body is no JSON: '<' at line 1, column 1"},
    {"has(broken.x)", EXPR_ERROR,
     "broken.x: the body is no JSON: '<' at line 1, column 1"},
    {"broken.x == 1 || status == 503", EXPR_HOLDS, NULL},
    {"broken.x == 1 && status == 200", EXPR_FAILS, "status == 200: status is 503"},
    {"broken.x == 1 && status == 503", EXPR_ERROR,
     "broken.x: the body is no JSON: '<' at line 1, column 1"},
    {"status == json.status", EXPR_ERROR,
     "status == json.status: status is a number (503) and json.status is text "
     "(\"degraded\"); write number(…) to read text as a number"},
    {"json.status == 5", EXPR_ERROR,
     "json.status == 5: json.status is text (\"degraded\") and 5 is a number; write "
     "number(…) to read text as a number"},
    {"json.uptime > 5m", EXPR_ERROR,
     "json.uptime > 5m: json.uptime is a number (300) and 5m is a duration; write "
     "duration(…), which reads a number as seconds"},
    {"duration(json.uptime) > 10m", EXPR_FAILS,
     "duration(json.uptime) > 10m: duration(json.uptime) is 5 m"},
    {"duration(json.took) < 100ms", EXPR_FAILS,
     "duration(json.took) < 100ms: duration(json.took) is 250 ms"},
    {"time(json.updated_at) > now", EXPR_FAILS,
     "time(json.updated_at) > now: time(json.updated_at) is 2026-11-21T11:50:00Z, now is "
     "2026-11-21T12:00:00Z"},
    {"age(json.updated_at) < 5m", EXPR_FAILS,
     "age(json.updated_at) < 5m: age(json.updated_at) is 10 m"},
    {"now - json.updated_at < 5m", EXPR_FAILS,
     "now - json.updated_at < 5m: now - json.updated_at is 10 m, json.updated_at is "
     "\"2026-11-21T11:50:00Z\""},
    {"age(json.since) < 1h", EXPR_HOLDS, NULL},
    {"age(json.since_ms) < 1h", EXPR_HOLDS, NULL},
    {"tls.expires_at - now > 14d", EXPR_FAILS,
     "tls.expires_at - now > 14d: tls.expires_at - now is 10 d, tls.expires_at is "
     "2026-12-01T12:00:00Z"},
    {"tls.expires_at < now", EXPR_FAILS,
     "tls.expires_at < now: tls.expires_at is 2026-12-01T12:00:00Z, now is "
     "2026-11-21T12:00:00Z"},
    {"tls.verified", EXPR_FAILS, "tls.verified: tls.verified is false"},
    {"!tls.verified", EXPR_HOLDS, NULL},
    {"json.price * 1.19 < 20.0", EXPR_FAILS,
     "json.price * 1.19 < 20.0: json.price * 1.19 is 29.155, json.price is 24.5"},
    {"json.n == 1234567", EXPR_HOLDS, NULL},
    {"json.price > 24.5", EXPR_FAILS, "json.price > 24.5: json.price is 24.5"},
    {"text(json.id) == \"9007199254740993\"", EXPR_HOLDS, NULL},
    {"json.items.all(i, i.up)", EXPR_FAILS,
     "json.items.all(i, i.up): for json.items[1] i.up is false"},
    {"json.items.exists(i, i.up && i.id > 7)", EXPR_FAILS,
     "json.items.exists(i, i.up && i.id > 7): json.items has 2 elements, none fits"},
    {"json.items.exists(i, i.nope == 1)", EXPR_ERROR,
     "i.nope: i has no \"nope\"; did you mean \"name\"? (i is json.items[0])"},
    {"json.items.all(i, i.up || i.nope)", EXPR_ERROR,
     "i.nope: i has no \"nope\"; did you mean \"name\"? (i is json.items[1])"},
    {"json.services.all(s, json.services[s].status == \"up\")", EXPR_FAILS,
     "json.services.all(s, json.services[s].status == \"up\"): for \"cache\" "
     "json.services[s].status is \"down\""},
    {"json.empty.all(i, i.x)", EXPR_HOLDS, NULL},
    {"json.empty.exists(i, i.x)", EXPR_FAILS,
     "json.empty.exists(i, i.x): json.empty is empty"},
    {"headers[\"content-type\"].contains(\"json\")", EXPR_FAILS,
     "headers[\"content-type\"].contains(\"json\"): headers[\"content-type\"] is "
     "\"text/html\""},
    {"headers[\"Content-Type\"].startsWith(\"text/\")", EXPR_HOLDS, NULL},
    {"headers[\"x-none\"] == \"1\"", EXPR_ERROR,
     "headers[\"x-none\"]: headers has no \"x-none\""},
    {"number(headers.age) < 10", EXPR_FAILS,
     "number(headers.age) < 10: number(headers.age) is 17"},
    {"\"x-none\" in headers", EXPR_FAILS,
     "\"x-none\" in headers: headers has no \"x-none\""},
    {"\"age\" in headers", EXPR_HOLDS, NULL},
    {"\"status\" in json", EXPR_HOLDS, NULL},
    {"\"eu\" in json.tags", EXPR_HOLDS, NULL},
    {"\"us\" in json.tags", EXPR_FAILS,
     "\"us\" in json.tags: json.tags is [\"eu\",\"prod\"]"},
    {"5 in json.tags", EXPR_ERROR,
     "5 in json.tags: 5 is a number, but the first in the list is text (\"eu\")"},
    {"json.tags == [\"eu\", \"prod\"]", EXPR_HOLDS, NULL},
    {"json.tags == [\"eu\"]", EXPR_FAILS,
     "json.tags == [\"eu\"]: json.tags is [\"eu\",\"prod\"]"},
    {"json.tags != json.items", EXPR_HOLDS, NULL},
    {"body_size < 1KiB", EXPR_FAILS, "body_size < 1KiB: body_size is 1.5 KiB"},
    {"body_size == 1536", EXPR_HOLDS, NULL},
    {"body_size / 1KiB == 1.5", EXPR_HOLDS, NULL},
    {"used < 90%", EXPR_FAILS, "used < 90%: used is 95.5%"},
    {"rows[0][0] < 10", EXPR_FAILS, "rows[0][0] < 10: rows[0][0] is 12"},
    {"rows[0][1] == \"stuck\"", EXPR_HOLDS, NULL},
    {"rows[1][0] == 1", EXPR_ERROR, "rows[1][0]: rows has 1 element"},
    {"rows[0][\"x\"] == 1", EXPR_ERROR,
     "rows[0][\"x\"]: rows[0] is a list ([12, \"stuck\"]), it has no \"x\""},
    {"json[\"a-b\"][\"c d\"] == 5", EXPR_HOLDS, NULL},
    {"json[\"a-b\"][\"c e\"] == 5", EXPR_ERROR,
     "json[\"a-b\"][\"c e\"]: json[\"a-b\"] has no \"c e\"; did you mean \"c d\"?"},
    {"json.ok", EXPR_HOLDS, NULL},
    {"status == 503 ? json.ok : false", EXPR_HOLDS, NULL},
    {"status == 503 ? tls.verified : true", EXPR_FAILS,
     "tls.verified: tls.verified is false"},
    {"body.matches(\"^line (one|two)\")", EXPR_HOLDS, NULL},
    {"body.matches(\"ok$\")", EXPR_FAILS,
     "body.matches(\"ok$\"): body is \"line one\\nsaid \\\"no\\\"\\x01\\xff and then "
     "went on and on, much longer than any sentence coul…\""},
    {"body.size() > 1000", EXPR_FAILS, "body.size() > 1000: body.size() is 86"},
    {"json.items.size() == 2", EXPR_HOLDS, NULL},
    {"json.items[0.5].id == 1", EXPR_ERROR,
     "json.items[0.5]: an index is a whole number from 0 on, not 0.5"},
    {"json.items[-1].id == 1", EXPR_ERROR,
     "json.items[-1]: an index is a whole number from 0 on, not -1"},
    {"json.items.id == 1", EXPR_ERROR,
     "json.items.id: json.items is a list "
     "([{\"id\":7,\"up\":true,\"name\":\"a\"},{\"id\":8,\"up\":false,\"name\":\"b\"}]), "
     "it has no \"id\""},
    {"json.status.x == 1", EXPR_ERROR,
     "json.status.x: json.status is text (\"degraded\"), it has no \"x\""},
    {"json.error.x == 1", EXPR_ERROR, "json.error.x: json.error is null"},
    {"json.error[0] == 1", EXPR_ERROR, "json.error[0]: json.error is null"},
    {"json[0] == 1", EXPR_ERROR, "json[0]: json is an object, it has no [0]"},
    {"min(1, 2, json.uptime) == 1", EXPR_HOLDS, NULL},
    {"max(jsonpath(json, \"$..id\")) > 100", EXPR_HOLDS, NULL},
    {"jsonpath(json, \"$.items[?@.up == true].name\") == [\"a\"]", EXPR_HOLDS, NULL},
    {"jsonpath(json, \"$.items[*].up\").all(u, u)", EXPR_FAILS,
     "jsonpath(json, \"$.items[*].up\").all(u, u): for jsonpath(json, "
     "\"$.items[*].up\")[1] u is false"},
    {"lower(\"ABC\") == \"abc\"", EXPR_HOLDS, NULL},
    {"1 / (status - 503) > 0", EXPR_ERROR, "1 / (status - 503): (status - 503) is 0"},
    {"\"a\" + \"b\" == \"ab\"", EXPR_HOLDS, NULL},
    {"json.none.x == 1", EXPR_ERROR, "json.none.x: json.none has no \"x\"; it is empty"},
    {"7 % 4 == 3 && 10%3 == 1 && -7 / 2 == -3.5", EXPR_HOLDS, NULL},
    {"int(\"12\") + int(3.9) == 15", EXPR_HOLDS, NULL},
    {"json.big * 1e300 > 1", EXPR_ERROR, "json.big * 1e300: the result is too large"},
    {"jsonpath(\"{\", \"$.a\") == []", EXPR_ERROR,
     "jsonpath(\"{\", \"$.a\"): \"{\" is no JSON: no JSON at line 1, column 1: string or "
     "'}' expected near end of file"},
    {"status in [json.nope]", EXPR_ERROR,
     "json.nope: json has no \"nope\"; did you mean \"none\"?"},
    {"tls.expires_at == null", EXPR_FAILS,
     "tls.expires_at == null: tls.expires_at is 2026-12-01T12:00:00Z"},
    {"json.a != null", EXPR_ERROR, "json.a: json has no \"a\"; did you mean \"n\"?"},
    {"body.matches(json.status)", EXPR_FAILS,
     "body.matches(json.status): body is \"line one\\nsaid \\\"no\\\"\\x01\\xff and then "
     "went on and on, much longer than any sentence coul…\", json.status is "
     "\"degraded\""},
    {"json.items.all(i, json.items.all(k, json.items.all(l, jsonpath(json, "
     "\"$..*\").size() > 0)))",
     EXPR_HOLDS, NULL},
    {"json.tags[json.status] == 1", EXPR_ERROR,
     "json.tags[json.status]: json.tags is a list ([\"eu\",\"prod\"]), it has no "
     "\"degraded\""},
    {"contains(json.tags, \"eu\") && json.tags.contains(\"us\")", EXPR_FAILS,
     "json.tags.contains(\"us\"): json.tags is [\"eu\",\"prod\"]"},
    {"json.items == 5", EXPR_ERROR,
     "json.items == 5: json.items is a JSON list or object "
     "([{\"id\":7,\"up\":true,\"name\":\"a\"},{\"id\":8,\"up\":false,\"name\":\"b\"}]) "
     "and 5 is a number"},
    {"json.took > 5m", EXPR_ERROR,
     "json.took > 5m: json.took is text (\"250ms\") and 5m is a duration; write "
     "duration(…) to read text such as 1h30m"},
    {"true || broken.x", EXPR_HOLDS, NULL},
    {"false && broken.x", EXPR_FAILS, "false: this is never true"},
    {"json.ok == \"true\"", EXPR_ERROR,
     "json.ok == \"true\": json.ok is a bool (true) and \"true\" is text; write true and "
     "false without quotes, or text(…)"},
    {"text(json.ok) == \"false\"", EXPR_FAILS,
     "text(json.ok) == \"false\": text(json.ok) is \"true\""},
    {"json.items[0] == json.items[1]", EXPR_FAILS,
     "json.items[0] == json.items[1]: json.items[0] is "
     "{\"id\":7,\"up\":true,\"name\":\"a\"}, json.items[1] is "
     "{\"id\":8,\"up\":false,\"name\":\"b\"}"},
    {"size(json.price) > 1", EXPR_ERROR,
     "size(json.price): json.price is a number (24.5); write size(text or list)"},
    {"json.items.exists(i, i.id)", EXPR_ERROR,
     "i.id: i.id is a number (7), not true or false (i is json.items[0])"},
    {"\"a\" in json.n", EXPR_ERROR,
     "\"a\" in json.n: \"a\" is text and json.n is a number (1234567); in looks into a "
     "list, or for a name in a map or object"},
    {"status in [200, \"x\"]", EXPR_FAILS, "status in [200, \"x\"]: status is 503"},
    {"body.contains(5)", EXPR_ERROR,
     "body.contains(5): contains looks for text in text, or for an element in a list"},
    {"body.matches(r\"\\d+\")", EXPR_FAILS,
     "body.matches(r\"\\d+\"): body is \"line one\\nsaid \\\"no\\\"\\x01\\xff and then "
     "went on and on, much longer than any sentence coul…\""},
};

static const struct {
    const char *text;
    enum value_type type;
    const char *printed;
} values[] = {
    {"status", VALUE_NUMBER, "503"},
    {"json.status", VALUE_TEXT, "degraded"},
    {"json.items", VALUE_JSON,
     "[{\"id\":7,\"up\":true,\"name\":\"a\"},{\"id\":8,\"up\":false,\"name\":\"b\"}]"},
    {"json.tags", VALUE_JSON, "[\"eu\",\"prod\"]"},
    {"timing.total", VALUE_DURATION, "1240ms"},
    {"body_size", VALUE_SIZE, "1536B"},
    {"used", VALUE_PERCENT, "95.5%"},
    {"tls.expires_at", VALUE_TIME, "2026-12-01T12:00:00.000Z"},
    {"json.price", VALUE_NUMBER, "24.5"},
    {"json.id", VALUE_NUMBER, "9007199254740993"},
    {"json.big", VALUE_NUMBER, "1e+300"},
    {"json.error", VALUE_NULL, "null"},
    {"rows", VALUE_LIST, "[[12,\"stuck\"]]"},
    {"rows[0]", VALUE_LIST, "[12,\"stuck\"]"},
    {"1 + 2 * 3", VALUE_NUMBER, "7"},
    {"(1 + 2) * 3", VALUE_NUMBER, "9"},
    {"0.1 + 0.2", VALUE_NUMBER, "0.30000000000000004"},
    {"1e21", VALUE_NUMBER, "1e+21"},
    {"1e-7", VALUE_NUMBER, "1e-07"},
    {"-5", VALUE_NUMBER, "-5"},
    {"10 / 4", VALUE_NUMBER, "2.5"},
    {"2h / 30m", VALUE_NUMBER, "4"},
    {"90s * 2", VALUE_DURATION, "3m"},
    {"1h30m + 30s", VALUE_DURATION, "1h30m30s"},
    {"-5m", VALUE_DURATION, "-5m"},
    {"10MiB", VALUE_SIZE, "10MiB"},
    {"1.5KiB * 2", VALUE_SIZE, "3KiB"},
    {"50% + 25%", VALUE_PERCENT, "75%"},
    {"time(\"2026-11-21T11:00:00+02:00\")", VALUE_TIME, "2026-11-21T09:00:00.000Z"},
    {"time(0)", VALUE_TIME, "1970-01-01T00:00:00.000Z"},
    {"age(0)", VALUE_DURATION, "20778d12h"},
    {"now", VALUE_TIME, "2026-11-21T12:00:00.000Z"},
    {"now - 1h", VALUE_TIME, "2026-11-21T11:00:00.000Z"},
    {"duration(1.5)", VALUE_DURATION, "1500ms"},
    {"duration(\"1w\")", VALUE_DURATION, "1w"},
    {"number(\"12.50\")", VALUE_NUMBER, "12.5"},
    {"number(\" 7 \")", VALUE_NUMBER, "7"},
    {"number(5m)", VALUE_NUMBER, "300"},
    {"number(1KiB)", VALUE_NUMBER, "1024"},
    {"number(95%)", VALUE_NUMBER, "0.95"},
    {"number(time(\"1970-01-01T00:01:00Z\"))", VALUE_NUMBER, "60"},
    {"int(-3.9)", VALUE_NUMBER, "-3"},
    {"text(5) + \"!\"", VALUE_TEXT, "5!"},
    {"text(1234567)", VALUE_TEXT, "1234567"},
    {"text(json.items[0])", VALUE_TEXT, "{\"id\":7,\"up\":true,\"name\":\"a\"}"},
    {"upper(\"aé\")", VALUE_TEXT, "Aé"},
    {"lower(\"ABC\")", VALUE_TEXT, "abc"},
    {"trim(\"  x \")", VALUE_TEXT, "x"},
    {"size(\"aé✓\")", VALUE_NUMBER, "3"},
    {"size(json.services)", VALUE_NUMBER, "2"},
    {"min(3, 1, 2)", VALUE_NUMBER, "1"},
    {"max([1s, 2m, 3ms])", VALUE_DURATION, "2m"},
    {"abs(-5)", VALUE_NUMBER, "5"},
    {"abs(-5m)", VALUE_DURATION, "5m"},
    {"\"tab\\tquote\\\"\\x41\\u00e9\\U0001F600\"", VALUE_TEXT, "tab\tquote\"Aé😀"},
    {"'single \\'quoted\\''", VALUE_TEXT, "single 'quoted'"},
    {"r\"raw\\d\"", VALUE_TEXT, "raw\\d"},
    {"jsonpath(json, \"$..id\")", VALUE_LIST, "[9007199254740993,7,8]"},
    {"jsonpath(json, \"$.items[0,1].name\")", VALUE_LIST, "[\"a\",\"b\"]"},
    {"jsonpath(json, \"$.items[-1].name\")", VALUE_LIST, "[\"b\"]"},
    {"jsonpath(json, \"$.tags[::-1]\")", VALUE_LIST, "[\"prod\",\"eu\"]"},
    {"jsonpath(json, \"$.tags[0:1]\")", VALUE_LIST, "[\"eu\"]"},
    {"jsonpath(json, \"$['a-b']['c d']\")", VALUE_LIST, "[5]"},
    {"jsonpath(json, \"$.services.*.status\")", VALUE_LIST, "[\"up\",\"down\"]"},
    {"jsonpath(json, \"$.items[?(@.id > 7)].name\")", VALUE_LIST, "[\"b\"]"},
    {"jsonpath(json, \"$.items[?@.name != 'a'].id\")", VALUE_LIST, "[8]"},
    {"jsonpath(json, \"$.items[?@.nope]\")", VALUE_LIST, "[]"},
    {"jsonpath(json, \"$.nope\")", VALUE_LIST, "[]"},
    {"jsonpath(\"[1, [2, 3]]\", \"$[1][*]\")", VALUE_LIST, "[2,3]"},
    {"jsonpath(json, \"$\")[0].ok", VALUE_BOOL, "true"},
    {"status >= 500 ? \"sick\" : \"well\"", VALUE_TEXT, "sick"},
    {"[1, \"a\", true, null, [2]]", VALUE_LIST, "[1,\"a\",true,null,[2]]"},
};

static const struct {
    const char *text, *error;
} faults[] = {
    {"json.id == 9007199254740992",
     "column 12: 9007199254740992 is too large to be exact (from 2^53 on); compare as "
     "text: text(…) == \"9007199254740992\""},
    {"used > 0.9", "column 1: used is a percentage and 0.9 is a number; write the number "
                   "as a percentage (95%)"},
    {"number(\"x\") > 1", "column 8: \"x\" is no number"},
    {"json.tags[true] == 1",
     "column 11: json.tags is a JSON list or object, it cannot be indexed by a bool"},
    {"stats == 200", "column 1: there is no stats; did you mean status?"},
    {"status = 200", "column 8: '=' is not understood here; write == to compare"},
    {"status == ", "column 11: the expression ends where a value is expected"},
    {"status == 200 and json.ok",
     "column 15: expected an operator or the end, found and; write &&"},
    {"not json.ok", "column 1: expected a value, found not; write !"},
    {"status == \"200\"",
     "column 1: status is a number and \"200\" is text; write the number without quotes"},
    {"status in [\"200\"]", "column 12: status is a number and \"200\" is text"},
    {"status in \"200\"",
     "column 1: status is a number and \"200\" is text; write the number without quotes"},
    {"timing.totl < 1s", "column 1: there is no timing.totl; did you mean timing.total?"},
    {"timing.foo < 1s",
     "column 1: there is no timing.foo; there is timing.total, timing.connect"},
    {"timing < 1s",
     "column 1: there is no timing; there is timing.total, timing.connect"},
    {"foo.bar == 1",
     "column 1: there is no foo.bar; there is status, body, body_size, headers, json, "
     "broken, rows, used, timing.total, timing.connect, tls.expires_at, tls.verified"},
    {"timing.total < 800", "column 1: timing.total is a duration and 800 is a number; "
                           "give it a unit, as in 800ms or 5m"},
    {"timing.total < 800milis", "column 16: 800milis is neither a duration (500ms 15s "
                                "1h30m 14d) nor a size (100B 10MiB)"},
    {"body.status == \"ok\"",
     "column 1: body is text, it has no status; a JSON body is read as json"},
    {"body.size > 3", "column 1: size is a function: write body.size(…)"},
    {"status.size() > 3", "column 1: status is a number; write size(text or list)"},
    {"json.items.length() > 3",
     "column 11: there is no function length; did you mean size?"},
    {"json.items.len() > 3", "column 11: there is no function len; did you mean size?"},
    {"body.contians(\"x\")",
     "column 5: there is no function contians; did you mean contains?"},
    {"body.contains()", "column 1: write text.contains(part) or list.contains(element)"},
    {"body.matches(\"a(\")", "column 14: in the pattern a(: at offset 1, '(': this group "
                             "is not closed: a ')' is missing"},
    {"body.matches(\"\\d\")", "column 15: unknown escape; in a pattern write \\\\ for "
                              "each backslash, or r\"…\" for text without escapes"},
    {"body == 'unclosed", "column 9: this text is not closed: a ' is missing"},
    {"(status == 200", "column 15: the expression ends where ')' is expected"},
    {"status == 200)", "column 14: expected an operator or the end, found )"},
    {"[1, 2", "column 6: the expression ends where ',' or ']' is expected"},
    {"status && json.ok",
     "column 1: status is a number, not true or false; compare it with something"},
    {"1 < 2 < 3", "column 7: comparisons do not chain; write a < b && b < c"},
    {"status =~ \"2..\"",
     "column 8: '=' is not understood here; write text.matches(\"…\")"},
    {"$status == 1",
     "column 1: '$' is not understood here; names stand for themselves, without ${…}"},
    {"${status} == 1",
     "column 1: '$' is not understood here; names stand for themselves, without ${…}"},
    {"status & 1", "column 8: '&' is not understood here; write &&"},
    {"\"a\" < \"b\"", "column 1: \"a\" is text and \"b\" is text; text has no order "
                      "here; number(…), duration(…) and time(…) have"},
    {"json.status < \"b\"", "column 1: json.status is JSON and \"b\" is text; text has "
                            "no order here; number(…), duration(…) and time(…) have"},
    {"json.ok < true", "column 1: json.ok is JSON and true is a bool; only amounts and "
                       "times have an order"},
    {"tls.verified > false", "column 1: tls.verified is a bool and false is a bool; only "
                             "amounts and times have an order"},
    {"tls.verified == 1", "column 1: tls.verified is a bool and 1 is a number; write "
                          "true and false, not 1 and 0"},
    {"headers == 1",
     "column 1: headers is a map and 1 is a number; take one entry: headers[\"name\"]"},
    {"headers.contains(\"x\")",
     "column 1: headers is a map; write text.contains(part) or list.contains(element)"},
    {"headers[0] == \"x\"",
     "column 9: headers is a map, it cannot be indexed by a number"},
    {"rows[\"x\"] == 1", "column 6: rows is a list, it cannot be indexed by text"},
    {"duration(\"5 minutes\") > 1m",
     "column 10: '5 minutes' has the unit 'minutes'; units are y, w, "
     "d, h, m, s, ms, us, ns; did you mean 5m?"},
    {"time(\"yesterday\") < now",
     "column 6: \"yesterday\" is no time such as 2026-11-21T03:04:05Z or Unix seconds"},
    {"jsonpath(json, \"a.b\") == []",
     "column 16: in the JSONPath a.b, at offset 0: a JSONPath starts with $"},
    {"jsonpath(json, \"$.a[\") == []",
     "column 16: in the JSONPath $.a[, at offset 4: expected a name in quotes, a number, "
     "*, or a filter"},
    {"jsonpath(json, \"$[?@.a == b]\") == []",
     "column 16: in the JSONPath $[?@.a == b], at offset 10: expected a number, 'text', "
     "true, false or null"},
    {"has(5)", "column 5: has() asks for something by its path: has(json.name)"},
    {"has(status == 5)",
     "column 5: has() asks for something by its path: has(json.name)"},
    {"json.items.all(i.up)", "column 1: write list.all(x, x.state == \"up\")"},
    {"json.items.all(1, 2)", "column 1: write list.all(x, x.state == \"up\")"},
    {"body.all(i, i)", "column 1: body is text, not a list"},
    {"5m + 10MiB > 1", "column 1: 5m is a duration and 10MiB is a size; + - take two of "
                       "a kind, a time and a duration; * / also a number"},
    {"now + now > now", "column 1: now is a time and now is a time; + - take two of a "
                        "kind, a time and a duration; * / also a number"},
    {"status - \"x\" > 1", "column 1: status is a number and \"x\" is text; + - take two "
                           "of a kind, a time and a duration; * / also a number"},
    {"!status",
     "column 2: status is a number, not true or false; compare it with something"},
    {"-body == 1", "column 1: body is text; - takes a number, duration or percentage"},
    {"json.a..b", "column 8: expected a name (write a[\"b-c\"] for names with other "
                  "characters), found ."},
    {"json. == 1", "column 7: expected a name (write a[\"b-c\"] for names with other "
                   "characters), found =="},
    {"json.5 == 1", "column 5: expected an operator or the end, found .5"},
    {"a ? b", "column 6: the expression ends where ':' (as in a ? b : c) is expected"},
    {"9007199254740993 == 1",
     "column 1: 9007199254740993 is too large to be exact (from 2^53 on); compare as "
     "text: text(…) == \"9007199254740993\""},
    {"12abc == 1", "column 1: 12abc is neither a duration (500ms 15s 1h30m 14d) nor a "
                   "size (100B 10MiB)"},
    {"1e999 == 1", "column 1: 1e999 is no number"},
    {"é == 1", "column 1: 'é' is not understood here"},
    {"body == \"\\q\"", "column 10: unknown escape; in a pattern write \\\\ for each "
                        "backslash, or r\"…\" for text without escapes"},
    {"status ? 1 : 2",
     "column 1: status is a number, not true or false; compare it with something"},
    {"text(headers) == \"\"", "column 6: headers is a map; write text(value)"},
    {"min() == 1", "column 1: write min(a, b, …) or min(list)"},
    {"json.a-b == 1",
     "column 8: there is no b (text is written \"b\"); there is status, body, body_size, "
     "headers, json, broken, "
     "rows, used, timing.total, timing.connect, tls.expires_at, tls.verified"},
    {"json[\"a\" == 1", "column 14: the expression ends where ']' is expected"},
    {"size == 1", "column 1: size is a function: write size(text or list)"},
    {"all == 1",
     "column 1: there is no all (text is written \"all\"); there is status, body, "
     "body_size, headers, json, "
     "broken, rows, used, timing.total, timing.connect, tls.expires_at, tls.verified"},
    {"status == 200;", "column 14: ';' is not understood here"},
    {"json.a[b] == 1",
     "column 8: there is no b (text is written \"b\"); there is status, body, body_size, "
     "headers, json, broken, "
     "rows, used, timing.total, timing.connect, tls.expires_at, tls.verified"},
    {"json.x.exists(a, a.exists(b, b.exists(c, c.exists(d, d.exists(e, e)))))",
     "column 54: exists and all nest at most 4 deep"},
};

static void test_judges_and_says_why(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(judgements); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {{0}};
        const char *detail = NULL;
        const char *expected =
            judgements[i].detail ? judgements[i].detail : judgements[i].text;
        const struct expr *x = expr_compile(arena, judgements[i].text, fixture_vars, &e);
        if (!x)
            fail_msg("%s: %s", judgements[i].text, e.text);
        if (expr_judge(x, NULL, fixture_now(), arena, &detail) != judgements[i].judgement)
            fail_msg("%s: another judgement: %s", judgements[i].text, detail);
        assert_string_equal(detail, expected);
        arena_destroy(arena);
    }
}

static void test_evaluates_and_prints(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {{0}};
        struct value value = {.type = VALUE_NONE};
        struct buf printed = BUF_MAX(4096);
        const struct expr *x = expr_compile(arena, values[i].text, fixture_vars, &e);
        if (!x || !expr_eval(x, NULL, fixture_now(), arena, &value, &e))
            fail_msg("%s: %s", values[i].text, e.text);
        value_print(&value, &printed);
        assert_string_equal(buf_text(&printed), values[i].printed);
        assert_int_equal(value.type, values[i].type);
        if (expr_type(x) != value.type && expr_type(x) != VALUE_JSON)
            fail_msg("%s: compiled as another type", values[i].text);
        buf_finish(&printed);
        arena_destroy(arena);
    }
}

static void test_refuses_with_column_and_advice(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {{0}};
        if (expr_compile(arena, faults[i].text, fixture_vars, &e))
            fail_msg("%s: is compiled", faults[i].text);
        assert_string_equal(e.text, faults[i].error);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judges_and_says_why),
        cmocka_unit_test(test_evaluates_and_prints),
        cmocka_unit_test(test_refuses_with_column_and_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
