/* SPDX-License-Identifier: Apache-2.0 */
/* What the mcp probe says and understands, which schemas mean the same, and how drift is told. No server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/runner.h"
#include "probes/mcp.h"

/* ---- a run without a server ---- */

struct stage {
    struct arena *arena;
    struct mcp_conf conf;
    struct mcp_state s;
};

static char replies[2000]; /* of the run under way: what was sent to the server */

static void keep_reply(struct mcp_state *s, enum mcp_kind kind, struct bytes text)
{
    assert_int_equal(kind, MCP_RESPONSE);
    snprintf(replies + strlen(replies), sizeof(replies) - strlen(replies), "%.*s\n",
             (int)text.len, text.ptr);
}

static const char *peer(const struct mcp_state *s)
{
    return "it";
}

static enum mcp_taken last_heard;

static void note_heard(struct mcp_state *s, enum mcp_taken taken, struct bytes text,
                       const struct err *e)
{
    last_heard = taken;
}

static const struct mcp_way stage_way = {
    .send = keep_reply, .peer = peer, .heard = note_heard};

static enum mcp_taken hear(struct stage *stage, const char *text)
{
    mcp_hear(&stage->s, bytes_of(text));
    return last_heard;
}

static void stage_init(struct stage *stage, enum mcp_step step)
{
    *stage = (struct stage){
        .arena = arena_create(0),
        .conf = {.max_size = 10000, .max_tools = 5, .lock = "", .arguments = "{}"}};
    stage->s = (struct mcp_state){.run = runner_blank(stage->arena, NULL, NULL),
                                  .conf = &stage->conf,
                                  .way = &stage_way,
                                  .step = step,
                                  .revision = MCP_2025_11_25,
                                  .session = "",
                                  .text = "",
                                  .finding = {.health = HEALTH_UP, .detail = ""}};
    replies[0] = '\0';
}

static json_t *json_of(struct stage *stage, const char *text)
{
    struct err e = {0};
    json_t *root = json_read(stage->arena, bytes_of(text), 100000, &e);
    if (!root)
        fail_msg("%s: %s", text, e.text);
    return root;
}

/* ---- messages ---- */

static void test_what_we_say(void **state)
{
    static const struct {
        enum mcp_step step;
        enum mcp_revision revision;
        const char *cursor, *text;
    } cases[] = {
        {MCP_STEP_INITIALIZE, MCP_2025_06_18, NULL,
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
         "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{"
         "\"name\":\"healthd\",\"version\":\"" HEALTHD_VERSION "\"}}}"},
        {MCP_STEP_INITIALIZED, MCP_2025_06_18, NULL,
         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"},
        {MCP_STEP_LIST, MCP_2025_06_18, NULL,
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}"},
        {MCP_STEP_LIST, MCP_2025_06_18, "p\"2",
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{"
         "\"cursor\":\"p\\\"2\"}}"},
        {MCP_STEP_CALL, MCP_2025_06_18, NULL,
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
         "\"name\":\"t\",\"arguments\":{}}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stage stage;
        stage_init(&stage, cases[i].step);
        stage.conf.call.tool = "t";
        stage.s.revision = cases[i].revision;
        stage.s.cursor = cases[i].cursor;
        assert_string_equal(mcp_text_of_step(&stage.s).ptr, cases[i].text);
        arena_destroy(stage.arena);
    }
}

/* Without a session each request carries what a session would have settled, and is still JSON. */
static void test_what_we_say_without_a_session(void **state)
{
    static const enum mcp_step steps[] = {MCP_STEP_DISCOVER, MCP_STEP_LIST,
                                          MCP_STEP_CALL};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct stage stage;
        stage_init(&stage, steps[i]);
        stage.conf.call.tool = "t";
        stage.s.revision = MCP_2026_07_28;
        stage.s.cursor = "c";
        const json_t *said = json_of(&stage, mcp_text_of_step(&stage.s).ptr);
        const json_t *meta = json_follow(said, "params._meta", stage.arena, NULL);
        assert_string_equal(json_string_value(json_object_get(
                                meta, "io.modelcontextprotocol/protocolVersion")),
                            "2026-07-28");
        arena_destroy(stage.arena);
    }
}

static void test_what_comes(void **state)
{
    static const struct {
        const char *text;
        enum mcp_taken taken;
        const char *replies;
    } cases[] = {
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", MCP_IS_RESPONSE, ""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-1,\"message\":\"x\"}}",
         MCP_IS_RESPONSE, ""},
        {"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700}}", MCP_IS_RESPONSE,
         ""},
        {"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}", MCP_TAKEN, ""},
        {"{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}", MCP_TAKEN, ""},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}", MCP_TAKEN, ""},
        {"{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":\"ping\"}", MCP_TAKEN,
         "{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"result\":{}}\n"},
        {"[{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"},"
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]",
         MCP_IS_RESPONSE, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n"},
        {"[]", MCP_TAKEN, ""},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"result\":{}}", MCP_IS_NONSENSE, ""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", MCP_IS_NONSENSE, ""},
        {"{\"id\":1,\"result\":{}}", MCP_IS_NONSENSE, ""},
        {"Listening on port 8080", MCP_IS_NONSENSE, ""},
        {"null", MCP_IS_NONSENSE, ""},
        {"", MCP_IS_NONSENSE, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stage stage;
        stage_init(&stage, MCP_STEP_LIST);
        stage.s.id = 1;
        if (hear(&stage, cases[i].text) != cases[i].taken)
            fail_msg("%s", cases[i].text);
        assert_string_equal(replies, cases[i].replies);
        assert_true((stage.s.response != NULL) == (cases[i].taken == MCP_IS_RESPONSE));
        arena_destroy(stage.arena);
    }
}

