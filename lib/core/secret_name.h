/* SPDX-License-Identifier: Apache-2.0 */
/* What is called as secrets are: of variables here, of headers in secret.h. */
#ifndef HEALTHD_CORE_SECRET_NAME_H
#define HEALTHD_CORE_SECRET_NAME_H

#include <stdbool.h>

#include "lib/base/bytes.h"

/* A variable of the environment with KEY, TOKEN, SECRET, PASS, CRED, WEBHOOK, DSN or AUTH in its name. */
bool secret_is_variable(struct bytes name);

#endif
