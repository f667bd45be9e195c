/* SPDX-License-Identifier: Apache-2.0 */
/* libdeflate's gzip for answers. Called by the web layer, mostly on pool threads; keeps nothing between calls. */
#include "lib/core/gzip.h"

#include <libdeflate.h>

bool gzip_text(struct bytes text, int level, struct buf *ret_out)
{
    buf_clear(ret_out);
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
    if (!compressor)
        return false;

    size_t len = 0;
    const size_t most = libdeflate_gzip_compress_bound(compressor, text.len);
    char *room = buf_room(ret_out, most);
    if (room)
        len = libdeflate_gzip_compress(compressor, text.ptr, text.len, room, most);
    libdeflate_free_compressor(compressor);
    if (!len) {
        buf_clear(ret_out);
        return false;
    }
    buf_grew(ret_out, len);
    return true;
}