static void test_requests_are_refused_and_floods_end(void **state)
{
    static const char *const note =
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}";
    struct stage stage;
    stage_init(&stage, MCP_STEP_LIST);
    hear(&stage, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"roots/list\"}");
    assert_non_null(strstr(replies, "\"id\":3,\"error\":{\"code\":-32601"));
    for (size_t i = 1; i < MCP_MAX_MESSAGES; i++)
        assert_int_equal(hear(&stage, note), MCP_TAKEN);
    assert_int_equal(hear(&stage, note), MCP_TOO_MANY);
    arena_destroy(stage.arena);
}

/* ---- schemas ---- */

static void test_schemas_that_mean_the_same(void **state)
{
    static const struct {
        const char *schema, *bare;
    } cases[] = {
        {"{\"type\":\"object\",\"title\":\"T\",\"$schema\":\"s\",\"description\":\"d\"}",
         "{\"type\":\"object\"}"},
        {"{\"properties\":{\"title\":{\"type\":\"string\",\"title\":\"x\"},"
         "\"description\":{}}}",
         "{\"properties\":{\"description\":{},\"title\":{\"type\":\"string\"}}}"},
        {"{\"required\":[\"b\",\"a\"]}", "{\"required\":[\"a\",\"b\"]}"},
        {"{\"required\":[\"b\",1]}", "{\"required\":[\"b\",1]}"},
        {"{\"enum\":[{\"title\":\"kept\"}],\"default\":{\"description\":\"kept\"}}",
         "{\"default\":{\"description\":\"kept\"},\"enum\":[{\"title\":\"kept\"}]}"},
        {"{\"anyOf\":[{\"type\":\"null\",\"title\":\"N\"},{\"items\":{\"title\":\"I\"}}]"
         "}",
         "{\"anyOf\":[{\"type\":\"null\"},{\"items\":{}}]}"},
        {"true", "true"},
    };
    struct stage stage;
    stage_init(&stage, MCP_STEP_LIST);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *bare = mcp_schema_bare(json_of(&stage, cases[i].schema));
        assert_string_equal(mcp_schema_text(bare, stage.arena), cases[i].bare);
        json_decref(bare);
    }
    arena_destroy(stage.arena);
}

