/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthd.compose.yml: healthd and its proxy before the Docker socket, in the networks of what is asked. It is
 * packaging/compose/healthd.compose.yml for one stack; a test compares what both may do. Pure.
 */
#include <string.h>

#include "healthctl/init.h"

enum { NETWORKS_MAX = 64 };

struct networks {
    const char *items[NETWORKS_MAX];
    size_t count;
};

static void add_network(struct networks *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++) {
        if (!strcmp(n->items[i], name))
            return;
    }
    if (n->count < NETWORKS_MAX)
        n->items[n->count++] = name;
}

/* Those of every service that healthd asks, and of those that report to it. */
static void find_networks(const struct init_plan *p, struct networks *n)
{
    for (size_t i = 0; i < p->compose->count; i++) {
        const struct guess *g = &p->guesses[i];
        const struct compose_member *s = compose_find(p->compose, g->host);
        if (g->kind == GUESS_CONTAINER || g->kind == GUESS_APART || !s)
            continue;
        if (!s->networks.count)
            add_network(n, "default");
        for (size_t k = 0; k < s->networks.count; k++)
            add_network(n, init_word(p->arena, s->networks.items[k]));
    }
    if (!n->count)
        add_network(n, "default");
}

static void add_names(const struct init_plan *p, struct buf *out)
{
    struct networks n = {.count = 0};
    find_networks(p, &n);
    buf_add_text(out, "    networks: [");
    for (size_t i = 0; i < n.count; i++)
        buf_printf(out, "%s, ", n.items[i]);
    buf_add_text(out, "healthd-docker-api]\n    secrets: [");
    for (size_t i = 0; i < p->secret_count; i++)
        buf_printf(out, "%s%s", i ? ", " : "", p->secrets[i].name);
    buf_add_text(out, "]\n");
}

static const char *const head = "# It is in each network in which something is that it "
                                "asks: names of services resolve "
                                "in their own networks only.\n"
                                "services:\n";

static const char *const proxy =
    "  # Three paths of the Docker API, to read; only healthd is in its network.\n"
    "  healthd-docker-proxy:\n"
    "    image: ${PROXY_IMAGE:-nginx:1.27-alpine}\n"
    "    restart: unless-stopped\n"
    "    volumes:\n"
    "      - ./healthd/docker-proxy-nginx.conf:/etc/nginx/nginx.conf:ro\n"
    "      - ./healthd/docker-proxy.conf:/etc/nginx/docker-proxy.conf:ro\n"
    "      - ${DOCKER_SOCKET:-/var/run/docker.sock}:/var/run/docker.sock\n"
    "    read_only: true\n"
    "    tmpfs: [/tmp]\n"
    "    security_opt: [\"no-new-privileges:true\"]\n"
    "    mem_limit: 32m\n"
    "    networks: [healthd-docker-api]\n";

static const char *const healthd =
    "  healthd:\n"
    "    image: ${HEALTHD_IMAGE:-healthd:latest}\n"
    "    restart: unless-stopped\n"
    "    user: \"65534:65534\"\n"
    "    read_only: true\n"
    "    cap_drop: [ALL]\n"
    "    security_opt: [\"no-new-privileges:true\"]\n"
    "    tmpfs: [\"/run/healthd:uid=65534,gid=65534,mode=0755\"]\n"
    "    volumes:\n"
    "      - ./healthd:/etc/healthd:ro   # the folder: a file mounted by itself is not "
    "read again\n"
    "      - /:/host:ro,rslave           # the machine's disks, /proc and /sys\n"
    "      - healthd:/var/lib/healthd    # alerts that were not delivered yet are in it\n"
    "    ports: [\"${HEALTHD_ADDRESS:-127.0.0.1:9990}:9990\"]\n"
    "    mem_limit: 64m\n"
    "    oom_score_adj: -500             # somebody has to tell that memory is short\n";

void init_block(const struct init_plan *p, struct buf *out)
{
    const char *slash = strrchr(p->compose->path, '/');
    buf_printf(out,
               "# healthd beside the stack:\n"
               "#   docker compose -f %s -f healthd.compose.yml up -d\n",
               init_remark(p->arena, slash ? slash + 1 : p->compose->path));
    buf_add_text(out, head);
    buf_add_text(out, proxy);
    buf_add_text(out, healthd);
    add_names(p, out);
    buf_add_text(out, "networks:\n  healthd-docker-api: {internal: true}\n"
                      "volumes:\n  healthd: {}\n"
                      "secrets:\n");
    for (size_t i = 0; i < p->secret_count; i++)
        buf_printf(out, "  %s: {file: ./secrets/%s}   # %s\n", p->secrets[i].name,
                   p->secrets[i].name, p->secrets[i].what);
}
