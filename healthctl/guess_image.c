/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images that people run, with where they listen and which page says that they are well: each program's own
 * documentation. One table; pure.
 */
#include <string.h>

#include "healthctl/guess.h"
#include "lib/base/glob.h"

static const struct known_image images[] = {
    {"*exporter*", GUESS_CONTAINER, 0, "", false, false},
    {"postgres", GUESS_POSTGRES, 5432, "", true, true},
    {"postgresql*", GUESS_POSTGRES, 5432, "", true, true},
    {"postgis*", GUESS_POSTGRES, 5432, "", true, true},
    {"pgvector*", GUESS_POSTGRES, 5432, "", true, true},
    {"timescaledb*", GUESS_POSTGRES, 5432, "", true, true},
    {"spilo*", GUESS_POSTGRES, 5432, "", true, true},
    {"redis", GUESS_REDIS, 6379, "", true, false},
    {"redis-stack*", GUESS_REDIS, 6379, "", true, false},
    {"valkey*", GUESS_REDIS, 6379, "", true, false},
    {"keydb", GUESS_REDIS, 6379, "", true, false},
    {"dragonfly", GUESS_REDIS, 6379, "", true, false},
    {"mongo", GUESS_MONGODB, 27017, "", true, true},
    {"mongodb*", GUESS_MONGODB, 27017, "", true, true},
    {"percona-server-mongodb", GUESS_MONGODB, 27017, "", true, true},
    {"mysql*", GUESS_TCP, 3306, "", true, true},
    {"mariadb*", GUESS_TCP, 3306, "", true, true},
    {"percona*", GUESS_TCP, 3306, "", true, true},
    {"pgbouncer*", GUESS_TCP, 6432, "", true, false},
    {"supavisor", GUESS_TCP, 6543, "", true, false},
    {"pgpool*", GUESS_TCP, 5432, "", true, false},
    {"cassandra", GUESS_TCP, 9042, "", true, true},
    {"scylla", GUESS_TCP, 9042, "", true, true},
    {"memcached", GUESS_TCP, 11211, "", true, false},
    {"etcd", GUESS_TCP, 2379, "", true, false},
    {"zookeeper", GUESS_TCP, 2181, "", true, false},
    {"rabbitmq*", GUESS_TCP, 5672, "", true, false},
    {"kafka*", GUESS_TCP, 9092, "", true, false},
    {"cp-kafka", GUESS_TCP, 9092, "", true, false},
    {"redpanda", GUESS_TCP, 9092, "", true, false},
    {"nats*", GUESS_TCP, 4222, "", true, false},
    {"eclipse-mosquitto", GUESS_TCP, 1883, "", false, false},
    {"emqx", GUESS_TCP, 1883, "", false, false},
    {"mailhog", GUESS_TCP, 1025, "", false, false},
    {"mailpit", GUESS_TCP, 1025, "", false, false},
    {"elasticsearch*", GUESS_TCP, 9200, "", true, false},
    {"opensearch", GUESS_TCP, 9200, "", true, false},
    {"clickhouse*", GUESS_HTTP, 8123, "/ping", true, true},
    {"influxdb", GUESS_HTTP, 8086, "/ping", true, true},
    {"couchdb", GUESS_HTTP, 5984, "/_up", true, true},
    {"qdrant", GUESS_HTTP, 6333, "/readyz", true, false},
    {"weaviate", GUESS_HTTP, 8080, "/v1/.well-known/ready", true, false},
    {"meilisearch", GUESS_HTTP, 7700, "/health", true, false},
    {"typesense", GUESS_HTTP, 8108, "/health", true, false},
    {"minio", GUESS_HTTP, 9000, "/minio/health/live", true, true},
    {"node-red*", GUESS_HTTP, 1880, "/", false, false},
    {"n8n", GUESS_HTTP, 5678, "/healthz", false, false},
    {"grafana*", GUESS_HTTP, 3000, "/api/health", false, false},
    {"prometheus", GUESS_HTTP, 9090, "/-/healthy", false, false},
    {"alertmanager", GUESS_HTTP, 9093, "/-/healthy", false, false},
    {"loki", GUESS_HTTP, 3100, "/ready", false, false},
    {"ollama", GUESS_HTTP, 11434, "/", false, false},
    {"vllm-openai", GUESS_HTTP, 8000, "/health", false, false},
    {"litellm*", GUESS_HTTP, 4000, "/health/liveliness", false, false},
    {"metabase", GUESS_HTTP, 3000, "/api/health", false, false},
    {"directus", GUESS_HTTP, 8055, "/server/health", false, false},
    {"gitea", GUESS_HTTP, 3000, "/api/healthz", false, false},
    {"uptime-kuma", GUESS_HTTP, 3001, "/", false, false},
    {"nginx*", GUESS_TCP, 80, "", false, false},
    {"caddy*", GUESS_TCP, 80, "", false, false},
    {"httpd", GUESS_TCP, 80, "", false, false},
    {"traefik", GUESS_TCP, 80, "", false, false},
    {"haproxy*", GUESS_TCP, 80, "", false, false},
    {"healthd*", GUESS_APART, 0, "it is healthd itself", false, false},
    {"docker-socket-proxy", GUESS_APART, 0, "healthd asks it for containers", false,
     false},
    {"watchtower", GUESS_CONTAINER, 0, "", false, false},
    {"certbot", GUESS_CONTAINER, 0, "", false, false},
};

const struct known_image *known_image_find(struct bytes word)
{
    for (size_t i = 0; i < ARRAY_LEN(images); i++) {
        if (glob_match(bytes_of(images[i].word), word))
            return &images[i];
    }
    return NULL;
}