static void test_values_against_schemas(void **state)
{
    static const struct {
        const char *schema, *value, *fault;
    } cases[] = {
        {"{\"type\":\"object\",\"required\":[\"a\"]}", "{\"a\":null}", NULL},
        {"{\"type\":\"object\",\"required\":[\"a\"]}", "{}",
         "structured has no 'a', which is required"},
        {"{\"type\":\"array\"}", "{}", "structured is object, the schema says \"array\""},
        {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
        {"{\"type\":\"number\"}", "1", NULL},
        {"{\"type\":\"integer\"}", "2.0", NULL},
        {"{\"type\":\"integer\"}", "2.5",
         "structured is number, the schema says \"integer\""},
        {"{\"properties\":{\"a\":{\"items\":{\"type\":\"string\"}}}}",
         "{\"a\":[\"x\",1]}", "structured.a[1] is integer, the schema says \"string\""},
        {"{\"$ref\":\"#/x\"}", "1", NULL},
        {"{}", "[]", NULL},
    };
    struct stage stage;
    stage_init(&stage, MCP_STEP_LIST);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *fault =
            mcp_schema_fault(json_of(&stage, cases[i].schema),
                             json_of(&stage, cases[i].value), stage.arena);
        if (!cases[i].fault)
            assert_null(fault);
        else
            assert_string_equal(fault ? fault : "(none)", cases[i].fault);
    }
    arena_destroy(stage.arena);
}

/* ---- drift ---- */

/* {"name": {schema}, …} as tools. */
static struct mcp_tools tools_of(struct stage *stage, const char *text)
{
    const json_t *map = json_of(stage, text);
    struct mcp_tool *items =
        arena_alloc(stage->arena, (json_object_size(map) + 1) * sizeof(*items));
    size_t count = 0;
    const char *name;
    json_t *schema;
    json_object_foreach ((json_t *)(uintptr_t)map, name, schema)
        items[count++] =
            (struct mcp_tool){.name = name, .description = "", .input = schema};
    struct mcp_tools tools = {items, count};
    mcp_tools_sort(&tools);
    return tools;
}

