/* SPDX-License-Identifier: Apache-2.0 */
/* See config_file.h. */
#include "healthctl/config_file.h"

#include <unistd.h>

#include "healthctl/layout.h"

const char *config_default(void)
{
    return access(CONFIG_DEFAULT, F_OK) == 0 ? CONFIG_DEFAULT : NULL;
}

int config_faults(const struct invocation *in, const struct diag *d)
{
    struct buf text = BUF_MAX(256 << 10);
    diag_render(d, &text, in->screen->has_colour && isatty(STDERR_FILENO));
    const int code = complain_text(in, CODE_USAGE, buf_text(&text));
    buf_finish(&text);
    return code;
}
