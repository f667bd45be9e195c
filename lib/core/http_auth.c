/* SPDX-License-Identifier: Apache-2.0 */
/* See http_auth.h. What is secret in a file is known to the redactor from its first reading on. */
#include "lib/core/http_auth.h"

#define OPT_STRUCT struct http_basic
const struct opt http_basic_opts[] = {
    OPT_ROW_TEXT("username", username, "", "The user's name."),
    OPT_ROW_TEXT("username_file", username_file, "",
                 "A file that holds the name; read for each run."),
    OPT_ROW_SECRET("password", password, "", "The password."),
    OPT_ROW_TEXT("password_file", password_file, "",
                 "A file that holds the password; read again when it changes."),
    {0}};
#undef OPT_STRUCT

#define OPT_STRUCT struct http_authorization
const struct opt http_authorization_opts[] = {
    OPT_ROW_TEXT("type", type, "Bearer", "The scheme before the credentials."),
    OPT_ROW_SECRET("credentials", credentials, "",
                   "The credentials, as they follow the scheme."),
    OPT_ROW_TEXT("credentials_file", credentials_file, "",
                 "A file that holds the credentials; read again when it changes."),
    {0}};
#undef OPT_STRUCT

int http_auth_ways(const struct http_auth *auth)
{
    const bool is_basic = auth->basic.username[0] || auth->basic.username_file[0] ||
                          auth->basic.password.value[0] || auth->basic.password_file[0];
    const bool is_bearer = auth->bearer_token.value[0] || auth->bearer_token_file[0];
    const bool is_other = auth->authorization.credentials.value[0] ||
                          auth->authorization.credentials_file[0];
    return is_basic + is_bearer + is_other;
}

bool http_auth_validate(const struct http_auth *auth, struct err *e)
{
    if (auth->bearer_token.value[0] && auth->bearer_token_file[0])
        return err_set(e, "bearer_token and bearer_token_file exclude each other");
    if (auth->basic.password.value[0] && auth->basic.password_file[0])
        return err_set(e, "basic_auth: password and password_file exclude each other");
    if (auth->authorization.credentials.value[0] &&
        auth->authorization.credentials_file[0])
        return err_set(
            e, "authorization: credentials and credentials_file exclude each other");
    return true;
}

bool http_auth_file(struct secrets *secrets, struct arena *arena, const char *path,
                    const char **ret_text, struct err *e)
{
    const struct scope *scope = secrets_scope(secrets);
    struct bytes value;
    const char *name = arena_printf(arena, "file:%s", path);
    e->text[0] = '\0';
    if (!scope->lookup(scope->ctx, bytes_of(name), arena, &value, e))
        return e->text[0] ? false : err_set(e, "the file '%s' cannot be read", path);
    *ret_text = arena_strndup(arena, value.ptr, value.len);
    return true;
}

static bool either(struct secrets *secrets, struct arena *arena, const char *text,
                   const char *path, const char **ret_text, struct err *e)
{
    *ret_text = text;
    return !path[0] || http_auth_file(secrets, arena, path, ret_text, e);
}

bool http_auth_fill(const struct http_auth *auth, const struct url *at,
                    struct secrets *secrets, struct arena *arena, struct request *q,
                    const char **ret_header, struct err *e)
{
    const struct http_basic *basic = &auth->basic;
    const struct http_authorization *other = &auth->authorization;
    const char *username, *password, *bearer, *credentials;
    if (!either(secrets, arena, basic->username, basic->username_file, &username, e) ||
        !either(secrets, arena, basic->password.value, basic->password_file, &password,
                e) ||
        !either(secrets, arena, auth->bearer_token.value, auth->bearer_token_file,
                &bearer, e) ||
        !either(secrets, arena, other->credentials.value, other->credentials_file,
                &credentials, e))
        return false;
    if (username[0] || password[0]) {
        q->username = username;
        q->password.value = password;
    } else if (at->username) {
        q->username = at->username;
        q->password.value = at->password ? at->password : "";
    }
    if (bearer[0])
        q->bearer.value = bearer;
    *ret_header =
        credentials[0] ? arena_printf(arena, "%s %s", other->type, credentials) : NULL;
    return true;
}