static void test_drift(void **state)
{
    static const struct {
        const char *was, *is, *told; /* "!": breaking */
    } cases[] = {
        {"{\"a\":{}}", "{\"a\":{}}", ""},
        {"{\"a\":{\"type\":\"object\"}}", "{\"b\":{\"type\":\"object\"}}",
         "!tool 'a' is now called 'b'|"},
        {"{\"a\":{\"x\":1}}", "{\"b\":{\"x\":2}}", "!tool 'a' is gone|tool 'b' is new|"},
        {"{\"a\":{},\"b\":{}}", "{\"c\":{}}",
         "!tool 'a' is now called 'c'|!tool 'b' is gone|"},
        {"{\"a\":{\"properties\":{\"p\":{\"type\":\"string\"}}}}",
         "{\"a\":{\"properties\":{\"q\":{}},\"required\":[\"q\"]}}",
         "!tool 'a': parameter 'p' is gone|!tool 'a': parameter 'q' is new and "
         "required|"},
        {"{\"a\":{\"properties\":{\"p\":{}},\"required\":[\"p\"]}}",
         "{\"a\":{\"properties\":{\"p\":{}},\"required\":[]}}",
         "tool 'a': parameter 'p' is optional now|"},
        {"{\"a\":{\"properties\":{\"p\":{\"enum\":[1,2]}}}}",
         "{\"a\":{\"properties\":{\"p\":{\"enum\":[2,3]}}}}",
         "!tool 'a': parameter 'p' takes 1 no more|tool 'a': parameter 'p' may also be "
         "3|"},
        {"{\"a\":{\"properties\":{\"p\":{}}}}",
         "{\"a\":{\"properties\":{\"p\":{\"enum\":[1]}}}}",
         "!tool 'a': parameter 'p' is now one of a fixed list of values|"},
        {"{\"a\":{\"properties\":{\"p\":{\"properties\":{\"q\":{\"maximum\":9}}}}}}",
         "{\"a\":{\"properties\":{\"p\":{\"properties\":{\"q\":{\"maximum\":5}}}}}}",
         "!tool 'a': parameter 'p.q' has maximum 5, it was 9|"},
        {"{\"a\":{\"additionalProperties\":true}}", "{\"a\":{}}",
         "!tool 'a': its schema has no additionalProperties any more, it was "
         "true|"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stage stage;
        struct buf told = BUF_MAX(2000);
        stage_init(&stage, MCP_STEP_LIST);
        const struct mcp_lock lock = {tools_of(&stage, cases[i].was)};
        const struct mcp_tools tools = tools_of(&stage, cases[i].is);
        struct mcp_changes *changes = arena_alloc(stage.arena, sizeof(*changes));
        mcp_drift(&lock, &tools, false, stage.arena, changes);
        for (size_t k = 0; k < changes->count; k++)
            buf_printf(&told, "%s%s|", changes->items[k].is_breaking ? "!" : "",
                       changes->items[k].text);
        assert_string_equal(buf_text(&told), cases[i].told);
        buf_finish(&told);
        arena_destroy(stage.arena);
    }
}

/* What was written is read back without any drift, and its digest does not depend on the order of pages. */
static void test_a_lock_is_read_back(void **state)
{
    struct stage stage;
    struct mcp_lock lock;
    struct err e = {0};
    struct buf text = BUF_MAX(10000);
    char one[DIGEST_TEXT_SIZE], other[DIGEST_TEXT_SIZE];
    stage_init(&stage, MCP_STEP_LIST);
    const struct mcp_tools tools =
        tools_of(&stage, "{\"b\":{\"required\":[\"x\"],\"type\":\"object\"},\"a\":{}}");
    mcp_lock_write(&tools, json_of(&stage, "{\"name\":\"n\",\"secret\":1}"), &text);
    assert_true(mcp_lock_parse(buf_bytes(&text), stage.arena, &lock, &e));
    struct mcp_changes *changes = arena_alloc(stage.arena, sizeof(*changes));
    mcp_drift(&lock, &tools, true, stage.arena, changes);
    assert_int_equal(changes->count, 0);
    assert_null(strstr(buf_text(&text), "secret"));
    const struct mcp_tools again =
        tools_of(&stage, "{\"a\":{},\"b\":{\"type\":\"object\",\"required\":[\"x\"]}}");
    mcp_tools_digest(&tools, one);
    mcp_tools_digest(&again, other);
    assert_string_equal(one, other);
    buf_finish(&text);
    arena_destroy(stage.arena);
}

/* Thousands that are all new are told as such, at once: no comparison of each with each. */
static void test_many_tools(void **state)
{
    enum { COUNT = 5000 };
    struct stage stage;
    stage_init(&stage, MCP_STEP_LIST);
    struct mcp_tool *items = arena_alloc(stage.arena, 2 * COUNT * sizeof(*items));
    const json_t *schema = json_of(&stage, "{}");
    for (size_t i = 0; i < 2 * COUNT; i++)
        items[i] = (struct mcp_tool){.name = arena_printf(stage.arena, "t%05zu", i),
                                     .description = "",
                                     .input = schema};
    const struct mcp_lock lock = {{items, COUNT}};
    const struct mcp_tools tools = {items + COUNT, COUNT};
    struct mcp_changes *changes = arena_alloc(stage.arena, sizeof(*changes));
    mcp_drift(&lock, &tools, false, stage.arena, changes);
    assert_int_equal(changes->count, 2 * COUNT);
    assert_int_equal(changes->items[MCP_MAX_CHANGES - 1].kind, MCP_REMOVED);
    arena_destroy(stage.arena);
}

/* ---- findings ---- */

static void test_the_worst_finding_counts(void **state)
{
    struct stage stage;
    stage_init(&stage, MCP_STEP_LIST);
    mcp_find(&stage.s, HEALTH_DEGRADED, REASON_PROTOCOL, "one");
    mcp_find(&stage.s, HEALTH_DEGRADED, REASON_PROTOCOL, "two");
    assert_string_equal(stage.s.finding.detail, "one");
    mcp_find(&stage.s, HEALTH_UNKNOWN, REASON_CONFIG, "three");
    assert_string_equal(stage.s.finding.detail, "three");
    mcp_find(&stage.s, HEALTH_DOWN, REASON_TOOL_MISSING, "four");
    mcp_find(&stage.s, HEALTH_UNKNOWN, REASON_CONFIG, "five");
    assert_string_equal(stage.s.finding.detail, "four");
    arena_destroy(stage.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_we_say),
        cmocka_unit_test(test_what_we_say_without_a_session),
        cmocka_unit_test(test_what_comes),
        cmocka_unit_test(test_requests_are_refused_and_floods_end),
        cmocka_unit_test(test_schemas_that_mean_the_same),
        cmocka_unit_test(test_values_against_schemas),
        cmocka_unit_test(test_drift),
        cmocka_unit_test(test_a_lock_is_read_back),
        cmocka_unit_test(test_many_tools),
        cmocka_unit_test(test_the_worst_finding_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
