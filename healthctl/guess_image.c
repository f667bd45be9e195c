/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images that people run, with where they listen and which page says that they are well: each program's own
 * documentation. One table; pure.
 */
#include <string.h>

#include "healthctl/guess.h"
#include "lib/base/glob.h"

static const struct known_image images[] = {
    {"*exporter*", GUESS_CONTAINER, 0, "", false},
    {"postgres", GUESS_POSTGRES, 5432, "", true},
    {"postgresql*", GUESS_POSTGRES, 5432, "", true},
    {"postgis*", GUESS_POSTGRES, 5432, "", true},
    {"pgvector*", GUESS_POSTGRES, 5432, "", true},
    {"timescaledb*", GUESS_POSTGRES, 5432, "", true},
    {"spilo*", GUESS_POSTGRES, 5432, "", true},
    {"redis", GUESS_REDIS, 6379, "", true},
    {"redis-stack*", GUESS_REDIS, 6379, "", true},
    {"valkey*", GUESS_REDIS, 6379, "", true},
    {"keydb", GUESS_REDIS, 6379, "", true},
    {"dragonfly", GUESS_REDIS, 6379, "", true},
    {"mongo", GUESS_MONGODB, 27017, "", true},
    {"mongodb*", GUESS_MONGODB, 27017, "", true},
    {"percona-server-mongodb", GUESS_MONGODB, 27017, "", true},
    {"mysql*", GUESS_TCP, 3306, "", true},
    {"mariadb*", GUESS_TCP, 3306, "", true},
    {"percona*", GUESS_TCP, 3306, "", true},
    {"pgbouncer*", GUESS_TCP, 6432, "", true},
    {"cassandra", GUESS_TCP, 9042, "", true},
    {"scylla", GUESS_TCP, 9042, "", true},
    {"memcached", GUESS_TCP, 11211, "", true},
    {"etcd", GUESS_TCP, 2379, "", true},
    {"zookeeper", GUESS_TCP, 2181, "", true},
    {"rabbitmq*", GUESS_TCP, 5672, "", true},
    {"kafka*", GUESS_TCP, 9092, "", true},
    {"cp-kafka", GUESS_TCP, 9092, "", true},
    {"redpanda", GUESS_TCP, 9092, "", true},
    {"nats*", GUESS_TCP, 4222, "", true},
    {"eclipse-mosquitto", GUESS_TCP, 1883, "", false},
    {"emqx", GUESS_TCP, 1883, "", false},
    {"mailhog", GUESS_TCP, 1025, "", false},
    {"mailpit", GUESS_TCP, 1025, "", false},
    {"elasticsearch*", GUESS_TCP, 9200, "", true},
    {"opensearch", GUESS_TCP, 9200, "", true},
    {"clickhouse*", GUESS_HTTP, 8123, "/ping", true},
    {"influxdb", GUESS_HTTP, 8086, "/ping", true},
    {"couchdb", GUESS_HTTP, 5984, "/_up", true},
    {"qdrant", GUESS_HTTP, 6333, "/readyz", true},
    {"weaviate", GUESS_HTTP, 8080, "/v1/.well-known/ready", true},
    {"meilisearch", GUESS_HTTP, 7700, "/health", true},
    {"typesense", GUESS_HTTP, 8108, "/health", true},
    {"minio", GUESS_HTTP, 9000, "/minio/health/live", true},
    {"node-red*", GUESS_HTTP, 1880, "/", false},
    {"n8n", GUESS_HTTP, 5678, "/healthz", false},
    {"grafana*", GUESS_HTTP, 3000, "/api/health", false},
    {"prometheus", GUESS_HTTP, 9090, "/-/healthy", false},
    {"alertmanager", GUESS_HTTP, 9093, "/-/healthy", false},
    {"loki", GUESS_HTTP, 3100, "/ready", false},
    {"ollama", GUESS_HTTP, 11434, "/", false},
    {"vllm-openai", GUESS_HTTP, 8000, "/health", false},
    {"litellm*", GUESS_HTTP, 4000, "/health/liveliness", false},
    {"metabase", GUESS_HTTP, 3000, "/api/health", false},
    {"directus", GUESS_HTTP, 8055, "/server/health", false},
    {"gitea", GUESS_HTTP, 3000, "/api/healthz", false},
    {"uptime-kuma", GUESS_HTTP, 3001, "/", false},
    {"nginx*", GUESS_TCP, 80, "", false},
    {"caddy*", GUESS_TCP, 80, "", false},
    {"httpd", GUESS_TCP, 80, "", false},
    {"traefik", GUESS_TCP, 80, "", false},
    {"haproxy*", GUESS_TCP, 80, "", false},
    {"healthd*", GUESS_APART, 0, "it is healthd itself", false},
    {"docker-socket-proxy", GUESS_APART, 0, "healthd asks it for containers", false},
    {"watchtower", GUESS_CONTAINER, 0, "", false},
    {"certbot", GUESS_CONTAINER, 0, "", false},
};

const struct known_image *known_image_find(struct bytes word)
{
    for (size_t i = 0; i < ARRAY_LEN(images); i++) {
        if (glob_match(bytes_of(images[i].word), word))
            return &images[i];
    }
    return NULL;
}
