/* SPDX-License-Identifier: Apache-2.0 */
/* What healthctl says of itself: help, manual, completion scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>

#include "golden.h"
#include "healthctl/complete.h"
#include "healthctl/help.h"

static void help_is_as_kept(void **state)
{
    struct arena *arena = arena_create(0);
    struct buf text = BUF_MAX(1 << 20);
    help_overview(&text);
    golden_check("healthctl/help.txt", buf_bytes(&text));
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        if (c->is_hidden)
            continue;
        buf_clear(&text);
        help_command(arena, c, NULL, &text);
        golden_check(arena_printf(arena, "healthctl/help_%s.txt", c->name),
                     buf_bytes(&text));
    }
    buf_finish(&text);
    arena_destroy(arena);
}

/* Without the options of the probe types, which are kept with the types. */
static void the_manual_is_as_kept(void **state)
{
    struct arena *arena = arena_create(0);
    struct buf text = BUF_MAX(1 << 20), kept = BUF_MAX(1 << 20);
    help_manual(arena, &text);
    const struct bytes all = buf_bytes(&text);
    const ptrdiff_t from = bytes_find(all, bytes_of(".SH PROBE TYPES\n"));
    const ptrdiff_t to = bytes_find(all, bytes_of(".SH EXIT STATUS\n"));
    assert_true(from > 0 && to > from);
    buf_add_bytes(&kept, bytes_slice(all, 0, (size_t)from));
    buf_add_bytes(&kept, bytes_slice(all, (size_t)to, all.len));
    golden_check("healthctl/healthctl.1", buf_bytes(&kept));
    buf_finish(&text);
    buf_finish(&kept);
    arena_destroy(arena);
}

static void completion_scripts_are_as_kept(void **state)
{
    golden_check("healthctl/completion.bash", bytes_of(completion_script("bash")));
    golden_check("healthctl/completion.zsh", bytes_of(completion_script("zsh")));
    golden_check("healthctl/completion.fish", bytes_of(completion_script("fish")));
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_is_as_kept),
        cmocka_unit_test(the_manual_is_as_kept),
        cmocka_unit_test(completion_scripts_are_as_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
