/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the llm probe, and what they mean together: which provider it is, and where. Read once a generation.
 * Never asks anything.
 */
#include <string.h>

#include "probes/llm.h"

#define OLLAMA_PORT 11434

static const struct opt_choice provider_choices[] = {
    {"auto", LLM_AUTO,
     "By `base_url`: api.anthropic.com is anthropic, port 11434 ollama, all else "
     "openai."},
    {"openai", LLM_OPENAI,
     "OpenAI, and all that speak its API: Azure, Mistral, Groq, vLLM, LiteLLM."},
    {"anthropic", LLM_ANTHROPIC, "Anthropic's Messages API."},
    {"ollama", LLM_OLLAMA, "Ollama's own API."},
    {0}};
static const struct opt_choice level_choices[] = {
    {"key", LLM_KEY,
     "Asks for the model's entry: proves key and model, and costs nothing."},
    {"complete", LLM_COMPLETE,
     "Besides, a streamed completion each `every`, within `daily_tokens`."},
    {0}};
static const struct opt_choice field_choices[] = {
    {"auto", LLM_FIELD_AUTO,
     "max_completion_tokens for api.openai.com, else max_tokens."},
    {"max_tokens", LLM_MAX_TOKENS, "What most servers know."},
    {"max_completion_tokens", LLM_MAX_COMPLETION_TOKENS,
     "What OpenAI's newer models want."},
    {0}};

#define OPT_STRUCT struct llm_conf
const struct opt llm_opts[] = {
    OPT_ROW_TEXT("base_url", base_url, "",
                 "Where the API is, as the provider's SDK has it "
                 "(http://litellm:4000/v1). Empty: the provider's own.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_CHOICE("provider", provider, "auto", provider_choices, "Whose API it is."),
    OPT_ROW_TEXT("model", model, "",
                 "The model that has to be there. Empty: any; level complete needs one."),
    OPT_ROW_SECRET("key", key, "", "The API key. Empty: none is sent."),
    OPT_ROW_CHOICE("level", level, "key", level_choices, "How much is proved."),
    OPT_ROW_DURATION("every", every, "30m", 1, 604800,
                     "How long after a completion that succeeded the next one is asked; "
                     "one that failed is asked again with the next run."),
    OPT_ROW_INT("daily_tokens", daily_tokens, "2000", 1, 100000000,
                "Tokens that completions of this probe may use in a day (UTC), input and "
                "output together. Never exceeded: what a call may need is set aside "
                "before it, on disk. Flow steps, canaries and healthctl count with it."),
    OPT_ROW_TEXT(
        "budget", budget, "",
        "Whose tokens are counted: probes and steps that name the same budget use "
        "it up together. Empty: the probe's name.",
        .max = 200),
    OPT_ROW_INT("max_tokens", max_tokens, "1", 1, 4096,
                "Tokens that a completion may have."),
    OPT_ROW_CHOICE("max_tokens_field", max_tokens_field, "auto", field_choices,
                   "What an OpenAI-compatible server calls max_tokens."),
    OPT_ROW_TEXT("prompt", prompt, "Say ok.", "What is asked.", .min = 1, .max = 4000),
    OPT_ROW_TEXT("version", version, "2023-06-01", "The header anthropic-version."),
    OPT_ROW_SECRET_PAIRS("headers", headers, OPT_NONE,
                         "Further headers (OpenAI-Organization, api-key)."),
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "Trust, client certificate, TLS name, versions."),
    OPT_ROW_TEXT("proxy_url", proxy_url, "",
                 "Ask through this proxy (http, https or socks5)."),
    OPT_ROW_TEXT("no_proxy", no_proxy, "",
                 "Hosts asked without it: names with their subdomains, addresses, "
                 "networks, comma-separated."),
    {0}};
#undef OPT_STRUCT

const char *llm_provider_title(enum llm_provider provider)
{
    static const char *const titles[] = {[LLM_AUTO] = "the provider",
                                         [LLM_OPENAI] = "the OpenAI API",
                                         [LLM_ANTHROPIC] = "Anthropic",
                                         [LLM_OLLAMA] = "Ollama"};
    return titles[provider];
}

const char *llm_provider_word(enum llm_provider provider)
{
    return provider_choices[provider].name;
}

static const char *home_of(enum llm_provider provider)
{
    static const char *const homes[] = {[LLM_AUTO] = "",
                                        [LLM_OPENAI] = "https://api.openai.com/v1",
                                        [LLM_ANTHROPIC] = "https://api.anthropic.com",
                                        [LLM_OLLAMA] = "http://localhost:11434"};
    return homes[provider];
}

static enum llm_provider guess(const struct url *base)
{
    if (!strcmp(base->host, "api.anthropic.com"))
        return LLM_ANTHROPIC;
    return base->port == OLLAMA_PORT && !strcmp(base->path, "/") ? LLM_OLLAMA
                                                                 : LLM_OPENAI;
}

/* The base without the slash at its end, and with the version that SDKs have there or add. */
static const char *root_of(const struct llm_conf *conf, struct arena *arena)
{
    size_t len = strlen(conf->base.text);
    while (len && conf->base.text[len - 1] == '/')
        len--;
    const bool is_bare = !strcmp(conf->base.path, "/");
    const char *text = arena_strndup(arena, conf->base.text, len);
    return is_bare && conf->kind != LLM_OLLAMA ? arena_printf(arena, "%s/v1", text)
                                               : text;
}

static bool read_base(struct llm_conf *conf, struct arena *arena, struct err *e)
{
    const char *text = conf->base_url[0] ? conf->base_url : home_of(conf->provider);
    if (!text[0])
        return err_set(e, "say whom to ask: provider, or base_url");
    if (!url_parse(arena, text, &conf->base, e))
        return err_wrap(e, "base_url");
    if (!url_is_http(&conf->base))
        return err_set(e,
                       "base_url: the scheme is %s; this probe asks over http and https",
                       conf->base.scheme);
    if (conf->base.username)
        return err_set(e, "base_url: credentials do not belong into the URL: give `key`");
    if (strpbrk(conf->base.text, "?#"))
        return err_set(e, "base_url: it may not have a query");
    conf->kind = conf->provider == LLM_AUTO ? guess(&conf->base)
                                            : (enum llm_provider)conf->provider;
    conf->root = root_of(conf, arena);
    return true;
}

bool llm_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct llm_conf *conf = ctx;
    struct url proxy;
    if (!read_base(conf, arena, e))
        return false;
    if (conf->proxy_url[0] && !url_parse(arena, conf->proxy_url, &proxy, e))
        return err_wrap(e, "proxy_url");
    if (conf->level != LLM_COMPLETE)
        return true;
    if (!conf->model[0])
        return err_set(e, "level complete needs a `model` to ask");
    const long long need = (long long)llm_plan_need(conf);
    if (conf->daily_tokens < need)
        return err_set(e,
                       "daily_tokens is %lld, and one completion with this prompt may "
                       "need %lld: give at least that",
                       (long long)conf->daily_tokens, need);
    return true;
}
