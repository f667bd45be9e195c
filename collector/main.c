/* SPDX-License-Identifier: Apache-2.0 */
/* The program healthd, which is healthd_main() and nothing else: the image links that under a main() of its own. */
#include "collector/program.h"

int main(int argc, char **argv)
{
    return healthd_main(argc, argv);
}
