/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a template: it is compiled, rendered over labels and a value, and never fails. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/annotation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct label labels[] = {{"a", "host.example.com:80"}, {"b", "12.5"}};
    struct arena *arena = arena_create(0);
    double value = 0;
    const size_t taken = size < sizeof(value) ? size : sizeof(value);
    memcpy(&value, data, taken);
    const char *text = arena_strndup(arena, (const char *)data + taken, size - taken);
    const struct annotation_data element = {
        .labels = {labels, 2}, .value = value, .external_url = "https://x"};
    const struct annotation *a = annotation_compile(arena, text, NULL, NULL);
    const char *shown = annotation_render(a, &element, arena);
    if (strlen(shown) > ANNOTATION_MAX_RENDERED || annotation_source(a) != text)
        abort();
    if (bytes_is_utf8(bytes_of(text)) && !bytes_is_utf8(bytes_of(shown)))
        abort();
    arena_destroy(arena);
    return 0;
}
