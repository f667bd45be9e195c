/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognizes an export of Node-RED and says which HTTP endpoints it has, so that a smoke flow can be written for them.
 * Called by flow_choice.c. Converts nothing.
 */
#include "healthctl/flow_export.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/core/json.h"

enum { ENDPOINTS_SHOWN_MAX = 10 };

static const char *text_of(const json_t *node, const char *key)
{
    const char *text = json_string_value(json_object_get(node, key));
    return text ? text : "";
}

/* An array of nodes, each with id, type and (but for tabs) z or wires. */
static bool is_node_red(const json_t *root)
{
    const json_t *first = json_array_get(root, 0);
    return json_is_string(json_object_get(first, "id")) &&
           json_is_string(json_object_get(first, "type")) &&
           (json_object_get(first, "z") || json_object_get(first, "wires") ||
            !strcmp(text_of(first, "type"), "tab"));
}

/* As a YAML text in double quotes may hold it. */
static void add_quoted(struct buf *out, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c != '"' && c != '\\' && (unsigned char)c >= 0x20)
            buf_add_byte(out, c);
    }
}

/* "/orders/:id" as a flow writes it: "/orders/${id}". */
static void add_path(struct buf *out, const char *path)
{
    while (*path) {
        const size_t len = strcspn(path + 1, "/") + 1;
        const bool is_parameter = path[0] == '/' && path[1] == ':' && len > 2;
        const size_t head = is_parameter ? 2 : 0;
        buf_add_text(out, is_parameter ? "/${" : "");
        add_quoted(out, (struct bytes){path + head, len - head});
        buf_add_text(out, is_parameter ? "}" : "");
        path += len;
    }
}

static void add_endpoint(struct buf *out, const json_t *node)
{
    const char *method = text_of(node, "method"), *name = text_of(node, "name");
    buf_add_text(out, "  - name: \"");
    add_quoted(out, bytes_of(*name ? name : "workflow"));
    buf_add_text(out, "\"\n    http: {method: \"");
    add_quoted(out, bytes_of(*method ? method : "get"));
    buf_add_text(out, "\", url: \"http://127.0.0.1:1880");
    add_path(out, text_of(node, "url"));
    buf_add_text(out, "\"}\n    expect: [status == 200]\n");
}

static void add_endpoints(struct buf *out, const json_t *root)
{
    size_t shown = 0;
    for (size_t i = 0; i < json_array_size(root) && shown < ENDPOINTS_SHOWN_MAX; i++) {
        const json_t *node = json_array_get(root, i);
        if (strcmp(text_of(node, "type"), "http in") != 0)
            continue;
        shown++;
        add_endpoint(out, node);
    }
    if (!shown)
        buf_add_text(out, "  - name: node-red\n    http: \"http://127.0.0.1:1880/\"\n"
                          "    expect: [status == 200]\n");
}

int flow_export_refused(const struct invocation *in, const char *path)
{
    json_error_t ignored;
    json_t *root = json_load_file(path, 0, &ignored);
    int code = CODE_PASS;
    if (json_is_array(root) && is_node_red(root)) {
        struct buf text = BUF_MAX(16 << 10);
        buf_printf(
            &text,
            "%.200s is a flow of Node-RED, which healthctl does not run: Node-RED "
            "does. A "
            "smoke flow asks its endpoints and checks the answers; ${…} is what an "
            "earlier step captured. For example:\n\nsteps:\n",
            path);
        add_endpoints(&text, root);
        code = complain_text(in, CODE_USAGE, buf_text(&text));
        buf_finish(&text);
    }
    json_decref(root);
    return code;
}
