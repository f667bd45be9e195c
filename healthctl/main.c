/* SPDX-License-Identifier: Apache-2.0 */
/* The program healthctl, which is healthctl_main() and nothing else: the image links that under a main() of its own. */
#include "healthctl/program.h"

int main(int argc, char **argv)
{
    return healthctl_main(argc, argv);
}
