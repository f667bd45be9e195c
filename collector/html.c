/* SPDX-License-Identifier: Apache-2.0 */
/* The head that such pages share, and the answer's headers. Called by api_runbooks.c. Has no page of its own. */
#include "collector/html.h"

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 "
    "1rem;"
    "color:#222;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "td{padding:.3rem .8rem .3rem 0;vertical-align:top;border-top:1px solid #ddd}"
    "pre{padding:.7rem;overflow-x:auto;background:#f4f4f4;border-radius:4px}"
    "code{font-size:.92em}a{color:#0b57a4}"
    ".up td:first-child{color:#17692f}.down td:first-child{color:#b3151f;font-weight:600}"
    ".degraded td:first-child{color:#8a5a00;font-weight:600}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}td{border-"
    "color:#333}"
    "pre{background:#242424}a{color:#7db8ff}.up td:first-child{color:#6ed38b}"
    ".down td:first-child{color:#ff8a8f}.degraded td:first-child{color:#ffc766}}";

void html_head(struct buf *out, const char *title)
{
    buf_add_text(out,
                 "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
                 "content=\"width=device-width\"><title>");
    buf_add_html(out, title);
    buf_printf(out, "</title><style>%s</style>", style);
}

void html_reply(struct exchange *x, struct buf *taken)
{
    exchange_add_header(x, "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'");
    exchange_reply_buf(x, 200, "text/html; charset=utf-8", taken);
}
